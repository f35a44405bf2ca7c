"""Every kind of layer has all that a kind has: three families' files, a case, a row, its name."""

import re
from dataclasses import is_dataclass
from pathlib import Path

import pytest
from support.cases import NAMES, Case, load_case
from support.learners import build_exercise, filled_in
from support.networks import EVERY_KIND

import xlconv
from xlconv.errors import NetworkError
from xlconv.formulas.layers.base import cell_text
from xlconv.formulas.layers.registry import layer_rules
from xlconv.network.layers.base import Layer, Windowed
from xlconv.network.layers.kinds import FAMILIES, KINDS
from xlconv.reference.layers.registry import apply, layer_steps, propagate

ROOT = Path(__file__).resolve().parent.parent
LAYERS = (ROOT / "docs" / "templates.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "xlconv"
IN_CASES = {
    type(layer).__name__ for name in NAMES for layer in load_case(name).model.network.layers
}

each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def registered(dispatched: object, kind: type[Layer]) -> bool:
    """Whether a side computes a kind by a function of its own."""
    dispatch = dispatched.dispatch  # type: ignore[attr-defined]
    return dispatch(kind) not in {dispatch(Layer), dispatch(Windowed)}


@each_kind
def test_each_side_computes_it(kind: type[Layer]) -> None:
    assert registered(apply, kind) or registered(layer_steps, kind), "forward"
    assert registered(propagate, kind), "backward"
    assert registered(layer_rules, kind) or registered(cell_text, kind), "formulas"


@each_kind
def test_it_says_what_it_is(kind: type[Layer]) -> None:
    assert is_dataclass(kind)
    assert kind.__doc__
    for fact in ("output_shape", "words"):
        assert getattr(kind, fact) is not getattr(Layer, fact), fact


@each_kind
def test_it_is_public_has_a_row_and_a_case_and_is_drawn_at_random(kind: type[Layer]) -> None:
    name = kind.__name__
    assert getattr(xlconv, name) is kind
    assert re.search(rf"^\| `{name}\b", LAYERS, re.MULTILINE), "a row in docs/templates.md"
    assert name in IN_CASES, "a case in tests/cases"
    assert name in {drawn for _, drawn in EVERY_KIND}, "a maker in tests/support/networks.py"


@each_kind
def test_it_can_be_left_open_and_marked(kind: type[Layer], tmp_path: Path) -> None:
    """The formulas that it calls for are right, as a learner would type and copy them."""
    case = next(case for case in map(load_case, NAMES) if _of(case, kind))
    layer = _of(case, kind)[0]
    if kind.random:
        with pytest.raises(NetworkError, match="random"):
            build_exercise(tmp_path / "task.xlsx", case.model, case.image, layer.name)
        return
    task = build_exercise(tmp_path / "task.xlsx", case.model, case.image, layer.name)
    [block] = xlconv.grade(filled_in(task, tmp_path / "done.xlsx")).blocks
    assert (block.block, block.what) == (layer.name, "")
    assert block.formulas == block.cells > 0


def _of(case: Case, kind: type[Layer]) -> list[Layer]:
    return [layer for layer in case.model.network.layers if type(layer) is kind]


def test_families_are_the_same_files_on_all_sides() -> None:
    for side, own in (
        ("network", {"base", "kinds", "settings"}),
        ("reference", {"base", "gradient", "registry"}),
        ("formulas", {"base", "registry"}),
    ):
        files = {path.stem for path in (PACKAGE / side / "layers").glob("*.py")} - {"__init__"}
        assert files == {*FAMILIES} | own, side


def test_a_kind_that_lacks_a_side_is_seen() -> None:
    class Nothing(Layer):
        """No side computes it."""

    for side in (apply, layer_steps, propagate, layer_rules, cell_text):
        assert not registered(side, Nothing)
