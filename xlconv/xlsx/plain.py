"""A plain workbook, written from what was read of another one: its cells with other constants in
some of them, its names and tables, and the settings that change what formulas give.

In UTF-8 and transitional Open XML, without looks, and without stored values: engines compute every
formula. Must not know networks, nor what is typed.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from xlconv.spreadsheet.cells import Cell, Range, column_letters
from xlconv.spreadsheet.formula import moved_formula
from xlconv.xlsx.cells import FoundFormula, FoundSheet, NoText, Value
from xlconv.xlsx.dynamic_arrays import PlainWords
from xlconv.xlsx.markup import MAIN, RELATIONS
from xlconv.xlsx.package import Parcel, Table
from xlconv.xlsx.rows import escaped_string, number_text

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_MOST_TABLES = 1000  # of a sheet


@dataclass(frozen=True)
class PlainSheet:
    """The cells of a sheet, the constants that are typed over them, and the words for its formulas
    if they may have to be said otherwise."""

    cells: FoundSheet
    typed: Mapping[tuple[int, int], float | str] = field(default_factory=dict)
    words: PlainWords | None = None


def write_plain(target: Path, parcel: Parcel, sheets: Mapping[str, PlainSheet]) -> None:
    """Write all sheets of a workbook, by the names that its formulas and its `parcel` know."""
    parts = {"xl/workbook.xml": _workbook(parcel, [*sheets])}
    kinds = {"xl/workbook.xml": "sheet.main"}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        for number, (name, sheet) in enumerate(sheets.items(), 1):
            kinds[part := f"xl/worksheets/sheet{number}.xml"] = "worksheet"
            tables = {
                f"tables/table{number}_{n}.xml": _table(table, number * _MOST_TABLES + n)
                for n, table in enumerate(parcel.tables[name][: _MOST_TABLES - 1])
            }
            with io.TextIOWrapper(out.open(part, "w"), "utf-8", newline="") as stream:
                stream.writelines(_sheet(sheet, len(tables)))
            if tables:
                links = _relations((f"../{table}", "table") for table in tables)
                parts[f"xl/worksheets/_rels/sheet{number}.xml.rels"] = links
            parts |= {f"xl/{table}": text for table, text in tables.items()}
            kinds |= {f"xl/{table}": "table" for table in tables}
        linked = ((f"worksheets/sheet{n}.xml", "worksheet") for n in range(1, len(sheets) + 1))
        parts["xl/_rels/workbook.xml.rels"] = _relations(linked)
        parts["_rels/.rels"] = _relations([("xl/workbook.xml", "officeDocument")])
        parts["[Content_Types].xml"] = _content_types(kinds)
        for part, text in parts.items():
            out.writestr(part, _DECLARATION + text)


def _element(name: str, attributes: Mapping[str, str], *inside: str) -> str:
    spelled = (f' {key}="{escape(value)}"' for key, value in attributes.items())
    opening = "".join((name, *spelled)).replace("\n", "&#10;")
    return f"<{opening}>{''.join(inside)}</{name}>"


def _content_types(kinds: Mapping[str, str]) -> str:
    """The list of parts, by what they are."""
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    overrides = (
        _element("Override", {"PartName": f"/{part}", "ContentType": f"{_CONTENT}.{kind}+xml"})
        for part, kind in kinds.items()
    )
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
    yield f'{_DECLARATION}<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheetData>'
    yield from _rows(sheet)
    yield "</sheetData>"
    if tables:
        links = (_element("tablePart", {"r:id": f"rId{n}"}) for n in range(1, tables + 1))
        yield _element("tableParts", {"count": f"{tables}"}, *links)
    yield "</worksheet>"


def _rows(sheet: PlainSheet) -> Iterator[str]:
    cells, typed = sheet.cells, sheet.typed
    shared: dict[int, int] = {}
    places: Iterable[tuple[int, int]] = cells
    if not typed.keys() <= cells.keys():
        places = sorted(cells.keys() | typed.keys())
    for row, some in groupby(places, itemgetter(0)):
        yield f'<row r="{row}">'
        for place in some:
            name, found = f"{column_letters(place[1])}{row}", cells.get(place)
            if place in typed or found is None:
                yield _constant(name, typed[place])
            elif found.formula is None or not found.formula.spelled:  # none: of a data table
                yield _constant(name, found.value)
            elif not found.formula.array or place == found.formula.anchor:  # else it spills
                formula = _formula(Cell(*place), found.formula, shared, sheet.words)
                yield f'<c r="{name}">{formula}</c>'
        yield "</row>"


def _constant(name: str, value: Value) -> str:
    if isinstance(value, bool):
        return f'<c r="{name}" t="b"><v>{value:d}</v></c>'
    if isinstance(value, float | None):
        return "" if value is None else f'<c r="{name}"><v>{number_text(float(value))}</v></c>'
    if isinstance(value, NoText):
        kind = "e" if value.startswith("#") else "d"
        return f'<c r="{name}" t="{kind}"><v>{escape(value)}</v></c>'
    text = f'<is><t xml:space="preserve">{escaped_string(value)}</t></is>'
    return f'<c r="{name}" t="inlineStr">{text}</c>'


def _formula(
    cell: Cell, formula: FoundFormula, shared: dict[int, int], words: PlainWords | None
) -> str:
    """A cell's formula; one that cells share is spelled with the first of them, if it is there and
    all can have the same words. `shared` has the numbers of those."""
    number, block = shared.get(id(formula)), formula.block
    if number is not None and block is not None and cell in block:
        return f'<f t="shared" si="{number}"/>'
    rows, columns = cell.row - formula.anchor.row, cell.column - formula.anchor.column
    text, attributes = moved_formula(formula.spelled, rows, columns), ""
    if formula.array:
        attributes = f' t="array" ref="{(block or Range.of(cell)).a1}"'
    if words is not None and words.needed(formula):
        text = words.said(text, cell, formula.array)
    elif block is not None and block.first == cell == formula.anchor and not formula.array:
        number = shared[id(formula)] = len(shared)
        attributes = f' t="shared" ref="{block.a1}" si="{number}"'
    return f"<f{attributes}>{escape(text, quote=False)}</f>"
