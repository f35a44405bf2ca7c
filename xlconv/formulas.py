"""The text of every formula that a board holds.

Pure functions from ranges to text, without the leading "=". Must not know layers or
layouts. The dialect is that of every spreadsheet since Excel 2007: SUMPRODUCT with two
arguments (it reads an empty cell as 0, which makes a padding ring work), no arrays,
nothing volatile.
"""

from __future__ import annotations

from collections.abc import Iterable

from xlconv.grid import Cell, Range


def weighted_sum(
    windows: Iterable[Range], weights: Iterable[Range], bias: Cell | None, fixed: bool = False
) -> str:
    """Windows of values times weights of the same shape, summed, plus a bias.

    Windows move with the cell unless `fixed`; the weights and the bias stay where they are.

    >>> weighted_sum([Range(2, 1, 3, 3)], [Range(11, 30, 3, 3)], Cell(15, 30))
    'SUMPRODUCT(A2:C4,$AD$11:$AF$13)+$AD$15'
    >>> weighted_sum([Range(1, 1, 2, 2), Range(5, 1, 2, 2)],
    ...              [Range(1, 5, 2, 2), Range(5, 5, 2, 2)], None, fixed=True)
    'SUMPRODUCT($A$1:$B$2,$E$1:$F$2)+SUMPRODUCT($A$5:$B$6,$E$5:$F$6)'
    """
    terms = [
        f"SUMPRODUCT({window.absolute if fixed else window.a1},{weight.absolute})"
        for window, weight in zip(windows, weights, strict=True)
    ]
    return "+".join(terms + ([bias.absolute] if bias else []))


def relu(value: str) -> str:
    """The value where it is positive, else zero.

    >>> relu(Cell(3, 2).a1)
    'MAX(0,B3)'
    """
    return f"MAX(0,{value})"


def largest(window: Range, fixed: bool = False) -> str:
    """The largest value of a window.

    >>> largest(Range(4, 65, 2, 2)), largest(Range(1, 1, 3, 1), fixed=True)
    ('MAX(BM4:BN5)', 'MAX($A$1:$A$3)')
    """
    return f"MAX({window.absolute if fixed else window.a1})"


def minus(value: Cell, subtrahend: Cell) -> str:
    """A value minus one that stays where it is.

    >>> minus(Cell(5, 3), Cell(16, 3))
    'C5-$C$16'
    """
    return f"{value.a1}-{subtrahend.absolute}"


def exp(value: Cell) -> str:
    """e to the power of a value.

    >>> exp(Cell(5, 4))
    'EXP(D5)'
    """
    return f"EXP({value.a1})"


def total(values: Range) -> str:
    """The sum of a range that stays where it is.

    >>> total(Range(5, 5, 10, 1))
    'SUM($E$5:$E$14)'
    """
    return f"SUM({values.absolute})"


def share(value: Cell, whole: Cell) -> str:
    """A value divided by one that stays where it is.

    >>> share(Cell(5, 5), Cell(16, 5))
    'E5/$E$16'
    """
    return f"{value.a1}/{whole.absolute}"


def same(value: Cell) -> str:
    """What stands in another cell.

    >>> same(Cell(5, 5))
    '$E$5'
    """
    return value.absolute


def label_of_largest(values: Range, labels: Range) -> str:
    """The label beside the largest value; the first of them if several are equal.

    >>> label_of_largest(Range(5, 6, 10, 1), Range(5, 1, 10, 1))
    'INDEX($A$5:$A$14,MATCH(MAX($F$5:$F$14),$F$5:$F$14,0))'
    """
    values_text = values.absolute
    return f"INDEX({labels.absolute},MATCH(MAX({values_text}),{values_text},0))"


def shape_line(lead: str, values: Range) -> str:
    """A text and the shape of a map, its rows and columns counted from the map itself.

    >>> shape_line("2 × ", Range(6, 38, 28, 28))
    '"2 × "&ROWS($AL$6:$BM$33)&" × "&COLUMNS($AL$6:$BM$33)'
    """
    return f'"{lead}"&{rows(values)}&" × "&COLUMNS({values.absolute})'


def length_line(values: Range) -> str:
    """A vector's length as text, counted from the vector itself.

    >>> length_line(Range(6, 3, 10, 1))
    'ROWS($C$6:$C$15)&" values"'
    """
    return f'{rows(values)}&" values"'


def rows(values: Range) -> str:
    """How many rows a range has.

    >>> rows(Range(6, 3, 10, 1))
    'ROWS($C$6:$C$15)'
    """
    return f"ROWS({values.absolute})"


def largest_magnitude(values: Range) -> str:
    """The largest distance from zero in a range: the ends of a scale around zero.

    >>> largest_magnitude(Range(1, 1, 2, 2))
    'MAX(MAX($A$1:$B$2),-MIN($A$1:$B$2))'
    """
    return f"MAX(MAX({values.absolute}),-MIN({values.absolute}))"


def sum_on(sheet: str, values: Range) -> str:
    """The sum of a range of another sheet.

    >>> sum_on("Board", Range(1, 1, 2, 2))
    'SUM(Board!$A$1:$B$2)'
    """
    return f"SUM({sheet}!{values.absolute})"


def nearly_zero(value: Cell, below: float) -> str:
    """Whether a value would be shown as zero.

    >>> nearly_zero(Cell(6, 38), 0.05)
    'ABS(AL6)<0.05'
    """
    return f"ABS({value.a1})<{below:g}"


def above(value: Cell, limit: float) -> str:
    """Whether a value is above a limit.

    >>> above(Cell(6, 3), 0.5)
    'C6>0.5'
    """
    return f"{value.a1}>{limit:g}"


def bar_reaches(value: Cell, bar: Range) -> str:
    """Whether a bar of cells, as long as 1, reaches a cell for a value between 0 and 1.

    >>> bar_reaches(Cell(40, 14), Range(40, 20, 1, 10))
    '$N40>(COLUMN()-COLUMN($T40)+0.5)/10'
    """
    first = f"${bar.first.a1}"
    return f"${value.a1}>(COLUMN()-COLUMN({first})+0.5)/{bar.width}"
