"""The text of the inspector's formulas.

Pure functions from cells to text, in the dialect of `formulas`. Must not know layers or where
anything stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from xlconv.spreadsheet.cells import Cell, Range


def within(typed: Cell, most: str) -> str:
    """A typed number as a whole number from 1 to the most there are.

    >>> within(Cell(6, 3), "$Z$11")
    'MAX(1,MIN(INT($C$6),$Z$11))'
    """
    return f"MAX(1,MIN(INT({typed.absolute}),{most}))"


def of_layer(values: Range, layer: Cell) -> str:
    """What a line of the table says of the chosen layer; Gnumeric wants the row, too.

    >>> of_layer(Range(12, 30, 1, 7), Cell(5, 4))
    'INDEX($AD12:$AJ12,1,$D$5)'
    """
    first, last = values.first, values.last
    letters = first.a1.rstrip("0123456789"), last.a1.rstrip("0123456789")
    return f"INDEX(${letters[0]}{first.row}:${letters[1]}{last.row},1,{layer.absolute})"


def nth(values: Range, number: str) -> str:
    """A value of a list, by its number from 1.

    >>> nth(Range(10, 30, 5, 1), "A4")
    'INDEX($AD$10:$AD$14,A4)'
    """
    return f"INDEX({values.absolute},{number})"


def choose(number: str, values: Iterable[str]) -> str:
    """The value of a number, from 1.

    >>> choose("$D$5", ["1", "A2"])
    'CHOOSE($D$5,1,A2)'
    """
    return f"CHOOSE({number},{','.join(values)})"


def unless(condition: str, value: str) -> str:
    """A value, or an empty text where a condition holds.

    >>> unless("A1>5", "B1")
    'IF(A1>5,"",B1)'
    """
    return f'IF({condition},"",{value})'


def short(value: str, digits: int = 2) -> str:
    """A number to be joined to texts, rounded; "+0" takes the sign from a zero. In no brackets:
    "&" joins last, and IronCalc saves formulas without those that change nothing.

    >>> short("$A$1")
    'ROUND($A$1,2)+0'
    """
    return f"ROUND({value},{digits})+0"


def by_operation(number: Cell, texts: Mapping[int, str]) -> str:
    """The value of one of several numbers, from 1, of which not all occur.

    >>> by_operation(Cell(1, 1), {2: "B1", 4: "C1"})
    'CHOOSE($A$1,0,B1,0,C1)'
    """
    return choose(number.absolute, (texts.get(n, "0") for n in range(1, max(texts) + 1)))
