"""Where the kernels of the start stand on Model, right of the table.

Rectangles only; must not know formulas, values or looks.
"""

from __future__ import annotations

from dataclasses import dataclass

from xlconv.network.beginnings import first_convolution
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.model.places import COLUMNS, FIRST_COLUMN, HEAD_ROW
from xlconv.spreadsheet.cells import Cell, Range

LEFT = FIRST_COLUMN + len(COLUMNS) + 1
TITLE_ROW = HEAD_ROW - 3
GAP = 1  # columns between the three kernels, and rows between those of different maps
_BETWEEN = 2  # a caption, and a gap


@dataclass(frozen=True)
class Beginning:
    """A kernel of the board for one map that is read: `start`, `now` and `change` beside each
    other, and in words which way it gets inkier where it is green. `output` and `read` are the
    numbers of the maps, from 0."""

    output: int
    read: int
    board: Range
    start: Range
    now: Range
    change: Range
    words: Cell


def beginnings(network: Network, layout: Layout) -> tuple[Beginning, ...]:
    """The kernels of the first convolution, if it is known what they were at the start."""
    layer = first_convolution(network)
    if layer is None or not layout.started:
        return ()
    return tuple(_beginnings(layer, network, layout))


def _beginnings(layer: Conv2D, network: Network, layout: Layout) -> list[Beginning]:
    weights, (height, width) = layout.weights[layer.name], layer.window.size
    found: list[Beginning] = []
    for output in range(layer.kernels):
        for read, board in enumerate(weights.kernels(output)):
            row = HEAD_ROW + 1 + len(found) * (height + _BETWEEN)
            start, now, change = (
                Range(row, LEFT + part * (width + GAP), height, width) for part in range(3)
            )
            words = Cell(row, change.right + 1 + GAP)
            found.append(Beginning(output, read, board, start, now, change, words))
    return found


def bottom(network: Network, layout: Layout) -> int:
    """The last row of them, 0 if there are none."""
    return max((one.start.bottom for one in beginnings(network, layout)), default=0)
