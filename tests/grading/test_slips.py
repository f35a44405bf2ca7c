"""Slips: misunderstandings that have a name, found by what they give, in whole workbooks; and the
words for them, which say what was done."""

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from support.learners import (
    IMAGE,
    LAYERS,
    MISTAKES,
    MODEL,
    PITCH,
    Change,
    build_exercise,
    filled_in,
    only,
    places_of,
    random_exercise,
    right_formulas,
    substituted,
    without_bias,
)
from support.libreoffice import UnoSession
from typer.testing import CliRunner

import xlconv
from xlconv import AvgPool2D, Conv2D, Network, grade
from xlconv.commands.app import app
from xlconv.grading.diagnosis.functions import likely_function
from xlconv.grading.marks import BlockMarks
from xlconv.grading.rubric import SLIPS
from xlconv.sheets.exercise.parts import Part
from xlconv.spreadsheet.cells import Range
from xlconv.spreadsheet.formula import moved_formula

DIAGNOSIS = Path(xlconv.__file__).parent / "grading" / "diagnosis"
BIAS = MODEL.weights["conv1.bias"]
KERNELS = MODEL.weights["conv1.weight"]


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_exercise(tmp_path_factory.mktemp("task") / "task.xlsx", MODEL, IMAGE, *LAYERS)


def ranges_of(formula: str) -> list[Range]:
    return [Range.parse(one) for one in re.findall(r"\$?[A-Z]+\$?\d+:\$?[A-Z]+\$?\d+", formula)]


def _turned(formula: str, part: Part, row: int, column: int) -> str:
    window, kernel = ranges_of(formula)
    pairs = zip(window.cells(), [*kernel.cells()][::-1], strict=True)
    terms = [f"{one.a1}*{other.absolute}" for one, other in pairs]
    return f"={'+'.join(terms)}+{formula.rpartition('+')[2]}"


def _copied(formula: str, part: Part, row: int, column: int) -> str:
    """Map 2 as the whole block of map 1, pasted below."""
    if part.channel == 0:
        return formula
    kernel = ranges_of(formula)[1]
    above = Range(kernel.row - PITCH, kernel.column, 3, 3).absolute
    bias = formula.rpartition("$")[2]
    text = formula.replace(kernel.absolute, above).replace(f"${bias}", f"${int(bias) - PITCH}")
    return f"={moved_formula(text[1:], PITCH, 0)}"


def _typed_kernel(formula: str, part: Part, row: int, column: int) -> str:
    rows = KERNELS[part.channel or 0, 0]
    numbers = ";".join(",".join(f"{number:.3f}" for number in line) for line in rows)
    return re.sub(r",[^)]*\)", f",{{{numbers}}})", formula)


def _border(formula: str, part: Part, row: int, column: int) -> str | None:
    return None if {row, column} & {0, 7} else formula


def _fixed_window(formula: str, part: Part, row: int, column: int) -> str:
    first = moved_formula(formula[1:], -row, -column)
    window = ranges_of(first)[0]
    return "=" + first.replace(window.a1, window.absolute)


