"""The text of an exercise's formulas: how much is filled in, its check number, what it is called.

Pure functions from places to text, in the dialect of `formulas`. Must not know layers.
"""

from __future__ import annotations

import re

from xlconv.formulas import number, on
from xlconv.grid import Cell, Range

RIGHT_WITHIN, CLOSE_WITHIN = 1e-9, 1e-2  # of the sum of magnitudes
TO_DO, NOT_YET, CLOSE, RIGHT, CHANGED = "to do", "not yet", "close", "right", "other numbers"


def filled(sheet: str, place: Range) -> str:
    """How many cells hold a number.

    >>> filled("Board", Range(1, 1, 2, 2))
    'COUNT(Board!$A$1:$B$2)'
    """
    return f"COUNT({on(sheet, place)})"


def check_number(sheet: str, place: Range, key: Range) -> str:
    """The cells, each times a number of the key, added up.

    >>> check_number("Board", Range(1, 1, 2, 2), Range(3, 12, 2, 2))
    'SUMPRODUCT(Board!$A$1:$B$2,$L$3:$M$4)'

    A single empty cell is an error in SUMPRODUCT for some programs.

    >>> check_number("Board", Range(1, 1, 1, 1), Range(3, 12, 1, 1))
    'Board!$A$1*$L$3'
    """
    if place.size == 1:
        return f"{on(sheet, place)}*{key.absolute}"
    return f"SUMPRODUCT({on(sheet, place)},{key.absolute})"


def state(filled_in: str, given: Cell, count: Cell, cells: int, off: str, magnitude: Cell) -> str:
    """What a part is called. `filled_in` is what is left open, `off` how far its check number is
    from the right one.

    >>> text = state("Board!$A$1:$B$2", Cell(9, 6), Cell(3, 5), 4, "H3-I3", Cell(3, 10))
    >>> text[:76]
    'IF(COUNTA(Board!$A$1:$B$2)=0,"to do",IF($F$9=0,"other numbers",IF($E$3<4,"no'
    >>> text[76:]
    't yet",IF(ABS(H3-I3)<=0.000000001*$J$3,"right",IF(ABS(H3-I3)<=0.01*$J$3,"close","not yet")))))'
    """
    close = f'IF(ABS({off})<={number(CLOSE_WITHIN)}*{magnitude.absolute},"{CLOSE}","{NOT_YET}")'
    right = f'IF(ABS({off})<={number(RIGHT_WITHIN)}*{magnitude.absolute},"{RIGHT}",{close})'
    whole = f'IF({count.absolute}<{cells},"{NOT_YET}",{right})'
    return f'IF(COUNTA({filled_in})=0,"{TO_DO}",IF({given.absolute}=0,"{CHANGED}",{whole}))'


def distance(one: Cell, other: Cell) -> str:
    """A number minus another.

    >>> distance(Cell(3, 8), Cell(3, 9))
    '$H$3-$I$3'
    """
    return f"{one.absolute}-{other.absolute}"


def state_of_all(states: Range) -> str:
    """What a layer of several parts is called.

    >>> state_of_all(Range(3, 6, 2, 1))[:55]
    'IF(COUNTIF($F$3:$F$4,"right")=2,"right",IF(COUNTIF($F$3'
    """
    place, count = states.absolute, states.height
    some = f'COUNTIF({place},"{RIGHT}")&" of {count} {RIGHT}"'
    rest = f'IF(COUNTIF({place},"{TO_DO}")={count},"{TO_DO}",{some})'
    return f'IF(COUNTIF({place},"{RIGHT}")={count},"{RIGHT}",{rest})'


def unchanged(total: str, then: Cell, magnitude: Cell) -> str:
    """1 if a sum is what it was, else 0.

    >>> unchanged("Model!$V$7", Cell(20, 9), Cell(20, 10))
    'IF(ABS(Model!$V$7-$I$20)<=0.000000001*$J$20,1,0)'
    """
    limit = f"{number(RIGHT_WITHIN)}*{magnitude.absolute}"
    return f"IF(ABS({total}-{then.absolute})<={limit},1,0)"


def least(values: Range) -> str:
    """The smallest of a range.

    >>> least(Range(3, 6, 2, 1))
    'MIN($F$3:$F$4)'
    """
    return f"MIN({values.absolute})"


def with_state(title: str, named: str) -> str:
    """A title with what its part is called.

    >>> with_state('"conv1"', "Exercise!$F$3")
    '"conv1"&" · "&Exercise!$F$3'
    """
    return f'{title}&" · "&{named}'


def once_filled(values: Range, formula: str, before: str) -> str:
    """A formula that has its say when all cells of a range hold numbers.

    >>> once_filled(Range(1, 1, 3, 1), "A9", '"?"')
    'IF(COUNT($A$1:$A$3)<3,"?",A9)'
    """
    return f"IF(COUNT({values.absolute})<{values.size},{before},{formula})"


def means_of_some(formula: str) -> str:
    """A formula in which a mean of nothing is 0 rather than an error.

    >>> means_of_some("AVERAGE(A1:B2)")
    'IF(COUNT(A1:B2)=0,0,AVERAGE(A1:B2))'
    """
    return re.sub(r"AVERAGE\(([^()]*)\)", r"IF(COUNT(\1)=0,0,AVERAGE(\1))", formula)
