"""Limits: how large a network may be at all, refused before anything is made of it.

A text of a few lines can call for thousands of millions of cells. What fits a sheet exactly, its
`places` know. Must not know how layers are linked, nor who describes them.
"""

from collections.abc import Iterable, Mapping, Sized
from math import prod

from xlconv.errors import LimitError
from xlconv.network.layers.base import Layer, sources
from xlconv.network.shapes import Shape, map_count, shape_text
from xlconv.spreadsheet.cells import MAX_COLUMNS, MAX_ROWS

MOST_LAYERS = 1_000
MOST_CELLS = 20_000_000  # on a board; the million formulas of a large book are a twentieth
MOST_PIECES = 200_000  # maps and kernels, each of which has its place


def check_layers(layers: Sized) -> None:
    """LimitError for more layers than any network has."""
    if len(layers) > MOST_LAYERS:
        raise LimitError(f"{len(layers):,} layers; give at most {MOST_LAYERS:,}")


def check_board(name: str, cells: int, pieces: int) -> None:
    """LimitError, naming the tensor, for more cells, or maps and kernels, than any board has."""
    for number, most, what in (
        (cells, MOST_CELLS, "cells"),
        (pieces, MOST_PIECES, "maps and kernels"),
    ):
        if number > most:
            raise LimitError(
                f"layer {name[:40]!r}: {number:,} {what} up to here, more than the "
                f"{most:,} of the largest board; make it smaller"
            )


def check_sizes(layers: Iterable[Layer], shapes: Mapping[str, Shape]) -> None:
    """LimitError, naming the layer, where layers in their order grow beyond all boards; `shapes`
    are those of all tensors."""
    cells = pieces = 0
    for layer in layers:
        read = [shapes[name] for name in sources(layer)]
        made = [shapes[layer.name], *layer.inner_shapes(read[0]).values()]
        weights = [weight.shape for weight in layer.weights(*read).values()]
        cells += sum(map(prod, (*made, *weights)))
        pieces += sum(map(map_count, made))
        pieces += sum(_kernel_count(shape, sum(map(map_count, read))) for shape in weights)
        check_board(layer.name, cells, pieces)
        _check_vector(layer.name, shapes[layer.name])
        for shape in read:
            _check_padding(layer, shape)


def _kernel_count(shape: Shape, maps: int) -> int:
    """How many pieces a weight is drawn in, by a layer that reads so many maps."""
    if len(shape) == 4:
        return shape[0] * shape[1]
    return shape[0] * maps if len(shape) == 2 else shape[0]


def _check_vector(name: str, shape: Shape) -> None:
    if len(shape) == 1 and shape[0] > MAX_ROWS:
        raise LimitError(
            f"layer {name!r}: {prod(shape):,} numbers ({shape_text(shape)}), more than a workbook "
            "can hold; make it smaller"
        )


def _check_padding(layer: Layer, shape: Shape) -> None:
    margin = layer.margin(shape)
    for sides, limit in (
        ((margin.top, margin.bottom), MAX_ROWS),
        ((margin.left, margin.right), MAX_COLUMNS),
    ):
        if max(sides) > limit:
            raise LimitError(
                f"layer {layer.name!r}: padding of {max(sides):,} cells, more than Excel's "
                f"{limit:,}; make it smaller"
            )
