"""What each layer computes, in the plainest float64 NumPy.

Must not know how a workbook computes the same: its agreement with the formulas is
what xlconv proves, so nothing here may import `formulas`, `rules` or `lower`.
Convolutions are sums of shifted maps, one for each place of the kernel, where the
formulas take one window after the other; pools likewise.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import singledispatch

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
    Pool,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    Windowed,
    pair,
    source,
    sources,
)
from xlconv.network.network import Array
from xlconv.network.shapes import dilation, output_shape, padding

Weights = Mapping[str, Array]
Values = NDArray[np.float64] | NDArray[np.str_] | NDArray[np.object_]


@dataclass(frozen=True)
class Step:
    """One named result: a tensor, a step of softmax, or a text of the board.

    `scale` is, for each number, the sum of the absolute terms that made it; rounding errors
    are relative to this and not to the result, which may have cancelled to nearly nothing
    (Higham, Accuracy and Stability of Numerical Algorithms, 3.1). Texts have none. Where some cells
    hold texts and others numbers, the values are objects, None for what cannot be known. `also`
    are values that are as right where rounding decides.
    """

    name: str
    value: Values
    scale: Array | None = None
    also: frozenset[float | str] = frozenset()


@singledispatch
def apply(layer: Layer, weights: Weights, *xs: Array) -> Array:
    """The tensor that one layer makes of those that it reads."""
    raise NotImplementedError(f"no reference for {type(layer).__name__}")


@singledispatch
def layer_steps(layer: Layer, weights: Weights, values: Mapping[str, Values]) -> Iterator[Step]:
    """The results of one layer: its tensor alone, for most."""
    xs = [numbers(values[name]) for name in sources(layer)]
    absolute = {name: np.abs(array) for name, array in weights.items()}
    scale = np.abs(apply(layer, absolute, *map(np.abs, xs)))
    yield Step(layer.name, apply(layer, weights, *xs), scale)


def numbers(values: Values) -> Array:
    """Values as numbers; NaN for what is none."""
    if values.dtype.kind == "f":
        return np.asarray(values, dtype=np.float64)
    flat = [one if isinstance(one, float) else np.nan for one in values.reshape(-1).tolist()]
    return np.array(flat).reshape(values.shape)


def _shifted(layer: Windowed, x: Array, outside: float) -> Iterator[tuple[int, int, Array]]:
    """For each place (i, j) of a window, the cells that all windows have there; the padding
    holds `outside`."""
    margin, (apart_down, apart_across) = padding(layer, x.shape), dilation(layer)
    ring = ((0, 0), (margin.top, margin.bottom), (margin.left, margin.right))
    padded = np.pad(x, ring, constant_values=outside)
    _, height, width = output_shape(layer, x.shape)
    (rows, columns), (down, across) = pair(layer.size), pair(layer.stride)
    for i in range(rows):
        for j in range(columns):
            top, left = i * apart_down, j * apart_across
            below, right = top + down * height, left + across * width
            yield i, j, padded[:, top:below:down, left:right:across]


@apply.register
def _conv(layer: Conv2D, weights: Weights, x: Array) -> Array:
    """Cross-correlation, as deep-learning libraries mean it (Goodfellow et al., 9.1). With
    groups, each is a convolution of its own (Krizhevsky et al., 2012)."""
    kernel = weights["weight"]
    parts = kernel.reshape(layer.groups, -1, *kernel.shape[1:])
    result = np.zeros(output_shape(layer, x.shape))
    made = result.reshape(layer.groups, -1, *result.shape[1:])
    for i, j, shifted in _shifted(layer, x, outside=0.0):
        read = shifted.reshape(layer.groups, -1, *shifted.shape[1:])
        for group in range(layer.groups):
            made[group] += np.tensordot(parts[group, :, :, i, j], read[group], axes=1)
    if layer.bias:
        result += weights["bias"][:, None, None]
    return np.maximum(result, 0.0) if layer.activation == "relu" else result


def _correlated(layer: KernelDemo, kernel: Array, x: Array) -> Array:
    result = np.zeros(output_shape(layer, x.shape))
    for i, j, shifted in _shifted(layer, x, outside=0.0):
        result += kernel[i, j] * shifted
    return result


@layer_steps.register
def _demo_steps(
    layer: KernelDemo, weights: Weights, values: Mapping[str, Values]
) -> Iterator[Step]:
    """The place of the chosen kernel in the list, its numbers, and what it makes of the maps."""
    number = layer.kernels.index(layer.chosen) + 1.0
    yield Step(f"{layer.name}_number", np.array([number]), np.zeros(1))
    [place] = numbers(values[f"{layer.name}_number"]).tolist()
    there = place in range(1, len(layer.kernels) + 1)
    presets = weights["presets"]
    kernel = presets[[int(place) - 1]] if there else np.full((1, *presets.shape[1:]), np.nan)
    yield Step(f"{layer.name}_kernel", kernel, np.abs(kernel))
    found, x = numbers(values[f"{layer.name}_kernel"])[0], numbers(values[source(layer)])
    scale = _correlated(layer, np.abs(found), np.abs(x))
    yield Step(layer.name, _correlated(layer, found, x), scale)


def _column(numbers: Array) -> Array:
    """Numbers for maps, one each."""
    return numbers[:, None, None]


@layer_steps.register
def _norm_steps(
    layer: BatchNorm2D, weights: Weights, values: Mapping[str, Values]
) -> Iterator[Step]:
    """Batch normalisation by the kept statistics (Ioffe and Szegedy, arXiv:1502.03167)."""
    x = numbers(values[source(layer)])
    mean, scale, shift = (_column(weights[key]) for key in ("mean", "scale", "shift"))
    deviation = np.sqrt(_column(weights["variance"]) + layer.epsilon)
    terms = (np.abs(x) + np.abs(mean)) / deviation * np.abs(scale) + np.abs(shift)
    yield Step(layer.name, (x - mean) / deviation * scale + shift, terms)


@apply.register
def _relu(layer: ReLU, weights: Weights, x: Array) -> Array:
    return np.maximum(x, 0.0)


@apply.register
def _leaky_relu(layer: LeakyReLU, weights: Weights, x: Array) -> Array:
    """Maas et al., "Rectifier nonlinearities improve neural network acoustic models" (2013)."""
    return np.where(x < 0, layer.slope * x, x)


@layer_steps.register
def _tanh_steps(layer: Tanh, weights: Weights, values: Mapping[str, Values]) -> Iterator[Step]:
    """Near 0 a program may subtract exponentials, which are near 1 there: an absolute error."""
    value = np.tanh(numbers(values[source(layer)]))
    yield Step(layer.name, value, np.abs(value) + 1e-3)


@layer_steps.register
def _sigmoid_steps(
    layer: Sigmoid, weights: Weights, values: Mapping[str, Values]
) -> Iterator[Step]:
    """1 / (1 + exp(-x)), with an exponent that is never positive and so cannot overflow."""
    x = numbers(values[source(layer)])
    fraction = np.exp(-np.abs(x))
    value = np.where(x < 0, fraction, 1.0) / (1.0 + fraction)
    # exp turns an absolute error of its argument into a relative one of its value.
    yield Step(layer.name, value, value * (1.0 + np.abs(x)))


@apply.register
def _max_pool(layer: MaxPool2D, weights: Weights, x: Array) -> Array:
    result = np.full(output_shape(layer, x.shape), -np.inf)
    for _, _, shifted in _shifted(layer, x, outside=-np.inf):
        result = np.maximum(result, shifted)
    return result


@layer_steps.register(MaxPool2D)
def _max_pool_steps(
    layer: MaxPool2D, weights: Weights, values: Mapping[str, Values]
) -> Iterator[Step]:
    made = apply(layer, weights, numbers(values[source(layer)]))
    yield Step(layer.name, made, np.abs(made))


@apply.register
def _avg_pool(layer: AvgPool2D, weights: Weights, x: Array) -> Array:
    total, count = _sums(layer, x), _sums(layer, np.ones_like(x))
    result: Array = total / count
    return result


def _sums(layer: Pool, x: Array) -> Array:
    result = np.zeros(output_shape(layer, x.shape))
    for _, _, shifted in _shifted(layer, x, outside=0.0):
        result += shifted
    return result


@apply.register
def _global_average(layer: GlobalAvgPool2D, weights: Weights, x: Array) -> Array:
    """Lin et al., "Network in network", arXiv:1312.4400, 3.2."""
    result: Array = x.mean(axis=(1, 2))
    return result


@apply.register
def _add(layer: Add, weights: Weights, *xs: Array) -> Array:
    total: Array = np.sum(xs, axis=0)
    return total


@apply.register
def _concat(layer: Concat, weights: Weights, *xs: Array) -> Array:
    return np.concatenate(xs)


@layer_steps.register
def _dropout_steps(
    layer: Dropout, weights: Weights, values: Mapping[str, Values]
) -> Iterator[Step]:
    """Inverted dropout (Srivastava et al., JMLR 15, 2014, section 10), with every step shown.

    The random numbers are those that `values` holds, or else drawn the same way each time.
    """
    x, name = numbers(values[source(layer)]), layer.name
    random = drawn_numbers(name, x.shape)
    if f"{name}_random" in values:
        found = numbers(values[f"{name}_random"])
        random = np.where((found >= 0) & (found < 1), found, 0.5)
    yield Step(f"{name}_random", random, np.zeros_like(random))
    kept = np.where(numbers(values[f"{name}_random"]) < layer.rate, 0.0, 1.0)
    yield Step(f"{name}_mask", kept, np.zeros_like(kept))
    mask = numbers(values[f"{name}_mask"])
    share = np.array([(mask == 0).sum() / np.isfinite(mask).sum()])
    yield Step(f"{name}_share", share, share)
    factor = np.array([1.0 / (1.0 - layer.rate) if layer.rescale else 1.0])
    yield Step(f"{name}_factor", factor, factor / (1.0 - layer.rate))
    made = x * mask * numbers(values[f"{name}_factor"]) if layer.active else x
    yield Step(name, made, np.abs(made))


def drawn_numbers(name: str, shape: tuple[int, ...]) -> Array:
    """Random numbers from 0 to 1 for a layer of this name: the same each time, with the 15
    digits that spreadsheets keep."""
    random = np.random.default_rng(zlib.crc32(name.encode())).random(shape)
    return np.round(random, 15)


@apply.register
def _flatten(layer: Flatten, weights: Weights, x: Array) -> Array:
    if layer.order == "hwc" and x.ndim == 3:
        x = x.transpose(1, 2, 0)
    return x.reshape(-1)


@apply.register
def _dense(layer: Dense, weights: Weights, x: Array) -> Array:
    result: Array = weights["weight"] @ x.reshape(-1)
    return result + weights["bias"] if layer.bias else result


@layer_steps.register
def _softmax_steps(
    layer: Softmax, weights: Weights, values: Mapping[str, Values]
) -> Iterator[Step]:
    """Softmax step by step. Subtracting the maximum changes nothing but keeps exp from
    overflowing (Goodfellow et al., Deep Learning, 4.1)."""
    name = layer.name
    logits = numbers(values[source(layer)])
    yield Step(f"{name}_max", np.array([logits.max()]), np.abs([logits.max()]))
    largest = numbers(values[f"{name}_max"])
    yield Step(f"{name}_shifted", logits - largest, np.abs(logits) + np.abs(largest))
    shifted = numbers(values[f"{name}_shifted"])
    # exp turns an absolute error of its argument into a relative one of its value.
    yield Step(f"{name}_exp", np.exp(shifted), np.exp(shifted) * (1.0 + np.abs(shifted)))
    exp = numbers(values[f"{name}_exp"])
    yield Step(f"{name}_sum", np.array([exp.sum()]), np.array([np.abs(exp).sum()]))
    share = exp / numbers(values[f"{name}_sum"])
    yield Step(name, share, np.abs(share))
