"""Cells and ranges of a worksheet, their A1 text, and Excel's limits.

Rows and columns count from 1, as in a spreadsheet; offsets inside a range count
from 0. Knows nothing of networks or files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
MAX_FORMULA_LENGTH = 8_192
MAX_TEXT_LENGTH = 32_767
MAX_SHEET_NAME_LENGTH = 31
SMALLEST_NUMBER = 2.2250738585072014e-308  # what is nearer to 0 is 0 in Excel

_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})")


@cache
def column_letters(column: int) -> str:
    """The letters of a column.

    >>> column_letters(1), column_letters(28), column_letters(16384)
    ('A', 'AB', 'XFD')
    """
    letters = ""
    while column:
        column, digit = divmod(column - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


@cache
def column_number(letters: str) -> int:
    """The number of a column.

    >>> column_number("a"), column_number("XFD")
    (1, 16384)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


class Cell(NamedTuple):
    """One cell of a sheet, by row and column from 1: a tuple, which is made, compared and looked
    up in half the time.

    >>> Cell(3, 28).a1, Cell(3, 28).absolute, Cell.parse("$AB$3")
    ('AB3', '$AB$3', Cell(row=3, column=28))
    """

    row: int
    column: int

    @property
    def a1(self) -> str:
        return f"{column_letters(self.column)}{self.row}"

    @property
    def absolute(self) -> str:
        return f"${column_letters(self.column)}${self.row}"

    def __format__(self, spec: str) -> str:
        """A reference: relative, "$" fixed, or fixed on the sheet of that name.

        >>> f"{Cell(3, 28)} {Cell(3, 28):$} {Cell(3, 28):Board}"
        'AB3 $AB$3 Board!$AB$3'
        """
        return _reference(self, spec)

    def shifted(self, rows: int, columns: int) -> Cell:
        return Cell(self.row + rows, self.column + columns)

    @classmethod
    def parse(cls, text: str) -> Cell:
        match = _CELL.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a cell")
        return cls(int(match[2]), column_number(match[1]))


class Place(NamedTuple):
    """A cell of a sheet, by the sheet's name.

    >>> str(Place("Board", Cell(5, 37))), str(Place("Ada's board", Cell(1, 1)))
    ('Board!AK5', "'Ada''s board'!A1")
    """

    sheet: str
    cell: Cell

    def __str__(self) -> str:
        return f"{quoted(self.sheet)}!{self.cell.a1}"


def cells_by_sheet(places: Iterable[Place]) -> dict[str, set[Cell]]:
    """The cells of places, sheet by sheet."""
    cells: dict[str, set[Cell]] = {}
    for sheet, cell in places:
        cells.setdefault(sheet, set()).add(cell)
    return cells


def quoted(sheet: str) -> str:
    """A sheet's name as formulas spell it.

    >>> quoted("Board"), quoted("Ada's board")
    ('Board', "'Ada''s board'")
    """
    plain = sheet.isascii() and sheet.isalpha()
    return sheet if plain else "'" + sheet.replace("'", "''") + "'"


