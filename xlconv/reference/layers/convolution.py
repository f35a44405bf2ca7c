"""Convolution in NumPy: forward, and a gradient's way back.

Must not know how a workbook computes the same.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from xlconv.network.layers.base import source
from xlconv.network.layers.convolution import Conv2D, KernelDemo
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
    columns_of,
    propagate,
    sum_columns,
    to_one,
)


@apply.register
def _conv(layer: Conv2D, weights: Weights, x: Array) -> Array:
    """Cross-correlation, as deep-learning libraries mean it (Goodfellow et al., 9.1). With
    groups, each is a convolution of its own (Krizhevsky et al., 2012)."""
    kernel = weights["weight"]
    parts = kernel.reshape(layer.groups, -1, *kernel.shape[1:])
    result = np.zeros(layer.output_shape(x.shape))
    made = result.reshape(layer.groups, -1, *result.shape[1:])
    for i, j, shifted in shifted_maps(layer.window, x, outside=0.0):
        read = shifted.reshape(layer.groups, -1, *shifted.shape[1:])
        for group in range(layer.groups):
            made[group] += np.tensordot(parts[group, :, :, i, j], read[group], axes=1)
    if layer.bias:
        result += weights["bias"][:, None, None]
    return np.maximum(result, 0.0) if layer.activation == "relu" else result


def _correlate(layer: KernelDemo, kernel: Array, x: Array) -> Array:
    result = np.zeros(layer.output_shape(x.shape))
    for i, j, shifted in shifted_maps(layer.window, x, outside=0.0):
        result += kernel[i, j] * shifted
    return result


@layer_steps.register
def _demo_steps(
    layer: KernelDemo, weights: Weights, values: Mapping[str, Values]
) -> Iterator[Step]:
    """The place of the chosen kernel in the list, its numbers, and what it makes of the maps."""
    number = layer.kernels.index(layer.chosen) + 1.0
    yield Step.exact(f"{layer.name}_number", number)
    [place] = numbers(values[f"{layer.name}_number"]).tolist()
    there = place in range(1, len(layer.kernels) + 1)
    presets = weights["presets"]
    kernel = presets[[int(place) - 1]] if there else np.full((1, *presets.shape[1:]), np.nan)
    yield Step.measured(f"{layer.name}_kernel", kernel)
    found, x = numbers(values[f"{layer.name}_kernel"])[0], numbers(values[source(layer)])
    scale = _correlate(layer, np.abs(found), np.abs(x))
    yield Step(layer.name, _correlate(layer, found, x), scale)


# ---- backward


@propagate.register
def _conv_gradient(
    layer: Conv2D, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    kernel, groups = weights["weight"], layer.groups
    flat = kernel.reshape(groups, layer.kernels // groups, -1)
    _, height, width = layer.output_shape(x.shape[1:])
    columns = columns_of(layer.window, x).reshape(len(x), groups, -1, height * width)
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
        return sum_columns(layer.window, back, x.shape)

    def to_weights(gradient: Batch) -> dict[str, Batch]:
        rows = by_linear(gradient)
        weight = (rows @ columns.transpose(0, 1, 3, 2)).sum(axis=0).reshape(kernel.shape)
        return {"weight": weight} | ({"bias": rows.sum(axis=(0, 3)).ravel()} if layer.bias else {})

    shaped = output.reshape(len(x), layer.kernels, height, width)
    return Pass(shaped, to_one(to_input), to_weights)


@propagate.register
def _demo_gradient(
    layer: KernelDemo, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    """Its kernels are given, not learned."""
    kernel = weights["presets"][layer.kernels.index(layer.chosen)].reshape(-1, 1, 1)
    output = (columns_of(layer.window, x) * kernel).sum(axis=2)

    def to_input(gradient: Batch) -> Batch:
        return sum_columns(layer.window, gradient[:, :, None] * kernel, x.shape)

    return Pass(output, to_one(to_input))
