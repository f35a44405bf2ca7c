"""Random trials, and engines side by side."""

from pathlib import Path

import numpy as np
import pytest
from support.books import SMALL, BuildBook, BuiltBook, found
from support.edits import edited, new_constant

import xlconv
from xlconv import Conv2D, Network
from xlconv.book.book import read_book
from xlconv.engines.formualizer import Formualizer
from xlconv.errors import EngineError, MissingEngineError
from xlconv.spreadsheet.cells import Cell
from xlconv.verification.trials import SEED, trial

NETWORK = Network("small", (2, 6, 6), SMALL.layers, ("cat", "7", "dog"))


ENGINES = ("formualizer", "libreoffice", "gnumeric")


def test_trials_are_the_same_each_time_and_all_different(build_book: BuildBook) -> None:
    book = read_book(build_book(NETWORK).path)
    first, again, second = trial(book, 0), trial(book, 0), trial(book, 1)
    assert first.typed.places == again.typed.places
    assert first.typed.places.keys() == second.typed.places.keys()
    numbers = [value for value in first.typed.places.values() if isinstance(value, float)]
    assert all(np.isfinite(numbers))
    values = xlconv.forward(first.display.model, first.display.image)
    assert all(np.abs(array).max() < 100 for array in values.values())
    assert 0.2 < np.mean(values["relu"] > 0) < 0.8  # neither dead nor without effect
    for name, array in first.display.model.weights.items():
        assert array.any()
        assert not np.array_equal(array, second.display.model.weights[name])


def test_all_engines_side_by_side(libreoffice: str, gnumeric: str, build_book: BuildBook) -> None:
    report = xlconv.verify(build_book(NETWORK).path, "all")
    assert (report.verdict, report.exit_code, report.findings) == ("agrees", 0, ())
    assert [(one.name, one.state) for one in report.engines] == [(name, "ran") for name in ENGINES]
    for block in report.blocks:
        assert tuple(block.engines) == ENGINES
        assert block.live.checked == block.random.checked == block.cells
        assert block.apart is not None
        assert block.apart < 1e-12
    data = report.as_json()
    assert data["random"] == {"trials": 1, "seed": SEED}
    assert [list(one) for one in data["engines"]] == [["name", "state", "error", "end_to_end"]] * 3


def test_one_engine_alone_that_is_wrong_is_found_and_named(
    build_book: BuildBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As LibreOffice's and Excel's VALUE errors where Python's engines are content."""
    made = build_book(NETWORK)
    conv = read_book(made.path).layout.tensors["conv"].maps[0]

    class Off(Formualizer):
        name = "libreoffice"

        def evaluate(self, path, places):  # type: ignore[no-untyped-def]
            grids = super().evaluate(path, places)
            spot = places.index(("Board", conv))
            if path == made.path:
                grids[spot] = grids[spot].astype(object)
                grids[spot][1, 2] = "#VALUE!"
            return grids

    monkeypatch.setitem(xlconv.engines.registry.ENGINES, "libreoffice", Off)
    monkeypatch.setattr("xlconv.engines.gnumeric.PROGRAMS", ("no-such-program",))
    report = xlconv.verify(made.path, "all")
    assert [one.state for one in report.engines] == ["ran", "ran", "not installed"]
    assert "install gnumeric" in str(report.engines[2].error)
    [finding] = report.findings
    place = f"Board!{conv.cell(1, 2).a1}"
    assert (finding.kind, finding.cell, finding.engine) == ("live", place, "libreoffice")
    assert (report.verdict, report.exit_code) == ("differs", 1)


def test_an_engine_that_fails_does_not_spoil_the_others(
    build_book: BuildBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xlconv.engines.libreoffice.PROGRAMS", ("no-such-program",))
    monkeypatch.setattr("xlconv.engines.gnumeric.PROGRAMS", ("false",))
    made = build_book(NETWORK)
    report = xlconv.verify(made.path, "all")
    assert [one.state for one in report.engines] == ["ran", "not installed", "failed"]
    assert "Gnumeric could not load it" in str(report.engines[2].error)
    assert all(block.live.checked == block.cells for block in report.blocks)
    assert (report.verdict, report.exit_code) == ("unchecked", 2)
    with pytest.raises(EngineError, match="Gnumeric could not load it"):
        xlconv.verify(made.path, "gnumeric")
    with pytest.raises(MissingEngineError, match="LibreOffice is not installed"):
        xlconv.verify(made.path, "libreoffice")


@pytest.mark.parametrize("program", ["LibreOffice", "Gnumeric"])
def test_a_program_is_stopped_at_its_time_limit(
    program: str, build_book: BuildBook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, engine = tmp_path / "slow", program.lower()
    slow.write_text("#!/bin/sh\nsleep 60 &\nwait\n")
    slow.chmod(0o755)
    monkeypatch.setattr(f"xlconv.engines.{engine}.PROGRAMS", (str(slow),))
    monkeypatch.setattr(f"xlconv.engines.{engine}.TIME_LIMIT", 0.2)
    with pytest.raises(EngineError, match=rf"{program} took longer than 0\.2 s"):
        xlconv.verify(build_book(NETWORK).path, engine)


def stray_in(made: BuiltBook, cell: Cell, value: float) -> Path:
    return edited(made.path, made.path.with_name("stray.xlsx"), new_constant(cell, value))


def test_a_number_between_kernels_is_a_finding_and_not_its_sum(build_book: BuildBook) -> None:
    made = build_book(NETWORK)
    weights = read_book(made.path).layout.weights["conv"]
    first = weights.kernels(0)[0]
    gap = Cell(first.bottom + 1, first.column + 1)
    assert any(gap in place for place in weights.ranges)
    assert found(stray_in(made, gap, 9.0)) == [("stray", f"Board!{gap.a1}")]
    number = f'<c r="{gap.a1}"><v>9.0</v></c>'
    text = f'<c r="{gap.a1}" t="str"><f>"x"</f><v>x</v></c>'
    path = made.path.with_name("text.xlsx")
    edited(stray_in(made, gap, 9.0), path, lambda xml: xml.replace(number, text))
    assert found(path) == [("stray", f"Board!{gap.a1}")]
    # A number that nothing reads is nobody's business.
    assert not xlconv.verify(stray_in(made, Cell(1, 400), 9.0)).findings


def test_a_number_between_those_of_a_dilated_kernel_is_a_finding(build_book: BuildBook) -> None:
    made = build_book(Network("wide", (1, 5, 5), (Conv2D("conv", 1, 2, dilation=2),)))
    weights = read_book(made.path).layout.weights["conv"]
    gap = weights.gaps(weights.kernels(0)[0])[0]
    assert found(stray_in(made, gap, 9.0)) == [("padding", f"Board!{gap.a1}")]
