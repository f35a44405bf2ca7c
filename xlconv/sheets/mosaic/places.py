"""What a mosaic is made of: levels of each colour, and the maps that it shows.

Numbers and rectangles only; must not know formulas, values or looks.
"""

from xlconv.network.network import INPUT
from xlconv.sheets.board.layout import Layout
from xlconv.spreadsheet.cells import Range

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


def board_mosaic(layout: Layout) -> tuple[Range, tuple[Range, ...]] | None:
    """The board's mosaic and the maps that it shows, if the picture has colours."""
    if layout.mosaic is None:
        return None
    return layout.mosaic, layout.tensors[INPUT].maps
