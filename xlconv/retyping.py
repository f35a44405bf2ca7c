"""A copy of a workbook's file in which some cells hold given constants, everything else byte for
byte as it was.

Works on the bytes of the sheets' XML, whichever program wrote them. Must not know networks, nor
what is typed.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from xml.parsers import expat

from xlconv.grid import Cell, moved_formula
from xlconv.reader import open_package

Typed = Mapping[tuple[str, Cell], float | str]
_Cells = dict[Cell, float | str]
_Values = Mapping[str, float | str]  # by A1 text

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REST_OF_TAG = re.compile(rb"""(?:[^>"']|"[^"]*"|'[^']*')*>""")
_PREFIX = re.compile(rb"<([^\s:/>]+:)?")
_OFFICE_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def retyped(path: Path, typed: Typed, target: Path) -> Path:
    """Write the copy to `target`. Raises BookError for what is no workbook."""
    package = open_package(path)
    by_part: dict[str, _Cells] = {}
    for (sheet, cell), value in typed.items():
        by_part.setdefault(package.parts[sheet], {})[cell] = value
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename in by_part:
                content = retyped_sheet(content, by_part[entry.filename])
            new.writestr(entry.filename, content, zipfile.ZIP_DEFLATED, compresslevel=1)
    return target


def retyped_sheet(content: bytes, cells: Mapping[Cell, float | str]) -> bytes:
    """A sheet's XML with constants in some cells, of whatever kind they were.

    Other cells that share the formula of a replaced one get its text, each for itself.
    """
    if content.startswith(_UTF16):
        text = re.sub(r"""encoding=["'][^"']*["']""", "", content.decode("utf-16"), count=1)
        content = text.encode()
    sheet = _Reading(content).sheet()
    values = {cell.a1: value for cell, value in cells.items()}
    edits = [*_replaced(sheet, values), *_inserted(sheet, values)]
    parts, position = [], 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        parts += [content[position:start], new]
        position = end
    return b"".join([*parts, content[position:]])


@dataclass(slots=True)
class _Element:
    """An element of `content`: its attributes, where it begins, and where the parser was when it
    ended. Few are edited: only of these the ends of tags are looked for."""

    content: bytes
    start: int
    attributes: Mapping[str, str]
    last: int = 0

    @property
    def closing(self) -> int:
        """Where the closing tag begins: where the element does, if it is one tag, as <row/> is."""
        opened = _tag_end(self.content, self.start)
        return self.start if self.content[opened - 2 : opened] == b"/>" else self.last

    @property
    def end(self) -> int:
        return _tag_end(self.content, self.closing)


def _tag_end(content: bytes, start: int) -> int:
    match = _REST_OF_TAG.match(content, start)
    assert match is not None
    return match.end()


@dataclass(slots=True)
class _FoundCell(_Element):
    place: str = ""
    formula: _Element | None = None
    text: str = ""


@dataclass(slots=True)
class _Row(_Element):
    number: int = 0
    cells: list[_FoundCell] = field(default_factory=list)


@dataclass(slots=True)
class _Sheet(_Element):
    prefix: bytes = b""
    rows: list[_Row] = field(default_factory=list)


class _Reading:
    """Finds the rows, cells and formulas of a sheet in its bytes."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.found: _Sheet | None = None
        self.open: list[_Element | None] = []

    def sheet(self) -> _Sheet:
        self.parser.Parse(self.content, True)
        if self.found is None:
            raise ValueError("a sheet has no part for its cells")
        return self.found

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        begin = _BEGIN.get(name)
        outer = self.open[-1] if self.open else None
        start = self.parser.CurrentByteIndex
        self.open.append(begin(self, outer, start, attributes) if begin else None)

    def _sheet(self, _: _Element | None, start: int, given: dict[str, str]) -> _Element | None:
        if self.found is not None:
            return None
        match = _PREFIX.match(self.content, start)
        assert match is not None
        self.found = _Sheet(self.content, start, given, prefix=match[1] or b"")
        return self.found

    def _row(self, outer: _Element | None, start: int, given: dict[str, str]) -> _Element | None:
        if not isinstance(outer, _Sheet):
            return None
        before = outer.rows[-1].number if outer.rows else 0
        number = int(given.get("r", before + 1))
        outer.rows.append(_Row(self.content, start, given, number=number))
        return outer.rows[-1]

    def _cell(self, outer: _Element | None, start: int, given: dict[str, str]) -> _Element | None:
        if not isinstance(outer, _Row):
            return None
        place = given.get("r")
        if place is None:
            before = Cell.parse(outer.cells[-1].place).column if outer.cells else 0
            place = Cell(outer.number, before + 1).a1
        outer.cells.append(_FoundCell(self.content, start, given, place=place))
        return outer.cells[-1]

    def _formula(
        self, outer: _Element | None, start: int, given: dict[str, str]
    ) -> _Element | None:
        if not isinstance(outer, _FoundCell):
            return None
        outer.formula = _Element(self.content, start, given)
        self.parser.CharacterDataHandler = self._text
        return outer.formula

    def _text(self, text: str) -> None:
        cell = self.open[-2]
        if isinstance(cell, _FoundCell):
            cell.text += text

    def _end(self, _: str) -> None:
        element = self.open.pop()
        if element is not None:
            self.parser.CharacterDataHandler = None
            element.last = self.parser.CurrentByteIndex


_BEGIN = {
    f"{_MAIN} sheetData": _Reading._sheet,
    f"{_MAIN} row": _Reading._row,
    f"{_MAIN} c": _Reading._cell,
    f"{_MAIN} f": _Reading._formula,
}

_Edit = tuple[int, int, bytes]  # bytes from .. to .. become these


def _replaced(sheet: _Sheet, values: _Values) -> Iterator[_Edit]:
    """The edits of cells that are there, and of those that share a formula with one of them."""
    heads: dict[str, _FoundCell] = {}
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
            tag, text = sheet.prefix + b"f", _shared_text(heads[group], found)
            spelled = escape(text, quote=False).encode("ascii", "xmlcharrefreplace")
            yield formula.start, formula.end, b"<%b>%b</%b>" % (tag, spelled, tag)


def _shared_text(head: _FoundCell, member: _FoundCell) -> str:
    """A shared formula as one of its cells would spell it."""
    there, here = Cell.parse(head.place), Cell.parse(member.place)
    down, across = here.row - there.row, here.column - there.column
    return moved_formula(head.text, down, across) if down or across else head.text


def _cell(
    prefix: bytes, place: str, value: float | str, attributes: Mapping[str, str] | None = None
) -> bytes:
    """A cell that holds a constant, with the looks of the one before."""
    name = prefix.decode()
    looks = f' s="{attributes["s"]}"' if attributes and "s" in attributes else ""
    if isinstance(value, str):
        kind = ' t="inlineStr"'
        text = f'<{name}t xml:space="preserve">{escape(_escaped(value), quote=False)}</{name}t>'
        inside = f"<{name}is>{text}</{name}is>"
    else:
        kind, inside = "", f"<{name}v>{float(value)!r}</{name}v>"
    spelled = f'<{name}c r="{place}"{looks}{kind}>{inside}</{name}c>'
    return spelled.encode("ascii", "xmlcharrefreplace")


def _escaped(text: str) -> str:
    """A text in which nothing is taken for one of Office's own escapes, such as _x0041_."""
    return _OFFICE_ESCAPE.sub("_x005F_", text)


def _inserted(sheet: _Sheet, values: _Values) -> Iterator[_Edit]:
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


def _into_row(sheet: _Sheet, row: _Row, made: list[tuple[Cell, bytes]]) -> Iterator[_Edit]:
    if row.closing == row.start:
        yield from _filled(row, sheet.prefix + b"row", [new for _, new in made])
        return
    columns = [(Cell.parse(found.place).column, found.start) for found in row.cells]
    for cell, new in made:
        spot = next((start for column, start in columns if column > cell.column), row.closing)
        yield spot, spot, new


def _filled(element: _Element, tag: bytes, inside: list[bytes]) -> Iterator[_Edit]:
    """The edit that puts something into an element of one tag."""
    if inside:
        yield element.end - 2, element.end, b">" + b"".join(inside) + b"</%b>" % tag
