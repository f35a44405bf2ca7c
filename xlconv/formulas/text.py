"""The text of every formula that a board holds.

Pure functions from ranges to text, without the leading "=". Must not know layers or
layouts. The dialect is that of every spreadsheet since Excel 2007: SUMPRODUCT with two
arguments (it reads an empty cell as 0, which makes a padding ring work), no arrays,
nothing volatile but where chance is the subject.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from xlconv.spreadsheet.cells import Cell, Range

MOST_CHOICES = 30  # of CHOOSE, in LibreOffice; 254 in Excel


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


def sigmoid(value: str) -> str:
    """1 / (1 + exp(-x)), with exp of nothing positive, which could be too large.

    >>> sigmoid(Cell(3, 2).a1)
    'IF(B3<0,EXP(B3)/(1+EXP(B3)),1/(1+EXP(-B3)))'
    """
    return f"IF({value}<0,EXP({value})/(1+EXP({value})),1/(1+EXP(-{value})))"


def marked_labels(ticks: Iterable[Cell], labels: Iterable[Cell], none: str) -> str:
    """The labels beside which there is a tick, or a word if there is none.

    >>> marked_labels([Cell(1, 2), Cell(2, 2)], [Cell(1, 1), Cell(2, 1)], "none")
    'IF($B$1&$B$2="","none",MID(IF($B$1="","",", "&$A$1)&IF($B$2="","",", "&$A$2),3,9999))'
    """
    pairs = list(zip(ticks, labels, strict=True))
    texts = "&".join(f'IF({mark.absolute}="","",", "&{label.absolute})' for mark, label in pairs)
    every = "&".join(mark.absolute for mark, _ in pairs)
    return f'IF({every}="","{none}",MID({texts},3,9999))'


def number(value: float) -> str:
    """A number as a formula spells it, and a program saves it: without an exponent, or a point
    that says nothing.

    >>> number(1e-05), number(0.2), number(6.0)
    ('0.00001', '0.2', '6')
    """
    return f"{Decimal(repr(value)):f}".removesuffix(".0")


def largest(window: Range, fixed: bool = False) -> str:
    """The largest value of a window.

    >>> largest(Range(4, 65, 2, 2)), largest(Range(1, 1, 3, 1), fixed=True)
    ('MAX(BM4:BN5)', 'MAX($A$1:$A$3)')
    """
    return f"MAX({window.absolute if fixed else window.a1})"


def one_of(number: str, values: Sequence[str]) -> str:
    """The value of a number from 1; those beyond what CHOOSE takes are chosen among themselves.

    >>> one_of("$A$1", ["B1", "C1"])
    'CHOOSE($A$1,B1,C1)'
    >>> one_of("$A$1", [*["B1"] * 30, "C1"]).replace(",B1" * 30, ",..")
    'IF($A$1>30,CHOOSE($A$1-30,C1),CHOOSE($A$1,..))'
    """
    beyond = values[MOST_CHOICES:]
    here = f"CHOOSE({number},{','.join(values[:MOST_CHOICES])})"
    if not beyond:
        return here
    return f"IF({number}>{MOST_CHOICES},{one_of(f'{number}-{MOST_CHOICES}', beyond)},{here})"


def label_of_largest(values: Range, labels: Range) -> str:
    """The label beside the largest value; the first of them if several are equal.

    >>> label_of_largest(Range(5, 6, 3, 1), Range(5, 1, 3, 1))
    'CHOOSE(MATCH(MAX($F$5:$F$7),$F$5:$F$7,0),$A$5,$A$6,$A$7)'

    More than CHOOSE takes are looked up, although Excel shows an @ before INDEX.

    >>> label_of_largest(Range(5, 6, 31, 1), Range(5, 1, 31, 1))
    'INDEX($A$5:$A$35,MATCH(MAX($F$5:$F$35),$F$5:$F$35,0))'

    One cell is no list to look into, for some programs.

    >>> label_of_largest(Range(5, 6, 1, 1), Range(5, 1, 1, 1))
    '$A$5'
    """
    if labels.height == 1:
        return labels.absolute
    place = f"MATCH(MAX({values.absolute}),{values.absolute},0)"
    if labels.height > MOST_CHOICES:
        return f"INDEX({labels.absolute},{place})"
    return one_of(place, [one.absolute for one in labels.cells()])


def largest_magnitude(*places: Range, sheet: str = "$") -> str:
    """The largest distance from zero in ranges, of another `sheet`, perhaps: the ends of a scale
    around zero.

    >>> largest_magnitude(Range(1, 1, 2, 2))
    'MAX(MAX($A$1:$B$2),-MIN($A$1:$B$2))'

    Several are named one by one: in the range around them cells may stand that depend on it.

    >>> largest_magnitude(Range(1, 1, 2, 2), Range(5, 1, 2, 2))
    'MAX(MAX($A$1:$B$2,$A$5:$B$6),-MIN($A$1:$B$2,$A$5:$B$6))'
    """
    texts = ",".join(f"{place:{sheet}}" for place in places)
    return f"MAX(MAX({texts}),-MIN({texts}))"


def bar_reaches(value: Cell, bar: Range) -> str:
    """Whether a bar of cells, as long as 1, reaches a cell for a value between 0 and 1; for a text
    it does not.

    >>> bar_reaches(Cell(40, 14), Range(40, 20, 1, 10))
    'N($N40)>(COLUMN()-COLUMN($T40)+0.5)/10'
    """
    first = f"${bar.first.a1}"
    return f"N(${value.a1})>(COLUMN()-COLUMN({first})+0.5)/{bar.width}"
