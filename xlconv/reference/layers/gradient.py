"""Gradients: a batch's way through a layer, and a gradient's way back.

NumPy alone, in the precision of the numbers that it is given; each family registers its kinds.
Must not know the loss, how weights change by their gradients, nor anything of data sets, files
and workbooks.

Batches have the shapes (N, C, H, W) and (N, n). A convolution holds what its windows read row by
row: N * C*kw * H*W numbers, which for lenet5 and 64 pictures in float32 are 1 MB; nothing else is
larger than the activations of a batch.

Sources: back-propagation and the layers' gradients, Goodfellow, Bengio, Courville, *Deep
Learning*, 6.5 and 9.5; windows as columns, Chellapilla et al., "High performance
convolutional neural networks for document processing" (2006); batch normalisation, Ioffe
and Szegedy, arXiv:1502.03167; dropout, Srivastava et al., JMLR 15 (2014).
"""

from __future__ import annotations  # NumPy's random numbers are imported where they are used

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


def pictures_last(x: Batch) -> Batch:
    """The same batch, with a cell's numbers of all pictures side by side in memory: windows and
    their sums are then long runs of numbers, and a batch's convolution is one matrix product.
    Element by element, NumPy keeps this order."""
    return np.ascontiguousarray(x.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2)


def padded_by(window: Window, x: Batch, outside: float) -> Batch:
    """The batch with the padding around each map, its pictures last in memory."""
    margin, (count, channels, height, width) = window.margin(x.shape[1:]), x.shape
    rows, across = height + margin.top + margin.bottom, width + margin.left + margin.right
    if (rows, across) == (height, width):
        return pictures_last(x)
    padded = np.full((channels, rows, across, count), outside, x.dtype).transpose(3, 0, 1, 2)
    inside(window, padded, x.shape)[:] = x
    return padded


def inside(window: Window, padded: Batch, shape: Shape) -> Batch:
    """What `padded_by` put a margin around."""
    margin, (height, width) = window.margin(shape[1:]), shape[2:]
    return padded[:, :, margin.top : margin.top + height, margin.left : margin.left + width]


def strips_of(window: Window, x: Batch, groups: int) -> Batch:
    """What windows read of each row of the padded maps: (G, rows, C / G * kw, W of the output * N).

    For each column of the window, the cells that the windows beside each other have there. Windows
    that share a row share its strip, so that they need no columns of their own (im2col).
    """
    padded, (_, width) = padded_by(window, x, 0).transpose(1, 2, 3, 0), window.slid(x.shape[1:])
    maps = padded.reshape(groups, -1, *padded.shape[1:]).transpose(0, 2, 1, 3, 4)
    strips = np.empty((*maps.shape[:3], window.size[1], width, len(x)), x.dtype)
    for number, place in enumerate(_strips(window, width)):
        strips[:, :, :, number] = maps[:, :, :, place]
    return strips.reshape(groups, len(strips[0]), -1, width * len(x))


def windows_of(window: Window, strips: Batch, height: int) -> Batch:
    """For each row of the output, the strips that its windows read, (G, H, kh * n, W * N): strips
    below each other in memory, so that nothing is copied unless windows are dilated."""
    groups, _, count, length = strips.shape
    group, row, strip, number = strips.strides
    strides = (group, row * window.stride[0], row * window.dilation[0], strip, number)
    shape = (groups, height, window.size[0], count, length)
    windows = np.lib.stride_tricks.as_strided(strips, shape, strides, writeable=False)
    return windows.reshape(groups, height, -1, length)


def sum_strips(window: Window, strips: Batch, shape: Shape) -> Batch:
    """The transpose of `strips_of`: each cell of (N, C, H, W) gets the sum of those that are its
    copies."""
    margin, (count, channels, _, across) = window.margin(shape[1:]), shape
    (groups, rows), (_, width) = strips.shape[:2], window.slid(shape[1:])
    padded = np.zeros((channels, rows, across + margin.left + margin.right, count), strips.dtype)
    maps = padded.reshape(groups, -1, *padded.shape[1:]).transpose(0, 2, 1, 3, 4)
    parts = strips.reshape(*maps.shape[:3], window.size[1], width, count)
    for number, place in enumerate(_strips(window, width)):
        maps[:, :, :, place] += parts[:, :, :, number]
    return inside(window, padded.transpose(3, 0, 1, 2), shape)


def _strips(window: Window, width: int) -> list[slice]:
    """For each column of a window, the columns that windows beside each other have there."""
    (_, columns), (_, across), (_, right) = window.size, window.stride, window.dilation
    return [slice(j, j + across * width, across) for j in range(0, columns * right, right)]
