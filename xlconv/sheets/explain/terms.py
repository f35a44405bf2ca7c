"""What a cell of a layer is made of, in plain NumPy: the windows that it reads, their weights.

Cuts windows out of padded arrays, where the sheet Explain computes places on the board; must not
know its formulas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from xlconv.network import access
from xlconv.network.borders import Outside, outside_cell
from xlconv.network.layers.base import Layer, source, sources
from xlconv.network.model import Array
from xlconv.network.network import Network
from xlconv.reference.layers.base import Values, numbers, padded
from xlconv.sheets.board.layout import Layout
from xlconv.spreadsheet.cells import Range

Mask = NDArray[np.bool_]
CellValue = float | str | None  # what a cell shows; None where nobody can say


@dataclass(frozen=True)
class Slot:
    """A window of one map that is read: its tensor, map, first row and column (from 1, beyond the
    edge below 1), its cells, and the weights that they are multiplied with, which stand at `kernel`
    on the board; which of its cells are `outside` of the map."""

    tensor: str
    map: int
    row: int
    column: int
    values: Array
    weights: Array | None = None
    kernel: Range | None = None
    outside: Mask | None = None


@dataclass(frozen=True)
class Composition:
    """What a cell is made of: its slots, whose cells are so many rows and columns `apart`, and
    the numbers beside the layer. What is outside of maps is skipped if the layer `skips` it. Of
    tensors that are joined, the slot is of the one of the number `source`, from 1."""

    slots: tuple[Slot, ...]
    facts: Mapping[str, float] = field(default_factory=dict)
    apart: tuple[int, int] = (1, 1)
    skips: bool = False
    source: int = 1

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


def composition(layer: Layer, scope: Scope, cell: Cell3) -> Composition:
    """What one cell of a layer is made of."""
    reading = scope.network.access(layer)
    made = Composition(tuple(_slots(layer, reading, scope, cell)))
    if isinstance(reading, access.Windows):
        made = replace(made, apart=reading.window.dilation, skips=reading.skips)
    if isinstance(reading, access.Part):
        number, slot = _part_read(layer, scope, cell)
        made = Composition((slot,), source=number)
    slots = _weigh(layer, scope, cell, made.slots)
    return replace(made, slots=tuple(slots), facts=_facts(layer, scope, cell))


def _slots(layer: Layer, reading: access.Access, scope: Scope, cell: Cell3) -> Iterator[Slot]:
    tensor = source(layer)
    maps = scope.maps(tensor)
    match reading:
        case access.SameCell():
            yield from (_cell_slot(scope, name, cell) for name in sources(layer))
        case access.Windows():
            outside = outside_cell(getattr(layer, "outside", "0"))
            for channel in reading.maps(cell[0]):
                yield _window_slot(reading, tensor, maps, channel, cell, outside)
        case access.Everything():
            yield from (_map_slot(tensor, maps, channel) for channel in range(len(maps)))
        case access.WholeMap():
            yield _map_slot(tensor, maps, cell[1])
        case access.Unravelled():
            yield _cell_slot(scope, tensor, reading.cell(cell[1]))


def _cell_slot(scope: Scope, tensor: str, cell: Cell3) -> Slot:
    channel, row, column = cell
    value = scope.maps(tensor)[channel, row, column]
    return Slot(tensor, channel + 1, row + 1, column + 1, np.array([[value]]))


def _map_slot(tensor: str, maps: Array, channel: int) -> Slot:
    return Slot(tensor, channel + 1, 1, 1, maps[channel])


def _window_slot(
    reading: access.Windows, tensor: str, maps: Array, channel: int, cell: Cell3, outside: Outside
) -> Slot:
    window, margin = reading.window, reading.margin
    held = padded(maps[channel], margin, outside)
    around = padded(np.zeros(maps[channel].shape), margin, 1.0) == 1.0
    (height, width), (apart, beside) = window.size, window.dilation
    top, left = cell[1] * window.stride[0], cell[2] * window.stride[1]
    lines = slice(top, top + (height - 1) * apart + 1, apart)
    columns = slice(left, left + (width - 1) * beside + 1, beside)
    place = top - margin.top + 1, left - margin.left + 1
    values, beyond = held[lines, columns], around[lines, columns]
    return Slot(tensor, channel + 1, *place, values, outside=beyond)


def _part_read(layer: Layer, scope: Scope, cell: Cell3) -> tuple[int, Slot]:
    """The number, from 1, of the tensor that a cell of several joined ones is taken from, and the
    cell there."""
    axis = 1 if len(scope.network.shapes[layer.name]) == 1 else 0
    place = list(cell)
    for number, tensor in enumerate(sources(layer), 1):
        there = scope.network.shapes[tensor][0]
        if place[axis] < there:
            return number, _cell_slot(scope, tensor, (place[0], place[1], place[2]))
        place[axis] -= there
    raise AssertionError("joined tensors have as many maps as all of them together")


def _weigh(layer: Layer, scope: Scope, cell: Cell3, slots: tuple[Slot, ...]) -> Iterator[Slot]:
    """The slots with what their cells are multiplied with: the kernel that is computed, the
    output's own weights, or, of a softmax, what the cells are less than the largest."""
    output, kernel = _output(layer, scope, cell), f"{layer.name}_kernel"
    if kernel in scope.layout.inner:
        place = scope.layout.inner[kernel].maps[0]
        computed = numbers(scope.values[kernel])[0]
        yield from (replace(slot, weights=computed, kernel=place) for slot in slots)
    elif "weight" in scope.weights:
        weights = scope.weights["weight"][output].reshape(len(slots), *slots[0].values.shape)
        kernels = scope.layout.weights[layer.name].kernels(output)
        for slot, own, place in zip(slots, weights, kernels, strict=True):
            yield replace(slot, weights=own, kernel=place)
    elif layer.operation == "softmax":
        yield from (replace(one, weights=one.values - one.values.max()) for one in slots)
    else:
        yield from slots


