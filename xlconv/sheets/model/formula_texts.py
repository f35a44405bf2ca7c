"""The text of the formulas that count: sizes, parameters, multiplications, memory.

Pure functions from the text of references to text, without the leading "=", in the dialect of
`formulas`. They stand on another sheet than what they count. Must not know layers or layouts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xlconv.spreadsheet.cells import Cell, Range

Factor = int | str


def rows(place: str) -> str:
    """How many rows a range has.

    >>> rows("Board!$B$6:$AC$33")
    'ROWS(Board!$B$6:$AC$33)'
    """
    return f"ROWS({place})"


def columns(place: str) -> str:
    """How many columns a range has.

    >>> columns("Board!$B$6:$AC$33")
    'COLUMNS(Board!$B$6:$AC$33)'
    """
    return f"COLUMNS({place})"


def count(place: str) -> str:
    """How many numbers stand in a range.

    >>> count("Board!$B$6:$AC$33")
    'COUNT(Board!$B$6:$AC$33)'
    """
    return f"COUNT({place})"


def spelled(pattern: str, *live: str) -> str:
    """A text with what formulas give in its gaps.

    >>> spelled("2 × (2 × {} × {}) + 2", "ROWS(A1:C3)", "COLUMNS(A1:C3)")
    '"2 × (2 × "&ROWS(A1:C3)&" × "&COLUMNS(A1:C3)&") + 2"'
    >>> spelled("{} in all", "A1+A2")
    'A1+A2&" in all"'
    """
    texts = pattern.split("{}")
    parts = [f'"{texts[0]}"' if texts[0] else ""]
    for formula, text in zip(live, texts[1:], strict=True):
        parts += [formula, f'"{text}"' if text else ""]
    return "&".join(part for part in parts if part)


@dataclass(frozen=True)
class Arithmetic:
    """A number written out: `line` says how it comes about, `value` computes it. `line` is a
    formula if `live`, else a text in which nothing is counted."""

    line: str
    value: str
    live: bool = True


def _factor(one: Factor) -> str:
    """A factor in brackets if it is a sum; in a text it needs none, as "&" joins last."""
    return f"({one})" if isinstance(one, str) and "+" in one else str(one)


def factors(outside: Sequence[Factor], inside: Sequence[Factor] = (), plus: str = "") -> Arithmetic:
    """A product, of which some factors belong together, and what is added to it. Factors are
    numbers, or formulas that count.

    >>> written = factors([2], [1, "ROWS(A1:C3)", "COLUMNS(A1:C3)"], plus="2")
    >>> written.line
    '"2 × (1 × "&ROWS(A1:C3)&" × "&COLUMNS(A1:C3)&") + 2"'
    >>> written.value
    '2*1*ROWS(A1:C3)*COLUMNS(A1:C3)+2'
    >>> factors([4], ["A1+1"])
    Arithmetic(line='"4 × "&A1+1', value='4*(A1+1)', live=True)
    >>> factors([4, 8])
    Arithmetic(line='4 × 8', value='4*8', live=False)
    """
    gaps = [
        " × ".join(str(one) if isinstance(one, int) else "{}" for one in some)
        for some in (outside, inside)
    ]
    if len(inside) > 1:
        gaps[1] = f"({gaps[1]})"
    pattern = " × ".join(gap for gap in gaps if gap) + (f" + {plus}" if plus else "")
    live = [one for one in (*outside, *inside) if isinstance(one, str)]
    value = "*".join(map(_factor, (*outside, *inside))) + (f"+{plus}" if plus else "")
    return Arithmetic(spelled(pattern, *live) if live else pattern, value, bool(live))


def windows(
    length: str, around: tuple[int, int], size: int, apart: int, stride: int, whole: bool = True
) -> Arithmetic:
    """How many windows fit into a padded length: (H + 2p − k)/s + 1. Unless they are `whole`,
    brackets say that a part of one is left out.

    >>> one = windows("ROWS(A1:A28)", (1, 1), 3, 1, 1)
    >>> one.value
    'INT((ROWS(A1:A28)+2*1-3)/1)+1'
    >>> one.line
    '"("&ROWS(A1:A28)&" + 2·1 − 3)/1 + 1 = "&INT((ROWS(A1:A28)+2*1-3)/1)+1'
    >>> other = windows("ROWS(A1:A9)", (0, 1), 3, 2, 2, whole=False)
    >>> other.value
    'INT((ROWS(A1:A9)+0+1-(2*(3-1)+1))/2)+1'
    >>> other.line.partition("&INT")[0]
    '"⌊("&ROWS(A1:A9)&" + 0 + 1 − (2·(3 − 1) + 1))/2⌋ + 1 = "'
    """
    ring = f"2·{around[0]}" if around[0] == around[1] else f"{around[0]} + {around[1]}"
    kernel = f"{size}" if apart == 1 else f"({apart}·({size} − 1) + 1)"
    left, right = ("", "") if whole else ("⌊", "⌋")
    pattern = f"{left}({{}} + {ring} − {kernel})/{stride}{right} + 1 = {{}}"
    typed = f"({{}} + {ring} − {kernel})/{stride}".translate(_TYPED).format(length)
    value = f"INT({typed})+1"
    return Arithmetic(spelled(pattern, length, value), value)


_TYPED = str.maketrans({"·": "*", "−": "-", " ": None})  # as a formula spells it


def undilated(length: str, apart: int) -> str:
    """How many numbers a kernel has along a side, from the cells that it covers.

    >>> undilated("ROWS(A1:A5)", 2), undilated("ROWS(A1:A3)", 1)
    ('(ROWS(A1:A5)-1)/2+1', 'ROWS(A1:A3)')
    """
    return length if apart == 1 else f"({length}-1)/{apart}+1"


def mark(pairs: Iterable[tuple[str, str]], yes: str, no: str) -> str:
    """A mark that says whether numbers are equal, pair by pair.

    >>> mark([("ROWS(A1:A3)", "3"), ("COLUMNS(A1:B3)", "2")], "y", "n")
    'IF(AND(ROWS(A1:A3)=3,COLUMNS(A1:B3)=2),"y","n")'
    """
    return f'IF(AND({",".join(f"{one}={other}" for one, other in pairs)}),"{yes}","{no}")'


def times(cell: Cell, factor: int) -> str:
    """A cell's number several times.

    >>> times(Cell(6, 11), 4)
    'K6*4'
    """
    return f"{cell.a1}*{factor}"


def bar(part: Cell, parts: Range, whole: Cell, axis: str, mark: str, length: int) -> str:
    """A number as a bar of marks on an axis, beside the bars of all parts, and in percent of the
    whole. The axis is always there: some programs lose a blank at the beginning of a text.

    >>> bar(Cell(6, 19), Range(6, 19, 8, 1), Cell(14, 19), "|", "x", 12)
    '"|"&REPT("x",INT(12*S6/MAX($S$6:$S$13)+0.5))&" "&INT(100*S6/$S$14+0.5)&" %"'
    """
    marks = f'REPT("{mark}",INT({length}*{part.a1}/MAX({parts.absolute})+0.5))'
    return f'"{axis}"&{marks}&" "&INT(100*{part.a1}/{whole.absolute}+0.5)&" %"'


def summands(parts: Sequence[str]) -> Arithmetic:
    """Numbers and their sum.

    >>> summands(["ROWS(A1:A3)", "ROWS(B1:B2)"]).line
    'ROWS(A1:A3)&" + "&ROWS(B1:B2)&" = "&ROWS(A1:A3)+ROWS(B1:B2)'
    """
    value = "+".join(parts)
    return Arithmetic(spelled(" + ".join("{}" for _ in parts) + " = {}", *parts, value), value)
