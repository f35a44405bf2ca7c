"""`grade` and what learners' programs write: arrays that spill, @ and #, names, tables, functions
of other years. A right answer is right, or named as what cannot be evaluated."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from support import dialects
from support.dialects import saved
from support.edits import edited
from support.learners import IMAGE, LAYERS, MODEL, NETWORK, places_of, right_formulas, written_in

import xlconv
from xlconv.book.book import FoundBook, read_book
from xlconv.engines import second_opinion
from xlconv.engines.engine import Engine
from xlconv.engines.registry import engine_named
from xlconv.errors import MissingEngineError
from xlconv.grading.grade import grade
from xlconv.grading.judge import beyond_engines
from xlconv.grading.marks import BlockMarks, gradescope, marks_csv
from xlconv.grading.precedents import reads_of
from xlconv.sheets.exercise.parts import Part
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.exercise import exercise_of
from xlconv.xlsx.dynamic_arrays import PlainWords, plain_formula

Spelled = Mapping[str, str]  # what stands between <c> and </c>, by cell


@dataclass(frozen=True)
class Task:
    """An exercise of every layer, and what belongs into its cells."""

    path: Path
    right: Mapping[tuple[Part, int, int], str]
    book: FoundBook

    def part(self, key: str, channel: int | None = None) -> Part:
        parts = places_of(self.book).parts
        return next(p for p in parts if p.key == key and channel in (None, p.channel))

    def each(self, key: str, change: Callable[[str, Part], str], array: bool = False) -> Spelled:
        """Another formula in each cell of all parts of a key."""
        made = {}
        for (part, row, column), formula in self.right.items():
            if part.key == key:
                cell = part.open.cell(row, column).a1
                made[cell] = spelled(change(formula[1:], part), cell if array else "")
        return made

    def map(self, tensor: str, number: int = 0) -> str:
        return self.book.layout.tensors[tensor].maps[number].a1


def spelled(formula: str, ref: str = "") -> str:
    """A cell with a formula and a number, as an array if there is a range for it."""
    array = f' t="array" ref="{ref}"' if ref else ""
    return f"<f{array}>{escape(formula)}</f><v>0.25</v>"


def spilled(part: Part, formula: str) -> Spelled:
    """A formula in the first cell of a part, and numbers in the others, as Excel 365 saves them."""
    first, *others = (cell.a1 for cell in part.open.cells())
    return {first: spelled(formula, part.open.a1), **dict.fromkeys(others, "<v>0.25</v>")}


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Task:
    """With names of the learner's: of two kernels, and of a function."""
    path = tmp_path_factory.mktemp("task") / "task.xlsx"
    xlconv.build(path, MODEL, IMAGE, exercise=exercise_of(NETWORK, LAYERS))
    book = xlconv.read_book(path)
    names = "".join(
        f'<definedName name="kern{number}">Board!{place.absolute}</definedName>'
        for number, place in enumerate(book.layout.weights["conv1"].arrays["weight"])
    )
    names += '<definedName name="RECTIFIED">_xlfn.LAMBDA(_xlpm.x,MAX(0,_xlpm.x))</definedName>'
    named = edited(
        path,
        path.with_name("named.xlsx"),
        lambda xml: xml.replace("</definedNames>", f"{names}</definedNames>"),
        "xl/workbook.xml",
    )
    return Task(named, right_formulas(named), book)


def rewritten(pattern: str, new: str) -> Callable[[str, Part], str]:
    """The formula with what matches as something else."""
    return lambda formula, _: re.sub(pattern, new, formula)


_products = rewritten(r"SUMPRODUCT\(([^,]*),([^)]*)\)", r"SUM(\1*\2)")
_in_let = rewritten(r"MAX\((.*)\)", r"_xlfn.LET(_xlpm.w,\1,MAX(_xlpm.w))")
_counted_off = rewritten(r"\(([A-Z]+\d+):[A-Z]+\d+,", r"(OFFSET(\1,0,0,3,3),")
_computed_end = rewritten(r"MAX\((\w+):(\w+)\)", r"MAX(\1:INDEX(\2,1,1))")


def _own_name(formula: str, part: Part) -> str:
    return re.sub(r",([^)]*)\)", f",kern{part.channel})", formula)


def _own_column(task: Task, key: str) -> str:
    return task.part(key).open.a1


