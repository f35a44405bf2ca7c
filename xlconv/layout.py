"""The layout: where each map, kernel, bias and vector stands on the board.

Layers run from left to right, the maps of a tensor from top to bottom, each kernel
beside the map that it makes. Must not know formulas, values or looks: only rectangles.
Raises LimitError, naming the layer, where a worksheet has too few rows or columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce, singledispatch

from xlconv.errors import LimitError
from xlconv.grid import MAX_COLUMNS, MAX_ROWS, Cell, Range
from xlconv.layers import Conv2D, Dense, Layer, Softmax, pair, source
from xlconv.network import INPUT, Network
from xlconv.shapes import NO_MARGIN, Margin, Shape, map_count, padding

BOARD = "Board"

TITLE_ROWS = 3  # name, shape, words: frozen at the top of the board
FIRST_ROW = TITLE_ROWS + 2
LEFT = 2
GAP = 3  # columns between layers, where the arrow stands
MIN_BAND = 14  # columns that a band needs for its title
ANSWER_WIDTH = 28
ANSWER_HEAD = 6  # rows above the answer's list of classes, where it stands beside none


@dataclass(frozen=True)
class Placement:
    """Where a tensor stands: a range for each map (a vector is one column), and the
    ring of empty cells around each map that padded windows read."""

    maps: tuple[Range, ...]
    ring: Margin = NO_MARGIN

    @property
    def range(self) -> Range:
        """The range around all maps, without the outer ring."""
        return Range.around(self.maps)

    def ringed(self, number: int) -> Range:
        """A map's range with its ring."""
        ring = self.ring
        return self.maps[number].grown(ring.top, ring.bottom, ring.left, ring.right)


@dataclass(frozen=True)
class Kernels:
    """Where a layer's weights stand: `weights[output][input map]`, and a bias for each output."""

    weights: tuple[tuple[Range, ...], ...]
    biases: tuple[Cell, ...]

    @property
    def weight_range(self) -> Range:
        return Range.around(kernel for kernels in self.weights for kernel in kernels)

    @property
    def bias_range(self) -> Range | None:
        return Range.around(Range.of(cell) for cell in self.biases) if self.biases else None

    @property
    def range(self) -> Range:
        """The range around weights and biases, in which no other number stands."""
        return Range.around(filter(None, (self.weight_range, self.bias_range)))


@dataclass(frozen=True)
class Steps:
    """Where softmax shows its steps beside its result."""

    maximum: Cell
    shifted: Range
    exp: Range
    total: Cell


@dataclass(frozen=True)
class Answer:
    """The panel under the picture: the predicted class, its value, and a line for each class."""

    title: Cell
    label: Range
    value: Range
    labels: tuple[Range, ...]
    values: tuple[Range, ...]
    bars: tuple[Range, ...]

    @property
    def bottom(self) -> int:
        """The last row, in which a link stands below the value."""
        return max(self.value.bottom + 1, max((bar.bottom for bar in self.bars), default=0))


@dataclass(frozen=True)
class Band:
    """The columns of one layer: from its weights, if it has any, to its last map."""

    tensor: str
    first: int
    last: int


@dataclass(frozen=True)
class Layout:
    """Every place of the board, by the names of tensors and layers."""

    bands: tuple[Band, ...]
    tensors: Mapping[str, Placement]
    kernels: Mapping[str, Kernels]
    labels: Mapping[str, Range]
    steps: Mapping[str, Steps]
    answer: Answer | None
    vector_columns: tuple[int, ...]

    def names(self, network: Network) -> dict[str, Range]:
        """The range of every defined name: tensors, maps, weights and biases."""
        named: dict[str, Range] = {}
        for tensor, placement in self.tensors.items():
            named[tensor] = placement.range
            if len(network.shapes[tensor]) == 3:
                for number, place in enumerate(placement.maps, 1):
                    named[f"{tensor}_{number}"] = place
        for layer, kernels in self.kernels.items():
            named[f"{layer}_weight"] = kernels.weight_range
            if kernels.bias_range is not None:
                named[f"{layer}_bias"] = kernels.bias_range
        return named


def plan(network: Network) -> Layout:
    """Where everything of a network goes."""
    planner = _Planner(network)
    for tensor in network.shapes:
        planner.place(tensor)
    return planner.layout()


