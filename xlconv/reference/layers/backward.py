"""Gradients: a batch's way through every layer, and a gradient's way back.

NumPy alone, in the precision of the numbers that it is given. Must not know the loss, how
weights change by their gradients, nor anything of data sets, files and workbooks.

Batches have the shapes (N, C, H, W) and (N, n). A convolution holds the windows of a whole
batch as columns: N * C*kh*kw * H*W numbers (of the output), which for lenet5 and 64
pictures in float32 are 10 MB; nothing else is larger than the activations of a batch.

Sources: back-propagation and the layers' gradients, Goodfellow, Bengio, Courville, *Deep
Learning*, 6.5 and 9.5; windows as columns, Chellapilla et al., "High performance
convolutional neural networks for document processing" (2006); batch normalisation, Ioffe
and Szegedy, arXiv:1502.03167; dropout, Srivastava et al., JMLR 15 (2014).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlconv.network.layers.base import (
    Add,
    AvgPool2D,
    BatchNorm2D,
    Concat,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    KernelDemo,
    Layer,
    LeakyReLU,
    MaxPool2D,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    Windowed,
    pair,
)
from xlconv.network.shapes import Shape, dilation, output_shape, padding

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


def _of(function: Callable[[Batch], Batch]) -> Callable[[Batch], tuple[Batch, ...]]:
    """The gradient of a layer that reads one tensor."""
    return lambda gradient: (function(gradient),)


@propagate.register
def _conv(layer: Conv2D, weights: Weights, x: Batch, learning: Learning | None = None) -> Pass:
    kernel, groups = weights["weight"], layer.groups
    flat = kernel.reshape(groups, layer.kernels // groups, -1)
    _, height, width = output_shape(layer, x.shape[1:])
    columns = _columns(layer, x).reshape(len(x), groups, -1, height * width)
    linear = (flat @ columns).reshape(len(x), layer.kernels, height * width)
    if layer.bias:
        linear += weights["bias"][:, None]
    rectified = layer.activation == "relu"
    output = np.maximum(linear, 0) if rectified else linear

    def by_linear(gradient: Batch) -> Batch:
        rows = gradient.reshape(linear.shape)
        rows = rows * (linear > 0) if rectified else rows
        return rows.reshape(len(x), groups, -1, height * width)

    def to_input(gradient: Batch) -> Batch:
        back = flat.transpose(0, 2, 1) @ by_linear(gradient)
        return _sum_columns(layer, back, x.shape)

    def to_weights(gradient: Batch) -> dict[str, Batch]:
        rows = by_linear(gradient)
        weight = (rows @ columns.transpose(0, 1, 3, 2)).sum(axis=0).reshape(kernel.shape)
        return {"weight": weight} | ({"bias": rows.sum(axis=(0, 3)).ravel()} if layer.bias else {})

    shaped = output.reshape(len(x), layer.kernels, height, width)
    return Pass(shaped, _of(to_input), to_weights)


@propagate.register
def _demo(layer: KernelDemo, weights: Weights, x: Batch, learning: Learning | None = None) -> Pass:
    """Its kernels are given, not learned."""
    kernel = weights["presets"][layer.kernels.index(layer.chosen)].reshape(-1, 1, 1)
    output = (_columns(layer, x) * kernel).sum(axis=2)

    def to_input(gradient: Batch) -> Batch:
        return _sum_columns(layer, gradient[:, :, None] * kernel, x.shape)

    return Pass(output, _of(to_input))


@propagate.register
def _norm(layer: BatchNorm2D, weights: Weights, x: Batch, learning: Learning | None = None) -> Pass:
    """While it learns, by the batch's mean and (biased) variance; else by those that were kept."""
    own = learning is not None and layer.name not in learning.kept
    across = (0, 2, 3)
    mean = x.mean(axis=across) if own else weights["mean"]
    variance = x.var(axis=across) if own else weights["variance"]
    deviation = np.sqrt(variance + layer.epsilon)[:, None, None].astype(x.dtype)
    normal = (x - mean[:, None, None]) / deviation
    scale = weights["scale"][:, None, None]

    def to_input(gradient: Batch) -> Batch:
        back = gradient * scale
        if own:  # mean and variance depend on x, too
            along = (back * normal).mean(axis=across, keepdims=True)
            back = back - back.mean(axis=across, keepdims=True) - normal * along
        result: Batch = back / deviation
        return result

    def to_weights(gradient: Batch) -> dict[str, Batch]:
        return {"scale": (gradient * normal).sum(axis=across), "shift": gradient.sum(axis=across)}

    output = normal * scale + weights["shift"][:, None, None]
    statistics = {"mean": mean, "variance": variance} if own else {}
    return Pass(output, _of(to_input), to_weights, statistics)


