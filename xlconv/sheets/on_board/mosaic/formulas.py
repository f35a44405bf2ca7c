"""The rules of mosaics: each cell holds the number of its colour.

Must not know any value.
"""

from collections.abc import Iterator, Sequence

from xlconv.formulas.layers.base import Rule
from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.mosaic.places import FINEST, MOSAIC, mosaics, rule_levels
from xlconv.spreadsheet.cells import Cell


def rules(network: Network, layout: Layout) -> Iterator[Rule]:
    """The rules of the board's mosaic, and of the drawing's."""
    for key, sheet, place, maps in mosaics(layout):
        formula = colour_number([one.first for one in maps], rule_levels(place.size))
        yield Rule(MOSAIC, f"{MOSAIC}:{key}", None, place, formula, sheet=sheet, role=MOSAIC)


def colour_number(pixels: Sequence[Cell], levels: int) -> str:
    """The number of a pixel's colour, from the first pixel of each map.

    >>> colour_number([Cell(8, 2), Cell(20, 2), Cell(32, 2)], 6)
    '36*ROUND(5*MAX(0,MIN(1,B8)),0)+6*ROUND(5*MAX(0,MIN(1,B20)),0)+ROUND(5*MAX(0,MIN(1,B32)),0)'
    """
    red, green, blue = (level(pixel, levels) for pixel in pixels)
    return f"{levels**2}*{red}+{levels}*{green}+{blue}"


def painted_number(pixels: Sequence[Cell]) -> str:
    """The number of the colour with which a pixel is painted at the build: 65536 red + 256 green
    + blue.

    >>> painted_number([Cell(8, 2), Cell(20, 2), Cell(32, 2)])[:60]
    '17*(65536*ROUND(15*MAX(0,MIN(1,B8)),0)+256*ROUND(15*MAX(0,MI'
    """
    red, green, blue = (level(pixel, FINEST) for pixel in pixels)
    return f"{255 // (FINEST - 1)}*(65536*{red}+256*{green}+{blue})"


def level(pixel: Cell, levels: int) -> str:
    """A pixel's level, from 0; what lies beyond 0 and 1 has the nearest one.

    >>> level(Cell(8, 2), 6)
    'ROUND(5*MAX(0,MIN(1,B8)),0)'
    """
    return f"ROUND({levels - 1}*MAX(0,MIN(1,{pixel.a1})),0)"
