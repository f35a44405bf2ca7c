"""The layout: where each map, kernel, bias and vector goes on the board.

Layers run from left to right, the maps of a tensor from top to bottom, each kernel
beside the map that it makes. Must not know formulas, values or looks: only rectangles.
Raises LimitError, naming the layer, where a worksheet has too few rows or columns.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

from xlconv.errors import LimitError
from xlconv.formulas.places import Placement, Steps, WeightPlaces
from xlconv.network.layers.activation import Sigmoid, Softmax
from xlconv.network.layers.base import Layer, source
from xlconv.network.layers.convolution import Conv2D, KernelDemo
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.dropout import Dropout
from xlconv.network.layers.merging import Add, Concat
from xlconv.network.layers.normalization import BatchNorm2D
from xlconv.network.network import INPUT, Network
from xlconv.network.shapes import Shape, map_count
from xlconv.sheets.board.layout import Answer, Band, Lane, Layout
from xlconv.sheets.board.pitch import Pitches, kernel_grid, preset_lines
from xlconv.sheets.panel.places import GalleryPlaces, LossPlaces, Verdict, legend, place_desk
from xlconv.spreadsheet.cells import MAX_COLUMNS, MAX_ROWS, Cell, Range
from xlconv.state.exercise import Exercise

TITLE_ROWS = 3  # name, shape, words: frozen at the top of the board
LEFT = 2
GAP = 3  # columns between layers, where the arrow stands
MIN_BAND = 14  # columns that a band needs for its title
ANSWER_WIDTH = 28
CONTROL_WIDTH = 3  # columns of a cell that people set
MOST_LEGENDS = 100  # maps of a layer; a formula cannot name many more of them one by one
READ_WIDTH = 8  # columns in which a layer of several inputs names them


def plan(network: Network, pictures: int | None = None, exercise: Exercise | None = None) -> Layout:
    """Where everything of a network goes, beside a gallery of so many `pictures`, or none, and
    with the layers of an `exercise` left open."""
    planner = _Planner(network, pictures, exercise)
    for tensor in network.shapes:
        planner.place(tensor)
    return planner.layout()


class _Planner:
    """Walks the layers from left to right, with the next free column at hand."""

    def __init__(self, network: Network, pictures: int | None, exercise: Exercise | None) -> None:
        self.network = network
        self.pictures = pictures
        self.exercise = exercise
        self.column = LEFT
        self.bands: list[Band] = []
        self.tensors: dict[str, Placement] = {}
        self.weights: dict[str, WeightPlaces] = {}
        self.labels: dict[str, Range] = {}
        self.steps: dict[str, Steps] = {}
        self.inner: dict[str, Placement] = {}
        self.cells: dict[str, Range] = {}
        self.controls: dict[str, dict[str, Range]] = {}
        self.vector_columns: list[int] = []
        self.loss: LossPlaces | None = None
        self.pitches = Pitches(network)
        self.skips = _skips(network)
        lanes = max((lane for _, _, lane in self.skips), default=0)
        # Below the titles: the lines, an empty row, the maps' titles, the padding.
        self.first_map_row = TITLE_ROWS + lanes + 3 + self.pitches.top

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
        if tensor == INPUT:
            self.column = max(self.column, first + self.pitches.rings[INPUT].left + ANSWER_WIDTH)
        self.bands.append(Band(tensor, first, self.column - 1))
        self.check(tensor, self._places(tensor))
        self.column += GAP

    def _places(self, tensor: str) -> Iterable[Range]:
        """What belongs to a tensor, as far as it may be the lowest."""
        yield from self.legends(tensor) or [self.tensors[tensor].ringed(-1)]
        if tensor in self.weights:
            yield self.weights[tensor].range
        if tensor in self.steps:
            yield Range.of(self.steps[tensor].total)
        if tensor in self.labels:
            yield self.labels[tensor]

    def top_of(self, tensor: str, number: int) -> int:
        """The first row of a tensor's map."""
        return self.first_map_row + number * self.pitches.of(tensor)

    def map_ranges(self, tensor: str, shape: Shape, column: int) -> tuple[Range, ...]:
        """Ranges for maps of a shape in the rows of a tensor's own."""
        return tuple(
            Range(self.top_of(tensor, number), column, shape[1], shape[2])
            for number in range(shape[0])
        )

    def place_maps(self, tensor: str, shape: Shape) -> None:
        margin = self.pitches.rings[tensor]
        column = self.column + margin.left
        self.tensors[tensor] = Placement(self.map_ranges(tensor, shape, column), margin)
        self.column = column + shape[2] + margin.right

    def place_inner(self, key: str, tensor: str) -> None:
        """What a layer shows on the way to a tensor of the same shape, then a gap."""
        shape = self.network.shapes[tensor]
        if len(shape) == 3:
            self.inner[key] = Placement(self.map_ranges(tensor, shape, self.column))
            self.column += shape[2]
        else:
            self.inner[key] = Placement((self.vector_column(shape[0]),))
        self.column += GAP

    def vector_column(self, rows: int) -> Range:
        """The next free column as a place for a vector."""
        column = Range(self.first_map_row, self.column, rows, 1)
        self.vector_columns.append(self.column)
        self.column += 1
        return column

    def check(self, tensor: str, places: Iterable[Range]) -> None:
        """LimitError if what belongs to a tensor goes beyond the sheet."""
        for needed, limit, what in (
            (self.column - 1, MAX_COLUMNS, "columns"),
            (max(place.bottom for place in places), MAX_ROWS, "rows"),
        ):
            if needed > limit:
                raise LimitError(
                    f"layer {tensor!r} does not fit on a worksheet: it ends at {needed:,} {what}, "
                    f"{needed - limit:,} more than Excel's {limit:,}; use fewer or smaller maps"
                )

    def layout(self) -> Layout:
        self.column -= GAP
        answer = place_answer(self)
        verdict = place_verdict(self, answer)
        first = self.tensors[INPUT].maps[0]
        top = self.top_of(INPUT, len(self.tensors[INPUT].maps))
        below = max(answer.bottom, verdict.right.bottom if verdict else 0) if answer else top
        above = Cell(self.first_map_row - self.pitches.top - 2, first.column + 9)
        chosen = None if self.pictures is None else above
        desk = place_desk(self.network, below + 3, first.column, chosen)
        self.check(self.network.output, [desk.range])
        return Layout(
            bands=tuple(self.bands),
            tensors=self.tensors,
            weights=self.weights,
            labels=self.labels,
            steps=self.steps,
            inner=self.inner,
            cells=self.cells,
            controls=self.controls,
            lanes=tuple(self._lanes()),
            answer=answer,
            vector_columns=tuple(self.vector_columns),
            legends={tensor: self.legends(tensor) for tensor in self.tensors},
            desk=desk,
            verdict=verdict,
            loss=self.loss,
            gallery=GalleryPlaces(self.network.input_shape, self.pictures)
            if self.pictures
            else None,
            exercise=self.exercise,
            open=frozenset(self.exercise.layers if self.exercise else ()),
        )

    def legends(self, tensor: str) -> tuple[Range, ...]:
        """What the colours of each map mean, below it; a vector, and a crowd of maps, has none."""
        shape = self.network.shapes[tensor]
        if len(shape) == 1 or shape[0] > MOST_LEGENDS:
            return ()
        below, both = self.pitches.bottom, self.network.signed[tensor]
        return tuple(legend(place, below, both) for place in self.tensors[tensor].maps)

    def _lanes(self) -> Iterable[Lane]:
        bands = {band.tensor: band for band in self.bands}
        for name, reader, lane in self.skips:
            start = self.tensors[name].maps[0].column
            end = bands[reader].first
            yield Lane(name, reader, Range(TITLE_ROWS + lane, start, 1, end - start))


