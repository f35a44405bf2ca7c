"""One fault is one finding at its own cell, whatever spreadsheets make of what follows from it."""

import re
from pathlib import Path

import numpy as np
import pytest
from support.books import NetworkBook, check_refused, found, sheet_parts, xml_cells
from support.edits import edited, with_formula, with_value

import xlconv
from xlconv import AvgPool2D, Conv2D, Dense, LeakyReLU, Network, Softmax
from xlconv.engines.formualizer import Formualizer
from xlconv.errors import BookError, EngineError, NetworkError
from xlconv.network.network import INPUT
from xlconv.sheets.board.places import plan
from xlconv.sheets.on_board.panel.places import USED
from xlconv.spreadsheet.cells import Cell
from xlconv.spreadsheet.formula import moved_formula, relative_form
from xlconv.state.sheet_names import WORKS

NETWORK = Network(
    "gaps",
    (1, 9, 9),
    (
        Conv2D("near", 2, 3, padding="same"),
        Conv2D("wide", 2, 2, dilation=2, groups=2),
        AvgPool2D("mean"),
        Dense("dense", 2),
        Softmax("softmax"),
    ),
    ("yes", "no"),
)
LAYOUT = plan(NETWORK)
EXPLAIN_PART = "xl/worksheets/sheet3.xml"


@pytest.fixture(scope="module")
def book(network_book: NetworkBook) -> Path:
    return network_book(NETWORK, 3).path


def formula_of(book: Path, cell: str, sheet: str = "Board") -> str:
    text = xml_cells(book, sheet)[cell].formula
    assert text
    return text


def test_a_formula_that_reads_another_empty_cell_is_no_move(book: Path, tmp_path: Path) -> None:
    cell, column = LAYOUT.panel.lines[INPUT].reaches.first.a1, LAYOUT.panel.pixel_column.first
    text = formula_of(book, cell, WORKS)
    below = text.replace(column.absolute, column.shifted(1, 0).absolute, 1)
    edit = with_formula(cell, below)
    broken = edited(book, tmp_path / "below.xlsx", edit, sheet_parts(book)[WORKS])
    assert found(broken) == [("formula", f"{WORKS}!{cell}")]


def test_a_line_counted_from_elsewhere_is_no_move(book: Path, tmp_path: Path) -> None:
    """The lists of Works count their lines from the first."""
    cells = xml_cells(book, WORKS)
    first = next(a1 for a1, one in cells.items() if "(ROW()-5)" in (one.formula or ""))
    cell = Cell.parse(first).shifted(1, 0).a1
    text = moved_formula(formula_of(book, first, WORKS), 1, 0).replace("(ROW()-5)", "(ROW()-4)", 1)
    edit = with_formula(cell, text)
    broken = edited(book, tmp_path / "counted.xlsx", edit, sheet_parts(book)[WORKS])
    assert found(broken) == [("formula", f"{WORKS}!{cell}")]


def test_an_error_between_the_cells_that_a_dilated_kernel_reads_is_to_blame_alone(
    book: Path, tmp_path: Path
) -> None:
    """The spreadsheet's window holds the error, NumPy's does not read it."""
    cell = LAYOUT.tensors["near"].maps[0].cell(3, 3).a1
    broken = edited(book, tmp_path / "error.xlsx", with_formula(cell, "1/0"))
    assert found(broken) == [("formula", f"Board!{cell}")]


def test_a_box_of_impossible_numbers_is_to_blame_alone(book: Path, tmp_path: Path) -> None:
    cell = LAYOUT.panel.lines["wide"].reads.first.a1
    text = f"-({formula_of(book, cell, WORKS)})"
    edit = with_formula(cell, text)
    broken = edited(book, tmp_path / "negative.xlsx", edit, sheet_parts(book)[WORKS])
    assert found(broken) == [("formula", f"{WORKS}!{cell}")]


def test_a_formula_that_an_engine_cannot_evaluate_is_found(book: Path, tmp_path: Path) -> None:
    cells, chosen = xml_cells(book, WORKS), f",1,{USED.first:$})"
    head = next(a1 for a1, one in cells.items() if (one.formula or "").endswith(chosen))
    cell = Cell.parse(head).shifted(1, 0).a1
    text = moved_formula(formula_of(book, head, WORKS), 1, 0)
    first, _, rest = text.partition(":")
    last = rest.partition(",")[0]
    above = Cell.parse(last.replace("$", "")).shifted(-1, 0).a1
    broken = edited(
        book,
        tmp_path / "turned.xlsx",
        with_formula(cell, f"{first}:${above}{chosen}"),
        sheet_parts(book)[WORKS],
    )
    report = xlconv.verify(broken)
    assert [(one.kind, one.cell) for one in report.findings] == [("formula", f"{WORKS}!{cell}")]
    assert (report.exit_code, report.engines[0].state, report.trials) == (1, "failed", 0)


