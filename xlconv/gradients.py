"""Gradients: a batch's way through every layer, and the loss's way back (back-propagation).

NumPy alone, in the precision of the numbers that it is given. Must not know how weights
change by their gradients, nor anything of data sets, files and workbooks.

Batches have the shapes (N, C, H, W) and (N, n). A convolution holds the windows of a whole
batch as columns: N * C*kh*kw * H*W numbers (of the output), which for lesson3 and 64
pictures in float32 are 4 MB; nothing else is larger than the activations of a batch.

Sources: back-propagation and the layers' gradients, Goodfellow, Bengio, Courville, *Deep
Learning*, 6.5 and 9.5; windows as columns, Chellapilla et al., "High performance
convolutional neural networks for document processing" (2006).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlconv.layers import (
    Conv2D,
    Dense,
    Layer,
    MaxPool2D,
    ReLU,
    Shape,
    Softmax,
    output_shape,
    padding,
    pair,
    source,
)
from xlconv.network import INPUT, Network

Batch = NDArray[Any]  # float32 in training, float64 where gradients are checked
Weights = Mapping[str, Batch]


@dataclass(frozen=True)
class Pass:
    """What a layer made of a batch, and how a gradient goes back through it.

    `to_input` turns the loss's gradient by `output` into the one by the layer's input,
    `to_weights` into those by its weights, under their short names.
    """

    output: Batch
    to_input: Callable[[Batch], Batch]
    to_weights: Callable[[Batch], dict[str, Batch]] = lambda _: {}


@singledispatch
def propagate(layer: Layer, weights: Weights, x: Batch) -> Pass:
    """A batch's way through one layer. `weights` has the layer's short names."""
    raise NotImplementedError(f"no gradient for {type(layer).__name__}")


@propagate.register
def _conv(layer: Conv2D, weights: Weights, x: Batch) -> Pass:
    kernel = weights["weight"]
    flat = kernel.reshape(layer.kernels, -1)
    _, height, width = output_shape(layer, x.shape[1:])
    columns = _columns(layer, x)
    linear = flat @ columns
    if layer.bias:
        linear += weights["bias"][:, None]
    rectified = layer.activation == "relu"
    output = np.maximum(linear, 0) if rectified else linear

    def by_linear(gradient: Batch) -> Batch:
        rows = gradient.reshape(linear.shape)
        return rows * (linear > 0) if rectified else rows

    def to_input(gradient: Batch) -> Batch:
        return _sum_columns(layer, flat.T @ by_linear(gradient), x.shape)

    def to_weights(gradient: Batch) -> dict[str, Batch]:
        rows = by_linear(gradient)
        weight = (rows @ columns.transpose(0, 2, 1)).sum(axis=0).reshape(kernel.shape)
        return {"weight": weight} | ({"bias": rows.sum(axis=(0, 2))} if layer.bias else {})

    return Pass(output.reshape(len(x), layer.kernels, height, width), to_input, to_weights)


@propagate.register
def _relu(layer: ReLU, weights: Weights, x: Batch) -> Pass:
    return Pass(np.maximum(x, 0), lambda gradient: gradient * (x > 0))


@propagate.register
def _max_pool(layer: MaxPool2D, weights: Weights, x: Batch) -> Pass:
    places = _places(layer, x.shape[1:])
    output = x[:, :, *places[0]]
    for place in places[1:]:
        output = np.maximum(output, x[:, :, *place])

    def to_input(gradient: Batch) -> Batch:
        """The gradient goes to each window's largest value, of equal ones to the first."""
        result = np.zeros_like(x)
        left = np.ones(output.shape, dtype=bool)
        for place in places:
            largest = left & (x[:, :, *place] == output)
            result[:, :, *place] += gradient * largest
            left &= ~largest
        return result

    return Pass(output, to_input)


@propagate.register
def _dense(layer: Dense, weights: Weights, x: Batch) -> Pass:
    weight = weights["weight"]
    rows = x.reshape(len(x), -1)
    output = rows @ weight.T
    if layer.bias:
        output += weights["bias"]

    def to_weights(gradient: Batch) -> dict[str, Batch]:
        bias = {"bias": gradient.sum(axis=0)} if layer.bias else {}
        return {"weight": gradient.T @ rows} | bias

    return Pass(output, lambda gradient: (gradient @ weight).reshape(x.shape), to_weights)


@propagate.register
def _softmax(layer: Softmax, weights: Weights, x: Batch) -> Pass:
    exp = np.exp(x - x.max(axis=1, keepdims=True))
    output = exp / exp.sum(axis=1, keepdims=True)

    def to_input(gradient: Batch) -> Batch:
        mean = (gradient * output).sum(axis=1, keepdims=True)
        back: Batch = output * (gradient - mean)
        return back

    return Pass(output, to_input)


Place = tuple[slice, slice]


