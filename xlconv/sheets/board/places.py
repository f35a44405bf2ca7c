"""The layout: where each map, kernel, bias and vector goes on the board.

Layers run from left to right, the maps of a tensor from top to bottom, each kernel
beside the map that it makes. Must not know formulas, values or looks: only rectangles.
Raises LimitError, naming the layer, where a worksheet has too few rows or columns.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from xlconv.errors import check_limit
from xlconv.formulas.places import Placement, Steps, WeightPlaces
from xlconv.network.layers.base import Layer
from xlconv.network.network import INPUT, Network
from xlconv.network.shapes import Shape, map_count
from xlconv.sheets.board.furniture import GAP, TITLE_ROWS, Stack, apart, furniture, vector_columns
from xlconv.sheets.board.layout import Answer, Band, Lane, Layout, Ruler
from xlconv.sheets.board.pitch import HEAD_ROWS, Pitches
from xlconv.sheets.images.places import GalleryPlaces
from xlconv.sheets.on_board.laboratory import places as laboratory
from xlconv.sheets.on_board.laboratory.places import (
    LaboratoryPlaces,
    has_laboratory,
    place_laboratory,
)
from xlconv.sheets.on_board.panel.places import LossPlaces, Verdict, legend, place_panel
from xlconv.sheets.works.places import part_lefts
from xlconv.spreadsheet.cells import MAX_COLUMNS, MAX_ROWS, Cell, Range
from xlconv.state.exercise import Exercise

LEFT = 2
MIN_BAND = 14  # columns that a band needs for its title
ANSWER_WIDTH = 28
MOST_LEGENDS = 100  # maps of a layer; a formula cannot name many more of them one by one


def plan(
    network: Network,
    pictures: int | None = None,
    exercise: Exercise | None = None,
    started: bool = False,
) -> Layout:
    """Where everything of a network goes, beside a gallery of so many `pictures`, or none, and
    with the layers of an `exercise` left open; `started` if it is known what kernels training
    started from."""
    planner = _Planner(network, pictures, exercise)
    for tensor in network.shapes:
        planner.place(tensor)
    layout = replace(planner.layout(), started=started)
    return replace(layout, works=dict(part_lefts(network, layout)))


class _Planner:
    """Walks the layers from left to right, with the next free column at hand."""

    def __init__(self, network: Network, pictures: int | None, exercise: Exercise | None) -> None:
        self.network = network
        self.pictures = pictures
        self.exercise = exercise
        self.column = LEFT
        self.bands: list[Band] = []
        self.wings: list[Band] = []
        self.apart: dict[str, dict[str, list[Range]]] = {}  # biases of weights placed later
        self.tensors: dict[str, Placement] = {}
        self.weights: dict[str, WeightPlaces] = {}
        self.labels: dict[str, Range] = {}
        self.steps: dict[str, Steps] = {}
        self.inner: dict[str, Placement] = {}
        self.cells: dict[str, Range] = {}
        self.enlarged: dict[str, list[Range]] = {}
        self.controls: dict[str, dict[str, Range]] = {}
        self.vector_columns: list[int] = []
        self.loss: LossPlaces | None = None
        self.laboratory: LaboratoryPlaces | None = None
        self.pitches = Pitches(network)

    def place(self, tensor: str) -> None:
        first = self.column
        shape = self.network.shapes[tensor]
        if tensor == INPUT:
            self.place_maps(tensor, shape)
        else:
            layer = self.network.layer(tensor)
            later = apart(layer, self.network)
            places = {} if later else self.place_furniture(layer)
            if len(shape) == 3:
                self.place_maps(tensor, shape)
            else:
                self.place_vector(layer, places)
            if later:
                self.apart[tensor] = places
            elif places:
                self.weights[tensor] = _weight_places(layer, places, shape[0])
        self.column = max(self.column, first + MIN_BAND)
        if tensor == INPUT:
            answer = self.tensors[INPUT].range.column + ANSWER_WIDTH
            self.column = max(self.column, answer)
        self.bands.append(Band(tensor, first, self.column - 1))
        self.check(tensor, self._places(tensor))
        self.column += GAP

    def place_wings(self) -> None:
        """Put the weights that stand apart behind everything else."""
        for tensor, biases in self.apart.items():
            layer, first = self.network.layer(tensor), self.column
            places = {**self.place_furniture(layer), **biases}
            self.weights[tensor] = _weight_places(layer, places, self.network.shapes[tensor][0])
            self.column = max(self.column, first + MIN_BAND)
            self.wings.append(Band(tensor, first, self.column - 1))
            self.check(tensor, self._places(tensor))
            self.column += GAP

    def _places(self, tensor: str) -> Iterable[Range]:
        """What belongs to a tensor, as far as it may be the lowest."""
        yield from self.legends(tensor) or [self.tensors[tensor].with_ring(-1)]
        if tensor in self.weights:
            yield from self.weights[tensor].ranges
        if tensor in self.steps:
            yield Range.of(self.steps[tensor].total)
        if tensor in self.labels:
            yield self.labels[tensor]
        if tensor == self.network.output and self.laboratory is not None:
            yield self.laboratory.area

    def map_ranges(self, tensor: str, shape: Shape, column: int) -> tuple[Range, ...]:
        """Ranges for maps of a shape in the rows of a tensor's own."""
        return tuple(
            Range(self.pitches.top_of(tensor, number), column, shape[1], shape[2])
            for number in range(shape[0])
        )

    def place_maps(self, tensor: str, shape: Shape) -> None:
        margin = self.pitches.rings[tensor]
        column = self.column + 1 + margin.left  # behind the numbers of the rows
        self.tensors[tensor] = Placement(self.map_ranges(tensor, shape, column), margin)
        self.column = column + shape[2] + margin.right

    def place_furniture(self, layer: Layer) -> dict[str, list[Range]]:
        """Put what stands beside a layer's maps at the next free columns; the places of its
        weights, by short names."""
        name, shape = layer.name, self.network.shapes[layer.name]
        weights: dict[str, list[Range]] = {}
        inner: dict[str, list[Range]] = {}
        stack = Stack()
        for number in range(map_count(shape)):
            stack = furniture(layer, self.network, self.pitches, number, self.column)
            for piece in stack.pieces:
                match piece.holds:
                    case "weight":
                        weights.setdefault(piece.key, []).append(piece.place)
                    case "inner":
                        inner.setdefault(f"{name}_{piece.key}", []).append(piece.place)
                    case "control":
                        self.controls.setdefault(name, {})[piece.key] = piece.place
                    case "cell":
                        self.cells[f"{name}_{piece.key}"] = piece.place
                    case "enlarged":
                        self.enlarged.setdefault(name, []).append(piece.place)
                    case "labels":
                        self.labels[name] = piece.place
        for key, places in inner.items():
            self.inner[key] = Placement(tuple(places))
            self.vector_columns += [places[0].column] if len(shape) == 1 else []
        self.column += stack.width
        return weights

    def place_vector(self, layer: Layer, weights: dict[str, list[Range]]) -> None:
        """Put a vector at the next free columns: its labels, then its values, and the loss beside
        probabilities that end a network."""
        name, [units] = layer.name, self.network.shapes[layer.name]
        columns = {key: self.vector_column(units) for key, _ in vector_columns(layer, self.network)}
        self.labels[name] = columns["labels"]
        self.tensors[name] = Placement((columns["values"],))
        if "bias" in columns:
            weights["bias"] = list(map(Range.of, columns["bias"].cells()))
        if layer.shares and name == self.network.output and (units > 1 or layer.several):
            truth, parts = self.vector_column(units), self.vector_column(units)
            total = Cell(parts.bottom + 3, parts.column)
            self.loss = LossPlaces(truth, parts, total, total.shifted(3, 0))
            self.place_laboratory(layer, units)
        if "exp" in columns:
            shifted, exp = columns["shifted"], columns["exp"]
            below = shifted.bottom + 3
            self.steps[name] = Steps(
                Cell(below, shifted.column), shifted, exp, Cell(below, exp.column)
            )

    def place_laboratory(self, layer: Layer, units: int) -> None:
        """Put the softmax laboratory behind the output, where there is one."""
        opened = self.exercise.layers if self.exercise else ()
        if has_laboratory(layer, self.network, opened):
            self.column += laboratory.GAP
            columns = [self.vector_column(units) for _ in range(laboratory.COLUMNS)]
            self.laboratory = place_laboratory(columns, layer.several)
            self.column = self.laboratory.area.right + 1

    def vector_column(self, rows: int) -> Range:
        """The next free column as a place for a vector."""
        column = Range(self.pitches.first, self.column, rows, 1)
        self.vector_columns.append(self.column)
        self.column += 1
        return column

    def check(self, tensor: str, places: Iterable[Range]) -> None:
        """LimitError if what belongs to a tensor goes beyond the sheet."""
        for needed, limit, what in (
            (self.column - 1, MAX_COLUMNS, "columns"),
            (max(place.bottom for place in places), MAX_ROWS, "rows"),
        ):
            words = self.network.tensor_words(tensor)
            place = f"{words} does not fit on a worksheet: it ends at"
            check_limit(place, needed, limit, what, "use fewer or smaller maps")

    def layout(self) -> Layout:
        self.place_wings()
        self.column -= GAP
        answer = place_answer(self)
        verdict = place_verdict(self, answer)
        first = self.tensors[INPUT].maps[0]
        top = self.pitches.top_of(INPUT, len(self.tensors[INPUT].maps))
        below = max(answer.bottom, verdict.right.bottom if verdict else 0) if answer else top
        above = Cell(self.pitches.first - self.pitches.above - 1, first.column + 9)
        chosen = None if self.pictures is None else above
        panel = place_panel(self.network, below + 3, first.column, chosen)
        self.check(self.network.output, [panel.area])
        mosaic = replace(first, row=self.pitches.first) if self.network.in_colour else None
        return Layout(
            bands=tuple(self.bands),
            wings=tuple(self.wings),
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
            enlarged={name: tuple(places) for name, places in self.enlarged.items()},
            titles={tensor: tuple(self._titles(tensor)) for tensor in self.tensors},
            rulers={tensor: tuple(self._rulers(tensor)) for tensor in self.tensors},
            legends={tensor: self.legends(tensor) for tensor in self.tensors},
            panel=panel,
            verdict=verdict,
            loss=self.loss,
            laboratory=self.laboratory,
            gallery=GalleryPlaces(self.network.input_shape, self.pictures)
            if self.pictures
            else None,
            mosaic=mosaic,
            mosaic_title=self._title(INPUT, mosaic) if mosaic else None,
            exercise=self.exercise,
            open=frozenset(self.exercise.layers if self.exercise else ()),
        )

    def _titles(self, tensor: str) -> Iterable[Range]:
        """Above each map, over all columns of its layer; a vector has no title. Between layers
        stand arrows."""
        if len(self.network.shapes[tensor]) == 3:
            yield from (self._title(tensor, place) for place in self.tensors[tensor].maps)

    def _title(self, tensor: str, place: Range) -> Range:
        last = next(band.last for band in self.bands if band.tensor == tensor)
        return Range(
            place.row - self.pitches.above, place.column, TITLE_ROWS, last + 1 - place.column
        )

    def _rulers(self, tensor: str) -> Iterable[Ruler]:
        """Beside and above the padding of each map that has more than one cell; a crowd of maps,
        as it has no legends, has none."""
        placement = self.tensors[tensor]
        if not self.legends(tensor) or placement.maps[0].size == 1:
            return
        for number, place in enumerate(placement.maps):
            outside = placement.with_ring(number)
            yield Ruler(
                Range(place.row, outside.column - 1, place.height, 1),
                Range(outside.row - 1, place.column, 1, place.width),
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
        for name, reader, lane in self.pitches.skips:
            start = self.tensors[name].maps[0].column
            end = bands[reader].first
            yield Lane(name, reader, Range(HEAD_ROWS + lane, start, 1, end - start))


def _weight_places(layer: Layer, places: Mapping[str, list[Range]], outputs: int) -> WeightPlaces:
    """A layer's weights: `weight` has equally many ranges for each output."""
    arrays = {key: tuple(ranges) for key, ranges in places.items()}
    apart = layer.window.dilation if layer.window else (1, 1)
    return WeightPlaces(arrays, max(1, len(arrays.get("weight", ())) // outputs), apart)


def place_answer(planner: _Planner) -> Answer | None:
    """The panel under the picture, if the network ends in a vector."""
    network = planner.network
    output = network.shapes[network.output]
    if len(output) != 1:
        return None
    left = planner.tensors[INPUT].maps[0].column
    top = planner.pitches.top_of(INPUT, map_count(network.shapes[INPUT]))
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
    large, small = Range(top + 2, left, 9, 8), Range(top + 12, left, 3, 8)
    # Where there is nothing to choose from, the number is the answer.
    label, value = (large, small) if lines else (small, large)
    return Answer(
        Cell(top - planner.pitches.above, left),
        label,
        value,
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