class _Planner:
    """Walks the layers from left to right, with the next free column at hand."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.column = LEFT
        self.bands: list[Band] = []
        self.tensors: dict[str, Placement] = {}
        self.kernels: dict[str, Kernels] = {}
        self.labels: dict[str, Range] = {}
        self.steps: dict[str, Steps] = {}
        self.vector_columns: list[int] = []
        self.pitches: dict[str, int] = {}
        self.rings = {tensor: ring(network, tensor) for tensor in network.shapes}
        # One upper margin for all, so that the maps of neighbouring layers stand in line.
        self.top = max(margin.top for margin in self.rings.values())
        self.bottom = max(margin.bottom for margin in self.rings.values())

    def place(self, tensor: str) -> None:
        first = self.column
        shape = self.network.shapes[tensor]
        if tensor == INPUT:
            self.place_maps(tensor, shape)
        else:
            layer = self.network.layer(tensor)
            place_weights(layer, self)
            if len(shape) == 3:
                self.place_maps(tensor, shape)
            else:
                place_vector(layer, self)
        self.column = max(self.column, first + MIN_BAND)
        if tensor == INPUT and len(self.network.shapes[self.network.output]) == 1:
            self.column = max(self.column, first + self.rings[INPUT].left + ANSWER_WIDTH)
        self.bands.append(Band(tensor, first, self.column - 1))
        self.check(tensor)
        self.column += GAP

    def pitch(self, tensor: str) -> int:
        """Rows from one map of a tensor to the next: title, ring, map, ring, gap."""
        if tensor not in self.pitches:
            self.pitches[tensor] = self._pitch(tensor)
        return self.pitches[tensor]

    def _pitch(self, tensor: str) -> int:
        shape = self.network.shapes[tensor]
        if len(shape) == 1:
            return 1 + self.top + shape[0]
        rows = 1 + self.top + shape[1] + self.bottom + 1
        if tensor == INPUT:
            return rows
        layer = self.network.layer(tensor)
        if isinstance(layer, Conv2D):
            rows = max(rows, 1 + self.top + kernel_rows(layer, self.network) + 1)
        before = source(layer)
        if map_count(self.network.shapes[before]) == shape[0]:
            rows = max(rows, self.pitch(before))
        return rows

    def top_of(self, tensor: str, number: int) -> int:
        """The first row of a tensor's map."""
        return FIRST_ROW + 1 + self.top + number * self.pitch(tensor)

    def place_maps(self, tensor: str, shape: Shape) -> None:
        margin = self.rings[tensor]
        column = self.column + margin.left
        maps = [
            Range(self.top_of(tensor, number), column, shape[1], shape[2])
            for number in range(shape[0])
        ]
        self.tensors[tensor] = Placement(tuple(maps), margin)
        self.column = column + shape[2] + margin.right

    def vector_column(self, rows: int) -> Range:
        """The next free column as a place for a vector."""
        column = Range(FIRST_ROW + 1 + self.top, self.column, rows, 1)
        self.vector_columns.append(self.column)
        self.column += 1
        return column

    def check(self, tensor: str, answer: Answer | None = None) -> None:
        """LimitError if what belongs to a tensor, or the answer, goes beyond the sheet."""
        placement, kernels, steps = (
            self.tensors[tensor],
            self.kernels.get(tensor),
            self.steps.get(tensor),
        )
        last = placement.ringed(-1).bottom
        last = max(last, kernels.range.bottom) if kernels else last
        last = max(last, steps.total.row) if steps else last
        last = max(last, answer.bottom) if answer else last
        for needed, limit, what in (
            (self.column - 1, MAX_COLUMNS, "columns"),
            (last, MAX_ROWS, "rows"),
        ):
            if needed > limit:
                raise LimitError(
                    f"layer {tensor!r} does not fit on a worksheet: it ends at {needed:,} {what}, "
                    f"{needed - limit:,} more than Excel's {limit:,}; use fewer or smaller maps"
                )

    def layout(self) -> Layout:
        self.column -= GAP
        answer = place_answer(self)
        if answer is not None:
            self.check(self.network.output, answer)
        return Layout(
            tuple(self.bands),
            self.tensors,
            self.kernels,
            self.labels,
            self.steps,
            answer,
            tuple(self.vector_columns),
        )


