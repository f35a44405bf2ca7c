"""Limits: what no worksheet holds, refused before anything is made of it.

Owns how large a network may be at all; what fits a sheet exactly, its `places` know. Must not know
how layers are linked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod

from xlconv.errors import LimitError
from xlconv.network.layers.base import Layer
from xlconv.network.shapes import Shape, shape_text
from xlconv.spreadsheet.cells import MAX_COLUMNS, MAX_ROWS

MAX_LAYERS = 4_000  # each needs some columns
MAX_MAPS = 1_000_000  # of all layers together: each needs some rows, and has a name
MAX_NUMBERS = 20_000_000  # in cells


def check_layers(layers: Iterable[Layer]) -> None:
    count = len(tuple(layers))
    if count > MAX_LAYERS:
        raise LimitError(
            f"{count:,} layers, but a worksheet has columns for {MAX_LAYERS:,} at most; "
            "leave some out"
        )


def check_padding(layer: Layer, shape: Shape) -> None:
    """LimitError for a layer whose padding of a tensor of `shape` is longer than a sheet."""
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


def check_tensors(shapes: Mapping[str, Shape], what: str = "") -> None:
    """LimitError, naming the tensor, as soon as tensors are too many numbers or maps together.
    `what` names what they are, if not what layers make."""
    numbers = maps = 0
    for name, shape in shapes.items():
        numbers += prod(shape)
        maps += shape[0] if len(shape) == 3 and not what else 0
        long = not what and len(shape) == 1 and shape[0] > MAX_ROWS
        if long or numbers > MAX_NUMBERS or maps > MAX_MAPS:
            raise LimitError(
                f"layer {name.partition('.')[0]!r}: {prod(shape):,} {what or 'numbers'} "
                f"({shape_text(shape)}), more than a workbook can hold; make it smaller"
            )
