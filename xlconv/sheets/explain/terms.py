"""What a cell of a layer is made of, in plain NumPy: the windows that it reads, their weights.

Cuts windows out of padded arrays, where the sheet Explain computes places on the board; must not
know its formulas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import singledispatch

import numpy as np
from numpy.typing import NDArray

from xlconv.network.layers.activation import Softmax
from xlconv.network.layers.base import Layer, Windowed, source, sources
from xlconv.network.layers.convolution import Conv2D, KernelDemo
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.dropout import Dropout
from xlconv.network.layers.merging import Concat
from xlconv.network.layers.normalization import BatchNorm2D
from xlconv.network.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from xlconv.network.layers.reshaping import Flatten
from xlconv.network.model import Array
from xlconv.network.network import Network
from xlconv.reference.layers.base import Values, numbers
from xlconv.sheets.board.layout import Layout
from xlconv.spreadsheet.cells import Range

Mask = NDArray[np.bool_]
Held = float | str | None  # what a cell shows; None where nobody can say


@dataclass(frozen=True)
class Slot:
    """A window of one map that is read: its tensor, map, first row and column (from 1, beyond the
    edge below 1), its cells, and the weights that they are multiplied with, which stand at `kernel`
    on the board. Cells that are `outside` of the map are skipped."""

    tensor: str
    map: int
    row: int
    column: int
    values: Array
    weights: Array | None = None
    kernel: Range | None = None
    outside: Mask | None = None


@dataclass(frozen=True)
class Seen:
    """What a cell is made of: its slots, whose cells are so many rows and columns `apart`, and
    the numbers beside the layer."""

    slots: tuple[Slot, ...]
    facts: Mapping[str, float] = field(default_factory=dict)
    apart: tuple[int, int] = (1, 1)

    @property
    def unknown(self) -> bool:
        """Whether one of the cells or numbers is none, so that nothing follows from it."""
        values = [slot.values for slot in self.slots]
        weights = [slot.weights for slot in self.slots if slot.weights is not None]
        facts = [np.array(list(self.facts.values()))]
        return not all(np.isfinite(array).all() for array in (*values, *weights, *facts))


@dataclass(frozen=True)
class Scope:
    """What a layer's cell is explained from."""

    network: Network
    layout: Layout
    weights: Mapping[str, Array]
    values: Mapping[str, Values]

    def maps(self, tensor: str) -> Array:
        """A tensor as maps; a vector is one map of one column."""
        array = numbers(self.values[tensor])
        return array if array.ndim == 3 else array.reshape(1, -1, 1)


Cell3 = tuple[int, int, int]  # map, row and column, from 0


@singledispatch
def seen(layer: Layer, scope: Scope, cell: Cell3) -> Seen:
    """What one cell of a layer is made of: the same cell of each tensor that it reads."""
    return Seen(tuple(_one(scope, name, cell) for name in sources(layer)))


def _one(scope: Scope, tensor: str, cell: Cell3) -> Slot:
    channel, row, column = cell
    value = scope.maps(tensor)[channel, row, column]
    return Slot(tensor, channel + 1, row + 1, column + 1, np.array([[value]]))


def _window(layer: Windowed, scope: Scope, channel: int, cell: Cell3) -> Slot:
    tensor = source(layer)
    margin = layer.margin(scope.network.shapes[tensor])
    ring = ((margin.top, margin.bottom), (margin.left, margin.right))
    inside = scope.maps(tensor)[channel]
    padded = np.pad(inside, ring)
    around = np.pad(np.zeros(inside.shape, dtype=bool), ring, constant_values=True)
    (down, across), (height, width), (apart, beside) = (
        *(layer.window.stride, layer.window.size),
        layer.window.dilation,
    )
    top, left = cell[1] * down, cell[2] * across
    lines = slice(top, top + (height - 1) * apart + 1, apart)
    columns = slice(left, left + (width - 1) * beside + 1, beside)
    place = top - margin.top + 1, left - margin.left + 1
    values, outside = padded[lines, columns], around[lines, columns]
    return Slot(tensor, channel + 1, *place, values, outside=outside)


@seen.register
def _conv_seen(layer: Conv2D, scope: Scope, cell: Cell3) -> Seen:
    output = cell[0]
    channels = layer.channels_read(len(scope.maps(source(layer))), output)
    kernels = scope.layout.weights[layer.name].kernels(output)
    slots = []
    for number, channel in enumerate(channels):
        window = _window(layer, scope, channel, cell)
        weights = scope.weights["weight"][output, number]
        slots.append(_weighted(window, weights, kernels[number]))
    facts = {"bias": float(scope.weights["bias"][output])} if layer.bias else {}
    return Seen(tuple(slots), facts, layer.window.dilation)


def _weighted(slot: Slot, weights: Array, kernel: Range) -> Slot:
    """A window with its weights; what lies outside counts as 0 there, and is not skipped."""
    return replace(slot, weights=weights, kernel=kernel, outside=None)


@seen.register
def _demo_seen(layer: KernelDemo, scope: Scope, cell: Cell3) -> Seen:
    name = f"{layer.name}_kernel"
    window = _window(layer, scope, cell[0], cell)
    place = scope.layout.inner[name].maps[0]
    return Seen((_weighted(window, numbers(scope.values[name])[0], place),))