def _softmax_spilled(task: Task) -> Spelled:
    """Softmax by four formulas, each of which reads what another one spilled."""
    steps = [task.part(f"softmax_{key}") for key in ("max", "shifted", "exp", "sum")]
    largest, shifted, exp, total = (part.open.first.a1 for part in steps)
    return {
        **spilled(steps[1], f"{task.map('dense')}-{largest}"),
        **spilled(steps[2], f"EXP(_xlfn.ANCHORARRAY({shifted}))"),
        total: spelled(f"SUM(_xlfn.ANCHORARRAY({exp}))", total),
        **spilled(task.part("softmax"), f"_xlfn.ANCHORARRAY({exp})/{total}"),
    }


RIGHT: dict[str, Callable[[Task], Spelled]] = {
    "products in SUM, as Excel 365 saves it": lambda t: t.each("conv1", _products, array=True),
    "a map that spills": lambda t: spilled(
        t.part("relu1", 0), f"IF({t.map('conv1')}>0,{t.map('conv1')},0)"
    ),
    "a map by its name": lambda t: spilled(t.part("relu1", 1), "(conv1_2>0)*conv1_2"),
    "LET": lambda t: t.each("pool", _in_let, array=True),
    "a column that spills": lambda t: spilled(
        t.part("softmax_exp"), f"EXP({_own_column(t, 'softmax_shifted')})"
    ),
    "# in all of softmax": _softmax_spilled,
    "softmax in one formula": lambda t: spilled(
        t.part("softmax"), "_xlfn.LET(_xlpm.e,EXP(dense-MAX(dense)),_xlpm.e/SUM(_xlpm.e))"
    ),
    "EXP in SUMPRODUCT": lambda t: t.each(
        "softmax_sum", lambda f, p: f"SUMPRODUCT(EXP({_own_column(t, 'softmax_shifted')}))"
    ),
    "POWER of an array": lambda t: spilled(
        t.part("softmax_exp"), f"POWER(EXP(1),{_own_column(t, 'softmax_shifted')})"
    ),
    "@": lambda t: t.each(
        "softmax_exp",
        lambda f, p: f"EXP(_xlfn.SINGLE({_own_column(t, 'softmax_shifted')}))",
        array=True,
    ),
    "a column of which a plain formula picks a cell": lambda t: t.each(
        "softmax_exp", lambda f, p: f"EXP({t.part('softmax_shifted').open.absolute})"
    ),
    "a name of which a plain formula picks a cell": lambda t: t.each(
        "softmax_shifted", lambda f, p: "dense-MAX(dense)"
    ),
    "cells counted off": lambda t: t.each("conv1", _counted_off),
    "an end that is computed": lambda t: t.each("pool", _computed_end),
    "names of one's own": lambda t: t.each("conv1", _own_name),
}


def handed_in(task: Task, target: Path, cells: Spelled) -> Path:
    """The exercise with all cells right but for some."""
    return written_in(task.path, target, cells)


@pytest.mark.parametrize("way", RIGHT)
def test_a_right_answer_is_right(way: str, task: Task, tmp_path: Path) -> None:
    marks = grade(handed_in(task, tmp_path / "done.xlsx", RIGHT[way](task)))
    assert [(b.block, b.what) for b in marks.blocks if b.formulas != b.cells] == []


def test_an_answer_is_right_in_a_file_of_excels(task: Task, tmp_path: Path) -> None:
    """With prefixes and in Strict Open XML, too."""
    done = handed_in(task, tmp_path / "done.xlsx", _softmax_spilled(task))
    for piece in (dialects.strict, dialects.prefixed):
        assert grade(saved(done, tmp_path / "saved.xlsx", piece)).mark == 1.0


def test_verify_follows_what_spills(task: Task, tmp_path: Path) -> None:
    """The numbers that these files store are wrong, and nothing else is."""
    for way in ("a map that spills", "# in all of softmax", "@"):
        report = xlconv.verify(handed_in(task, tmp_path / "done.xlsx", RIGHT[way](task)))
        assert {finding.kind for finding in report.findings} == {"stored"}, way


WRONG: dict[str, tuple[str, Callable[[Task], Spelled], str]] = {
    "a map that spills and is not rectified": (
        *("relu1", lambda t: spilled(t.part("relu1", 0), f"{t.map('conv1')}*1")),
        "ReLU is forgotten",
    ),
    "another map that spills": (
        *("relu1", lambda t: spilled(t.part("relu1", 0), "(conv1_2>0)*conv1_2")),
        "reads conv1 map 2 instead of map 1",
    ),
    "cells counted off, one too far": (
        *(
            "conv1",
            lambda t: t.each("conv1", lambda f, p: _counted_off(f, p).replace(",0,0", ",0,1")),
        ),
        "the window is off by one column to the right",
    ),
    "the other kernel by its name": (
        *(
            "conv1",
            lambda t: t.each("conv1", lambda f, p: _own_name(f, p).replace("kern1", "kern0")),
        ),
        "reads the kernel of map 1 instead of map 2",
    ),
}


