"""The parts of an exercise: the maps and columns of which cells are left open, each with its line.

Rectangles and numbers of lines, as data. Must not know formulas, values or looks.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from xlconv.network.layers.activation import Softmax
from xlconv.network.layers.base import Layer
from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.exercise import Exercise

HEAD_ROW = 10
LAYER, WORDS, CELLS, FILLED, STATE, NOTE = range(2, 8)  # columns of the table


@dataclass(frozen=True)
class Part:
    """A map, or a column of a vector, of which cells are left open.

    `key` is the name of its values and `channel` its map, from 0 (None for vectors); `range` is
    the whole of it, `open` what is left open; `row` is its line on the sheet Exercise.
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


def layer_parts(
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