def test_an_engine_that_fails_on_a_good_book_is_an_error(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise EngineError("out of order")

    monkeypatch.setattr(Formualizer, "evaluate", fails)
    with pytest.raises(EngineError, match="out of order"):
        xlconv.verify(book)


def test_a_formula_in_r1c1_style_is_another_one(book: Path, tmp_path: Path) -> None:
    """No spreadsheet reads it so in a file; without an engine nothing else tells."""
    cell = LAYOUT.tensors["wide"].maps[1].cell(1, 1)
    right = xml_cells(book)[LAYOUT.tensors["wide"].maps[1].first.a1].formula
    assert right
    text = relative_form(right, LAYOUT.tensors["wide"].maps[1].first).upper()
    broken = edited(book, tmp_path / "r1c1.xlsx", with_formula(cell.a1, text))
    assert found(broken, "none") == [("formula", f"Board!{cell.a1}")]


def test_blanks_count_between_operands_alone() -> None:
    cell = Cell(1, 1)
    assert relative_form("SUM( A2 , B3 )", cell) == relative_form("SUM(A2,B3)", cell)
    for text in ("SUM(A 2,B3)", "SUM(A2 B3)", "SUM(A2,B 3)"):
        assert relative_form(text, cell) != relative_form(text.replace(" ", ""), cell)


def named(name: str, text: str, sheet: int) -> str:
    return f'<definedName name="{name}" localSheetId="{sheet}">{text}</definedName>'


def test_a_name_of_one_sheet_alone_hides_no_name_of_the_book(book: Path, tmp_path: Path) -> None:
    def with_name(name: str, text: str) -> Path:
        new = f"{named(name, text, 1)}</definedNames>"
        target = tmp_path / "named.xlsx"
        return edited(
            book, target, lambda xml: xml.replace("</definedNames>", new), "xl/workbook.xml"
        )

    check_refused(
        with_name("NEAR_1", "Board!$A$1"),
        "'Board' has a name 'near_1' of its own, which hides",
        "none",
    )
    right = f"Board!{LAYOUT.tensors['near'].maps[0].absolute}"
    for name, text in (("near_1", right), ("mine", "Board!$A$1")):
        assert xlconv.verify(with_name(name, text), "none").verdict == "agrees"


def test_two_sheets_names_on_one_sheet_are_refused(book: Path, tmp_path: Path) -> None:
    def moved(xml: str) -> str:
        return re.sub(r'(<definedName name="xlconv_guide"[^>]*>)\'?Guide', r"\1Board", xml)

    path = edited(book, tmp_path / "moved.xlsx", moved, "xl/workbook.xml")
    with pytest.raises(BookError, match=r"'xlconv_(board|guide)' is on the sheet 'Board', where"):
        xlconv.read_book(path)


def test_the_largest_numbers_leave_trials_possible(tmp_path: Path, book: Path) -> None:
    """Squares of them are infinite."""
    bias = plan(NETWORK).weights["dense"].array_range("bias").first.a1
    huge = edited(book, tmp_path / "huge.xlsx", with_value(bias, "1e300"))
    report = xlconv.verify(huge)
    assert {one.kind for one in report.findings} <= {"stored"}
    assert report.trials == 1


def test_numbers_that_no_spreadsheet_has_are_zero(tmp_path: Path) -> None:
    """Excel has no subnormal numbers, and LibreOffice reads none in formulas."""
    with pytest.raises(NetworkError, match=r"slope is 2e-309, smaller than any number .* give 0"):
        LeakyReLU("leaky", slope=2e-309)
    network = Network("tiny", (1, 2, 2), (LeakyReLU("leaky", slope=0.5),), ())
    image = np.array([[[2e-310, -5e-324], [2.3e-308, 1.0]]])
    path = tmp_path / "tiny.xlsx"
    xlconv.build(path, xlconv.Model(network, {}), image)
    place = plan(network).tensors[INPUT].maps[0]
    assert xml_cells(path)[place.first.a1].value == "0.0"
    typed = edited(path, tmp_path / "typed.xlsx", with_value(place.first.a1, "3e-310"))
    assert xlconv.read_book(typed).image.tolist() == [[[0.0, 0.0], [2.3e-308, 1.0]]]
    assert xlconv.verify(typed).verdict == "agrees"