@dataclass(frozen=True, order=True, slots=True)
class Range:
    """A rectangle of cells: the row and column of its first cell, and its size.

    >>> Range(2, 1, 3, 3).a1, Range(2, 1, 3, 3).absolute, Range(2, 1, 1, 1).a1
    ('A2:C4', '$A$2:$C$4', 'A2')
    """

    row: int
    column: int
    height: int
    width: int

    @property
    def first(self) -> Cell:
        return Cell(self.row, self.column)

    @property
    def last(self) -> Cell:
        return Cell(self.bottom, self.right)

    @property
    def bottom(self) -> int:
        return self.row + self.height - 1

    @property
    def right(self) -> int:
        return self.column + self.width - 1

    @property
    def size(self) -> int:
        return self.height * self.width

    @property
    def a1(self) -> str:
        first = f"{column_letters(self.column)}{self.row}"
        if self.height == self.width == 1:
            return first
        return f"{first}:{column_letters(self.column + self.width - 1)}{self.row + self.height - 1}"

    @property
    def absolute(self) -> str:
        first = f"${column_letters(self.column)}${self.row}"
        if self.height == self.width == 1:
            return first
        right = column_letters(self.column + self.width - 1)
        return f"{first}:${right}${self.row + self.height - 1}"

    def __format__(self, spec: str) -> str:
        """A reference: relative, "$" fixed, or fixed on the sheet of that name.

        >>> f"{Range(2, 1, 3, 3)} {Range(2, 1, 3, 3):$} {Range(2, 1, 3, 3):Board}"
        'A2:C4 $A$2:$C$4 Board!$A$2:$C$4'
        """
        return _reference(self, spec)

    def cell(self, row: int, column: int) -> Cell:
        """The cell at an offset, from 0, inside the range."""
        return Cell(self.row + row, self.column + column)

    def offsets(self) -> list[tuple[int, int]]:
        """The offsets of every cell, row by row."""
        return [(row, column) for row in range(self.height) for column in range(self.width)]

    def cells(self) -> Iterator[Cell]:
        """Every cell, row by row."""
        for row in range(self.row, self.bottom + 1):
            for column in range(self.column, self.right + 1):
                yield Cell(row, column)

    def __contains__(self, cell: Cell) -> bool:
        return self.row <= cell.row <= self.bottom and self.column <= cell.column <= self.right

    def overlaps(self, other: Range) -> bool:
        return (
            self.row <= other.bottom
            and other.row <= self.bottom
            and self.column <= other.right
            and other.column <= self.right
        )

    def rest(self, part: Range) -> tuple[Range, ...]:
        """What is beside a part with which it begins, and what is below.

        >>> Range(2, 1, 3, 3).rest(Range(2, 1, 1, 1))
        (Range(row=2, column=2, height=1, width=2), Range(row=3, column=1, height=2, width=3))
        """
        beside = Range(self.row, part.right + 1, part.height, self.right - part.right)
        below = Range(part.bottom + 1, self.column, self.bottom - part.bottom, self.width)
        return tuple(place for place in (beside, below) if place.size)

    def shifted(self, rows: int, columns: int) -> Range:
        """The range so many rows below and columns right."""
        return Range(self.row + rows, self.column + columns, self.height, self.width)

    def grown(self, top: int, bottom: int, left: int, right: int) -> Range:
        """The range with a margin of so many cells on each side."""
        return Range(
            self.row - top,
            self.column - left,
            self.height + top + bottom,
            self.width + left + right,
        )

    @classmethod
    def of(cls, cell: Cell) -> Range:
        """A cell as a range."""
        return cls(cell.row, cell.column, 1, 1)

    @classmethod
    def around(cls, ranges: Iterable[Range]) -> Range:
        """The smallest range that holds all of the given ones."""
        members = list(ranges)
        row = min([member.row for member in members])
        column = min([member.column for member in members])
        below = max([member.row + member.height for member in members])
        beside = max([member.column + member.width for member in members])
        return cls(row, column, below - row, beside - column)

    @classmethod
    def parse(cls, text: str) -> Range:
        """The range that A1 text such as ``$A$2:$C$4`` names; ValueError if it names none."""
        start, _, end = text.partition(":")
        first = Cell.parse(start)
        last = Cell.parse(end or start)
        return cls.around(map(cls.of, (first, last)))


def _reference(place: Cell | Range, spec: str) -> str:
    if not spec:
        return place.a1
    return place.absolute if spec == "$" else f"{spec}!{place.absolute}"


def looks_like_reference(name: str) -> bool:
    """Whether a spreadsheet would read a name as a cell (A1 or R1C1 style).

    >>> [looks_like_reference(name) for name in ("fc1", "R1C1", "rc", "conv1", "pool")]
    [True, True, True, False, False]
    """
    if re.fullmatch(r"[Rr]\d*([Cc]\d*)?|[Cc]\d*", name):
        return True
    match = re.fullmatch(r"([A-Za-z]{1,3})(\d+)", name)
    return match is not None and column_number(match[1]) <= MAX_COLUMNS
