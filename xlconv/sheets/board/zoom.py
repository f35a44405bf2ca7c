"""The zoom at which the board opens: how much of it a laptop's screen shows.

Must not know values, nor looks.
"""

from xlconv.network.network import INPUT, Network
from xlconv.sheets import styles
from xlconv.sheets.board.layout import Layout

SCREEN = (1320, 610)  # pixels that a laptop's spreadsheet window shows of a sheet
TITLE_HEIGHTS = {1: 52, 2: 32, 3: 32}
CORNER_PIXELS = 84  # the first column, which stays in view with the way back to the Guide
_WIDEST_CELL = 25.4  # pixels; LibreOffice draws the columns of 24 so wide
LEAST_ZOOM = 25  # per cent, at which the captions can still be read
READABLE = 45  # per cent, from which on numbers in cells can be read


def start_zoom(network: Network, layout: Layout) -> int:
    """The zoom at which a laptop's screen shows the picture with its answer, and the layers up to
    the last maps, or as many of them as can be read."""
    tall = max(
        layout.tensors[INPUT].maps[-1].bottom,
        max((place.bottom for place in layout.answer.bars), default=0) if layout.answer else 0,
    )
    fits = SCREEN[1] / (tall * styles.CELL_PIXELS + sum(TITLE_HEIGHTS.values()))
    ends = [band.last for band in layout.bands if len(network.shapes[band.tensor]) == 3]
    wide = [SCREEN[0] / (CORNER_PIXELS + end * _WIDEST_CELL) for end in ends]
    seen = [one for one in wide if 100 * one >= LEAST_ZOOM] or wide[:1]
    return max(LEAST_ZOOM, min(100, int(100 * min(fits, seen[-1]))))
