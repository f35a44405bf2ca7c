"""The colours of mosaics, and their words.

Must not know what a cell computes.
"""

from collections.abc import Iterator
from itertools import product

from xlconv.sheets import styles
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.mosaic.places import rule_levels
from xlconv.spreadsheet.blocks import Block, Swatches, TextBlock
from xlconv.spreadsheet.cells import Range


def board_words(layout: Layout) -> Iterator[Block]:
    """The title of the board's mosaic."""
    if layout.mosaic is not None and layout.mosaic_title is not None:
        yield TextBlock(layout.mosaic_title, "the picture in its colours", styles.MAP_TITLE)


def board_colours(layout: Layout) -> Iterator[Swatches]:
    """The colours of the board's mosaic."""
    if layout.mosaic is not None:
        yield swatches((layout.mosaic,), rule_levels(layout.mosaic.size))


def swatches(places: tuple[Range, ...], levels: int) -> Swatches:
    """A colour for each number that a mosaic of so many levels holds."""
    shades = [round(255 * level / (levels - 1)) for level in range(levels)]
    colours = (f"{r:02X}{g:02X}{b:02X}" for r, g, b in product(shades, repeat=3))
    return Swatches(places, dict(enumerate(colours)))