@pytest.mark.parametrize("way", WRONG)
def test_a_wrong_answer_is_wrong(way: str, task: Task, tmp_path: Path) -> None:
    layer, make, words = WRONG[way]
    marks = grade(handed_in(task, tmp_path / "done.xlsx", make(task)))
    [block] = [block for block in marks.blocks if block.formulas != block.cells]
    assert (block.block, block.unjudged) == (layer, 0)
    assert words in block.what


def _mapped(task: Task) -> Spelled:
    column = _own_column(task, "softmax_shifted")
    formula = f"_xlfn.MAP({column},_xlfn.LAMBDA(_xlpm.x,EXP(_xlpm.x)))"
    return spilled(task.part("softmax_exp"), formula)


def _of_google(formula: str, _: Part) -> str:
    return f'IFERROR(__xludf.DUMMYFUNCTION("ARRAYFORMULA({formula})"),0.25)'


UNJUDGED: dict[str, tuple[str, Callable[[Task], Spelled], int, str]] = {
    "MAP": ("softmax", _mapped, 3, "formualizer cannot evaluate it (MAP, LAMBDA): mark it by hand"),
    "a matrix": (
        "dense",
        lambda t: t.each("dense", lambda f, p: f"SUM(MMULT({t.map('pool')},{t.map('pool')}))+{f}"),
        *(3, "formualizer cannot evaluate it (MMULT)"),
    ),
    "a function of one's own": (
        "relu1",
        lambda t: t.each("relu1", lambda f, p: f.replace("MAX(0,", "RECTIFIED(")),
        *(128, "formualizer cannot evaluate it: mark it by hand"),
    ),
    "a table": (
        "softmax",
        lambda t: t.each("softmax_max", lambda f, p: "MAX(Table1[logit])"),
        *(1, "formualizer cannot evaluate it: mark it by hand, or install LibreOffice"),
    ),
    "Google Sheets": (
        "softmax",
        lambda t: t.each("softmax_exp", _of_google),
        *(3, "is computed by Google Sheets alone"),
    ),
}


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """LibreOffice is not installed."""

    def named(name: str) -> Engine:
        if name == second_opinion.SECOND:
            raise MissingEngineError("soffice is not installed")
        return engine_named(name)

    monkeypatch.setattr(second_opinion, "engine_named", named)


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("way", UNJUDGED)
def test_what_cannot_be_evaluated_is_named(way: str, task: Task, tmp_path: Path) -> None:
    layer, make, count, words = UNJUDGED[way]
    marks = grade(handed_in(task, tmp_path / "done.xlsx", make(task)))
    [block] = [block for block in marks.blocks if block.formulas != block.cells]
    assert (block.block, block.unjudged, block.cells - block.formulas) == (layer, count, count)
    assert words in block.what
    assert f"{count} cells could not be judged" in str(gradescope(marks))
    assert f",{count}," in marks_csv([marks]).splitlines()[1 + LAYERS.index(layer)]


@pytest.mark.usefixtures("libreoffice")
def test_what_no_engine_can_evaluate_names_those_that_were_asked(
    task: Task, tmp_path: Path
) -> None:
    marks = grade(handed_in(task, tmp_path / "done.xlsx", _mapped(task)))
    [block] = [block for block in marks.blocks if block.formulas != block.cells]
    assert block.unjudged == 3
    words = "formualizer and libreoffice cannot evaluate it (MAP, LAMBDA): mark it by hand ("
    assert words in block.what


def test_an_engine_is_not_to_blame_for_what_nobody_can_compute(task: Task, tmp_path: Path) -> None:
    """A function that there is not, of which the file stores no number, and a circle."""
    dense = task.part("dense").open
    cells = {cell.a1: "<f>NOTHING(1)</f>" for cell in dense.cells()}
    marks = grade(handed_in(task, tmp_path / "done.xlsx", cells))
    [block] = [b for b in marks.blocks if b.what]
    assert (block.unjudged, "gives the error #NAME?" in block.what) == (0, True)
    cells = {cell.a1: spelled(f"{cell.a1}+0") for cell in dense.cells()}
    [block] = [b for b in grade(handed_in(task, tmp_path / "c.xlsx", cells)).blocks if b.what]
    assert (block.unjudged, "reads itself" in block.what) == (0, True)


