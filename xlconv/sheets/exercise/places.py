"""Places of an exercise: the cells that are left open on the board, and the sheet `Exercise` on
which they are checked.

Rectangles and numbers of lines, as data. Must not know formulas, values or looks.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass

from xlconv.network.layers.activation import Softmax
from xlconv.network.layers.base import Layer, sources
from xlconv.network.network import INPUT, Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.exercise.hints import copying_hints
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.exercise import CHECKS, Exercise

HEAD_ROW = 10
LAYER, WORDS, CELLS, FILLED, STATE, NOTE = range(2, 8)  # columns of the table
CHECK, RIGHT, MAGNITUDE = range(9, 12)  # of the first check; those of the others follow
CHECK_COLUMNS = 3
KEY_COLUMN = CHECK + CHECKS * CHECK_COLUMNS + 1
KEY_GAP = 2  # rows between two keys, in which a title stands


@dataclass(frozen=True)
class Part:
    """A map, or a column of a vector, of which cells are left open.

    `key` is the name of its values and `channel` its map, from 0 (None for vectors); `range` is
    the whole of it, `open` what is left open; `row` is its line on the sheet.
    """

    layer: str
    title: str
    key: str
    channel: int | None
    range: Range
    open: Range
    row: int

    @property
    def rest(self) -> tuple[Range, ...]:
        """The cells that hold plain numbers instead of formulas: beside and below the open ones."""
        return self.range.rest(self.open)

    def cell(self, column: int) -> Cell:
        """A cell of its line."""
        return Cell(self.row, column)

    def of_check(self, check: int, column: int) -> Cell:
        """A cell of its line that belongs to a check, by that column of the first one."""
        return Cell(self.row, column + check * CHECK_COLUMNS)


@dataclass(frozen=True)
class ExercisePlaces:
    """The parts, the line of each layer, the layers that are left open before each, the line of
    each sum that tells whether picture and weights are the exercise's, and the keys of the checks
    for each size of parts. `hints` are the lines below a layer's parts that help to copy its first
    cell."""

    parts: tuple[Part, ...]
    layers: Mapping[str, int]
    before: Mapping[str, tuple[str, ...]]
    given: Mapping[str, int]
    keys: Mapping[tuple[int, int], tuple[Range, ...]]
    hints: Mapping[str, range]

    def of_layer(self, layer: str) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.layer == layer)

    def key_of(self, part: Part, check: int) -> Range:
        return self.keys[part.open.height, part.open.width][check]

    @property
    def inputs_state(self) -> Cell:
        """Says whether picture and weights are the exercise's, in the head of their lines."""
        return Cell(min(self.given.values()) - 1, STATE)


def exercise_places(network: Network, layout: Layout) -> ExercisePlaces | None:
    """Where everything of a workbook's exercise stands; None if it is none."""
    if layout.exercise is None:
        return None
    parts: list[Part] = []
    layers: dict[str, int] = {}
    hints: dict[str, range] = {}
    row = HEAD_ROW + 1
    for name in layout.exercise.layers:
        layers[name], row = row, row + 1
        for part in _parts(network.layer(name), network, layout, layout.exercise, row):
            parts.append(part)
            row += 1
        count = len(copying_hints(network.layer(name), network, layout))
        hints[name], row = range(row, row + count), row + count
    watched = [one for one in network.shapes if one == INPUT or layout.watched_ranges(one)]
    given = {tensor: row + 3 + number for number, tensor in enumerate(watched)}
    sizes = dict.fromkeys((part.open.height, part.open.width) for part in parts)
    keys, top = {}, HEAD_ROW + 1
    for height, width in sizes:
        pitch = height + KEY_GAP
        tops = [top + check * pitch for check in range(CHECKS)]
        keys[height, width] = tuple(Range(one, KEY_COLUMN, height, width) for one in tops)
        top += CHECKS * pitch
    before = {name: _open_before(name, network, layers) for name in layers}
    return ExercisePlaces(tuple(parts), layers, before, given, keys, hints)


def _open_before(name: str, network: Network, opened: Container[str]) -> tuple[str, ...]:
    """The nearest layers before one that are left open, on each way back to the picture."""
    found, seen, waiting = set[str](), set[str](), list(sources(network.layer(name)))
    while waiting:
        one = waiting.pop()
        if one in opened:
            found.add(one)
        elif one != INPUT and one not in seen:
            waiting += sources(network.layer(one))
        seen.add(one)
    return tuple(layer.name for layer in network.layers if layer.name in found)


def _parts(
    layer: Layer, network: Network, layout: Layout, exercise: Exercise, row: int
) -> Iterator[Part]:
    """The parts of a layer, in the order in which they are computed."""
    name, maps = layer.name, layout.tensors[layer.name].maps
    places: list[tuple[str, str, int | None, Range]] = []
    if isinstance(layer, Softmax):
        steps = layout.steps[name]
        places = [
            ("largest logit", f"{name}_max", None, Range.of(steps.maximum)),
            ("logit − max", f"{name}_shifted", None, steps.shifted),
            ("exp", f"{name}_exp", None, steps.exp),
            ("sum of exp", f"{name}_sum", None, Range.of(steps.total)),
        ]
    if len(network.shapes[name]) == 3:
        places += [(f"map {n}", name, n - 1, place) for n, place in enumerate(maps, 1)]
    else:
        title = "probability" if isinstance(layer, Softmax) else "values"
        places.append((title, name, None, maps[0]))
    for number, (title, key, channel, place) in enumerate(places):
        yield Part(
            name, title, key, channel, place, _open_range(place, exercise.first), row + number
        )


def _open_range(place: Range, first: int | None) -> Range:
    """What is left open of a map (a part of its first row) or of a column."""
    if first is None:
        return place
    if place.width == 1:
        return Range(place.row, place.column, min(first, place.height), 1)
    return Range(place.row, place.column, 1, min(first, place.width))
