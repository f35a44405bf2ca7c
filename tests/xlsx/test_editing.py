"""Changes in parts that others wrote: what comes out is whole, in order, and nothing is doubled."""

import re
import zipfile
from pathlib import Path

import openpyxl
import pytest

from xlconv.errors import BookError
from xlconv.spreadsheet.cells import Cell
from xlconv.xlsx.editing import annotate
from xlconv.xlsx.editing.notes import Note
from xlconv.xlsx.editing.sheet_part import SheetPart
from xlconv.xlsx.editing.tags import check_whole, with_cuts
from xlconv.xlsx.markup import MAIN, MarkupError


def sheet(rows: str) -> SheetPart:
    data = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    return SheetPart(data.encode())


def rows_of(data: bytes) -> str:
    check_whole(data)
    found = re.search(rb"<sheetData>(.*)</sheetData>", data)
    assert found is not None
    return found[1].decode()


def test_what_comes_in_stands_before_what_is_replaced_at_the_same_place() -> None:
    cuts = [(3, 7, "<B/>"), (3, 3, "1"), (3, 3, "2"), (7, 7, "3")]
    assert with_cuts(b"<a><b/></a>", cuts) == b"<a>12<B/>3</a>"


def test_two_changes_of_the_same_are_refused() -> None:
    with pytest.raises(MarkupError, match="same element"):
        with_cuts(b"<a><b/></a>", [(3, 7, "x"), (5, 6, "y")])


def test_a_new_cell_before_one_that_is_changed() -> None:
    part = sheet('<row r="7"><c r="B7" s="2"><v>1</v></c></row>')
    new = part.with_cells({Cell.parse("A7"): 5, Cell.parse("B7"): 5}, {})
    cells = '<c r="A7" s="5"/><c r="B7" s="5"><v>1</v></c>'
    assert rows_of(new) == f'<row r="7">{cells}</row>'


def test_a_new_row_before_one_that_is_changed() -> None:
    part = sheet('<row r="7" spans="4:4"><c r="D7" s="2"/></row>')
    texts = {Cell.parse("B6"): ("a", 1), Cell.parse("B7"): ("b", 1), Cell.parse("D7"): ("c", 1)}
    new = part.with_cells({}, texts)

    def cell(name: str, text: str) -> str:
        inside = f'<is><t xml:space="preserve">{text}</t></is>'
        return f'<c r="{name}" s="1" t="inlineStr">{inside}</c>'

    assert rows_of(new) == (
        f'<row r="6">{cell("B6", "a")}</row><row r="7">{cell("B7", "b")}{cell("D7", "c")}</row>'
    )


def test_a_part_that_would_be_damaged_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openpyxl.Workbook().save(tmp_path / "book.xlsx")
    with zipfile.ZipFile(tmp_path / "book.xlsx") as book:
        assert "xl/worksheets/sheet1.xml" in book.namelist()
    monkeypatch.setattr(SheetPart, "with_cells", lambda *_: b"<worksheet><row></worksheet>")
    with pytest.raises(BookError, match="its XML would be damaged"):
        annotate.annotated_copy(
            *(tmp_path / "book.xlsx", tmp_path / "copy.xlsx", "xl/worksheets/sheet1.xml"),
            *([Note(Cell.parse("B2"), "odd")], None),
        )
    assert not (tmp_path / "copy.xlsx").exists()


def test_the_styles_are_those_that_the_workbook_is_linked_to(tmp_path: Path) -> None:
    """Not the first part of that name."""
    openpyxl.Workbook().save(tmp_path / "plain.xlsx")
    decoy = b"<styleSheet/>"
    with (
        zipfile.ZipFile(tmp_path / "plain.xlsx") as plain,
        zipfile.ZipFile(tmp_path / "book.xlsx", "w") as book,
    ):
        book.writestr("docs/styles.xml", decoy)
        for name in plain.namelist():
            book.writestr(name, plain.read(name))
    annotate.annotated_copy(
        *(tmp_path / "book.xlsx", tmp_path / "copy.xlsx", "xl/worksheets/sheet1.xml"),
        *([Note(Cell.parse("B2"), "odd")], None),
    )
    found = openpyxl.load_workbook(tmp_path / "copy.xlsx").active["B2"]
    assert (found.comment.text, found.fill.fgColor.rgb) == ("odd", "FFFFD9D2")
    with zipfile.ZipFile(tmp_path / "copy.xlsx") as copy:
        assert copy.read("docs/styles.xml") == decoy