def test_what_gnumeric_says_of_a_function_that_it_does_not_know() -> None:
    asked = ("=_xlfn.LET(_xlpm.a,B2,_xlpm.a)", '#"_xlfn.LET(B2)"', 0.25, ["gnumeric"])
    assert beyond_engines(*asked).startswith("gnumeric cannot evaluate it (LET)")
    assert beyond_engines(asked[0], 2.0, *asked[2:]) == ""


def test_blocks_say_how_many_cells_are_unjudged() -> None:
    assert BlockMarks("dense", 3, 1, 0, 0, unjudged=2).right == 1


ARRAYS = {Cell(2, 2): Range(2, 2, 3, 1)}
NAMES = {"dense": Range(2, 2, 3, 1), "map": Range(2, 2, 3, 3)}
RESPELLED = {
    "A1+1": "A1+1",
    "EXP(B2:B4)": "EXP($B$3)",
    "EXP($B$2:$B$4)/SUM(B2:B4)": "EXP($B$3)/SUM(B2:B4)",
    "exp(dense)-MAX(dense)": "exp($B$3)-MAX(dense)",
    "IF(B:B>0,B:B,0)": "IF($B$3>0,$B$3,0)",
    "(A1:E1)*2": "($D$1)*2",
    "map*2": "map*2",
    "B7:B9+1": "B7:B9+1",
    'SUM(B2:B4)&"EXP(B2:B4)"': 'SUM(B2:B4)&"EXP(B2:B4)"',
    "Other!B2:B4*2": "Other!B2:B4*2",
    "'My B2:B4'!B2*2": "'My B2:B4'!B2*2",
    "_xlfn.SINGLE(dense)": "$B$3",
    "_xlfn.SINGLE(B7:B9)": "#VALUE!",
    "_xlfn.SINGLE(A1)": "$A$1",
    "SUM(_xlfn.SINGLE(B2:B4*2),1)": "SUM(INDEX((B2:B4*2),1,1),1)",
    "SUM(_xlfn.ANCHORARRAY(B2))": "SUM($B$2:$B$4)",
    "SUM(_xlfn.ANCHORARRAY($B$2))": "SUM($B$2:$B$4)",
    "SUM(_xlfn.ANCHORARRAY(C2))": "SUM(_xlfn.ANCHORARRAY(C2))",
    "SUM(SQRT(B2:B4))": "SUM(((B2:B4)^0.5))",
    "SUM(POWER(B2:B4,MAX(1,2)))": "SUM(((B2:B4)^(MAX(1,2))))",
    "SUM(B2:B4*{1,2,3})": "SUM(B2:B4*{1,2,3})",
    "SUM((B2": "SUM((B2",
    "A1)": "A1)",
}


@pytest.mark.parametrize("formula", RESPELLED)
def test_formulas_in_words_that_engines_know(formula: str) -> None:
    assert plain_formula(formula, Cell(3, 4), ARRAYS, NAMES) == RESPELLED[formula]


def test_a_board_as_it_was_built_needs_no_other_words(task: Task, tmp_path: Path) -> None:
    """Nor do the formulas that it calls for."""
    names = {name: place for name, place in task.book.ranges.items() if place is not None}
    for path in (task.path, handed_in(task, tmp_path / "done.xlsx", {})):
        assert not PlainWords(read_book(path).sheets["Board"], names).doubtful


READS = {
    "SUM(A1:B1)": ({"A1", "B1"}, True),
    "dense+1": ({"B2", "B3", "B4"}, True),
    "_xlfn.LET(_xlpm.a,A1,_xlpm.a)": ({"A1"}, True),
    "OFFSET(A1,1,1)": ({"A1"}, False),
    "A1:INDEX(B1,1)": ({"A1", "B1"}, False),
    "SUM(Table1[a])": (set(), False),
    "SUM(_xlfn.ANCHORARRAY(A1))": ({"A1"}, False),
    "SUM(A:A)": (set(), False),
    "SUM($1:$2)": (set(), False),
    "unknown*A1": ({"A1"}, False),
    "mine(A1)": ({"A1"}, False),
    'A1&"OFFSET("': ({"A1"}, True),
}


@pytest.mark.parametrize("formula", READS)
def test_what_a_formula_reads_and_whether_that_is_all(formula: str) -> None:
    names = {"dense": Range(2, 2, 3, 1), "mine": None}
    reads = reads_of(f"={formula}", names)
    assert ({cell.a1 for cell in reads.cells}, not reads.unsure) == READS[formula]
