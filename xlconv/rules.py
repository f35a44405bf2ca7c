"""The rules of a board: which formula stands in which cells.

Joins a network's layout to the functions of `formulas`. `lower` writes cells by these
rules and `verification` reads them by the same; that the rules are right mathematics is
not assumed anywhere, it is what the engines and the reference prove together. Must not
know any value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import singledispatch

from xlconv import formulas
from xlconv.errors import LimitError
from xlconv.grid import MAX_FORMULA_LENGTH, Cell, Range, moved_formula
from xlconv.layers import Conv2D, Dense, Layer, MaxPool2D, ReLU, Softmax, pair, source
from xlconv.layout import BOARD, Layout
from xlconv.network import Network
from xlconv.shapes import padding

ANSWER = "answer"
TITLES = "titles"


@dataclass(frozen=True)
class Rule:
    """The formulas of a range of cells.

    `block` is the name that the cells are reported under, `key` the name of their values,
    `channel` the map, from 0 (None for vectors). `formula` is the text of the first cell;
    with `cellwise`, each cell's own text comes from that function of row and column.
    """

    block: str
    key: str
    channel: int | None
    range: Range
    formula: str
    cellwise: Callable[[int, int], str] | None = None
    sheet: str = BOARD

    def text(self, row: int, column: int) -> str:
        """The formula of the cell at an offset inside the range."""
        if self.cellwise is not None:
            return self.cellwise(row, column)
        return moved_formula(self.formula, row, column)

    @property
    def longest(self) -> int:
        """The length of the longest text: row numbers and columns' letters grow on the way."""
        if self.cellwise is not None:
            return max(map(len, self.texts()))
        return len(self.text(self.range.height - 1, self.range.width - 1))

    def texts(self) -> Iterator[str]:
        """The formulas of all cells, row by row."""
        for row in range(self.range.height):
            for column in range(self.range.width):
                yield self.text(row, column)


def board_rules(network: Network, layout: Layout) -> list[Rule]:
    """The rules of all computed cells, in the order of computation.

    Raises LimitError, naming the layer, if a formula is longer than Excel allows.
    """
    rules = [rule for layer in network.layers for rule in layer_rules(layer, network, layout)]
    for rule in rules:
        length = rule.longest
        if length > MAX_FORMULA_LENGTH:
            raise LimitError(
                f"layer {rule.block!r} does not fit in a cell: its formula has "
                f"{length:,} characters, {length - MAX_FORMULA_LENGTH:,} "
                f"more than Excel's {MAX_FORMULA_LENGTH:,}; use fewer input maps"
            )
    return [*rules, *_answer_rules(network, layout), *_title_rules(network, layout)]


@singledispatch
def layer_rules(layer: Layer, network: Network, layout: Layout) -> list[Rule]:
    """The rules of the cells that one layer computes."""
    raise NotImplementedError(f"no formulas for {type(layer).__name__}")


def _cellwise(
    block: str, channel: int | None, place: Range, text: Callable[[int, int], str]
) -> Rule:
    return Rule(block, block, channel, place, text(0, 0), text)


def _slid(
    layer: str,
    channel: int,
    place: Range,
    stride: tuple[int, int],
    text: Callable[[int, int], str],
) -> Rule:
    """A rule whose windows move by `stride` a cell; `text` is given the window's offset."""
    if stride == (1, 1):
        return Rule(layer, layer, channel, place, text(0, 0))
    return _cellwise(
        layer, channel, place, lambda row, column: text(row * stride[0], column * stride[1])
    )


@layer_rules.register
def _conv_rules(layer: Conv2D, network: Network, layout: Layout) -> list[Rule]:
    read, kernels = layout.tensors[source(layer)], layout.kernels[layer.name]
    margin = padding(layer, network.shapes[source(layer)])
    height, width = pair(layer.size)

    def rule(output: int, place: Range) -> Rule:
        bias = kernels.biases[output] if layer.bias else None

        def text(down: int, across: int) -> str:
            windows = [
                Range(m.row - margin.top + down, m.column - margin.left + across, height, width)
                for m in read.maps
            ]
            total = formulas.weighted_sum(windows, kernels.weights[output], bias)
            return formulas.relu(total) if layer.activation == "relu" else total

        return _slid(layer.name, output, place, pair(layer.stride), text)

    return [rule(o, place) for o, place in enumerate(layout.tensors[layer.name].maps)]


