"""Places of an exercise: the cells that are left open on the board, and the sheet `Exercise` on
which they are checked.

Rectangles and numbers of lines, as data. Must not know formulas, values or looks.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass

from xlconv.network.layers.base import sources
from xlconv.network.network import INPUT, Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.exercise.hints import hint_lines
from xlconv.sheets.exercise.parts import (
    HEAD_ROW,
    KEY_COLUMN,
    KEY_GAP,
    STATE,
    WORDS,
    Part,
    layer_parts,
)
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.exercise import CHECKS


@dataclass(frozen=True)
class ExercisePlaces:
    """The parts, the line of each layer, the layers that are left open before each, the line of
    each sum that tells whether picture and weights are the exercise's, and the keys of the checks
    for each size of parts. `hints` are the lines below a layer's parts, of each of its steps.
    `waiting` has the line of each tensor that follows from open cells, and `needs` the layers that
    must be filled in for it, its own, too."""

    parts: tuple[Part, ...]
    layers: Mapping[str, int]
    before: Mapping[str, tuple[str, ...]]
    given: Mapping[str, int]
    keys: Mapping[tuple[int, int], tuple[Range, ...]]
    hints: Mapping[str, tuple[range, ...]]
    waiting: Mapping[str, int]
    needs: Mapping[str, tuple[str, ...]]

    def of_layer(self, layer: str) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.layer == layer)

    def key_of(self, part: Part, check: int) -> Range:
        return self.keys[part.open.height, part.open.width][check]

    def waiting_cell(self, tensor: str) -> Cell:
        """Says for what a tensor waits, if it does."""
        return Cell(self.waiting[tensor], WORDS)

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
    hints: dict[str, tuple[range, ...]] = {}
    row = HEAD_ROW + 1
    for name in layout.exercise.layers:
        layers[name], row = row, row + 1
        for part in layer_parts(network.layer(name), network, layout, layout.exercise, row):
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
    needs = _needs(network, layers)
    last = row + 3 + len(watched)
    waiting = {tensor: last + 2 + number for number, tensor in enumerate(needs)}
    sizes = dict.fromkeys((part.open.height, part.open.width) for part in parts)
    keys, top = {}, HEAD_ROW + 1
    for height, width in sizes:
        pitch = height + KEY_GAP
        tops = [top + check * pitch for check in range(CHECKS)]
        keys[height, width] = tuple(Range(one, KEY_COLUMN, height, width) for one in tops)
        top += CHECKS * pitch
    before = {name: _open_before(name, network, layers) for name in layers}
    return ExercisePlaces(tuple(parts), layers, before, given, keys, hints, waiting, needs)


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
