"""The cells that missions send people to, and what of them the build must remember.

Must not know missions.
"""

from xlconv.network.layers.base import Layer
from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.guide.mission import Differs, Explains, Remembered, link
from xlconv.sheets.model.places import cell_of
from xlconv.sheets.on_board.panel.places import USED
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.sheet_names import BOARD, MODEL, WORKS

AXES = ("layer", "maps", "rows", "columns")


def explains(layer: Layer, network: Network) -> Explains:
    """Whether another cell of a layer is taken apart than at the build."""
    first = tuple(
        Remembered(f"explain:{axis}", WORKS, cell)
        for axis, cell in zip(AXES, USED.cells(), strict=True)
    )
    return Explains(layer.name, network.layers.index(layer) + 1, first)


def to_explain(layout: Layout) -> str:
    """Where the cell to take apart is chosen."""
    return link(BOARD, layout.panel.chosen[0])


def weights_differ(layer: Layer, network: Network) -> Differs:
    """Whether a weight of a layer was changed: their sum is another one."""
    cell = cell_of(network, layer.name, "sum")
    return Differs(Remembered(f"sums_{layer.name}", MODEL, cell, near=True))


def control_differs(layer: Layer, setting: str, layout: Layout) -> Differs:
    """Whether a layer's setting on the board is another one."""
    cell = layout.controls[layer.name][setting].first
    return Differs(Remembered(f"control:{layer.name}.{setting}", BOARD, cell))


def picture_differs(cell: Cell) -> Differs:
    return Differs(Remembered("picture", BOARD, cell))


def panel_cell(layout: Layout, name: str) -> Cell | None:
    """A yellow cell of the panel, where the network has it."""
    place: Range | Cell | None = getattr(layout.panel, name, None)
    return place.first if isinstance(place, Range) else place
