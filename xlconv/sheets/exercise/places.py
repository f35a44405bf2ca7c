"""Places of an exercise: the cells that are left open on the board, their lines on the sheet
`Exercise`, and what checks them on the sheet `Works`.

Rectangles and numbers of lines, as data. Must not know formulas, values or looks.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from xlconv.network.layers.base import sources
from xlconv.network.network import INPUT, Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.exercise.hints import hint_lines
from xlconv.sheets.exercise.parts import HEAD_ROW, STATE, Part, layer_parts
from xlconv.sheets.works.places import TOP
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.exercise import CHECKS, Exercise

CHECK_COLUMNS = 3  # on Works: a check's number, at what it is right, by what that is measured
KEY_GAP = 2  # rows between two keys, in which a title stands


@dataclass(frozen=True)
class ExercisePlaces:
    """The parts, the line of each layer, the layers that are left open before each, and the line
    of each tensor of which it is told whether it is the exercise's. `hints` are the lines below a
    layer's parts, of each of its steps. `needs` has, for each tensor that follows from open cells,
    the layers that must be filled in for it, its own, too.

    On Works, from the column `left` on: a line for each part with its checks, one for each sum of
    what is given, one for each tensor that may wait, and the `keys` for each size of parts."""

    parts: tuple[Part, ...]
    layers: Mapping[str, int]
    before: Mapping[str, tuple[str, ...]]
    given: Mapping[str, int]
    keys: Mapping[tuple[int, int], tuple[Range, ...]]
    hints: Mapping[str, tuple[range, ...]]
    needs: Mapping[str, tuple[str, ...]]
    left: int

    def of_layer(self, layer: str) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.layer == layer)

    def key_of(self, part: Part, check: int) -> Range:
        return self.keys[part.open.height, part.open.width][check]

    def check(self, number: int, check: int) -> Range:
        """A check of the part of a number, from 0: what it sums up to, at what it is right, by
        what that is measured."""
        return Range(TOP + number, self.left + 1 + check * CHECK_COLUMNS, 1, CHECK_COLUMNS)

    def sums(self, tensor: str) -> Range:
        """The sum of what is given of a tensor, as it was, and by what that is measured."""
        row = TOP + len(self.parts) + 1 + list(self.given).index(tensor)
        return Range(row, self.left + 2, 1, 2)

    def waiting(self, tensor: str) -> Cell:
        """Says for what a tensor waits, if it does."""
        row = TOP + len(self.parts) + len(self.given) + 2 + list(self.needs).index(tensor)
        return Cell(row, self.left + 1)

    @property
    def explained(self) -> Cell:
        """Says for what the explained cell waits, if it does."""
        return self.waiting(list(self.needs)[-1]).shifted(1, 0)

    @property
    def chart_head(self) -> Cell:
        """What the chart is called."""
        return self.explained.shifted(1, 0)

    @property
    def right(self) -> int:
        """The last column on Works."""
        return max(key.right for both in self.keys.values() for key in both)

    @property
    def inputs_state(self) -> Cell:
        """Says whether picture and weights are the exercise's, in the head of their lines."""
        return Cell(min(self.given.values()) - 1, STATE)


def exercise_places(network: Network, layout: Layout) -> ExercisePlaces | None:
    """Where everything of a workbook's exercise stands; None if it is none."""
    if layout.exercise is None:
        return None
    return _places(network, layout, layout.exercise, layout.works["exercise"])


def works_columns(network: Network, layout: Layout) -> int:
    """How many columns the checks take on the sheet Works."""
    if layout.exercise is None:
        return 0
    return _places(network, layout, layout.exercise, 1).right


def works_constants(network: Network, layout: Layout) -> int:
    """How many numbers stand on the sheet Works for the checks."""
    if layout.exercise is None:
        return 0
    places = _places(network, layout, layout.exercise, 1)
    keys = sum(key.size for both in places.keys.values() for key in both)
    return keys + 3 * CHECKS * (len(places.parts) + len(places.given))


def _places(network: Network, layout: Layout, exercise: Exercise, left: int) -> ExercisePlaces:
    parts: list[Part] = []
    layers: dict[str, int] = {}
    hints: dict[str, tuple[range, ...]] = {}
    row = HEAD_ROW + 1
    for name in exercise.layers:
        layers[name], row = row, row + 1
        for part in layer_parts(network.layer(name), network, layout, exercise, row):
            parts.append(part)
            row += 1
        mine = [part for part in parts if part.layer == name]
        steps = []
        for count in hint_lines(network.layer(name), network, layout, mine):
            steps.append(range(row, row + count))
            row += count
        hints[name] = tuple(steps)
    watched = [one for one in network.shapes if one == INPUT or layout.watched_ranges(one)]
    given = {tensor: row + 3 + number for number, tensor in enumerate(watched)}
    before = {name: _open_before(name, network, layers) for name in layers}
    keys = dict(_keys(parts, left + CHECKS * CHECK_COLUMNS + 2))
    needs = _needs(network, layers)
    return ExercisePlaces(tuple(parts), layers, before, given, keys, hints, needs, left)


def _keys(
    parts: Iterable[Part], column: int
) -> Iterator[tuple[tuple[int, int], tuple[Range, ...]]]:
    """For each size of parts the keys of its checks, below each other from a column on."""
    top = TOP + 1
    for height, width in dict.fromkeys((part.open.height, part.open.width) for part in parts):
        pitch = height + KEY_GAP
        tops = [top + check * pitch for check in range(CHECKS)]
        yield (height, width), tuple(Range(one, column, height, width) for one in tops)
        top += CHECKS * pitch


def answers_wait(network: Network, opened: Container[str]) -> bool:
    """Whether a network's answer follows from layers that are left open."""
    return network.output in _needs(network, opened)


def _needs(network: Network, opened: Container[str]) -> dict[str, tuple[str, ...]]:
    """The layers that are left open on all ways from the picture to a tensor, its own, too; for
    those tensors that have any."""
    found: dict[str, set[str]] = {INPUT: set()}
    for layer in network.layers:
        found[layer.name] = set().union(*(found[name] for name in sources(layer)))
        if layer.name in opened:
            found[layer.name].add(layer.name)
    ordered = {
        tensor: tuple(one.name for one in network.layers if one.name in needed)
        for tensor, needed in found.items()
    }
    return {tensor: needed for tensor, needed in ordered.items() if needed}


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
