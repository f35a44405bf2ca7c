"""The rules of the padding: a number, or the nearest cell of the map, as is chosen.

Must not know any value.
"""

from collections.abc import Iterator

from xlconv.formulas.layers.base import Rule
from xlconv.network.borders import bordered
from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.border.places import Part, border_parts
from xlconv.spreadsheet.cells import Cell, Range, column_letters

OUTSIDE = "outside"


def rules(network: Network, layout: Layout) -> Iterator[Rule]:
    """The rules of all padding that may hold numbers, a rule a side and a corner of each map."""
    if layout.panel.outside is None:
        return
    chosen = layout.panel.outside.first
    for tensor in bordered(network):
        placement = layout.tensors[tensor]
        for number, inside in enumerate(placement.maps):
            for index, part in enumerate(border_parts(placement, number)):
                key = f"{OUTSIDE}:{tensor}_{number + 1}_{index}"
                formula = beyond(chosen, nearest(inside, part))
                yield Rule(OUTSIDE, key, None, part.place, formula, role=OUTSIDE, tensor=tensor)


def nearest(inside: Range, part: Part) -> str:
    """The cell of a map that is nearest to the first cell of a part of its padding; its row or its
    column moves along the side.

    >>> nearest(Range(6, 3, 28, 28), Part(Range(5, 3, 1, 28), 0, None))
    'C$6'
    """
    row = part.place.row if part.row is None else inside.row + part.row
    column = part.place.column if part.column is None else inside.column + part.column
    across = "" if part.column is None else "$"
    down = "" if part.row is None else "$"
    return f"{across}{column_letters(column)}{down}{row}"


def beyond(chosen: Cell, edge: str) -> str:
    """What lies beyond a map's edge.

    >>> beyond(Cell(1, 1), "C$6")
    'IF($A$1="edge",C$6,$A$1)'
    """
    return f'IF({chosen:$}="edge",{edge},{chosen:$})'
