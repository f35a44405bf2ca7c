"""A plain workbook, written from what was read of another one: its cells with other constants in
some of them, its names and tables, and the settings that change what formulas give.

In UTF-8 and transitional Open XML, without looks, so that no row is hidden, and without stored
values: engines compute every formula. Must not know networks, nor what is typed.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from itertools import count, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xlconv.spreadsheet.cells import Cell, Range, column_letters
from xlconv.spreadsheet.formula import moved_formula
from xlconv.xlsx.dynamic_arrays import PlainWords
from xlconv.xlsx.markup import MAIN, RELATIONS
from xlconv.xlsx.package import Parcel, Table
from xlconv.xlsx.rows import escaped_string, number_text
from xlconv.xlsx.sheet import CellError, FoundFormula, FoundSheet, NoText, Value

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_MOST_MOVED = 1 << 26  # characters of formulas that cells share and are spelled for each of them
_KINDS = {"xl/workbook.xml": "sheet.main", "xl/worksheets/": "worksheet", "xl/tables/": "table"}


@dataclass(frozen=True)
class PlainSheet:
    """The cells of a sheet, and the words for its formulas where these may need others."""

    cells: FoundSheet
    words: PlainWords | None = None


def write_plain(target: Path, parcel: Parcel, sheets: Mapping[str, PlainSheet]) -> None:
    """Write all sheets of a workbook, by the names that its formulas and its `parcel` know. Raises
    CellError for a formula that takes too much."""
    numbers = range(1, len(sheets) + 1)
    linked = ((f"worksheets/sheet{n}.xml", "worksheet") for n in numbers)
    parts: dict[str, Iterable[str]] = {
        "_rels/.rels": [_relations([("xl/workbook.xml", "officeDocument")])],
        "xl/workbook.xml": [_workbook(parcel, [*sheets])],
        "xl/_rels/workbook.xml.rels": [_relations(linked)],
    }
    ids = count(1)
    for number, (name, sheet) in zip(numbers, sheets.items(), strict=True):
        tables = {next(ids): table for table in parcel.tables[name]}
        links = _relations((f"../tables/table{n}.xml", "table") for n in tables)
        parts[f"xl/worksheets/sheet{number}.xml"] = _sheet(sheet, len(tables))
        parts[f"xl/worksheets/_rels/sheet{number}.xml.rels"] = [links]
        parts |= {f"xl/tables/table{n}.xml": [_table(table, n)] for n, table in tables.items()}
    parts["[Content_Types].xml"] = [_content_types([*parts])]
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as out:
        for part, texts in parts.items():
            with io.TextIOWrapper(out.open(part, "w"), "utf-8", newline="") as stream:
                stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
                stream.writelines(texts)


def _element(name: str, attributes: Mapping[str, str], *inside: str) -> str:
    spelled = (f' {key}="{escape(value)}"' for key, value in attributes.items())
    opening = "".join((name, *spelled)).replace("\n", "&#10;")
    return f"<{opening}>{''.join(inside)}</{name}>"


def _content_types(parts: Iterable[str]) -> str:
    """What each part is, by its folder."""
    overrides = (
        _element("Override", {"PartName": f"/{part}", "ContentType": f"{_CONTENT}.{kind}+xml"})
        for part in parts
        for folder, kind in _KINDS.items()
        if part.startswith(folder) and part.endswith(".xml")
    )
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    usual = _element("Default", {"Extension": "rels", "ContentType": relations})
    return _element("Types", {"xmlns": f"{_PACKAGE}/content-types"}, usual, *overrides)


def _relations(targets: Iterable[tuple[str, str]]) -> str:
    """What a part refers to, and as what, numbered from 1."""
    links = (
        {"Id": f"rId{n}", "Type": f"{RELATIONS}/{kind}", "Target": target}
        for n, (target, kind) in enumerate(targets, 1)
    )
    elements = (_element("Relationship", link) for link in links)
    return _element("Relationships", {"xmlns": f"{_PACKAGE}/relationships"}, *elements)


def _workbook(parcel: Parcel, names: list[str]) -> str:
    sheets = (
        _element("sheet", {"name": name, "sheetId": f"{n}", "r:id": f"rId{n}"})
        for n, name in enumerate(names, 1)
    )
    common = [({"name": name}, text) for name, text in parcel.names.items()]
    own = [
        ({"name": name, "localSheetId": f"{names.index(sheet)}"}, text)
        for (sheet, name), text in parcel.own_names.items()
        if sheet in names
    ]
    defined = (
        _element("definedName", attributes, escape(text, quote=False))
        for attributes, text in (*common, *own)
    )
    return _element(
        "workbook",
        {"xmlns": MAIN, "xmlns:r": RELATIONS},
        _element("workbookPr", parcel.settings.get("workbookPr", {})),
        _element("sheets", {}, *sheets),
        _element("definedNames", {}, *defined),
        _element("calcPr", {**parcel.settings.get("calcPr", {}), "fullCalcOnLoad": "1"}),
    )


def _table(table: Table, number: int) -> str:
    columns = (
        _element("tableColumn", {"id": f"{n}", "name": name})
        for n, name in enumerate(table.columns, 1)
    )
    inside = _element("tableColumns", {"count": f"{len(table.columns)}"}, *columns)
    return _element("table", {"xmlns": MAIN, "id": f"{number}", **table.attributes}, inside)


def _sheet(sheet: PlainSheet, tables: int) -> Iterator[str]:
    yield f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheetData>'
    yield from _rows(sheet)
    yield "</sheetData>"
    if tables:
        links = (_element("tablePart", {"r:id": f"rId{n}"}) for n in range(1, tables + 1))
        yield _element("tableParts", {"count": f"{tables}"}, *links)
    yield "</worksheet>"


def _rows(sheet: PlainSheet) -> Iterator[str]:
    texts = _cell_texts(sheet)
    rows, columns = sheet.cells.rows_columns
    letters = list(map(column_letters, columns.tolist()))
    starts = np.flatnonzero(np.diff(rows, prepend=0)).tolist()
    for start, end in pairwise([*starts, len(rows)]):
        row, some = int(rows[start]), slice(start, end)
        pairs = zip(letters[some], texts[some], strict=True)
        cells = [f'<c r="{column}{row}"{text}</c>' for column, text in pairs if text]
        yield f'<row r="{row}">{"".join(cells)}</row>'


def _cell_texts(sheet: PlainSheet) -> list[str]:
    """What stands in each cell, from behind its place on; "" for one that another one fills."""
    cells, formulas = sheet.cells, _Formulas(sheet)
    texts = [f"><v>{number_text(number)}</v>" for number in cells.numbers.tolist()]
    for position, value in cells.others.items():
        texts[position] = _constant(value)
    elements = formulas.member_elements
    members = formulas.members
    for position in np.flatnonzero(members).tolist():
        texts[position] = elements[cells.held[position]]
    for position in np.flatnonzero((cells.held >= 0) & ~members).tolist():
        texts[position] = formulas.text(position)
    return texts


def _constant(value: Value) -> str:
    if isinstance(value, bool):
        return f' t="b"><v>{value:d}</v>'
    if isinstance(value, float | None):
        return "" if value is None else f"><v>{number_text(float(value))}</v>"
    if isinstance(value, NoText):
        kind = "e" if value.startswith("#") else "d"
        return f' t="{kind}"><v>{escape(value)}</v>'
    text = f'<is><t xml:space="preserve">{escaped_string(value)}</t></is>'
    return f' t="inlineStr">{text}'


class _Formulas:
    """The formulas of a sheet as they are spelled: one that cells share with the first of them, if
    that is there and all can have the same words."""

    def __init__(self, sheet: PlainSheet) -> None:
        self.cells, self.words = sheet.cells, sheet.words
        self.doubtful = set() if sheet.words is None else sheet.words.doubtful
        self.moved = 0
        found = self.cells.formulas
        heads = self.cells.positions(np.array(found.anchors, np.int64))
        self.shared = {  # the numbers of those that cells share, by theirs among all
            number: shared
            for shared, number in enumerate(
                number
                for number, (one, head) in enumerate(zip(found, heads.tolist(), strict=True))
                if one.block and one.spelled and not one.array and number not in self.doubtful
                if one.anchor in one.block and head >= 0 and self.cells.held[head] == number
            )
        }

    @property
    def member_elements(self) -> list[str]:
        """What stands in a cell that shares a formula, by the formula's number."""
        numbers = range(len(self.cells.formulas))
        return [f'><f t="shared" si="{self.shared.get(number)}"/>' for number in numbers]

    @cached_property
    def members(self) -> NDArray[np.bool_]:
        """Which cells share a formula with one before them."""
        rows, columns = self.cells.rows_columns
        held = self.cells.held
        bounds = np.zeros((len(self.cells.formulas) + 1, 4), np.int64)  # the last one's: none
        anchors = np.full(len(bounds), np.iinfo(np.int64).max)
        for number in self.shared:
            formula = self.cells.formulas[number]
            place = formula.block
            assert place is not None
            bounds[number] = place.row, place.bottom, place.column, place.right
            anchors[number] = self.cells.formulas.anchors[number]
        top, bottom, left, right = bounds[held].T
        inside = (top <= rows) & (rows <= bottom) & (left <= columns) & (columns <= right)
        behind = np.frombuffer(self.cells.places, np.int64) > anchors[held]
        members: NDArray[np.bool_] = inside & behind
        return members

    def text(self, position: int) -> str:
        """What stands in a cell that holds a formula."""
        cell, number = self.cells.place(position), int(self.cells.held[position])
        formula = self.cells.formulas[number]
        if not formula.spelled:  # no text: of a data table
            return _constant(self.cells.value(position))
        if formula.array and cell != formula.anchor:  # it spills
            return ""
        attributes, text = "", formula.spelled
        if cell != formula.anchor:
            text = self._moved(cell, formula)
        if formula.array:
            attributes = f' t="array" ref="{(formula.block or Range.of(cell)).a1}"'
        if self.words is not None and number in self.doubtful:
            text = self.words.said(text, cell, formula.array)
        elif number in self.shared and cell == formula.anchor and formula.block is not None:
            attributes = f' t="shared" ref="{formula.block.a1}" si="{self.shared[number]}"'
        return f"><f{attributes}>{escape(text, quote=False)}</f>"

    def _moved(self, cell: Cell, formula: FoundFormula) -> str:
        """The text of a formula that a cell shares, if these do not become far too many."""
        self.moved += len(formula.spelled)
        if self.moved > _MOST_MOVED:
            raise CellError(f"{formula.anchor.a1} holds a long formula that too many cells share")
        rows, columns = cell.row - formula.anchor.row, cell.column - formula.anchor.column
        return moved_formula(formula.spelled, rows, columns)
