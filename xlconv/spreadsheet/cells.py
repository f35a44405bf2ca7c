"""Cells and ranges of a worksheet, their A1 text, and Excel's limits.

Rows and columns count from 1, as in a spreadsheet; offsets inside a range count
from 0. Knows nothing of networks or files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
MAX_FORMULA_LENGTH = 8_192
MAX_TEXT_LENGTH = 32_767
MAX_SHEET_NAME_LENGTH = 31
SMALLEST_NUMBER = 2.2250738585072014e-308  # what is nearer to 0 is 0 in Excel

# A reference such as $AB$12: no word character before it, and neither one nor the
# parenthesis of a function (LOG10) behind it. Strings and quoted sheets match first.
_REFERENCE = re.compile(
    r"""("(?:[^"]|"")*+"?|'(?:[^']|'')*+'?)"""
    r"""|(?<![\w.])(\$?)([A-Za-z]{1,3})(\$?)([1-9][0-9]{0,6})(?![\w.(!])"""
)
_STRING = re.compile(r'("(?:[^"]|"")*+"?)')  # one that nobody closed ends with the formula
_RANGE = re.compile(
    r"(?<![\w.$])\$?[A-Za-z]{1,3}\$?[1-9][0-9]{0,6}(?::\$?[A-Za-z]{1,3}\$?[1-9][0-9]{0,6})?(?![\w.(!])"
)
_NUMBER = re.compile(r"(?<![\w.$!])(?:\d++\.?+\d*+|\.\d++)(?:E[+-]?\d++)?+(?![\w.(!])")
_BLANKS = re.compile(r"\s+")
_INTERSECTION = re.compile(r"(?<=[\w.$)\]])\s+(?=[\w.$(\[])")
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
        return self.first.a1 if self.size == 1 else f"{self.first.a1}:{self.last.a1}"

    @property
    def absolute(self) -> str:
        if self.size == 1:
            return self.first.absolute
        return f"{self.first.absolute}:{self.last.absolute}"

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
        row = min(member.row for member in members)
        column = min(member.column for member in members)
        height = max(member.bottom for member in members) - row + 1
        width = max(member.right for member in members) - column + 1
        return cls(row, column, height, width)

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


def moved_formula(formula: str, rows: int, columns: int) -> str:
    """The text that a formula has after it was copied so many rows and columns away.

    >>> moved_formula("SUMPRODUCT(A2:C4,$E$2:$G$4)+LOG10(B$1)", 1, 2)
    'SUMPRODUCT(C3:E5,$E$2:$G$4)+LOG10(D$1)'
    """

    def move(match: re.Match[str]) -> str:
        if match[1] is not None:
            return match[1]
        column = column_number(match[3]) + (0 if match[2] else columns)
        row = int(match[5]) + (0 if match[4] else rows)
        if not (1 <= column <= MAX_COLUMNS and 1 <= row <= MAX_ROWS):
            return "#REF!"
        letters = match[3] if match[2] else column_letters(column)
        return f"{match[2]}{letters}{match[4]}{row}"

    return _REFERENCE.sub(move, formula)


@lru_cache(maxsize=4096)
def relative_form(formula: str, at: Cell) -> str:
    """A formula with its relative references written as offsets from its own cell.

    Two cells hold "the same formula" in a spreadsheet's sense exactly when their
    relative forms are equal, however the file spells them (shared or one by one,
    with or without blanks, in capitals or not).

    >>> relative_form("max(0, A2)", Cell(2, 3)), relative_form("MAX(0,B3)", Cell(3, 4))
    ('MAX(0,r[0]c[-2])', 'MAX(0,r[0]c[-2])')
    >>> relative_form("SUM($A$1:B2)", Cell(1, 1)), relative_form("SUM(R1C1)", Cell(1, 1))
    ('SUM(r1c1:r[1]c[1])', 'SUM(R1C1)')

    Numbers are compared as numbers: Excel writes 0.00001 as 1.0000000000000001E-5.

    >>> relative_form("0.00001*2", Cell(1, 1)), relative_form("1.0000000000000001E-5*2", Cell(1, 1))
    ('1e-05*2', '1e-05*2')
    """

    def relate(match: re.Match[str]) -> str:
        if match[1] is not None:
            return match[1]
        row, column = int(match[5]), column_number(match[3])
        # In small letters, which a formula's own text, a name R1C1 say, no longer has.
        row_text = f"r{row}" if match[4] else f"r[{row - at.row}]"
        return row_text + (f"c{column}" if match[2] else f"c[{column - at.column}]")

    parts = _STRING.split(formula.removeprefix("="))
    # Outside of strings the case of letters carries no meaning, and blanks only where they stand
    # between two operands: as an intersection, and in what is no formula at all.
    parts[::2] = [_BLANKS.sub("", _INTERSECTION.sub("_", part)).upper() for part in parts[::2]]
    parts[::2] = [_NUMBER.sub(lambda number: f"{float(number[0]):.14g}", p) for p in parts[::2]]
    return _REFERENCE.sub(relate, "".join(parts))


def ranges_in(formula: str) -> list[Range]:
    """The ranges and single cells that a formula names, whatever sheet they are on.

    >>> [place.a1 for place in ranges_in("SUMPRODUCT(A2:C4,$E$2:$G$4)+Board!B1+D9")]
    ['A2:C4', 'E2:G4', 'B1', 'D9']
    """
    texts = _STRING.split(formula)[::2]
    found = [match[0] for text in texts for match in _RANGE.finditer(text)]
    return [Range.parse(text) for text in found]