# What is done in a layer: what it earns, of all, the slip, and what is said of it.
SLIPPED: dict[str, tuple[str, Change, float, str, str]] = {
    "turned": ("conv1", _turned, 0.5, "kernel turned", "the kernel is turned by half a turn"),
    "ReLU added": (
        *("conv1", lambda f, p, r, c: f"=MAX(0,{f[1:]})", 0.5, "ReLU added"),
        "ReLU does not belong here",
    ),
    "bias typed": (
        "conv1",
        lambda f, p, r, c: f"{without_bias(f, p, r, c)}+{BIAS[p.channel or 0]:.2f}",
        *(0.5, "bias typed", f"{BIAS[0]:.2f} stands where AI14 should be read"),
    ),
    "kernel typed": (
        *("conv1", _typed_kernel, 0.5, "kernel typed"),
        "numbers stand where AI10:AK12 should be read",
    ),
    "bias inside": (
        *("conv1", substituted(r"SUMPRODUCT\(([^,]*),([^)]*)\)\+(.*)", r"SUMPRODUCT(\1*\2+\3)")),
        *(0.5, "bias added more than once", "the bias is added nine times"),
    ),
    "window fixed": (
        *("conv1", _fixed_window, 0.5, "window fixed"),
        "$C$8:$E$10 stays where it is in every cell: the $ are superfluous",
    ),
    "copied": (
        *("conv1", _copied, 0.75, "wrong map"),
        "copied from map 1: input has one map",
    ),
    "one map only": (
        *("conv1", lambda f, p, r, c: without_bias(f, p, r, c) if p.channel else f),
        *(0.75, "bias forgotten", "the bias is forgotten"),
    ),
    "border never filled": ("conv1", _border, 0.75, "", "is empty"),
    "mean for max": (
        *("softmax", only("softmax_max", lambda f, p, r, c: f.replace("MAX", "AVERAGE"))),
        *(0.9, "mean", "takes the mean of the cells that it reads"),
    ),
    "sum one short": (
        *("softmax", only("softmax_sum", lambda f, p, r, c: f.replace("$11)", "$10)"))),
        *(0.9, "sum one short", "takes the sum of all but the last cell"),
    ),
    "sum without $": (
        "softmax",
        lambda f, p, r, c: f"=EF{9 + r}/SUM(EF{9 + r}:EF{11 + r})" if p.key == "softmax" else f,
        *(0.9, "range not fixed", "EF9:EF11 is not fixed with $: EF9:EF11 became EF10:EF12"),
    ),
    "a share from the logits": (
        "softmax",
        lambda f, p, r, c: _share(r) if p.key == "softmax" else None,
        *(1.0, "", ""),
    ),
    "a share without the largest": (
        "softmax",
        lambda f, p, r, c: (
            _share(r).replace("-MAX(DU$9:DU$11)", "") if p.key == "softmax" else None
        ),
        *(0.6, "", "is empty"),
    ),
    "no kernel": (
        *("conv1", lambda f, p, r, c: f"=SUM({ranges_of(f)[0].a1})", 0.0, ""),
        "the kernel is not read",
    ),
    "nothing": ("conv1", lambda f, p, r, c: None, 0.0, "", "is empty"),
    "misspelt": (
        *("conv1", lambda f, p, r, c: f.replace("PRODUCT", "PROD"), 0.0, ""),
        "gives the error #NAME?: there is no function SUMPROD, SUMPRODUCT is meant?",
    ),
}


def _share(row: int) -> str:
    """A probability at once."""
    logit, largest = f"DU{9 + row}", "MAX(DU$9:DU$11)"
    return f"=EXP({logit}-{largest})/SUMPRODUCT(EXP(DU$9:DU$11-{largest}))"


@pytest.fixture(scope="module")
def marked(task: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], BlockMarks]:
    folder = tmp_path_factory.mktemp("slips")

    @cache
    def block(kind: str) -> BlockMarks:
        layer, change = SLIPPED[kind][:2]
        marks = grade(filled_in(task, folder / "done.xlsx", only(layer, change)))
        assert all(one.mark == 1.0 for one in marks.blocks if one.block != layer)
        return next(one for one in marks.blocks if one.block == layer)

    return block


@pytest.mark.parametrize("kind", SLIPPED)
def test_a_slip_earns_its_share_and_is_called_by_its_name(
    kind: str, marked: Callable[[str], BlockMarks]
) -> None:
    _, _, mark, slip, words = SLIPPED[kind]
    block = marked(kind)
    assert (block.mark, block.slip) == (pytest.approx(mark), slip)
    assert words in block.what
    assert block.also == ""


