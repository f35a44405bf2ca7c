"""A plain workbook, written from what was read of another one: its cells with other constants in
some of them, its names and tables, and the settings that change what formulas give.

In UTF-8 and transitional Open XML, without looks, so that no row is hidden, and without stored
values: engines compute every formula. Must not know networks, nor what is typed.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from itertools import count, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xlconv.spreadsheet.cells import Cell, Range, column_letters
from xlconv.spreadsheet.formula import moved_formula
from xlconv.spreadsheet.keys import rows_columns
from xlconv.xlsx.dynamic_arrays import PlainWords
from xlconv.xlsx.markup import MAIN, RELATIONS
from xlconv.xlsx.package import Parcel, Table
from xlconv.xlsx.rows import escaped_string, number_text
from xlconv.xlsx.sheet import CellError, FoundFormula, FoundSheet, NoText, Positions, Value

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_AT_ONCE = 1 << 16  # cells
_MOST_MOVED = 1 << 26  # characters of formulas that cells share and are spelled for each of them
_KINDS = {"xl/workbook.xml": "sheet.main", "xl/worksheets/": "worksheet", "xl/tables/": "table"}


@dataclass(frozen=True)
class PlainSheet:
    """The cells of a sheet, and the words for its formulas where these may need others."""

    cells: FoundSheet
    words: PlainWords | None = None

    def with_constants(self, keys: Positions, typed: Sequence[float | str]) -> PlainSheet:
        """The sheet with constants typed into cells, by their keys."""
        sheet = PlainSheet(self.cells.with_constants(keys, typed), self.words)
        sheet.__dict__["elements"] = self.elements  # the formulas are the same
        return sheet

    @cached_property
    def doubtful(self) -> Collection[int]:
        """The formulas that may need other words, by their numbers."""
        return frozenset() if self.words is None else self.words.doubtful

    @cached_property
    def elements(self) -> Mapping[int, str]:
        """What stands in the cells of formulas that are theirs alone, by the formulas' numbers."""
        texts = self.cells.formulas.own_texts
        return {
            number: f"><f>{escape(text, quote=False)}</f>"
            for number, text in texts.items()
            if number not in self.doubtful
        }


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
    formulas = _Formulas(sheet)
    last = 0
    for start in range(0, len(sheet.cells), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        rows, columns = rows_columns(sheet.cells.keys_of_cells[some])
        letters, texts = [*map(column_letters, columns.tolist())], formulas.texts(some)
        starts = np.flatnonzero(np.diff(rows, prepend=0)).tolist()
        for first, end in pairwise([*starts, len(rows)]):
            row = int(rows[first])
            if row != last:
                yield f'</row><row r="{row}">' if last else f'<row r="{row}">'
                last = row
            pairs = zip(letters[first:end], texts[first:end], strict=True)
            yield "".join([f'<c r="{column}{row}"{text}</c>' for column, text in pairs if text])
    if last:
        yield "</row>"


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
        self.cells, self.words, self.doubtful = sheet.cells, sheet.words, sheet.doubtful
        self.elements = sheet.elements
        self.moved = 0
        self.found = self.cells.formulas.parsed
        heads = self.cells.positions(np.array(self.cells.formulas.anchors, np.int64))
        self.shared = {  # the numbers of those that cells share, by theirs among all
            number: shared
            for shared, number in enumerate(
                number
                for number, one in self.found.items()
                if one.block and one.spelled and not one.array and number not in self.doubtful
                if one.anchor in one.block and heads[number] >= 0
                if self.cells.held[heads[number]] == number
            )
        }
        self.of_members = {n: f'><f t="shared" si="{si}"/>' for n, si in self.shared.items()}
        # Where cells share each formula: its first cell's key, and the block.
        self.bounds = np.zeros((len(self.cells.formulas) + 1, 5), np.int64)  # the last one: nowhere
        for number in self.shared:
            place = self.found[number].block
            assert place is not None
            corners = place.row, place.bottom, place.column, place.right
            self.bounds[number] = self.cells.formulas.anchors[number], *corners

    def texts(self, some: slice) -> list[str]:
        """What stands in some cells, from behind their places on; "" in one that another fills."""
        cells = self.cells
        held, numbers = cells.held[some].tolist(), cells.numbers[some].tolist()
        members = self._members(some).tolist()
        texts = []
        for position, formula, number, member in zip(
            range(some.start, some.start + len(held)), held, numbers, members, strict=True
        ):
            if formula < 0:
                text = _constant(number if number == number else cells.others.get(position))
            elif member:
                text = self.of_members[formula]
            elif formula in self.elements:
                text = self.elements[formula]
            else:
                text = self._text(position, cells.place(position), formula)
            texts.append(text)
        return texts

    def _members(self, some: slice) -> NDArray[np.bool_]:
        """Which of some cells share a formula with one before them."""
        keys = self.cells.keys_of_cells[some]
        rows, columns = rows_columns(keys)
        anchor, top, bottom, left, right = self.bounds[self.cells.held[some]].T
        inside = (top <= rows) & (rows <= bottom) & (left <= columns) & (columns <= right)
        members: NDArray[np.bool_] = inside & (keys > anchor)
        return members

    def _text(self, position: int, cell: Cell, number: int) -> str:
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