def _skips(network: Network) -> list[tuple[str, str, int]]:
    """The readings of a tensor further back than the one before, each with the number of the
    first line from 1 that is free all the way."""
    order = {tensor: number for number, tensor in enumerate(network.shapes)}
    ends: list[int] = []
    skips = []
    for tensor in network.shapes:
        for layer in network.readers(tensor):
            if order[layer.name] - order[tensor] < 2:
                continue
            free = next((n for n, end in enumerate(ends) if end <= order[tensor]), len(ends))
            ends[free : free + 1] = [order[layer.name]]
            skips.append((tensor, layer.name, free + 1))
    return skips


@singledispatch
def place_weights(layer: Layer, planner: _Planner) -> None:
    """Put a layer's weights, and what it shows on its way, at the next free columns."""


@place_weights.register
def _place_kernels(layer: Conv2D, planner: _Planner) -> None:
    channels = len(layer.channels_read(planner.network.shapes[source(layer)][0], 0))
    (height, width), (lines, across) = layer.window.extent, kernel_grid(layer, planner.network)
    weights, biases = [], []
    for output in range(layer.kernels):
        top = planner.top_of(layer.name, output)
        for channel in range(channels):
            place, line = divmod(channel, lines)
            column = planner.column + place * (max(width, 3) + 1)
            weights.append(Range(top + line * (1 + height) + 1, column, height, width))
        biases.append(Range(top + lines * (1 + height) + 1, planner.column, 1, 1))
    arrays = {"weight": tuple(weights)} | ({"bias": tuple(biases)} if layer.bias else {})
    planner.weights[layer.name] = WeightPlaces(arrays, channels, layer.window.dilation)
    planner.column += max((across - 1) * (max(width, 3) + 1) + width, 4) + 2