def _output(layer: Layer, scope: Scope, cell: Cell3) -> int:
    """The number, from 0, of a cell's map, or of its unit."""
    return cell[1] if len(scope.network.shapes[layer.name]) == 1 else cell[0]


def _facts(layer: Layer, scope: Scope, cell: Cell3) -> dict[str, float]:
    """The numbers beside a layer, where they are found: one of its weights, of what it shows on
    its way, or a setting."""

    def fact(key: str) -> float:
        name = f"{layer.name}_{key}"
        if key in scope.weights:
            return float(scope.weights[key][_output(layer, scope, cell)])
        if name in scope.layout.inner:
            return float(scope.maps(name)[cell])
        if name in scope.layout.cells:
            return float(numbers(scope.values[name])[0])
        return float(getattr(layer, key))

    return {key: fact(key) for key in layer.beside(*scope.network.read_shapes(layer))}


@dataclass(frozen=True)
class Terms:
    """Every cell that is read, slot after slot, as the list of terms shows them; `error` says of
    each product what rounding errors are relative to."""

    slot: list[float]
    row: list[float]
    column: list[float]
    value: list[CellValue]
    weight: list[CellValue]
    product: list[CellValue]
    spread: list[float]
    error: list[float]
    outside: list[float]
    several_columns: bool = True

    @classmethod
    def of(cls, made: Composition, several_columns: bool) -> Terms:
        """The terms of what a cell is made of; whether the maps that are read have more columns
        than one."""
        terms = cls([], [], [], [], [], [], [], [], [], several_columns)
        for number, slot in enumerate(made.slots, 1):
            largest = float(np.abs(slot.values).max())
            for (i, j), value in np.ndenumerate(slot.values):
                beyond = slot.outside is not None and bool(slot.outside[i, j])
                skipped = made.skips and beyond
                terms.outside.append(float(beyond))
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

    def lists(self) -> Iterator[tuple[str, Sequence[CellValue], list[float] | None]]:
        """The columns of the list, with what their rounding errors are relative to."""
        yield "slot", self.slot, None
        yield "row", self.row, None
        yield "column", self.column, None
        yield "outside", self.outside, None
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