def ring(network: Network, tensor: str) -> Margin:
    """The empty cells that the readers of a tensor need around its maps."""
    shape = network.shapes[tensor]
    return reduce(
        Margin.union, (padding(layer, shape) for layer in network.readers(tensor)), Margin()
    )


def kernel_rows(layer: Conv2D, network: Network) -> int:
    """Rows of one output's kernels: each with a caption, then the bias with its own."""
    channels = network.shapes[source(layer)][0]
    return channels * (1 + pair(layer.size)[0]) + (2 if layer.bias else 0)


@singledispatch
def place_weights(layer: Layer, planner: _Planner) -> None:
    """Put a layer's weights at the next free columns."""


@place_weights.register
def _place_kernels(layer: Conv2D, planner: _Planner) -> None:
    channels = planner.network.shapes[source(layer)][0]
    height, width = pair(layer.size)
    weights, biases = [], []
    for output in range(layer.kernels):
        top = planner.top_of(layer.name, output)
        weights.append(
            tuple(
                Range(top + channel * (1 + height) + 1, planner.column, height, width)
                for channel in range(channels)
            )
        )
        if layer.bias:
            biases.append(Cell(top + channels * (1 + height) + 1, planner.column))
    planner.kernels[layer.name] = Kernels(tuple(weights), tuple(biases))
    planner.column += max(width, 4) + 2


@place_weights.register
def _place_dense_weights(layer: Dense, planner: _Planner) -> None:
    """Weights in the shape of the maps that they multiply, one set a unit, in a grid that is
    as high as the maps' own pitch allows."""
    before = source(layer)
    maps = planner.tensors[before].maps
    height, width = maps[0].height, maps[0].width
    lines = min(layer.units, max(1, planner.pitch(before) // (height + 2)))
    across = -(-layer.units // lines)
    weights = []
    for unit in range(layer.units):
        line, place = divmod(unit, across)
        column = planner.column + place * (width + 1)
        weights.append(
            tuple(Range(place.row + line * (height + 2), column, height, width) for place in maps)
        )
    planner.column += across * (width + 1) + 1
    biases: tuple[Cell, ...] = ()
    if layer.bias:
        biases = tuple(cell for cell in planner.vector_column(layer.units).cells())
    planner.kernels[layer.name] = Kernels(tuple(weights), biases)


@singledispatch
def place_vector(layer: Layer, planner: _Planner) -> None:
    """Put a vector at the next free columns: its labels, then its values."""
    units = planner.network.shapes[layer.name][0]
    planner.labels[layer.name] = planner.vector_column(units)
    planner.tensors[layer.name] = Placement((planner.vector_column(units),))


@place_vector.register
def _place_softmax(layer: Softmax, planner: _Planner) -> None:
    units = planner.network.shapes[layer.name][0]
    planner.labels[layer.name] = planner.vector_column(units)
    shifted = planner.vector_column(units)
    exp = planner.vector_column(units)
    planner.tensors[layer.name] = Placement((planner.vector_column(units),))
    below = shifted.bottom + 3
    planner.steps[layer.name] = Steps(
        Cell(below, shifted.column), shifted, exp, Cell(below, exp.column)
    )


def place_answer(planner: _Planner) -> Answer | None:
    """The panel under the picture, if the network ends in a vector."""
    output = planner.network.shapes[planner.network.output]
    if len(output) != 1:
        return None
    left = planner.tensors[INPUT].maps[0].column
    top = planner.top_of(INPUT, map_count(planner.network.shapes[INPUT]))
    units = output[0]
    high = 2 if units <= 12 else 1
    lines = [Range(top + 1 + unit * high, left, high, 1) for unit in range(units)]
    if units == 1:
        lines = []
    at = left + 10
    return Answer(
        Cell(top - 1 - planner.top, left),
        Range(top + 2, left, 9, 8),
        Range(top + 12, left, 3, 8),
        tuple(Range(line.row, at, high, 3) for line in lines),
        tuple(Range(line.row, at + 3, high, 4) for line in lines),
        tuple(Range(line.row, at + 8, high, ANSWER_WIDTH - 18) for line in lines),
    )
