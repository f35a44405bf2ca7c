"""The parts of the padding around a map: four sides, four corners, each nearest to some of its
cells.

Rectangles only; must not know formulas, values or looks.
"""

from collections.abc import Iterator
from typing import NamedTuple

from xlconv.formulas.places import Placement
from xlconv.spreadsheet.cells import Range


class Part(NamedTuple):
    """A part of the padding, and the map's row and column, from 0, that are nearest to it: None
    where each of its rows, or columns, has its own."""

    place: Range
    row: int | None
    column: int | None


def border_parts(placement: Placement, number: int) -> Iterator[Part]:
    """The parts of the padding around a map, from the top left to the bottom right."""
    inside, ring = placement.maps[number], placement.ring
    rows = (
        (inside.row - ring.top, ring.top, 0),
        (inside.row, inside.height, None),
        (inside.bottom + 1, ring.bottom, inside.height - 1),
    )
    columns = (
        (inside.column - ring.left, ring.left, 0),
        (inside.column, inside.width, None),
        (inside.right + 1, ring.right, inside.width - 1),
    )
    for row, height, nearest_row in rows:
        for column, width, nearest_column in columns:
            beyond = nearest_row is not None or nearest_column is not None
            if beyond and height and width:
                yield Part(Range(row, column, height, width), nearest_row, nearest_column)
