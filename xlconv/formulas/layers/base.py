"""Rules: which formula stands in which cells, and what the families of layers share to make them.

Each family registers its kinds. Must not know any value.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import singledispatch

from xlconv.formulas.places import Places
from xlconv.formulas.text import number
from xlconv.network.layers.base import Layer, Windowed, source
from xlconv.network.network import Network
from xlconv.spreadsheet.cells import Range
from xlconv.spreadsheet.formula import moved_formula, moved_formulas, moved_references, references
from xlconv.state.sheet_names import BOARD


@dataclass(frozen=True)
class Copies:
    """A formula copied over cells, each so many rows or columns after the one before."""

    formula: str
    down: int = 1
    across: int = 1

    def __call__(self, row: int, column: int) -> str:
        return moved_formula(self.formula, row * self.down, column * self.across)

    def over(self, place: Range) -> list[str]:
        """The texts of all cells of a range, row by row."""
        rows, columns = place.height * self.down, place.width * self.across
        return moved_formulas(
            self.formula, range(0, rows, self.down), range(0, columns, self.across)
        )


@dataclass(frozen=True)
class MixedCopies:
    """A formula copied over cells, but another one in those that are among the `others`."""

    usual: Copies
    other: Copies
    others: Callable[[int, int], bool]

    def __call__(self, row: int, column: int) -> str:
        return (self.other if self.others(row, column) else self.usual)(row, column)

    def over(self, place: Range) -> list[str]:
        """The texts of all cells of a range, row by row."""
        pairs = zip(place.offsets(), self.usual.over(place), self.other.over(place), strict=True)
        return [other if self.others(*offset) else usual for offset, usual, other in pairs]


@dataclass(frozen=True)
class Rule:
    """The formulas of a range of cells.

    `block` is the name that the cells are reported under, `key` the name of their values,
    `channel` the map, from 0 (None for vectors). `formula` is the text of the first cell;
    with `cellwise`, each cell's own text comes from that function of row and column.
    `role` says what the cells are where they are not a tensor's own numbers: a step, a title, an
    end of a scale; `tensor` whose they are, if one's and not that of `block`.
    """

    block: str
    key: str
    channel: int | None
    range: Range
    formula: str
    cellwise: Callable[[int, int], str] | None = None
    sheet: str = BOARD
    role: str = ""
    tensor: str = ""

    @property
    def owner(self) -> str:
        """The tensor that it belongs to, or what it is reported under."""
        return self.tensor or self.block

    @property
    def copies(self) -> Copies | None:
        """The formula that is copied over the cells, if it is one."""
        if self.cellwise is None:
            return Copies(self.formula)
        return self.cellwise if isinstance(self.cellwise, Copies) else None

    def text(self, row: int, column: int) -> str:
        """The formula of the cell at an offset inside the range."""
        if self.cellwise is not None:
            return self.cellwise(row, column)
        return moved_formula(self.formula, row, column)

    def references(self, row: int, column: int) -> list[tuple[str, Range]]:
        """The ranges that the formula of a cell names, each with its sheet."""
        one = self.copies
        if one is None:
            named = references(self.text(row, column))
        else:
            named = moved_references(one.formula, row * one.down, column * one.across)
        return [(sheet or self.sheet, place) for sheet, place in named]

    @property
    def longest(self) -> int:
        """The length of the longest text: row numbers and columns' letters grow on the way."""
        if self.copies is None:
            return max(map(len, self.texts()))
        return len(self.text(self.range.height - 1, self.range.width - 1))

    def texts(self) -> Iterable[str]:
        """The formulas of all cells, row by row."""
        if isinstance(self.cellwise, Copies | MixedCopies):
            return self.cellwise.over(self.range)
        return (self.text(row, column) for row, column in self.range.offsets())


@singledispatch
def layer_rules(layer: Layer, network: Network, places: Places) -> list[Rule]:
    """The rules of the cells that one layer computes: for most, of each cell one by itself."""
    read, made = places.tensors[source(layer)].maps, places.tensors[layer.name].maps
    arrays = places.weights[layer.name].arrays if layer.name in places.weights else {}
    settings = {key: number(value) for key, value in layer.numbers.items()}

    def text(channel: int) -> str:
        weights = {key: ranges[channel].first.absolute for key, ranges in arrays.items()}
        return cell_text(layer, read[channel].first.a1, {**settings, **weights})

    return mapwise(layer, network, made, text)


@singledispatch
def cell_text(layer: Layer, value: str, beside: Mapping[str, str]) -> str:
    """What a layer makes of one cell by itself, with the numbers `beside` it, its settings and the
    weights of the cell's map, by their short names."""
    raise NotImplementedError(f"no formula for a cell of {type(layer).__name__}")


def cellwise(
    block: str, channel: int | None, place: Range, text: Callable[[int, int], str]
) -> Rule:
    return Rule(block, block, channel, place, text(0, 0), text)


def windows(
    layer: Windowed,
    network: Network,
    places: Places,
    text: Callable[[int, list[Range]], str],
) -> list[Rule]:
    """A rule for each map of a layer whose windows slide over the maps that it reads: `text` is
    given the map and the first window in each of the maps read; references to it are relative, to
    all else fixed."""
    read, name = places.tensors[source(layer)], layer.name
    margin = layer.margin(network.shapes[source(layer)])
    (height, width), stride = layer.window.extent, layer.window.stride
    first = [Range(m.row - margin.top, m.column - margin.left, height, width) for m in read.maps]

    def rule(output: int, place: Range) -> Rule:
        formula = text(output, first)
        copies = None if stride == (1, 1) else Copies(formula, *stride)
        return Rule(name, name, output, place, formula, copies)

    return [rule(output, place) for output, place in enumerate(places.tensors[name].maps)]


def mapwise(
    layer: Layer,
    network: Network,
    places: tuple[Range, ...],
    text: Callable[[int], str],
    step: str = "",
) -> list[Rule]:
    """A rule for each map, or for a vector, of one formula each: of the layer's tensor, or of a
    step on its way."""
    name, maps = layer.name, len(network.shapes[layer.name]) == 3

    def rule(number: int, place: Range) -> Rule:
        channel, formula = number if maps else None, text(number)
        if step:
            return step_rule(name, step, channel, place, formula)
        return Rule(name, name, channel, place, formula)

    return [rule(number, place) for number, place in enumerate(places)]


def step_rule(layer: str, step: str, channel: int | None, place: Range, formula: str) -> Rule:
    """The rule of a step on a layer's way to its tensor."""
    key = f"{layer}_{step}"
    return Rule(f"{layer}_steps", key, channel, place, formula, role=step, tensor=layer)