@layer_rules.register
def _relu_rules(layer: ReLU, network: Network, layout: Layout) -> list[Rule]:
    read, made = layout.tensors[source(layer)], layout.tensors[layer.name]
    return [
        Rule(
            layer.name,
            layer.name,
            channel if len(network.shapes[layer.name]) == 3 else None,
            place,
            formulas.relu(read.maps[channel].first.a1),
        )
        for channel, place in enumerate(made.maps)
    ]


@layer_rules.register
def _max_pool_rules(layer: MaxPool2D, network: Network, layout: Layout) -> list[Rule]:
    read, made = layout.tensors[source(layer)], layout.tensors[layer.name]

    def rule(channel: int, place: Range) -> Rule:
        first = read.maps[channel]

        def text(down: int, across: int) -> str:
            return formulas.largest(
                Range(first.row + down, first.column + across, *pair(layer.size))
            )

        return _slid(layer.name, channel, place, pair(layer.stride), text)

    return [rule(channel, place) for channel, place in enumerate(made.maps)]


@layer_rules.register
def _dense_rules(layer: Dense, network: Network, layout: Layout) -> list[Rule]:
    read, kernels = layout.tensors[source(layer)], layout.kernels[layer.name]

    def text(unit: int, _column: int) -> str:
        bias = kernels.biases[unit] if layer.bias else None
        return formulas.weighted_sum(read.maps, kernels.weights[unit], bias, fixed=True)

    return [_cellwise(layer.name, None, layout.tensors[layer.name].maps[0], text)]


@layer_rules.register
def _softmax_rules(layer: Softmax, network: Network, layout: Layout) -> list[Rule]:
    logits = layout.tensors[source(layer)].maps[0]
    steps, name = layout.steps[layer.name], layer.name
    probability = layout.tensors[name].maps[0]

    def step(key: str, place: Range, formula: str) -> Rule:
        return Rule(f"{name}_steps", f"{name}_{key}", None, place, formula)

    return [
        step("max", Range.of(steps.maximum), formulas.largest(logits, fixed=True)),
        step("shifted", steps.shifted, formulas.minus(logits.first, steps.maximum)),
        step("exp", steps.exp, formulas.exp(steps.shifted.first)),
        step("sum", Range.of(steps.total), formulas.total(steps.exp)),
        Rule(name, name, None, probability, formulas.share(steps.exp.first, steps.total)),
    ]


def _answer_rules(network: Network, layout: Layout) -> list[Rule]:
    answer = layout.answer
    if answer is None:
        return []
    values = layout.tensors[network.output].maps[0]
    labels = layout.labels[network.output]
    rules = [
        _answer("label", answer.label, formulas.label_of_largest(values, labels)),
        _answer("value", answer.value, formulas.largest(values, fixed=True)),
    ]
    for unit, (label, value) in enumerate(zip(answer.labels, answer.values, strict=True)):
        rules.append(_answer(f"label_{unit + 1}", label, formulas.same(labels.cell(unit, 0))))
        rules.append(_answer(f"value_{unit + 1}", value, formulas.same(values.cell(unit, 0))))
    return rules


def _answer(key: str, place: Range, formula: str) -> Rule:
    return Rule(ANSWER, f"{ANSWER}_{key}", None, Range.of(place.first), formula)


def _title_rules(network: Network, layout: Layout) -> Iterator[Rule]:
    def title(key: str, cell: Cell, formula: str) -> Rule:
        return Rule(TITLES, f"{TITLES}_{key}", None, Range.of(cell), formula)

    for band in layout.bands:
        tensor, placement = band.tensor, layout.tensors[band.tensor]
        shape, first, under = network.shapes[tensor], placement.maps[0], Cell(2, band.first)
        if len(shape) == 1:
            yield title(tensor, under, formulas.length_line(first))
            continue
        yield title(tensor, under, formulas.shape_line(f"{shape[0]} × ", first))
        for number, place in enumerate(placement.maps, 1):
            above = Cell(place.row - placement.ring.top - 1, place.column)
            text = formulas.shape_line(f"{tensor} map {number} · ", place)
            yield title(f"{tensor}_{number}", above, text)


def ring_cells(layout: Layout, tensor: str, number: int) -> Iterator[Cell]:
    """The cells of the ring around a map, which must stay empty."""
    placement = layout.tensors[tensor]
    inside = placement.maps[number]
    return (cell for cell in placement.ringed(number).cells() if cell not in inside)
