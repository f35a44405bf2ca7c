"""Gradients: a batch's way through a layer, and a gradient's way back.

NumPy alone, in the precision of the numbers that it is given; each family registers its kinds.
Must not know the loss, how weights change by their gradients, nor anything of data sets, files
and workbooks.

Batches have the shapes (N, C, H, W) and (N, n). A convolution holds the windows of a whole
batch as columns: N * C*kh*kw * H*W numbers (of the output), which for lenet5 and 64
pictures in float32 are 10 MB; nothing else is larger than the activations of a batch.

Sources: back-propagation and the layers' gradients, Goodfellow, Bengio, Courville, *Deep
Learning*, 6.5 and 9.5; windows as columns, Chellapilla et al., "High performance
convolutional neural networks for document processing" (2006); batch normalisation, Ioffe
and Szegedy, arXiv:1502.03167; dropout, Srivastava et al., JMLR 15 (2014).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlconv.network.layers.base import Layer
from xlconv.network.shapes import Shape, Window

Batch = NDArray[Any]  # float32 in training, float64 where gradients are checked
Weights = Mapping[str, Batch]


@dataclass(frozen=True)
class Learning:
    """That a network is learning: dropout drops by `random`, and batch normalisation goes by
    the batch's own mean and variance but in the layers of `kept`."""

    random: np.random.Generator
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Pass:
    """What a layer made of a batch, and how a gradient goes back through it.

    `to_inputs` turns the loss's gradient by `output` into those by the tensors that the layer
    reads, `to_weights` into those by its weights, under their short names. `statistics` are a
    batch's mean and variance for each map, where a layer keeps them.
    """

    output: Batch
    to_inputs: Callable[[Batch], tuple[Batch, ...]]
    to_weights: Callable[[Batch], dict[str, Batch]] = lambda _: {}
    statistics: Mapping[str, Batch] = field(default_factory=dict)


@singledispatch
def propagate(layer: Layer, weights: Weights, *xs: Batch, learning: Learning | None = None) -> Pass:
    """A batch's way through one layer. `weights` has the layer's short names."""
    raise NotImplementedError(f"no gradient for {type(layer).__name__}")


def to_one(function: Callable[[Batch], Batch]) -> Callable[[Batch], tuple[Batch, ...]]:
    """The gradient of a layer that reads one tensor."""
    return lambda gradient: (function(gradient),)


Place = tuple[slice, slice]


def places_of(window: Window, shape: Shape) -> list[Place]:
    """For each place in a window, row by row, the cells that all windows have there."""
    height, width = window.slid(shape)
    (rows, columns), (down, across) = window.size, window.stride
    below, right = window.dilation
    return [
        (slice(i, i + down * height, down), slice(j, j + across * width, across))
        for i in range(0, rows * below, below)
        for j in range(0, columns * right, right)
    ]


def padded_by(window: Window, x: Batch, outside: float) -> Batch:
    margin = window.margin(x.shape[1:])
    ring = ((0, 0), (0, 0), (margin.top, margin.bottom), (margin.left, margin.right))
    if not any(map(any, ring)):
        return x
    return np.pad(x, ring, constant_values=outside)


def inside(window: Window, padded: Batch, shape: Shape) -> Batch:
    """What `padded_by` put a margin around."""
    margin, (height, width) = window.margin(shape[1:]), shape[2:]
    return padded[:, :, margin.top : margin.top + height, margin.left : margin.left + width]


def columns_of(window: Window, x: Batch) -> Batch:
    """Every window as a column: (N, C, kh*kw, H, W of the output), known as im2col."""
    padded, places = padded_by(window, x, 0), places_of(window, x.shape[1:])
    height, width = window.slid(x.shape[1:])
    columns = np.empty((*x.shape[:2], len(places), height, width), x.dtype)
    for number, place in enumerate(places):
        columns[:, :, number] = padded[:, :, *place]
    return columns


def sum_columns(window: Window, columns: Batch, shape: Shape) -> Batch:
    """The transpose of `columns_of`: each cell gets the sum over the windows that read it."""
    margin = window.margin(shape[1:])
    count, channels, height, width = shape
    rows, across = height + margin.top + margin.bottom, width + margin.left + margin.right
    padded = np.zeros((count, channels, rows, across), columns.dtype)
    places = places_of(window, shape[1:])
    windows = columns.reshape(count, channels, len(places), *window.slid(shape[1:]))
    for number, place in enumerate(places):
        padded[:, :, *place] += windows[:, :, number]
    return inside(window, padded, shape)
