"""What a mosaic is made of: levels of each colour, and the maps that it shows.

Numbers and rectangles only; must not know formulas, values or looks.
"""

from collections.abc import Iterator
from typing import NamedTuple

from xlconv.network.network import INPUT
from xlconv.sheets.board.layout import Layout
from xlconv.spreadsheet.cells import Range
from xlconv.state.sheet_names import BOARD, IMAGES

MOSAIC = "mosaic"
FINEST = 16  # levels of a colour that is no rule, but the ground of its cell
# Each cell asks each of levels^3 rules for its colour, whenever it is painted.
_MOST_LEVELS, _MOST_ASKED = 6, 600_000


def rule_levels(cells: int) -> int:
    """Into how many levels red, green and blue are parted where rules colour so many cells.

    >>> rule_levels(32 * 32), rule_levels(64 * 64), rule_levels(224 * 224)
    (6, 5, 2)
    """
    fitting = (n for n in range(_MOST_LEVELS, 2, -1) if n**3 * cells <= _MOST_ASKED)
    return next(fitting, 2)


class Mosaic(NamedTuple):
    """A live mosaic by its short name: its sheet, its place and the maps that it shows."""

    key: str
    sheet: str
    place: Range
    maps: tuple[Range, ...]


def mosaics(layout: Layout) -> Iterator[Mosaic]:
    """The mosaics of the picture on the board and of the drawing, if pictures have colours."""
    if layout.mosaic is not None:
        yield Mosaic("board", BOARD, layout.mosaic, layout.tensors[INPUT].maps)
    if layout.gallery is not None and (place := layout.gallery.mosaic(0)) is not None:
        yield Mosaic("drawing", IMAGES, place, layout.gallery.maps(0))
