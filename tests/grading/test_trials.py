"""`grade` with what stands behind the numbers: what LibreOffice saved, other engines, lost sheets,
and cells that follow from nothing."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import openpyxl
import pytest
from support.books import sheet_text
from support.learners import (
    IMAGE,
    LAYERS,
    MODEL,
    Change,
    build_exercise,
    filled_in,
    only,
    places_of,
    right,
    right_formulas,
    substituted,
    written_in,
)
from support.libreoffice import UnoSession

import xlconv
from xlconv import Gallery, grade
from xlconv.engines import second_opinion
from xlconv.engines.engine import Engine, Grid, Place
from xlconv.engines.registry import engine_named
from xlconv.errors import BookError, MissingEngineError
from xlconv.grading.diagnosis.windows import Boards, cells_of
from xlconv.grading.isolation import TRIALS, isolated_trial
from xlconv.grading.marks import BlockMarks
from xlconv.grading.precedents import MOST_CELLS, circular_reference
from xlconv.grading.trials import Trial
from xlconv.reference.forward import forward_steps
from xlconv.sheets.exercise.parts import Part
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.spreadsheet.formula import moved_formula
from xlconv.state.exercise import exercise_of


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_exercise(tmp_path_factory.mktemp("task") / "task.xlsx", MODEL, IMAGE, *LAYERS)


def block(path: Path, layer: str, **how: bool) -> BlockMarks:
    return next(block for block in grade(path, **how).blocks if block.block == layer)  # type: ignore[arg-type]


def _counted(formula: str, part: Part, row: int, column: int) -> str:
    """The pool's window counted off from the first one, by how far the cell is from the first."""
    first, here = part.open.first, part.open.cell(row, column)
    start = re.findall(r"\((\w+):", formula)[0]
    top = Cell.parse(start).shifted(-2 * row, -2 * column).absolute
    rows, columns = f"ROWS({first.a1}:{here.a1})", f"COLUMNS({first.a1}:{here.a1})"
    return f"=MAX(OFFSET({top},2*({rows}-1),2*({columns}-1),2,2))"


OF_PLACES: dict[str, tuple[str, Change]] = {
    "ROWS and COLUMNS": ("pool", _counted),
    "ROW and COLUMN": (
        "relu1",
        lambda f, p, r, c: f"={f[1:]}+0*(ROW({p.open.cell(r, c).a1})-COLUMN({p.open.a1}))",
    ),
    "N of a range": ("conv1", substituted(r"SUMPRODUCT\(([^,]*),", r"SUMPRODUCT(N(+\1),")),
}


@pytest.mark.parametrize("way", OF_PLACES)
def test_who_asks_for_a_place_reads_no_value(way: str, task: Path, tmp_path: Path) -> None:
    layer, change = OF_PLACES[way]
    done = filled_in(task, tmp_path / "done.xlsx", only(layer, change))
    assert (block(done, layer).what, grade(done).mark) == ("", 1.0)


CIRCLES = {
    "=ROWS(A$1:A3)": None,
    "=SUM(OFFSET(A3,1,0,2,1))": None,
    "=SUM(A1:INDEX(A3,1))": None,
    "=OFFSET(B1,A3,0)": Cell(3, 1),
    "=ROWS(A1)+A3": Cell(3, 1),
    "=ROW(OFFSET(B1,MAX(1,A3),0))": Cell(3, 1),
    "=A4": Cell(4, 1),
}


@pytest.mark.parametrize("formula", CIRCLES)
def test_a_circle_is_one_of_values(formula: str) -> None:
    held = {Cell(3, 1): formula, Cell(4, 1): "=A3+1"}
    assert circular_reference(Cell(3, 1), {}, lambda cell: held.get(cell, "")) == CIRCLES[formula]


def test_what_libreoffice_saves_is_marked(
    pictured: Path, session: UnoSession, tmp_path: Path
) -> None:
    """Array formulas of one cell (it writes A1:A1), ranges that are counted, N of a range; Guide
    and Images were deleted."""
    otherwise: dict[str, Change] = {
        "conv1": lambda f, p, r, c: f"{{{_multiplied(f, p, r, c)}}}",
        "conv2": substituted(r"SUMPRODUCT\(([^,]*),", r"SUMPRODUCT(N(+\1),"),
        "pool": _counted,
    }
    typed = {
        part.open.cell(row, column).a1: otherwise.get(part.layer, right)(formula, part, row, column)
        for (part, row, column), formula in right_formulas(pictured).items()
    }
    steps: list[list[object]] = [["formulas", "Board", typed]]
    path = session.saved(pictured, tmp_path, *steps, ["remove", "Guide"], ["remove", "Images"])
    first = next(part.open.first for part, _, _ in right_formulas(pictured)).a1
    assert f'ref="{first}:{first}"' in sheet_text(path, "Board")
    marks = grade(path)
    assert [(one.block, one.what) for one in marks.blocks if one.what] == []
    assert marks.mark == 1.0


_multiplied = substituted(r"SUMPRODUCT\(([^,]*),([^)]*)\)", r"SUM(\1*\2)")


