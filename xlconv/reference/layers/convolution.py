"""Convolution in NumPy: forward, and a gradient's way back.

Must not know how a workbook computes the same.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from xlconv.network.borders import outside_cell
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
    inside,
    padded_by,
    places_of,
    propagate,
    strips_of,
    sum_strips,
    to_one,
    windows_of,
)


@apply.register
def _conv(layer: Conv2D, weights: Weights, x: Array) -> Array:
    """Cross-correlation, as deep-learning libraries mean it (Goodfellow et al., 9.1). With
    groups, each is a convolution of its own (Krizhevsky et al., 2012)."""
    kernel = weights["weight"]
    parts = kernel.reshape(layer.groups, -1, *kernel.shape[1:])
    result = np.zeros(layer.output_shape(x.shape))
    made = result.reshape(layer.groups, -1, *result.shape[1:])
    for i, j, shifted in shifted_maps(layer.window, x, outside_cell(layer.outside)):
        read = shifted.reshape(layer.groups, -1, *shifted.shape[1:])
        for group in range(layer.groups):
            made[group] += np.tensordot(parts[group, :, :, i, j], read[group], axes=1)
    if layer.bias:
        result += weights["bias"][:, None, None]
    return np.maximum(result, 0.0) if layer.activation == "relu" else result


def _correlate(layer: KernelDemo, kernel: Array, x: Array) -> Array:
    result = np.zeros(layer.output_shape(x.shape))
    for i, j, shifted in shifted_maps(layer.window, x, outside_cell(layer.outside)):
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
    """Row by row of the output, a product of the kernels and the strips that its windows read: a
    product so small stays in the processor's cache."""
    kernel, groups, window = weights["weight"], layer.groups, layer.window
    kernels, channels, rows, columns = kernel.shape
    in_strips = kernel.reshape(groups, -1, channels, rows, columns).transpose(0, 1, 3, 2, 4)
    flat, count = in_strips.reshape(groups, kernels // groups, -1), channels * columns
    _, height, width = layer.output_shape(x.shape[1:])
    strips = strips_of(window, x, groups)
    windows = windows_of(window, strips, height)
    linear = np.empty((kernels, height, width, len(x)), strips.dtype)
    np.matmul(flat[:, None], windows, out=_by_row(linear, groups))
    if layer.bias:
        linear += weights["bias"][:, None, None, None]
    rectified = layer.activation == "relu"
    output = np.maximum(linear, 0) if rectified else linear

    def by_linear(gradient: Batch) -> Batch:
        back = np.ascontiguousarray(gradient.transpose(1, 2, 3, 0))
        return _by_row(back * (linear > 0) if rectified else back, groups)

    def to_input(gradient: Batch) -> Batch:
        back, (down, _), (below, _) = by_linear(gradient), window.stride, window.dilation
        result = np.zeros_like(strips)
        for row in range(rows):
            part = flat[:, None, :, row * count : (row + 1) * count].swapaxes(2, 3)
            result[:, row * below : row * below + down * height : down] += part @ back
        return sum_strips(window, result, x.shape)

    def to_weights(gradient: Batch) -> dict[str, Batch]:
        back = by_linear(gradient)
        weight = (windows @ back.swapaxes(2, 3)).sum(axis=1).swapaxes(1, 2)
        weight = weight.reshape(kernels, rows, channels, columns).swapaxes(1, 2)
        bias = {"bias": back.sum(axis=(1, 3)).ravel()} if layer.bias else {}
        return {"weight": weight} | bias

    return Pass(output.transpose(3, 0, 1, 2), to_one(to_input), to_weights)


def _by_row(maps: Batch, groups: int) -> Batch:
    """Maps (K, H, W, N) as matrices, (G, H, K / G, W * N)."""
    shape = groups, maps.shape[0] // groups, maps.shape[1], maps.shape[2] * maps.shape[3]
    return maps.reshape(shape).swapaxes(1, 2)


@propagate.register
def _demo_gradient(
    layer: KernelDemo, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    """Its kernels are given, not learned."""
    kernel = weights["presets"][layer.kernels.index(layer.chosen)].ravel()
    padded, places = padded_by(layer.window, x, 0), places_of(layer.window, x.shape[1:])
    parts = zip(kernel, places, strict=True)
    output: Batch = np.add.reduce([number * padded[:, :, *place] for number, place in parts])

    def to_input(gradient: Batch) -> Batch:
        result = np.zeros_like(padded)
        for number, place in zip(kernel, places, strict=True):
            result[:, :, *place] += number * gradient
        return inside(layer.window, result, x.shape)

    return Pass(output, to_one(to_input))
