"""Pooling in NumPy: forward, and a gradient's way back.

Must not know how a workbook computes the same.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from xlconv.network.layers.base import source
from xlconv.network.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from xlconv.network.model import Array
from xlconv.reference.layers.base import (
    Step,
    Values,
    Weights,
    apply,
    layer_steps,
    numbers,
    shifted_maps,
)
from xlconv.reference.layers.gradient import (
    Batch,
    Learning,
    Pass,
    inside,
    padded_by,
    pictures_last,
    places_of,
    propagate,
    to_one,
)


@apply.register
def _max_pool(layer: MaxPool2D, weights: Weights, x: Array) -> Array:
    result = np.full(layer.output_shape(x.shape), -np.inf)
    for _, _, shifted in shifted_maps(layer.window, x, outside=-np.inf):
        result = np.maximum(result, shifted)
    return result


@layer_steps.register(MaxPool2D)
def _max_pool_steps(
    layer: MaxPool2D, weights: Weights, values: Mapping[str, Values]
) -> Iterator[Step]:
    made = apply(layer, weights, numbers(values[source(layer)]))
    yield Step.measured(layer.name, made)


@apply.register
def _avg_pool(layer: AvgPool2D, weights: Weights, x: Array) -> Array:
    total, count = _sums(layer, x), _sums(layer, np.ones_like(x))
    result: Array = total / count
    return result


def _sums(layer: AvgPool2D, x: Array) -> Array:
    result = np.zeros(layer.output_shape(x.shape))
    for _, _, shifted in shifted_maps(layer.window, x, outside=0.0):
        result += shifted
    return result


@apply.register
def _global_average(layer: GlobalAvgPool2D, weights: Weights, x: Array) -> Array:
    """Lin et al., "Network in network", arXiv:1312.4400, 3.2."""
    result: Array = x.mean(axis=(1, 2))
    return result


# ---- backward


@propagate.register
def _max_pool_gradient(
    layer: MaxPool2D, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    places, padded = places_of(layer.window, x.shape[1:]), padded_by(layer.window, x, -np.inf)
    output = padded[:, :, *places[0]]
    kind = np.min_scalar_type(len(places))
    # The number of the place in each window that holds its largest value, of equal ones the first.
    largest = np.zeros_like(output, dtype=kind)
    for number, place in enumerate(places[1:], 1):
        larger = padded[:, :, *place] > output
        np.maximum(largest, np.multiply(larger, number, dtype=kind), out=largest)
        output = np.maximum(output, padded[:, :, *place])
    (rows, columns), (down, across) = layer.window.extent, layer.window.stride
    apart = rows <= down and columns <= across

    def to_input(gradient: Batch) -> Batch:
        """The gradient goes to each window's largest value."""
        result, gradient = np.zeros_like(padded), pictures_last(gradient)
        for number, place in enumerate(places):
            if apart:  # no other window reads these cells
                np.multiply(gradient, largest == number, out=result[:, :, *place])
            else:
                result[:, :, *place] += gradient * (largest == number)
        return inside(layer.window, result, x.shape)

    return Pass(output, to_one(to_input))


@propagate.register
def _avg_pool_gradient(
    layer: AvgPool2D, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    places, padded = places_of(layer.window, x.shape[1:]), padded_by(layer.window, x, 0)
    there = padded_by(layer.window, np.ones((1, 1, *x.shape[2:]), x.dtype), 0)
    count = np.add.reduce([there[:, :, *place] for place in places])
    output: Batch = np.add.reduce([padded[:, :, *place] for place in places]) / count

    def to_input(gradient: Batch) -> Batch:
        result, share = np.zeros_like(padded), pictures_last(gradient / count)
        for place in places:
            result[:, :, *place] += share
        return inside(layer.window, result, x.shape)

    return Pass(output, to_one(to_input))


@propagate.register
def _global_average_gradient(
    layer: GlobalAvgPool2D, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    cells = x.shape[2] * x.shape[3]

    def to_input(gradient: Batch) -> Batch:
        return np.broadcast_to(gradient[:, :, None, None] / cells, x.shape)

    return Pass(x.mean(axis=(2, 3)), to_one(to_input))
