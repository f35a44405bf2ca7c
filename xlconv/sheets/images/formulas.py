"""The rules of the drawing: each pixel is mixed of the pen's cells.

Must not know any value.
"""

from collections.abc import Iterator

from xlconv.formulas.layers.base import Rule
from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.images.places import PenPlaces
from xlconv.spreadsheet.cells import Range
from xlconv.state.sheet_names import IMAGES

DRAWING = "drawing"


def rules(network: Network, layout: Layout) -> Iterator[Rule]:
    """The rule of each map of picture 0."""
    if layout.gallery is None:
        return
    pen = layout.gallery.pen
    for number, place in enumerate(layout.gallery.maps(0)):

        def text(row: int, column: int, grid: Range = pen.grids[number]) -> str:
            return drawn(pen, grid, row, column)

        key = f"{DRAWING}:{number + 1}"
        yield Rule(DRAWING, key, None, place, text(0, 0), text, sheet=IMAGES, role=DRAWING)


def drawn(pen: PenPlaces, grid: Range, row: int, column: int) -> str:
    """A pixel, by its row and column from 0, while the pen is on.

    >>> grid, switch = Range(8, 40, 2, 2), Range(7, 52, 1, 5)
    >>> pen = PenPlaces(2, (grid,), Range(7, 40, 1, 12), switch)
    >>> drawn(pen, grid, 0, 0)
    'IF($AZ$7="on",MIN(1,9*AN8/12),0)'
    >>> drawn(pen, grid, 1, 2)
    'IF($AZ$7="on",MIN(1,(3*AN8+9*AO8+1*AN9+3*AO9)/12),0)'
    """
    parts = [f"{share}*{grid.cell(*at).a1}" for *at, share in pen.touches(row, column)]
    ink = parts[0] if len(parts) == 1 else f"({'+'.join(parts)})"
    return f'IF({pen.switch.first:$}="on",MIN(1,{ink}/{3 * pen.size**2}),0)'


def ink_of(maps: tuple[Range, ...]) -> str:
    """The sum of a picture's pixels.

    >>> ink_of((Range(8, 2, 2, 2), Range(11, 2, 2, 2)))
    'SUM(B8:C9,B11:C12)'
    """
    return f"SUM({','.join(place.a1 for place in maps)})"
