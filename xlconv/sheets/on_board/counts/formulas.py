"""The rules of the counts.

Must not know any value.
"""

from collections.abc import Iterator

from xlconv.formulas.layers.base import Rule
from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.counts.places import Counted, counts
from xlconv.spreadsheet.cells import Range

COUNTS = "counted"
NOTHING = "1E-9"  # programs differ in what rounding leaves where numbers cancel out


def rules(network: Network, layout: Layout) -> Iterator[Rule]:
    """The rules of all counts."""
    for one in counts(network, layout):
        key = f"{COUNTS}:{one.layer}_{one.number + 1}"
        place = Range.of(one.cell)
        yield Rule(COUNTS, key, None, place, count_text(one), role=COUNTS, tensor=one.layer)


def count_text(one: Counted) -> str:
    """What was thrown away, in words.

    >>> from xlconv.spreadsheet.cells import Cell
    >>> maps = Range(1, 1, 2, 2), Range(1, 5, 2, 2)
    >>> count_text(Counted("relu", 0, "conv", *maps, "rectified", Cell(9, 9)))
    'COUNTIF($A$1:$B$2,"<-1E-9")&" of "&ROWS($A$1:$B$2)*COLUMNS($A$1:$B$2)&" were negative"'
    """
    here = f"{one.counted:$}"
    cells = cells_of(here)
    if one.what == "rectified":
        return f'{negatives_of(here)}&" of "&{cells}&" were negative"'
    if one.what == "rectified here":
        return f'COUNTIF({here},"<={NOTHING}")&" of "&{cells}&" became 0"'
    own = cells_of(f"{one.own:$}")
    if one.what == "largest":
        return f'"keeps "&{own}&" of "&{cells}'
    return f'{own}&" means of "&{cells}'


def negatives_of(place: str) -> str:
    """How many numbers of a range are below zero."""
    return f'COUNTIF({place},"<-{NOTHING}")'


def cells_of(place: str) -> str:
    """How many cells a range has."""
    return f"ROWS({place})*COLUMNS({place})"