NAMED = {
    "one column to the right": "window off",
    "pool off by one": "window off",
    "kernel not fixed": "kernel not fixed",
    "fused: kernel not fixed": "kernel not fixed",
    "dense: bias forgotten": "bias forgotten",
    "fused ReLU forgotten": "ReLU forgotten",
    "one map twice": "wrong map",
    "kernels swapped": "wrong map",
    "kernel of the other map": "wrong map",
    "mean": "mean",
    "transposed": "kernel transposed",
    "ReLU of each map": "",
    "stride forgotten": "stride forgotten",
    "weights of another value": "wrong map",
    "typed": "",
    "an error": "",
}


@pytest.mark.parametrize("kind", NAMED)
def test_mistakes_of_whole_blocks_are_slips(kind: str, task: Path, tmp_path: Path) -> None:
    layer, change, _ = MISTAKES[kind]
    marks = grade(filled_in(task, tmp_path / "done.xlsx", only(layer, change)))
    block = next(one for one in marks.blocks if one.block == layer)
    assert block.slip == NAMED[kind]
    if block.slip:
        assert block.mark == 0.5


def test_two_mistakes_in_a_block_are_both_told_and_none_explains_it(
    task: Path, tmp_path: Path
) -> None:
    change: Change = lambda f, p, r, c: (without_bias if r < 4 else _turned)(f, p, r, c)  # noqa: E731
    block = grade(filled_in(task, tmp_path / "done.xlsx", only("conv1", change))).blocks[0]
    assert (block.mark, block.slip) == (0.0, "")
    assert (block.first_wrong, "the bias is forgotten" in block.what) == ("Board!AV9", True)
    assert block.also.startswith("Board!AV13: the kernel is turned by half a turn")
    done = CliRunner().invoke(app, ["grade", str(tmp_path / "done.xlsx")])
    assert "conv1, also Board!AV13: the kernel is turned" in done.stdout


def test_a_few_wrong_cells_are_no_slip(task: Path, tmp_path: Path) -> None:
    change: Change = lambda f, p, r, c: without_bias(f, p, r, c) if (r, c) == (3, 3) else f  # noqa: E731
    block = grade(filled_in(task, tmp_path / "done.xlsx", only("conv1", change))).blocks[0]
    # Of 36 cells inside of each map, which are three quarters of it, one is wrong.
    assert (block.mark, block.slip) == (pytest.approx(0.25 + 0.75 * 35 / 36), "")
    assert (block.right, block.cells) == (126, 128)


def test_a_teachers_rubric_says_what_slips_and_points_are_worth(task: Path, tmp_path: Path) -> None:
    done = filled_in(task, tmp_path / "done.xlsx", only("conv1", without_bias))
    rubric = tmp_path / "rubric.toml"
    rubric.write_text('[points]\nconv1 = 6\n[slips]\n"bias forgotten" = 0.75\n')
    called = ["grade", str(done), "--rubric", str(rubric), "--points", "1", "--json"]
    [marks] = json.loads(CliRunner().invoke(app, called).stdout)
    first = marks["blocks"][0]
    assert [first[key] for key in ("points", "mark", "earned", "slip")] == [
        *(6.0, 0.75, 4.5, "bias forgotten")
    ]
    assert (marks["points"], marks["earned"]) == (6 + 5, 4.5 + 5)
    wrong = CliRunner().invoke(app, ["grade", str(done), "--points", "conv7=1"])
    assert (wrong.exit_code, "did you mean 'conv" in wrong.stderr) == (2, True)


def test_padding_that_is_counted_costs_the_border(tmp_path: Path) -> None:
    """A mean that divides by all cells of its window is right where no padding is."""
    network = Network("mean", (1, 8, 8), (AvgPool2D("pool", 3, stride=1, padding=1),), ())
    task = random_exercise(tmp_path / "task.xlsx", network, "pool")
    change: Change = lambda f, p, r, c: f"=SUM({ranges_of(f)[0].a1})/9"  # noqa: E731
    [block] = grade(filled_in(task, tmp_path / "done.xlsx", change)).blocks
    assert (block.mark, block.right, block.cells) == (0.75, 36, 64)
    assert "divides by 9, but the empty padding counts as nothing" in block.what


