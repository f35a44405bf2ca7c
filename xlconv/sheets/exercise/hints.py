"""Hints where "write the first cell, then copy it" is not enough: what a copy does not do by
itself, in a line each.

Owns words, with the cells of the board that they are about. Must not know values, nor looks.
"""

from __future__ import annotations

from collections.abc import Iterator

from xlconv.network.access import Windows
from xlconv.network.layers.base import Layer, source
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.layers.dense import Dense
from xlconv.network.network import Network
from xlconv.network.shapes import Margin, shape_text
from xlconv.sheets.board.layout import Layout
from xlconv.spreadsheet.cells import Cell, Range


def copying_hints(layer: Layer, network: Network, layout: Layout) -> tuple[str, ...]:
    """What to mind when the first cell of a layer is copied."""
    return tuple(_hints(layer, network, layout))


def _hints(layer: Layer, network: Network, layout: Layout) -> Iterator[str]:
    if isinstance(layer, Dense):
        yield from _of_dense(layer, layout)
    reading = network.access(layer)
    if isinstance(reading, Windows):
        yield from _of_windows(layer, reading, layout)
    if isinstance(layer, Conv2D) and layer.kernels > 1:
        again = layout.tensors[layer.name].maps[1].first
        own = "kernels and a bias" if layer.bias else "kernels"
        yield f"each map has {own} of its own: write the first cell of map 2, {again}, anew"


def _of_windows(layer: Layer, reading: Windows, layout: Layout) -> Iterator[str]:
    read, made = layout.tensors[source(layer)], layout.tensors[layer.name].maps[0].first
    (down, top, high), (across, left, wide) = reading.axes
    first = read.maps[0].first.shifted(-top, -left)
    window = Range(first.row, first.column, high, wide)
    if reading.margin != Margin():
        skipped = "is left out" if reading.skips else "counts as 0"
        begins = ", which begins in it" if top or left else ""
        yield (
            f"the empty ring around {source(layer)} is part of the windows at the border, and "
            f"{skipped}: {made} reads {window}{begins}"
        )
    if (down, across) != (1, 1):
        yield (
            f"a copy's window moves by 1, but {layer.name}'s by {_steps(down, across)}: count the "
            f"steps, as in {_stepping(made, window, down, across)}"
        )
    if reading.window.dilation != (1, 1):
        yield (
            f"the kernel's cells stand apart over {shape_text((high, wide))} cells: multiply those "
            "that it meets one by one"
        )


def _steps(down: int, across: int) -> str:
    return f"{down}" if down == across else f"{down} down and {across} across"


def _stepping(made: Cell, window: Range, down: int, across: int) -> str:
    """A window that moves by steps where the cell moves by 1.

    >>> _stepping(Cell(7, 4), Range(7, 1, 2, 2), 2, 2)
    'OFFSET($A$7:$B$8,2*(ROWS(D$7:D7)-1),2*(COLUMNS($D7:D7)-1))'
    >>> _stepping(Cell(7, 4), Range(7, 1, 2, 2), 1, 2)
    'OFFSET($A$7:$B$8,(ROWS(D$7:D7)-1),2*(COLUMNS($D7:D7)-1))'
    """
    column, row = made.a1.rstrip("0123456789"), made.row
    rows = f"{_times(down)}(ROWS({column}${row}:{made.a1})-1)"
    columns = f"{_times(across)}(COLUMNS(${column}{row}:{made.a1})-1)"
    return f"OFFSET({window.absolute},{rows},{columns})"


def _times(step: int) -> str:
    return "" if step == 1 else f"{step}*"


def _of_dense(layer: Dense, layout: Layout) -> Iterator[str]:
    weights, made = layout.weights[layer.name], layout.tensors[layer.name].maps[0]
    if made.height < 2:
        return
    one, other = (weights.kernels(unit)[0] for unit in (0, 1))
    first, second = made.cell(0, 0), made.cell(1, 0)
    maps = "a block" if len(weights.kernels(0)) == 1 else f"{len(weights.kernels(0))} blocks"
    down, across = other.row - one.row, other.column - one.column
    if (down, across) == (1, 0):
        return  # a copy moves as far
    yield (
        f"each cell has {maps} of weights of its own: {first} reads {one}, {second} reads {other}; "
        "a copy moves by one row only, so that each cell is written with its own"
    )
