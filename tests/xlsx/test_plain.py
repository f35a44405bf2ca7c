"""The plain workbooks that engines get: another one's cells, with constants typed over some."""

from pathlib import Path

import numpy as np
import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table
from support.books import TemplateBook
from support.edits import edited

from xlconv.book.book import read_book
from xlconv.book.plain import engine_file
from xlconv.engines.registry import engine_named
from xlconv.spreadsheet.cells import Cell, Place, Range
from xlconv.spreadsheet.keys import cell_key
from xlconv.verification.trials import trial
from xlconv.xlsx import plain
from xlconv.xlsx.dynamic_arrays import PlainWords
from xlconv.xlsx.reader import open_package
from xlconv.xlsx.sheet import CellError

ROWS = (
    '<row r="20"><c r="A20"><f t="shared" ref="A20:B21" si="7">A$1&lt;$C1</f></c>'
    '<c r="B20"><f t="shared" si="7"/></c></row>'
    '<row r="21"><c r="A21"><f t="shared" si="7"/></c><c r="B21"><v>3</v></c></row>'
    '<row r="22"><c r="A22" t="d"><v>2024-01-02</v></c><c r="D22" cm="1">'
    '<f t="array" ref="D22:D23">C1:C2</f><v>8</v></c><c r="E22"><f>SUM(_xlfn.ANCHORARRAY(D22))</f>'
    '</c><c r="F22"><f t="shared" si="8">EXP($C$22:$C$23)</f></c></row>'
    '<row r="23"><c r="D23"><v>9</v></c><c r="F23"><f t="shared" si="8"/></c></row>'
)
FORMULAS = (
    *("common+1", "own*2", "SUM(Table1[y])", "SUM('Ada <&> data'!B2:B3)", "ISERROR(B1)"),
    *(
        "IF(B2,5,6)",
        "LEN(B3)",
        "ISTEXT(B4)",
        "DATE(2024,1,1)+0",
        "A16*0.5+1",
        'IF(B5="a<b",1,2)',
        "SUM(D22:D23)",
    ),
)


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook in which formulas depend on whatever they can."""
    path = tmp_path_factory.mktemp("books") / "strange.xlsx"
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.calculation.iterate, book.calculation.iterateCount = True, 60
    main, data = book.active, book.create_sheet("Ada <&> data", 0)
    main.title, data.sheet_state = "Main", "hidden"
    for row in (("x", "y\nz", "y"), (1, 2, 4), (3, 5, 7)):
        data.append(row)
    data.add_table(Table(displayName="Table1", ref="A1:C3"))
    book.defined_names["common"] = DefinedName("common", attr_text="Main!$C$1")
    main.defined_names["own"] = DefinedName("own", attr_text="'Ada <&> data'!$A$3")
    for number, value in enumerate(("#DIV/0!", True, "a_x000D_b", "text", "a<b"), 1):
        main.cell(number, 2, value)
    main["B4"].value, main["B4"].data_type = "#N/A", "s"
    main["C1"], main["C2"], main["C3"] = 8, 9.5, -1e-200
    for number, formula in enumerate(FORMULAS, 7):
        main.cell(number, 1, f"={formula}")
    book.save(path)
    change, part = ("</sheetData>", f"{ROWS}</sheetData>"), open_package(path).parts["Main"]
    return edited(path, path.with_name("more.xlsx"), lambda xml: xml.replace(*change), part)


def written(path: Path, target: Path, said: bool = False, **typed: float | str) -> Path:
    """Its plain workbook, with constants in cells of the sheet Main."""
    package = open_package(path)
    sheets = {name: plain.PlainSheet(package.sheet(name)) for name in package.parts}
    keys = np.array([cell_key(*Cell.parse(cell)) for cell in typed], dtype=np.int64)
    cells = sheets["Main"].cells
    words = PlainWords(cells, {}) if said else None
    sheets["Main"] = plain.PlainSheet(cells.with_constants(keys, [*typed.values()]), words)
    plain.write_plain(target, package.parcel, sheets)
    return target


@pytest.mark.parametrize("engine", ["formualizer", "libreoffice", "gnumeric"], indirect=True)
def test_engines_compute_the_same_from_it(engine: str, strange: Path, tmp_path: Path) -> None:
    """An error as a text is no error there either, and LibreOffice knows tables. What spills, and
    what is typed, is another matter."""
    places = [("Ada <&> data", Range(1, 1, 3, 3)), ("Main", Range(1, 1, 17, 3))]
    places += [("Main", Range(18, 1, 1, 1)), ("Main", Range(20, 1, 2, 2))]
    copy = written(strange, tmp_path / "plain.xlsx", A20=0.5)
    before, after = (
        [grid.tolist() for grid in engine_named(engine).evaluate(one, places)]
        for one in (strange, copy)
    )
    assert after[:2] == before[:2]
    computed = [row[0] for row in after[1][6:12]]
    assert [*computed[:2], *computed[3:]] == [9.0, 6.0, 7.0, True, 5.0]
    assert computed[2] == 11.0 or engine != "libreoffice"
    assert after[2:] == [[[17.5]], [[0.5, "#DIV/0!"], [True, 3.0]]]


def shown(path: Path) -> dict[str, object]:
    cells = open_package(path).sheet("Main")
    return {Cell(*place).a1: cell.content(Cell(*place)) for place, cell in cells.items()}


TYPED: dict[str, float | str] = {
    **dict.fromkeys(("C2", "B5", "B1", "A9"), 2.5),  # over a number, a text, an error, a formula
    **{"A1": 1.0, "F4": 2.0, "A19": 3.0, "D30": 4.0},  # cells and rows that are left out
    **{"A20": 0.5, "B20": 7.0},  # over the head of a shared formula
    **{"C1": "a < é_x0041_", "F1": "a\r\x01b", "F2": ""},
}


def test_what_is_typed_stands_there_and_all_else_as_it_was(strange: Path, tmp_path: Path) -> None:
    copy, before = written(strange, tmp_path / "plain.xlsx", **TYPED), shown(strange)
    assert before.pop("D23") == "{=C1:C2}"  # which spills there
    assert shown(copy) == {**before, **TYPED}
    old, new = open_package(strange).parcel, open_package(copy).parcel
    assert (new.settings, new.tables, new.own_names) == (old.settings, old.tables, old.own_names)


def test_formulas_are_said_in_other_words_where_they_must_be(
    strange: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each cell of a shared one picks its own cell; far too long, they are refused."""
    before, after = shown(strange), shown(written(strange, tmp_path / "plain.xlsx", said=True))
    changed = {cell: text for cell, text in after.items() if text != before[cell]}
    assert changed == {"E22": "=SUM($D$22:$D$23)", "F22": "=EXP($C$22)", "F23": "=EXP($C$23)"}
    monkeypatch.setattr(plain, "_MOST_MOVED", 10)
    with pytest.raises(CellError, match="F22 holds a long formula that too many cells share"):
        written(strange, tmp_path / "plain.xlsx")


def test_openpyxl_finds_a_trial_in_a_book(template_book: TemplateBook) -> None:
    """In every cell of every sheet: what is typed, and else what stands in the book."""
    book = read_book(template_book("lesson3").path)
    typed = trial(book, 0).typed
    with engine_file(book) as same, engine_file(book, typed) as copy:
        assert same == book.path
        assert held(copy) == {**held(same), **typed.places}


def held(path: Path) -> dict[Place, object]:
    book = openpyxl.load_workbook(path)
    cells = (cell for sheet in book for row in sheet.iter_rows() for cell in row)
    return {
        Place(cell.parent.title, Cell(cell.row, cell.column)): cell.value
        for cell in cells
        if cell.value is not None
    }