def test_the_slips_of_other_windows(tmp_path: Path) -> None:
    """With a stride, padding and dilation, several maps and groups."""
    network = Network(
        "windows",
        (2, 10, 10),
        (
            Conv2D("first", 2, 3, stride=2, padding=1),
            Conv2D("second", 2, 2, dilation=2, groups=2),
        ),
        (),
    )
    task = random_exercise(tmp_path / "task.xlsx", network, "first", "second")
    pitches = {"first": 2, "second": 1}

    def shifted(formula: str, part: Part, row: int, column: int) -> str:
        return re.sub(
            r"(?<![$A-Z])[A-Z]+\d+:[A-Z]+\d+", lambda m: moved_formula(m[0], 0, 1), formula
        )

    def by_one(formula: str, part: Part, row: int, column: int) -> str:
        step = pitches[part.layer] - 1
        return f"={moved_formula(formula[1:], -row * step, -column * step)}"

    for change, slips in (
        (shifted, ["window off", "window off"]),
        (by_one, ["stride forgotten", ""]),
        (without_bias, ["bias forgotten", "bias forgotten"]),
    ):
        blocks = grade(filled_in(task, tmp_path / "done.xlsx", change)).blocks
        assert [block.slip for block in blocks] == slips
        assert [block.mark for block in blocks] == [0.5 if slip else 1.0 for slip in slips]


def test_what_libreoffice_saves_earns_the_same(
    task: Path, session: UnoSession, tmp_path: Path
) -> None:
    """A slip a layer, filled in and saved there."""
    slips: dict[str, Change] = {
        "conv1": MISTAKES["kernel not fixed"][1],
        "relu1": lambda f, p, r, c: f"={f[7:-1]}",
        "pool": lambda f, p, r, c: f.replace("MAX", "AVERAGE"),
        "dense": without_bias,
    }
    typed = {
        part.open.cell(row, column).a1: slips[part.layer](formula, part, row, column)
        for (part, row, column), formula in right_formulas(task).items()
        if part.layer in slips
    }
    steps: list[list[object]] = [["formulas", "Board", typed]]
    marks = {one.block: one for one in grade(session.saved(task, tmp_path, *steps)).blocks}
    assert {name: marks[name].slip for name in slips} == {
        **{"conv1": "kernel not fixed", "relu1": "ReLU forgotten", "pool": "mean"},
        "dense": "bias forgotten",
    }
    assert [marks[name].mark for name in LAYERS] == [0.5, 0.5, 0.0, 0.5, 0.5, 0.0]


def test_every_slip_that_is_found_has_its_row() -> None:
    texts = [path.read_text(encoding="utf-8") for path in DIAGNOSIS.glob("*.py")]
    found = {name for text in texts for name in re.findall(r'Guess\(\s*"([^"]+)"', text)}
    assert len(found) > 20
    assert found <= SLIPS.keys()


@pytest.mark.parametrize(
    ("name", "meant"),
    [("SUMPROD", "SUMPRODUCT"), ("AVARAGE", "AVERAGE"), ("MAXIMUM", ""), ("SUM", "")],
)
def test_the_function_that_was_meant(name: str, meant: str) -> None:
    assert likely_function(name) == meant


def test_places_that_these_tests_name(task: Path) -> None:
    book = xlconv.read_book(task)
    bias = book.layout.weights["conv1"].arrays["bias"][0]
    assert (bias.a1, book.layout.tensors["input"].maps[0].first.a1) == ("AI14", "D9")
    exp = next(part for part in places_of(book).parts if part.key == "softmax_exp")
    assert (exp.open.a1, np.round(BIAS[0], 2) != 0) == ("EF9:EF11", True)