@pytest.fixture(scope="module")
def pictured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exercise with a gallery, and so with a sheet Images."""
    path = tmp_path_factory.mktemp("pictured") / "task.xlsx"
    pictures = np.stack([IMAGE, 1 - IMAGE])
    gallery = Gallery(pictures, ("cat", "dog"), ("", ""))
    xlconv.build(path, MODEL, IMAGE, gallery=gallery, exercise=exercise_of(MODEL.network, LAYERS))
    return path


@pytest.mark.parametrize(
    "gone", [["Images"], ["Guide"], ["Guide", "Images", "Exercise", "Explain"]], ids=len
)
def test_what_is_marked_stands_on_the_board(
    gone: list[str], pictured: Path, tmp_path: Path
) -> None:
    """Other sheets may be deleted, and cells are computed all the same; verify says so."""

    def change(formula: str, part: Part, row: int, column: int) -> str:
        return f"{formula}*1" if part.layer != "dense" else f"{formula}*2"

    book = openpyxl.load_workbook(filled_in(pictured, tmp_path / "done.xlsx", change))
    for sheet in gone:
        del book[sheet]
    book.save(tmp_path / "less.xlsx")
    marks = {one.block: (one.formulas, one.cells) for one in grade(tmp_path / "less.xlsx").blocks}
    assert marks["dense"] == (0, 3)
    assert [marks[layer][0] for layer in LAYERS] == [128, 128, 128, 32, 0, 11]
    with pytest.raises(BookError, match="missing"):
        xlconv.read_book(tmp_path / "less.xlsx")


def test_the_board_and_the_model_are_needed(pictured: Path, tmp_path: Path) -> None:
    for sheet in ("Board", "Model"):
        book = openpyxl.load_workbook(pictured)
        del book[sheet]
        book.save(tmp_path / "less.xlsx")
        with pytest.raises(BookError, match="missing"):
            grade(tmp_path / "less.xlsx")


class Deaf:
    """The embedded engine, which computes other numbers in the first cells of ranges."""

    name = "formualizer"

    def prepare(self) -> None:
        pass

    def evaluate(self, path: Path, places: Sequence[Place], computed: int = 0) -> list[Grid]:
        found = engine_named("formualizer").evaluate(path, places, computed)
        grids = [grid.copy() for grid in found]
        for grid in (grid for grid in grids if isinstance(grid[0, 0], float)):
            grid[0, 0] += 1.0
        return grids


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> list[str]:
    """Engines by their names, of which the embedded one errs; without LibreOffice if `request`
    says so."""
    names: list[str] = []

    def named(name: str) -> Engine:
        names.append(name)
        if name == second_opinion.EMBEDDED:
            return Deaf()
        if request.param == "alone":
            raise MissingEngineError("soffice is not installed")
        return engine_named(name)

    monkeypatch.setattr(second_opinion, "engine_named", named)
    return names


def stored_right(task: Path, path: Path, change: Change) -> Path:
    """A book with formulas that stores the right numbers beside them."""
    book = xlconv.read_book(task)
    truth = forward_steps(book.model, book.image, book.drawn)
    held = {}
    for (part, row, column), formula in right_formulas(task).items():
        array = truth[part.key] if part.channel is None else truth[part.key][part.channel]
        value = array.reshape(part.range.height, part.range.width)[row, column]
        content = str(change(formula, part, row, column))[1:]
        value = float(content) if re.fullmatch(r"-?\d+", content) else value
        cell = part.open.cell(row, column).a1
        held[cell] = f"<f>{escape(content)}</f><v>{float(value)!r}</v>"
    return written_in(task, path, held)


@pytest.mark.usefixtures("libreoffice")
@pytest.mark.parametrize("asked", ["with LibreOffice"], indirect=True)
def test_where_the_file_has_the_right_number_another_engine_is_asked(
    asked: list[str], task: Path, tmp_path: Path
) -> None:
    change = only("relu1", lambda f, p, r, c: f"{f}*1")
    done = stored_right(task, tmp_path / "done.xlsx", change)
    assert (grade(done).mark, set(asked)) == (1.0, {"formualizer", "libreoffice"})


@pytest.mark.parametrize("asked", ["alone"], indirect=True)
def test_without_another_engine_such_cells_are_unjudged(
    asked: list[str], task: Path, tmp_path: Path
) -> None:
    def change(formula: str, part: Part, row: int, column: int) -> str:
        wrong = (part.channel, row, column) == (0, 2, 3)
        return "=-1" if wrong else formula + "*1" * (part.channel == 0)

    done = stored_right(task, tmp_path / "done.xlsx", only("relu1", change))
    found = block(done, "relu1")
    # The first cell is in doubt; the wrong one is wrong by the file's own number, too.
    assert (found.formulas, found.unjudged) == (126, 1)
    assert "computes another number than the program that saved the file" in found.what


def referring(task: Path, path: Path, kept: Change) -> Path:
    """Softmax's cells refer to right numbers that were pasted into a sheet of the learner's own,
    where `kept` gives nothing."""
    book = xlconv.read_book(task)
    truth = forward_steps(book.model, book.image, book.drawn)

    def change(formula: str, part: Part, row: int, column: int) -> object:
        return kept(formula, part, row, column) or f"=pasted!{part.open.cell(row, column).a1}"

    workbook = openpyxl.load_workbook(filled_in(task, path, only("softmax", change)))  # type: ignore[arg-type]
    pasted = workbook.create_sheet("pasted")
    for part in places_of(book).of_layer("softmax"):
        for row, cell in enumerate(part.open.cells()):
            pasted[cell.a1] = float(truth[part.key].reshape(-1)[row])
    workbook.save(path)
    return path


def test_references_to_pasted_numbers_are_typed_numbers(task: Path, tmp_path: Path) -> None:
    """Also where a step agrees with another one that was pasted."""
    path = referring(
        task, tmp_path / "a.xlsx", lambda f, p, r, c: f if p.key == "softmax_max" else None
    )
    found = block(path, "softmax")
    assert (found.cells, found.formulas, found.typed) == (11, 1, 10)
    assert (found.mark, found.slip) == (0.2, "")
    words = "whatever stands in the cells before it: a typed number, not a result (=pasted!"
    assert words in found.what
    assert block(path, "softmax", typed=True).mark == 1.0


@pytest.mark.parametrize("typed", ["=0.5", 0.5])
def test_one_number_in_every_step_is_no_slip(
    typed: str | float, task: Path, tmp_path: Path
) -> None:
    """Though 0.5 is what 0.5 is without EXP, and the mean of many of it."""
    change = only("softmax", lambda f, p, r, c: f if p.key == "softmax_max" else typed)
    found = block(filled_in(task, tmp_path / "a.xlsx", change), "softmax")
    assert (found.mark, found.slip) == (0.2, "")


def test_steps_behind_pasted_ones_are_judged_all_the_same(task: Path, tmp_path: Path) -> None:
    """A right formula is right, however it is written, and a wrong one wrong."""

    def kept(formula: str, part: Part, row: int, column: int) -> str | None:
        ends = {"softmax_exp": "*1", "softmax_sum": "+0", "softmax": "*2"}
        return None if part.key == "softmax_shifted" else formula + ends.get(part.key, "")

    found = block(referring(task, tmp_path / "a.xlsx", kept), "softmax")
    assert (found.cells, found.formulas, found.typed) == (11, 1 + 3 + 1, 3)


def test_a_step_may_build_on_wrong_ones_that_are_alive(task: Path, tmp_path: Path) -> None:
    """Exp of twice what it should read: the sum and the probabilities follow from it."""
    change = only("softmax_exp", lambda f, p, r, c: f.replace("(", "(2*"))
    behind = only("softmax_sum", lambda f, p, r, c: f"{f}*1")
    path = filled_in(
        task, tmp_path / "a.xlsx", lambda f, *where: behind(str(change(f, *where)), *where)
    )
    assert block(path, "softmax").formulas == 11 - 3


def _without_bias(formula: str, part: Part, row: int, column: int) -> str:
    return formula.rpartition("+")[0]


def test_a_cell_in_the_last_row_makes_no_board_of_a_million_rows(
    task: Path, tmp_path: Path
) -> None:
    """Numbers of a learner's own may stand anywhere; what may be read is near the maps."""
    done = filled_in(task, tmp_path / "done.xlsx", only("conv1", _without_bias))
    workbook = openpyxl.load_workbook(done)
    for place in ("A1048576", "XFD1", "B6"):
        workbook["Board"][place] = 5
    workbook.save(done)
    book = xlconv.read_book(done)
    isolated = isolated_trial(book, (book.network.layer("conv2"),), TRIALS[0])
    computed = {Cell(7, 3): 2.5, Cell(8, 3): "#N/A", Cell(1_048_576, 2): 1.0, Cell(2, 16_384): 1.0}
    board, texts = Boards(book).of(Trial(isolated, (), {}, (), computed))
    place = book.layout.board
    assert board.shape == texts.shape == (place.bottom + 65, place.right + 65)
    assert (board[6, 2], board[7, 3], board[8, 3]) == (5.0, 2.5, np.inf)
    assert np.isnan(cells_of(board, np.array([1_048_576]), np.array([1]))).all()
    assert block(done, "conv1").slip == "bias forgotten"


@pytest.mark.parametrize("place", ["$AAA$1:$AZZ$1000", "$AAA$1:$XFD$1048576", "AAA1:AZZ1000"])
def test_a_range_as_large_as_a_sheet_is_not_taken_apart(
    place: str, task: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is copied over a whole map: a remark each time."""
    each = Range.cells

    def cells(whole: Range) -> Iterator[Cell]:
        for number, cell in enumerate(each(whole)):
            assert number <= MOST_CELLS, f"{whole.a1} is taken apart"
            yield cell

    def typed(formula: str, part: Part, row: int, column: int) -> str:
        return f"=1+ROWS({place})*0+COUNT({moved_formula(place, row, column)})"

    monkeypatch.setattr(Range, "cells", cells)
    done = filled_in(task, tmp_path / "done.xlsx", only("conv1", typed))
    found = block(done, "conv1")
    assert (found.right, found.slip) == (0, "")
    assert found.what
