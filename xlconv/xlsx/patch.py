"""A copy of a workbook's file in which some cells hold given constants, everything else byte for
byte as it was.

Works on the bytes of the sheets' XML, whichever program wrote them. Must not know networks, nor
what is typed.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

from xlconv.spreadsheet.cells import Cell, Place
from xlconv.xlsx.archive import open_container
from xlconv.xlsx.package import sheet_parts
from xlconv.xlsx.rows import escaped_string
from xlconv.xlsx.spans import (
    Edit,
    Element,
    LocatedCell,
    LocatedRow,
    LocatedSheet,
    in_bytes,
    locate_cells,
    with_edits,
)

Typed = Mapping[Place, float | str]
_Cells = dict[Cell, float | str]
_Values = Mapping[str, float | str]  # by A1 text


def typed_copy(path: Path, typed: Typed, target: Path) -> Path:
    """Write the copy to `target`: the very bytes if nothing is typed. Raises BookError for what is
    no workbook."""
    if not typed:
        return Path(shutil.copyfile(path, target))
    with open_container(path) as container:
        parts = sheet_parts(container)
    by_part: dict[str, _Cells] = {}
    for (sheet, cell), value in typed.items():
        by_part.setdefault(parts[sheet], {})[cell] = value
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename in by_part:
                content = typed_sheet(content, by_part[entry.filename])
            new.writestr(entry.filename, content, zipfile.ZIP_DEFLATED, compresslevel=1)
    return target


def typed_sheet(content: bytes, cells: Mapping[Cell, float | str]) -> bytes:
    """A sheet's XML with constants in some cells, of whatever kind they were.

    Other cells that share the formula of a replaced one get its text, each for itself.
    """
    content = in_bytes(content)
    sheet = locate_cells(content)
    values = {cell.a1: value for cell, value in cells.items()}
    return with_edits(content, [*_replaced(sheet, values), *_inserted(sheet, values)])


def _replaced(sheet: LocatedSheet, values: _Values) -> Iterator[Edit]:
    """The edits of cells that are there, and of those that share a formula with one of them."""
    heads: dict[str, LocatedCell] = {}
    for found in (found for row in sheet.rows for found in row.cells):
        formula = found.formula
        shared = formula is not None and formula.attributes.get("t") == "shared"
        group = formula.attributes.get("si", "") if shared and formula is not None else ""
        if shared and found.text:
            heads[group] = found
        if found.place in values:
            new = _cell(sheet.prefix, found.place, values[found.place], found.attributes)
            yield found.start, found.end, new
        elif shared and formula is not None and group in heads and heads[group].place in values:
            tag, text = sheet.prefix + b"f", heads[group].text_at(found)
            spelled = escape(text, quote=False).encode("ascii", "xmlcharrefreplace")
            yield formula.start, formula.end, b"<%b>%b</%b>" % (tag, spelled, tag)


def _cell(
    prefix: bytes, place: str, value: float | str, attributes: Mapping[str, str] | None = None
) -> bytes:
    """A cell that holds a constant, with the looks of the one before."""
    name = prefix.decode()
    looks = f' s="{attributes["s"]}"' if attributes and "s" in attributes else ""
    if isinstance(value, str):
        kind = ' t="inlineStr"'
        text = f'<{name}t xml:space="preserve">{escaped_string(value)}</{name}t>'
        inside = f"<{name}is>{text}</{name}is>"
    else:
        kind, inside = "", f"<{name}v>{float(value)!r}</{name}v>"
    spelled = f'<{name}c r="{place}"{looks}{kind}>{inside}</{name}c>'
    return spelled.encode("ascii", "xmlcharrefreplace")


def _inserted(sheet: LocatedSheet, values: _Values) -> Iterator[Edit]:
    """The edits that put in cells, and rows, that the file leaves out."""
    there = {found.place for row in sheet.rows for found in row.cells}
    missing: dict[int, list[Cell]] = {}
    for cell in sorted(Cell.parse(place) for place in values.keys() - there):
        missing.setdefault(cell.row, []).append(cell)
    rows = {row.number: row for row in reversed(sheet.rows)}
    new_rows = []
    for number, places in missing.items():
        made = [(cell, _cell(sheet.prefix, cell.a1, values[cell.a1])) for cell in places]
        if number in rows:
            yield from _into_row(sheet, rows[number], made)
        else:
            content = b"".join(text for _, text in made)
            tag = sheet.prefix + b"row"
            new_rows.append((number, b'<%b r="%d">%b</%b>' % (tag, number, content, tag)))
    if sheet.closing == sheet.start:
        yield from _filled(sheet, sheet.prefix + b"sheetData", [new for _, new in new_rows])
        return
    for number, new in new_rows:
        behind = (row.start for row in sheet.rows if row.number > number)
        spot = next(behind, sheet.closing)
        yield spot, spot, new


def _into_row(
    sheet: LocatedSheet, row: LocatedRow, made: list[tuple[Cell, bytes]]
) -> Iterator[Edit]:
    if row.closing == row.start:
        yield from _filled(row, sheet.prefix + b"row", [new for _, new in made])
        return
    columns = [(Cell.parse(found.place).column, found.start) for found in row.cells]
    for cell, new in made:
        spot = next((start for column, start in columns if column > cell.column), row.closing)
        yield spot, spot, new


def _filled(element: Element, tag: bytes, inside: list[bytes]) -> Iterator[Edit]:
    """The edit that puts something into an element of one tag."""
    if inside:
        yield element.end - 2, element.end, b">" + b"".join(inside) + b"</%b>" % tag