@place_weights.register
def _place_norm(layer: BatchNorm2D, planner: _Planner) -> None:
    maps = planner.network.shapes[layer.name][0]
    planner.weights[layer.name] = WeightPlaces(
        {
            key: tuple(
                Range(planner.top_of(layer.name, number) + row, planner.column + 3, 1, 1)
                for number in range(maps)
            )
            for row, key in enumerate(("mean", "variance", "scale", "shift"))
        }
    )
    planner.column += 6


@place_weights.register
def _place_dense_weights(layer: Dense, planner: _Planner) -> None:
    """Weights in the shape of the maps that they multiply, one set a unit, in a grid that is
    as high as the maps' own pitch allows; beside a vector they are the columns of a matrix."""
    before = source(layer)
    maps = planner.tensors[before].maps
    height, width = maps[0].height, maps[0].width
    gap = 1 if len(planner.network.shapes[before]) == 3 else 0
    lines = min(layer.units, max(1, planner.pitches.of(before) // (height + 2)))
    across = -(-layer.units // lines)
    weights = []
    for unit in range(layer.units):
        line, place = divmod(unit, across)
        column = planner.column + place * (width + gap)
        weights += [Range(m.row + line * (height + 2), column, height, width) for m in maps]
    planner.column += across * (width + gap) + 1
    arrays = {"weight": tuple(weights)}
    if layer.bias:
        column_of_biases = planner.vector_column(layer.units)
        arrays["bias"] = tuple(Range.of(cell) for cell in column_of_biases.cells())
    planner.weights[layer.name] = WeightPlaces(arrays, len(maps))


@place_weights.register(Add)
@place_weights.register(Concat)
def _place_reading(layer: Add | Concat, planner: _Planner) -> None:
    """Room for the names of the maps that are read."""
    planner.column += READ_WIDTH


@place_weights.register
def _place_dropout(layer: Dropout, planner: _Planner) -> None:
    """The switches, the share and the factor, then the random numbers and the mask."""
    top, name = planner.top_of(layer.name, 0), layer.name
    rows = {key: top + 2 * number for number, key in enumerate(layer.controls)}
    planner.controls[name] = {
        key: Range(row, planner.column, 1, CONTROL_WIDTH) for key, row in rows.items()
    }
    planner.cells[f"{name}_factor"] = Range(top + 7, planner.column, 1, CONTROL_WIDTH)
    planner.cells[f"{name}_share"] = Range(top + 9, planner.column, 1, CONTROL_WIDTH)
    planner.column += READ_WIDTH
    planner.place_inner(f"{name}_random", name)
    planner.place_inner(f"{name}_mask", name)


@place_weights.register
def _place_demo(layer: KernelDemo, planner: _Planner) -> None:
    """The choice, the chosen kernel and the list; beside them every kernel of the list."""
    name, left, top = layer.name, planner.column, planner.top_of(layer.name, 0)
    height, width = layer.window.extent
    planner.controls[name] = {"chosen": Range(top, left, 2, 7)}
    planner.cells[f"{name}_number"] = Range(top + 3, left, 1, 1)
    planner.inner[f"{name}_kernel"] = Placement((Range(top + 5, left, height, width),))
    planner.labels[name] = Range(top + 7 + height, left, len(layer.kernels), 1)
    lines, _ = preset_lines(layer, planner.network)
    presets = []
    for number in range(len(layer.kernels)):
        place, line = divmod(number, lines)
        column = left + 9 + place * (max(width, 4) + 1)
        presets.append(Range(top + 1 + line * (height + 2), column, height, width))
    planner.weights[name] = WeightPlaces({"presets": tuple(presets)})
    planner.column = presets[-1].column + max(width, 4) + 2


@singledispatch
def place_vector(layer: Layer, planner: _Planner) -> None:
    """Put a vector at the next free columns: its labels, then its values."""
    units = planner.network.shapes[layer.name][0]
    planner.labels[layer.name] = planner.vector_column(units)
    planner.tensors[layer.name] = Placement((planner.vector_column(units),))


@place_vector.register
def _place_sigmoid(layer: Sigmoid, planner: _Planner) -> None:
    units = planner.network.shapes[layer.name][0]
    planner.labels[layer.name] = planner.vector_column(units)
    planner.tensors[layer.name] = Placement((planner.vector_column(units),))
    place_loss(layer, planner)


def place_loss(layer: Softmax | Sigmoid, planner: _Planner) -> None:
    """The loss, beside the probabilities that end a network."""
    units = planner.network.shapes[layer.name][0]
    several = layer.several
    if layer.name == planner.network.output and (units > 1 or several):
        truth, parts = planner.vector_column(units), planner.vector_column(units)
        total = Cell(parts.bottom + 3, parts.column)
        planner.loss = LossPlaces(truth, parts, total, total.shifted(3, 0))


@place_vector.register
def _place_softmax(layer: Softmax, planner: _Planner) -> None:
    units = planner.network.shapes[layer.name][0]
    planner.labels[layer.name] = planner.vector_column(units)
    shifted = planner.vector_column(units)
    exp = planner.vector_column(units)
    planner.tensors[layer.name] = Placement((planner.vector_column(units),))
    place_loss(layer, planner)
    below = shifted.bottom + 3
    planner.steps[layer.name] = Steps(
        Cell(below, shifted.column), shifted, exp, Cell(below, exp.column)
    )


def place_answer(planner: _Planner) -> Answer | None:
    """The panel under the picture, if the network ends in a vector."""
    network = planner.network
    output = network.shapes[network.output]
    if len(output) != 1:
        return None
    left = planner.tensors[INPUT].maps[0].column
    top = planner.top_of(INPUT, map_count(network.shapes[INPUT]))
    several = network.answers == "several"
    units = output[0]
    high = 2 if units <= 12 else 1
    lines = [Range(top + 1 + unit * high, left, high, 1) for unit in range(units)]
    if units == 1 and not several:
        lines = []
    at, long = left + 10, ANSWER_WIDTH - (20 if several else 18)
    threshold = Range(top + 18, left + 2, 2, 4) if several else None
    if threshold is not None:
        planner.controls[network.output] = {"threshold": threshold}
    return Answer(
        Cell(top - 1 - planner.pitches.top, left),
        Range(top + 2, left, 9, 8),
        Range(top + 12, left, 3, 8),
        tuple(Range(line.row, at, high, 3) for line in lines),
        tuple(Range(line.row, at + 3, high, 4) for line in lines),
        tuple(Range(line.row, at + 8, high, long) for line in lines),
        tuple(Range(line.row, at + 8 + long, high, 2) for line in lines) if several else (),
        threshold,
    )


def place_verdict(planner: _Planner, answer: Answer | None) -> Verdict | None:
    """Under the answer, what the picture really shows, where the network tells classes."""
    several = planner.network.answers == "several"
    if answer is None or not (answer.labels or several):
        return None
    row, column = (answer.threshold or answer.value).bottom + 4, answer.label.column
    return Verdict(Range(row, column, 3, 8), Range(row + 3, column, 2, 8))
