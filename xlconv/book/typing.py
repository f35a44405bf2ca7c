"""Numbers for a workbook's own cells, as constants to type: pictures, tensors, weights, choices.

Must not know which numbers, nor who types them.
"""

from collections.abc import Iterable, Mapping

from xlconv.network.model import Array
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.panel.places import CHOSEN
from xlconv.spreadsheet.cells import Cell, Place, Range
from xlconv.state.choices import Explained
from xlconv.state.sheet_names import BOARD, EXPLAIN

Constants = dict[Place, float | str]


def typed_maps(sheet: str, maps: Iterable[Range], array: Array) -> Constants:
    """A tensor's or a picture's numbers in the cells of its maps."""
    return _constants(sheet, (cell for place in maps for cell in place.cells()), array)


def typed_weights(layout: Layout, layer: str, arrays: Mapping[str, Array]) -> Constants:
    """A layer's weights, by their short names, in their cells on the board."""
    typed: Constants = {}
    for key, array in arrays.items():
        places = layout.weights[layer]
        cells = (cell for place in places.arrays[key] for cell in places.cells(place))
        typed |= _constants(BOARD, cells, array)
    return typed


def typed_explained(explained: Explained) -> Constants:
    """The cell that Explain takes apart."""
    chosen = (explained.layer, explained.map, explained.row, explained.column)
    cells = (Place(EXPLAIN, cell) for cell in CHOSEN.cells())
    return dict(zip(cells, chosen, strict=True))


def _constants(sheet: str, cells: Iterable[Cell], array: Array) -> Constants:
    numbers = array.reshape(-1).tolist()
    return {Place(sheet, cell): value for cell, value in zip(cells, numbers, strict=True)}