@seen.register(MaxPool2D)
@seen.register(AvgPool2D)
def _pool_seen(layer: MaxPool2D | AvgPool2D, scope: Scope, cell: Cell3) -> Seen:
    return Seen((_window(layer, scope, cell[0], cell),))


@seen.register
def _average_seen(layer: GlobalAvgPool2D, scope: Scope, cell: Cell3) -> Seen:
    tensor, channel = source(layer), cell[1]
    return Seen((Slot(tensor, channel + 1, 1, 1, scope.maps(tensor)[channel]),))


@seen.register
def _dense_seen(layer: Dense, scope: Scope, cell: Cell3) -> Seen:
    tensor, unit = source(layer), cell[1]
    maps = scope.maps(tensor)
    weights = scope.weights["weight"][unit].reshape(maps.shape)
    kernels = scope.layout.weights[layer.name].kernels(unit)
    slots = tuple(
        Slot(tensor, number + 1, 1, 1, maps[number], weights[number], kernels[number])
        for number in range(len(maps))
    )
    return Seen(slots, {"bias": float(scope.weights["bias"][unit])} if layer.bias else {})


@seen.register
def _norm_seen(layer: BatchNorm2D, scope: Scope, cell: Cell3) -> Seen:
    keys = ("mean", "variance", "scale", "shift")
    facts = {key: float(scope.weights[key][cell[0]]) for key in keys}
    return Seen((_one(scope, source(layer), cell),), facts)


@seen.register
def _concat_seen(layer: Concat, scope: Scope, cell: Cell3) -> Seen:
    vector = len(scope.network.shapes[layer.name]) == 1
    place = list(cell)
    axis = 1 if vector else 0
    for tensor in sources(layer):
        there = scope.network.shapes[tensor][0]
        if place[axis] < there:
            return Seen((_one(scope, tensor, (place[0], place[1], place[2])),))
        place[axis] -= there
    raise AssertionError("a concatenation has as many maps as its sources together")


@seen.register
def _dropout_seen(layer: Dropout, scope: Scope, cell: Cell3) -> Seen:
    mask = scope.maps(f"{layer.name}_mask")[cell]
    factor = numbers(scope.values[f"{layer.name}_factor"])[0]
    facts = {"mask": float(mask), "factor": float(factor), "active": float(layer.active)}
    return Seen((_one(scope, source(layer), cell),), facts)


@seen.register
def _flat_seen(layer: Flatten, scope: Scope, cell: Cell3) -> Seen:
    tensor = source(layer)
    channels, height, width = scope.maps(tensor).shape
    if len(scope.network.shapes[tensor]) == 1 or layer.order == "chw":
        channel, row, column = np.unravel_index(cell[1], (channels, height, width))
    else:
        row, column, channel = np.unravel_index(cell[1], (height, width, channels))
    return Seen((_one(scope, tensor, (int(channel), int(row), int(column))),))


@seen.register
def _softmax_seen(layer: Softmax, scope: Scope, cell: Cell3) -> Seen:
    logits = scope.maps(source(layer))[0]
    return Seen((Slot(source(layer), 1, 1, 1, logits, logits - logits.max()),))


@dataclass(frozen=True)
class Terms:
    """Every cell that is read, slot after slot, as the list of terms shows them; `error` says of
    each product what rounding errors are relative to."""

    slot: list[float]
    row: list[float]
    column: list[float]
    value: list[Held]
    weight: list[Held]
    product: list[Held]
    spread: list[float]
    error: list[float]
    several_columns: bool = True

    @classmethod
    def of(cls, made: Seen, several_columns: bool) -> Terms:
        """The terms of what a cell is made of; whether the maps that are read have more columns
        than one."""
        terms = cls([], [], [], [], [], [], [], [], several_columns)
        for number, slot in enumerate(made.slots, 1):
            largest = float(np.abs(slot.values).max())
            for (i, j), value in np.ndenumerate(slot.values):
                skipped = slot.outside is not None and slot.outside[i, j]
                weight = None if slot.weights is None else float(slot.weights[i, j])
                terms.slot.append(float(number))
                terms.row.append(float(slot.row + i * made.apart[0]))
                terms.column.append(float(slot.column + j * made.apart[1]))
                terms.value.append("" if skipped else float(value))
                terms._weigh(float(value), weight, slot.kernel is None, largest)
        return terms

    def _weigh(self, value: float, weight: float | None, exponent: bool, largest: float) -> None:
        """A softmax has no kernel: its weight is the logit minus the largest, for exp."""
        outcome = None
        if weight is not None:
            outcome = float(np.exp(weight)) if exponent else value * weight
        self.weight.append("" if weight is None else weight)
        self.product.append("" if outcome is None else outcome)
        self.spread.append(abs(value) + largest if exponent else abs(weight or 0.0))
        self.error.append(abs(outcome or 0.0) * (1.0 + (abs(weight or 0.0) if exponent else 0.0)))

    def lists(self) -> Iterator[tuple[str, Sequence[Held], list[float] | None]]:
        """The columns of the list, with what their rounding errors are relative to."""
        yield "slot", self.slot, None
        yield "row", self.row, None
        yield "column", self.column, None
        yield "value", self.value, None
        yield "weight", self.weight, self.spread
        yield "product", self.product, self.error

    @property
    def values(self) -> Array:
        """The values, without those that are skipped."""
        return np.array([one for one in self.value if isinstance(one, float)])

    @property
    def products(self) -> Array:
        """The products, if there are weights."""
        return np.array([one for one in self.product if isinstance(one, float)])
