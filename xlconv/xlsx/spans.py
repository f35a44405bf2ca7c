"""Where the rows, cells and formulas of a sheet stand in the bytes of its part, whichever program
wrote it, so that some can be changed and everything else stays as it was.

Must not know files, nor what is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from xml.parsers import expat

from xlconv.spreadsheet.cells import Cell
from xlconv.spreadsheet.formula import moved_formula
from xlconv.xlsx.markup import MAIN

Edit = tuple[int, int, bytes]  # bytes from .. to .. become these

_REST_OF_TAG = re.compile(rb"""(?:[^>"']|"[^"]*"|'[^']*')*>""")
_PREFIX = re.compile(rb"<([^\s:/>]+:)?")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_MOST_KEPT = 4 << 20  # bytes


def in_bytes(content: bytes) -> bytes:
    """A part in an encoding in which a byte is a place."""
    if not content.startswith(_UTF16):
        return content
    text = re.sub(r"""encoding=["'][^"']*["']""", "", content.decode("utf-16"), count=1)
    return text.encode()


def locate_cells(content: bytes) -> LocatedSheet:
    """The rows of a sheet. Raises ExpatError, and ValueError for what is no sheet."""
    return _kept(content) if len(content) <= _MOST_KEPT else _Reading(content).sheet()


@lru_cache(maxsize=2)
def _kept(content: bytes) -> LocatedSheet:
    """Each trial edits the same sheets: those of usual size are looked through once."""
    return _Reading(content).sheet()


def with_edits(content: bytes, edits: Iterable[Edit]) -> bytes:
    """The part with its edits, of which no two overlap."""
    parts, position = [], 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        parts += [content[position:start], new]
        position = end
    return b"".join([*parts, content[position:]])


@dataclass(slots=True)
class Element:
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
class LocatedCell(Element):
    place: str = ""
    formula: Element | None = None
    text: str = ""

    def text_at(self, member: LocatedCell) -> str:
        """A formula that this cell shares with another one as that one would spell it."""
        there, here = Cell.parse(self.place), Cell.parse(member.place)
        down, across = here.row - there.row, here.column - there.column
        return moved_formula(self.text, down, across) if down or across else self.text


@dataclass(slots=True)
class LocatedRow(Element):
    number: int = 0
    cells: list[LocatedCell] = field(default_factory=list)


@dataclass(slots=True)
class LocatedSheet(Element):
    prefix: bytes = b""
    rows: list[LocatedRow] = field(default_factory=list)


class _Reading:
    """Finds the rows, cells and formulas of a sheet in its bytes."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.found: LocatedSheet | None = None
        self.open: list[Element | None] = []

    def sheet(self) -> LocatedSheet:
        self.parser.Parse(self.content, True)
        if self.found is None:
            raise ValueError("a sheet has no part for its cells")
        return self.found

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        begin = _BEGIN.get(name)
        outer = self.open[-1] if self.open else None
        start = self.parser.CurrentByteIndex
        self.open.append(begin(self, outer, start, attributes) if begin else None)

    def _sheet(self, _: Element | None, start: int, given: dict[str, str]) -> Element | None:
        if self.found is not None:
            return None
        match = _PREFIX.match(self.content, start)
        assert match is not None
        self.found = LocatedSheet(self.content, start, given, prefix=match[1] or b"")
        return self.found

    def _row(self, outer: Element | None, start: int, given: dict[str, str]) -> Element | None:
        if not isinstance(outer, LocatedSheet):
            return None
        before = outer.rows[-1].number if outer.rows else 0
        number = int(given.get("r", before + 1))
        outer.rows.append(LocatedRow(self.content, start, given, number=number))
        return outer.rows[-1]

    def _cell(self, outer: Element | None, start: int, given: dict[str, str]) -> Element | None:
        if not isinstance(outer, LocatedRow):
            return None
        place = given.get("r")
        if place is None:
            before = Cell.parse(outer.cells[-1].place).column if outer.cells else 0
            place = Cell(outer.number, before + 1).a1
        outer.cells.append(LocatedCell(self.content, start, given, place=place))
        return outer.cells[-1]

    def _formula(self, outer: Element | None, start: int, given: dict[str, str]) -> Element | None:
        if not isinstance(outer, LocatedCell):
            return None
        outer.formula = Element(self.content, start, given)
        self.parser.CharacterDataHandler = self._text
        return outer.formula

    def _text(self, text: str) -> None:
        cell = self.open[-2]
        if isinstance(cell, LocatedCell):
            cell.text += text

    def _end(self, _: str) -> None:
        element = self.open.pop()
        if element is not None:
            self.parser.CharacterDataHandler = None
            element.last = self.parser.CurrentByteIndex


_BEGIN = {
    f"{MAIN} sheetData": _Reading._sheet,
    f"{MAIN} row": _Reading._row,
    f"{MAIN} c": _Reading._cell,
    f"{MAIN} f": _Reading._formula,
}
