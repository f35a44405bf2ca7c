"""One cell of a network taken apart in plain NumPy: what the inspector has to show of it.

Knows the layers and arrays alone. Must not use what the inspector is made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

import numpy as np
from support.books import Array

from xlconv import Add, BatchNorm2D, Concat, Conv2D, Dense, Dropout, Flatten, KernelDemo, Model
from xlconv.network.layers.activation import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from xlconv.network.layers.base import Layer
from xlconv.network.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D

Place = tuple[int, int, int]  # map, row and column, from 0


@dataclass(frozen=True)
class Window:
    """A window of one map: its numbers (NaN where there is nothing to read), and the rows and
    columns, from 1, where they stand; weights and products if there are any."""

    caption: str
    reads: Array
    rows: Array
    columns: Array
    weights: Array | None = None
    products: Array | None = None

    def times(self, weights: Array) -> Window:
        return Window(
            self.caption, self.reads, self.rows, self.columns, weights, self.reads * weights
        )


@dataclass(frozen=True)
class Parts:
    """What a cell is made of: windows, the numbers beside them, the result, and the numbers that
    a sentence about it has to say, each with those that would do as well."""

    windows: list[Window]
    result: float
    said: list[float | list[float]]
    facts: dict[str, float] = field(default_factory=dict)

    @property
    def weighted(self) -> bool:
        """Whether products speak for and against the result."""
        return self.windows[0].weights is not None and "exp" not in self.facts

    @property
    def products(self) -> Array:
        return np.concatenate([w.products.reshape(-1) for w in self.windows])  # type: ignore[union-attr]


@dataclass(frozen=True)
class Question:
    """A layer's cell, the model, and every tensor as it is now."""

    model: Model
    tensors: dict[str, Array]
    layer: Layer
    place: Place

    @property
    def sources(self) -> list[str]:
        return list(self.layer.inputs)  # type: ignore[attr-defined]

    def array(self, tensor: str) -> Array:
        """A tensor as maps; a vector is one map of one column."""
        array = self.tensors[tensor]
        return array if array.ndim == 3 else array[None, :, None]

    @property
    def weights(self) -> dict[str, Array]:
        return self.model.layer_weights(self.layer)

    def window(self, tensor: str, number: int, rows: Any, columns: Any, fill: float) -> Window:
        """The numbers of a map at rows and columns from 0, which may lie outside."""
        maps = self.array(tensor)
        rows, columns = np.asarray(rows), np.asarray(columns)
        caption = f"{tensor} map {number + 1}" if len(maps) > 1 else tensor
        reads = np.full((len(rows), len(columns)), fill)
        for i, row in enumerate(rows):
            for j, column in enumerate(columns):
                if 0 <= row < maps.shape[1] and 0 <= column < maps.shape[2]:
                    reads[i, j] = maps[number, row, column]
        return Window(caption, reads, rows + 1, columns + 1)

    def whole(self, tensor: str, number: int) -> Window:
        _, height, width = self.array(tensor).shape
        return self.window(tensor, number, range(height), range(width), np.nan)

    def one(self, tensor: str, place: Place) -> Window:
        return self.window(tensor, place[0], [place[1]], [place[2]], np.nan)


def taken_apart(question: Question) -> Parts:
    """The parts of a cell."""
    return parts(question.layer, question)


@singledispatch
def parts(layer: Layer, asked: Question) -> Parts:
    raise NotImplementedError(type(layer).__name__)


