"""Under which maps it is counted what was thrown away, of which map, and where.

Rectangles only; must not know formulas, values or looks.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from xlconv.network.layers.base import Layer, source
from xlconv.network.layers.pooling import AvgPool2D, MaxPool2D
from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.spreadsheet.cells import Cell, Range

What = Literal["rectified", "rectified here", "largest", "means"]


class Counted(NamedTuple):
    """A count under the map of a number, from 0, of a layer: of its own cells, those that it
    counts, and what of them."""

    layer: str
    number: int
    read: str
    counted: Range
    own: Range
    what: What
    cell: Cell


def counts(network: Network, layout: Layout) -> Iterator[Counted]:
    """The counts under all maps that have a legend."""
    for layer in network.layers:
        what = _what(layer)
        if what is None or len(network.shapes[layer.name]) != 3:
            continue
        read = layer.name if what == "rectified here" else source(layer)
        maps = layout.tensors[layer.name].maps
        legends = layout.legends[layer.name]
        for number, (own, legend) in enumerate(zip(maps, legends, strict=False)):
            counted = layout.tensors[read].maps[number]
            at = Cell(legend.row, legend.column + 4)
            yield Counted(layer.name, number, read, counted, own, what, at)


def _what(layer: Layer) -> What | None:
    if layer.rectifies:
        return "rectified" if layer.activates else "rectified here"
    if isinstance(layer, MaxPool2D | AvgPool2D):
        return "largest" if isinstance(layer, MaxPool2D) else "means"
    return None