def _places(layer: Conv2D | MaxPool2D, shape: Shape) -> list[Place]:
    """For each place in a window, row by row, the cells that all windows have there."""
    _, height, width = output_shape(layer, shape)
    (rows, columns), (down, across) = pair(layer.size), pair(layer.stride)
    return [
        (slice(i, i + down * height, down), slice(j, j + across * width, across))
        for i in range(rows)
        for j in range(columns)
    ]


def _columns(layer: Conv2D, x: Batch) -> Batch:
    """Every window as a column: (N, C*kh*kw, H*W of the output), known as im2col."""
    margin = padding(layer, x.shape[1:])
    ring = ((0, 0), (0, 0), (margin.top, margin.bottom), (margin.left, margin.right))
    padded = np.pad(x, ring)
    places = _places(layer, x.shape[1:])
    _, height, width = output_shape(layer, x.shape[1:])
    columns = np.empty((*x.shape[:2], len(places), height, width), x.dtype)
    for number, place in enumerate(places):
        columns[:, :, number] = padded[:, :, *place]
    return columns.reshape(len(x), -1, height * width)


def _sum_columns(layer: Conv2D, columns: Batch, shape: Shape) -> Batch:
    """The transpose of `_columns`: each cell gets the sum over the windows that read it."""
    count, channels, height, width = shape
    margin = padding(layer, shape[1:])
    padded = np.zeros(
        (
            count,
            channels,
            height + margin.top + margin.bottom,
            width + margin.left + margin.right,
        ),
        columns.dtype,
    )
    places = _places(layer, shape[1:])
    windows = columns.reshape(count, channels, len(places), *output_shape(layer, shape[1:])[1:])
    for number, place in enumerate(places):
        padded[:, :, *place] += windows[:, :, number]
    return padded[:, :, margin.top : margin.top + height, margin.left : margin.left + width]


def cross_entropy(logits: Batch, labels: NDArray[np.int64]) -> tuple[float, Batch]:
    """The mean of -ln softmax(logits)[label], and its gradient by the logits, (N, n).

    Softmax and logarithm are taken together: a probability that underflows to zero has no
    logarithm, while their joint gradient is softmax - one_hot (Goodfellow et al., 6.2.2.3).
    """
    rows = np.arange(len(labels))
    shifted = logits - logits.max(axis=1, keepdims=True)
    total = np.exp(shifted).sum(axis=1)
    loss = float((np.log(total) - shifted[rows, labels]).mean())
    gradient = np.exp(shifted) / total[:, None]
    gradient[rows, labels] -= 1
    return loss, gradient / len(labels)


def passes(network: Network, weights: Weights, images: Batch) -> dict[str, Pass]:
    """A batch's way through every layer, by the name of the tensor that it makes."""
    made: dict[str, Pass] = {}
    for layer in network.layers:
        read = images if source(layer) == INPUT else made[source(layer)].output
        made[layer.name] = propagate(layer, _own(network, layer, weights), read)
    return made


@dataclass(frozen=True)
class Lesson:
    """What a batch teaches: its mean loss, the pictures told rightly, the gradients."""

    loss: float
    right: int
    gradients: dict[str, Batch]


def lesson(
    network: Network,
    weights: Weights,
    images: Batch,
    labels: NDArray[np.int64],
    freeze: frozenset[str] = frozenset(),
) -> Lesson:
    """The loss of a batch and its gradient by the weights of all layers that are not frozen.

    The network must end in Softmax; `images` has the shape (N, C, H, W), `labels` (N,).
    """
    made = passes(network, weights, images)
    logits = source(network.layers[-1])
    loss, gradient = cross_entropy(made[logits].output, labels)
    right = int((made[logits].output.argmax(axis=1) == labels).sum())
    return Lesson(loss, right, _back(network, made, {logits: gradient}, freeze))


def _back(
    network: Network, made: dict[str, Pass], by: dict[str, Batch], freeze: frozenset[str]
) -> dict[str, Batch]:
    """Gradients by the weights, from those `by` tensors that are known."""
    learning = [layer.name for layer in weighted(network) if layer.name not in freeze]
    needed = _after(network, learning)
    gradients: dict[str, Batch] = {}
    for layer in reversed(network.layers):
        if layer.name not in by:
            continue  # nothing that the loss depends on
        gradient = by.pop(layer.name)
        if layer.name in learning:
            for key, value in made[layer.name].to_weights(gradient).items():
                gradients[f"{layer.name}.{key}"] = value
        if source(layer) in needed:
            back = made[layer.name].to_input(gradient)
            by[source(layer)] = by[source(layer)] + back if source(layer) in by else back
    return gradients


def _after(network: Network, learning: list[str]) -> set[str]:
    """The tensors that depend on what is learned: no others need a gradient."""
    needed = set(learning)
    for layer in network.layers:
        if source(layer) in needed:
            needed.add(layer.name)
    return needed


def weighted(network: Network) -> list[Layer]:
    return [layer for layer in network.layers if network.weight_shapes(layer)]


def _own(network: Network, layer: Layer, weights: Weights) -> Weights:
    return {name.partition(".")[2]: weights[name] for name in network.weight_shapes(layer)}