def _slid(layer: Any, asked: Question) -> tuple[list[int], list[int]]:
    """The rows and columns, from 0, that the window of a cell covers."""
    lengths = asked.array(asked.sources[0]).shape[1:]
    apart = layer.dilation if isinstance(layer, Conv2D) else (1, 1)
    moved = (1, 1) if isinstance(layer, KernelDemo) else layer.stride
    found = []
    for axis, length in enumerate(lengths):
        size, stride = layer.size[axis], moved[axis]
        before = 0
        if layer.padding == "same":
            made = -(-length // stride)
            before = max((made - 1) * stride + (size - 1) * apart[axis] + 1 - length, 0) // 2
        elif layer.padding != "valid":
            before = layer.padding[axis]
        first = asked.place[1 + axis] * stride - before
        found.append([first + step * apart[axis] for step in range(size)])
    return found[0], found[1]


def _weighted(windows: list[Window], bias: float | None, rectified: bool = False) -> Parts:
    """A sum of products: its strongest, their count, the bias and the sum are said."""
    products = np.concatenate([w.products.reshape(-1) for w in windows])  # type: ignore[union-attr]
    values = np.concatenate([w.reads.reshape(-1) for w in windows])
    weights = np.concatenate([w.weights.reshape(-1) for w in windows])  # type: ignore[union-attr]
    strongest = np.abs(products) >= np.abs(products).max() - 1e-9
    total = float(products.sum() + (bias or 0.0))
    said: list[float | list[float]] = [list(values[strongest]), list(weights[strongest])]
    said += [len(products)] * (len(products) > 1)
    said += [bias] if bias is not None else []
    result = max(0.0, total) if rectified else total
    said += [total, *([0.0] if rectified and total <= 0 else [])]
    return Parts(windows, result, said, {} if bias is None else {"bias": bias})


@parts.register
def _conv(layer: Conv2D, asked: Question) -> Parts:
    each = asked.array(asked.sources[0]).shape[0] // layer.groups
    output = asked.place[0]
    first = output // (layer.kernels // layer.groups) * each
    windows = [
        asked.window(asked.sources[0], first + k, *_slid(layer, asked), 0.0).times(
            asked.weights["weight"][output, k]
        )
        for k in range(each)
    ]
    bias = float(asked.weights["bias"][output]) if layer.bias else None
    return _weighted(windows, bias, layer.activation == "relu")


@parts.register
def _demo(layer: KernelDemo, asked: Question) -> Parts:
    kernel = asked.weights["presets"][layer.kernels.index(layer.chosen)]
    window = asked.window(asked.sources[0], asked.place[0], *_slid(layer, asked), 0.0)
    return _weighted([window.times(kernel)], None)


@parts.register
def _dense(layer: Dense, asked: Question) -> Parts:
    maps = asked.array(asked.sources[0])
    unit = asked.place[1]
    kernels = asked.weights["weight"][unit].reshape(maps.shape)
    windows = [asked.whole(asked.sources[0], k).times(kernels[k]) for k in range(len(maps))]
    return _weighted(windows, float(asked.weights["bias"][unit]) if layer.bias else None)


@parts.register
def _largest(layer: MaxPool2D, asked: Question) -> Parts:
    window = asked.window(asked.sources[0], asked.place[0], *_slid(layer, asked), np.nan)
    largest = np.nanmax(window.reads)
    row, column = np.argwhere(window.reads == largest)[0]
    said = [np.isfinite(window.reads).sum(), largest, window.rows[row], window.columns[column]]
    return Parts([window], float(largest), [float(number) for number in said])


@parts.register
def _mean(layer: AvgPool2D, asked: Question) -> Parts:
    window = asked.window(asked.sources[0], asked.place[0], *_slid(layer, asked), np.nan)
    return _mean_of(window)


@parts.register
def _means(layer: GlobalAvgPool2D, asked: Question) -> Parts:
    return _mean_of(asked.whole(asked.sources[0], asked.place[1]))


def _mean_of(window: Window) -> Parts:
    mean = float(np.nanmean(window.reads))
    return Parts([window], mean, [float(np.isfinite(window.reads).sum()), mean])


def _read(asked: Question) -> tuple[Window, float]:
    """The one cell that a cell reads."""
    window = asked.one(asked.sources[0], asked.place)
    return window, float(window.reads[0, 0])


@parts.register
def _relu(layer: ReLU, asked: Question) -> Parts:
    window, x = _read(asked)
    return Parts([window], max(0.0, x), [0.0, x, max(0.0, x), *([0.0] if x <= 0 else [])])


@parts.register
def _leaky(layer: LeakyReLU, asked: Question) -> Parts:
    window, x = _read(asked)
    result = x if x > 0 else layer.slope * x
    return Parts([window], result, [layer.slope, x, x, result])


@parts.register
def _tanh(layer: Tanh, asked: Question) -> Parts:
    window, x = _read(asked)
    return Parts([window], float(np.tanh(x)), [x, float(np.tanh(x))])


@parts.register
def _sigmoid(layer: Sigmoid, asked: Question) -> Parts:
    window, x = _read(asked)
    result = float(1 / (1 + np.exp(-x)))
    return Parts([window], result, [1.0, 1.0, x, result])


@parts.register
def _norm(layer: BatchNorm2D, asked: Question) -> Parts:
    window, x = _read(asked)
    keys = ("mean", "variance", "scale", "shift")
    facts = {key: float(asked.weights[key][asked.place[0]]) for key in keys}
    mean, variance, scale, shift = facts.values()
    result = (x - mean) / np.sqrt(variance + layer.epsilon) * scale + shift
    return Parts([window], float(result), [x, *facts.values(), float(result)], facts)


@parts.register
def _added(layer: Add, asked: Question) -> Parts:
    windows = [asked.one(tensor, asked.place) for tensor in asked.sources]
    values = [float(window.reads[0, 0]) for window in windows]
    return Parts(windows, sum(values), [*values[:2], sum(values)])


def _same(window: Window) -> Parts:
    """The very same number: the map, row and, in maps, the column are said."""
    x = float(window.reads[0, 0])
    place = [float(word) for word in window.caption.split(" map ")[1:]]
    place += [float(window.rows[0]), float(window.columns[0])]
    return Parts([window], x, [*place, x])


@parts.register
def _concat(layer: Concat, asked: Question) -> Parts:
    vector = asked.tensors[layer.name].ndim == 1
    number, before = asked.place[1 if vector else 0], 0
    for tensor in asked.sources:
        count = len(asked.tensors[tensor])
        if number < before + count:
            _, row, column = asked.place
            here = (0, number - before, 0) if vector else (number - before, row, column)
            found = _same(asked.one(tensor, here))
            return Parts(found.windows, found.result, _without_column(found, asked, tensor))
        before += count
    raise AssertionError("beyond the last map")


def _without_column(found: Parts, asked: Question, tensor: str) -> list[float | list[float]]:
    """A vector's units have a row, and no column worth saying."""
    return [*found.said[:-2], found.said[-1]] if asked.tensors[tensor].ndim == 1 else found.said


@parts.register
def _flat(layer: Flatten, asked: Question) -> Parts:
    maps = asked.array(asked.sources[0])
    numbers = np.arange(maps.size).reshape(maps.shape)
    if layer.order == "hwc":
        height_width_maps = (*maps.shape[1:], maps.shape[0])
        numbers = np.arange(maps.size).reshape(height_width_maps).transpose(2, 0, 1)
    number, row, column = (int(n) for n in np.argwhere(numbers == asked.place[1])[0])
    return _same(asked.one(asked.sources[0], (number, row, column)))


@parts.register
def _dropped(layer: Dropout, asked: Question) -> Parts:
    window, x = _read(asked)
    number, row, column = asked.place
    drawn = asked.array(f"{layer.name}_random")[number, row, column]
    mask = float(drawn >= layer.rate)
    factor = 1 / (1 - layer.rate) if layer.rescale else 1.0
    facts = {"mask": mask, "factor": factor, "active": float(layer.active)}
    if not layer.active:
        return Parts([window], x, [x], facts)
    return Parts([window], x * mask * factor, [x, mask, factor, x * mask * factor], facts)


@parts.register
def _softmax(layer: Softmax, asked: Question) -> Parts:
    window, unit = asked.whole(asked.sources[0], 0), asked.place[1]
    shifted = window.reads - window.reads.max()
    exponents = np.exp(shifted)
    shown = Window(window.caption, window.reads, window.rows, window.columns, shifted, exponents)
    result = float(exponents[unit, 0] / exponents.sum())
    said = [window.reads[unit, 0], window.reads.max(), exponents.sum(), result]
    return Parts([shown], result, [float(number) for number in said], {"exp": 1.0})


def places_to_try(shape: tuple[int, ...], seed: int) -> Iterator[Place]:
    """The first cell and the last one, the middle, and one somewhere."""
    sizes = shape if len(shape) == 3 else (1, shape[0], 1)
    random = np.random.default_rng(seed)
    yield 0, 0, 0
    yield sizes[0] - 1, sizes[1] - 1, sizes[2] - 1
    yield sizes[0] // 2, sizes[1] // 2, sizes[2] // 2
    number, row, column = (int(random.integers(size)) for size in sizes)
    yield number, row, column