@propagate.register
def _relu(layer: ReLU, weights: Weights, x: Batch, learning: Learning | None = None) -> Pass:
    return Pass(np.maximum(x, 0), _of(lambda gradient: gradient * (x > 0)))


@propagate.register
def _leaky_relu(
    layer: LeakyReLU, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    slope = np.where(x < 0, x.dtype.type(layer.slope), x.dtype.type(1))
    return Pass(x * slope, _of(lambda gradient: gradient * slope))


@propagate.register
def _tanh(layer: Tanh, weights: Weights, x: Batch, learning: Learning | None = None) -> Pass:
    output = np.tanh(x)
    return Pass(output, _of(lambda gradient: gradient * (1 - output**2)))


@propagate.register
def _sigmoid(layer: Sigmoid, weights: Weights, x: Batch, learning: Learning | None = None) -> Pass:
    output = sigmoid(x)
    return Pass(output, _of(lambda gradient: gradient * output * (1 - output)))


def sigmoid(x: Batch) -> Batch:
    """1 / (1 + exp(-x)), with an exponent that is never positive and so cannot overflow."""
    fraction = np.exp(-np.abs(x))
    value: Batch = np.where(x < 0, fraction, 1) / (1 + fraction)
    return value


@propagate.register
def _max_pool(
    layer: MaxPool2D, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    places, padded = _places(layer, x.shape[1:]), _padded(layer, x, -np.inf)
    output = padded[:, :, *places[0]]
    for place in places[1:]:
        output = np.maximum(output, padded[:, :, *place])

    def to_input(gradient: Batch) -> Batch:
        """The gradient goes to each window's largest value, of equal ones to the first."""
        result = np.zeros_like(padded)
        left = np.ones(output.shape, dtype=bool)
        for place in places:
            largest = left & (padded[:, :, *place] == output)
            result[:, :, *place] += gradient * largest
            left &= ~largest
        return _inside(layer, result, x.shape)

    return Pass(output, _of(to_input))


@propagate.register
def _avg_pool(
    layer: AvgPool2D, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    places, padded = _places(layer, x.shape[1:]), _padded(layer, x, 0)
    there = _padded(layer, np.ones((1, 1, *x.shape[2:]), x.dtype), 0)
    count = np.add.reduce([there[:, :, *place] for place in places])
    output: Batch = np.add.reduce([padded[:, :, *place] for place in places]) / count

    def to_input(gradient: Batch) -> Batch:
        result = np.zeros_like(padded)
        for place in places:
            result[:, :, *place] += gradient / count
        return _inside(layer, result, x.shape)

    return Pass(output, _of(to_input))


@propagate.register
def _global_average(
    layer: GlobalAvgPool2D, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    cells = x.shape[2] * x.shape[3]

    def to_input(gradient: Batch) -> Batch:
        return np.broadcast_to(gradient[:, :, None, None] / cells, x.shape)

    return Pass(x.mean(axis=(2, 3)), _of(to_input))


@propagate.register
def _add(layer: Add, weights: Weights, *xs: Batch, learning: Learning | None = None) -> Pass:
    return Pass(sum(xs[1:], xs[0]), lambda gradient: (gradient,) * len(xs))


@propagate.register
def _concat(layer: Concat, weights: Weights, *xs: Batch, learning: Learning | None = None) -> Pass:
    ends = np.cumsum([x.shape[1] for x in xs])[:-1]
    return Pass(
        np.concatenate(xs, axis=1), lambda gradient: tuple(np.split(gradient, ends, axis=1))
    )


@propagate.register
def _dropout(layer: Dropout, weights: Weights, x: Batch, learning: Learning | None = None) -> Pass:
    if learning is None:
        return Pass(x, _of(lambda gradient: gradient))
    kept = learning.random.random(x.shape, dtype=np.float32) >= layer.rate
    factor = (kept / (1 - layer.rate) if layer.rescale else kept).astype(x.dtype)
    return Pass(x * factor, _of(lambda gradient: gradient * factor))


@propagate.register
def _flatten(layer: Flatten, weights: Weights, x: Batch, learning: Learning | None = None) -> Pass:
    if x.ndim == 4 and layer.order == "hwc":
        moved = x.transpose(0, 2, 3, 1)
        return Pass(
            moved.reshape(len(x), -1),
            _of(lambda gradient: gradient.reshape(moved.shape).transpose(0, 3, 1, 2)),
        )
    return Pass(x.reshape(len(x), -1), _of(lambda gradient: gradient.reshape(x.shape)))


@propagate.register
def _dense(layer: Dense, weights: Weights, x: Batch, learning: Learning | None = None) -> Pass:
    weight = weights["weight"]
    rows = x.reshape(len(x), -1)
    output = rows @ weight.T
    if layer.bias:
        output += weights["bias"]

    def to_weights(gradient: Batch) -> dict[str, Batch]:
        bias = {"bias": gradient.sum(axis=0)} if layer.bias else {}
        return {"weight": gradient.T @ rows} | bias

    return Pass(output, _of(lambda gradient: (gradient @ weight).reshape(x.shape)), to_weights)


@propagate.register
def _softmax(layer: Softmax, weights: Weights, x: Batch, learning: Learning | None = None) -> Pass:
    exp = np.exp(x - x.max(axis=1, keepdims=True))
    output = exp / exp.sum(axis=1, keepdims=True)

    def to_input(gradient: Batch) -> Batch:
        mean = (gradient * output).sum(axis=1, keepdims=True)
        back: Batch = output * (gradient - mean)
        return back

    return Pass(output, _of(to_input))


Place = tuple[slice, slice]


def _places(layer: Windowed, shape: Shape) -> list[Place]:
    """For each place in a window, row by row, the cells that all windows have there."""
    _, height, width = output_shape(layer, shape)
    (rows, columns), (down, across) = pair(layer.size), pair(layer.stride)
    below, right = dilation(layer)
    return [
        (slice(i, i + down * height, down), slice(j, j + across * width, across))
        for i in range(0, rows * below, below)
        for j in range(0, columns * right, right)
    ]


def _padded(layer: Windowed, x: Batch, outside: float) -> Batch:
    margin = padding(layer, x.shape[1:])
    ring = ((0, 0), (0, 0), (margin.top, margin.bottom), (margin.left, margin.right))
    if not any(map(any, ring)):
        return x
    return np.pad(x, ring, constant_values=outside)


def _inside(layer: Windowed, padded: Batch, shape: Shape) -> Batch:
    """What `_padded` put a margin around."""
    margin, (height, width) = padding(layer, shape[1:]), shape[2:]
    return padded[:, :, margin.top : margin.top + height, margin.left : margin.left + width]


def _columns(layer: Conv2D | KernelDemo, x: Batch) -> Batch:
    """Every window as a column: (N, C, kh*kw, H, W of the output), known as im2col."""
    padded, places = _padded(layer, x, 0), _places(layer, x.shape[1:])
    _, height, width = output_shape(layer, x.shape[1:])
    columns = np.empty((*x.shape[:2], len(places), height, width), x.dtype)
    for number, place in enumerate(places):
        columns[:, :, number] = padded[:, :, *place]
    return columns


def _sum_columns(layer: Conv2D | KernelDemo, columns: Batch, shape: Shape) -> Batch:
    """The transpose of `_columns`: each cell gets the sum over the windows that read it."""
    margin = padding(layer, shape[1:])
    count, channels, height, width = shape
    rows, across = height + margin.top + margin.bottom, width + margin.left + margin.right
    padded = np.zeros((count, channels, rows, across), columns.dtype)
    places = _places(layer, shape[1:])
    windows = columns.reshape(count, channels, len(places), *output_shape(layer, shape[1:])[1:])
    for number, place in enumerate(places):
        padded[:, :, *place] += windows[:, :, number]
    return _inside(layer, padded, shape)
