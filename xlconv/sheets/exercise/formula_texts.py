"""The text of an exercise's formulas: how much is filled in, its check number, what it is called.

Pure functions from places to text, in the dialect of `formulas`. Must not know layers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xlconv.formulas.text import number
from xlconv.spreadsheet.cells import Cell, Range

RIGHT_WITHIN, CLOSE_WITHIN = 1e-9, 1e-2  # of what a check is measured by
TO_DO, NOT_YET, CLOSE, RIGHT, CHANGED = "to do", "not yet", "close", "right", "other numbers"
BEFORE = "cannot be right before {} is"


def check_number(sheet: str, place: Range, key: Range) -> str:
    """The cells, each times a number of the key, added up.

    >>> check_number("Board", Range(1, 1, 2, 2), Range(3, 12, 2, 2))
    'SUMPRODUCT(Board!$A$1:$B$2,$L$3:$M$4)'

    A single empty cell is an error in SUMPRODUCT for some programs.

    >>> check_number("Board", Range(1, 1, 1, 1), Range(3, 12, 1, 1))
    'Board!$A$1*$L$3'
    """
    if place.size == 1:
        return f"{place:{sheet}}*{key.absolute}"
    return f"SUMPRODUCT({place:{sheet}},{key.absolute})"


def state(filled_in: str, given: Cell, count: Cell, cells: int, checks: Sequence[Check]) -> str:
    """What a part is called. `filled_in` is what is left open.

    >>> checks = (("H3-I3", Cell(3, 10)), ("K3-L3", Cell(3, 13)))
    >>> text = state("Board!$A$1:$B$2", Cell(9, 6), Cell(3, 5), 4, checks)
    >>> text[:81]
    'IF(COUNTA(Board!$A$1:$B$2)=0,"to do",IF($F$9=0,"other numbers",IF($E$3<4,"not yet'
    >>> text[81:152]
    '",IF(AND(ABS(H3-I3)<=0.000000001*$J$3,ABS(K3-L3)<=0.000000001*$M$3),"ri'
    >>> text[152:]
    'ght",IF(AND(ABS(H3-I3)<=0.01*$J$3,ABS(K3-L3)<=0.01*$M$3),"close","not yet")))))'
    """
    close = f'IF({_within(checks, CLOSE_WITHIN)},"{CLOSE}","{NOT_YET}")'
    right = f'IF({_within(checks, RIGHT_WITHIN)},"{RIGHT}",{close})'
    whole = f'IF({count.absolute}<{cells},"{NOT_YET}",{right})'
    return f'IF(COUNTA({filled_in})=0,"{TO_DO}",IF({given.absolute}=0,"{CHANGED}",{whole}))'


# How far a check number is from the right one, and what that is measured by.
Check = tuple[str, Cell]


def _within(checks: Sequence[Check], share: float) -> str:
    """Whether all check numbers are that near."""
    near = (f"ABS({off})<={number(share)}*{measure.absolute}" for off, measure in checks)
    return f"AND({','.join(near)})"


def state_of_all(states: Range) -> str:
    """What a layer of several parts is called.

    >>> state_of_all(Range(3, 6, 2, 1))[:55]
    'IF(COUNTIF($F$3:$F$4,"right")=2,"right",IF(COUNTIF($F$3'
    """
    place, count = states.absolute, states.height
    some = f'COUNTIF({place},"{RIGHT}")&" of {count} {RIGHT}"'
    some = f'IF(COUNTIF({place},"{CHANGED}")>0,"{CHANGED}",{some})'
    rest = f'IF(COUNTIF({place},"{TO_DO}")={count},"{TO_DO}",{some})'
    return f'IF(COUNTIF({place},"{RIGHT}")={count},"{RIGHT}",{rest})'


def waits(state: Cell, filled_in: Cell, given: Cell, before: Mapping[str, Cell]) -> str:
    """Why a layer cannot be right yet: one before it is not. `before` has their states.

    >>> waits(Cell(9, 6), Cell(9, 5), Cell(2, 6), {"conv1": Cell(4, 6)})[:45]
    'IF(OR($F$9="right",$E$9=0,$F$2=0),"",IF($F$4='
    >>> waits(Cell(9, 6), Cell(9, 5), Cell(2, 6), {"conv1": Cell(4, 6)})[45:]
    '"right","","cannot be right before conv1 is"))'
    """
    words = '""'
    for name, other in reversed(list(before.items())):
        words = f'IF({other.absolute}="{RIGHT}",{words},"{BEFORE.format(name)}")'
    settled = f'{state.absolute}="{RIGHT}",{filled_in.absolute}=0,{given.absolute}=0'
    return f'IF(OR({settled}),"",{words})'


def unchanged(total: str, then: Cell, magnitude: Cell) -> str:
    """1 if a sum is what it was, else 0.

    >>> unchanged("Model!$V$7", Cell(20, 9), Cell(20, 10))
    'IF(ABS(Model!$V$7-$I$20)<=0.000000001*$J$20,1,0)'
    """
    limit = f"{number(RIGHT_WITHIN)}*{magnitude.absolute}"
    return f"IF(ABS({total}-{then.absolute})<={limit},1,0)"


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
