"""The rules of the layers: which formula stands in which of their cells.

Joins a network's layout to the functions of `formulas`, a kind of layer at a time. Must not
know any value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import singledispatch

from xlconv.formulas import text as formulas
from xlconv.formulas.places import Layout
from xlconv.network.layers.base import (
    Add,
    AvgPool2D,
    BatchNorm2D,
    Concat,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    KernelDemo,
    Layer,
    LeakyReLU,
    MaxPool2D,
    Pool,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    Windowed,
    pair,
    source,
    sources,
)
from xlconv.network.network import Network
from xlconv.network.shapes import channels_read, extent, padding
from xlconv.sheets.panel.places import BOARD
from xlconv.spreadsheet.cells import Range, moved_formula


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
        return (self.text(row, column) for row, column in self.range.offsets())


@singledispatch
def layer_rules(layer: Layer, network: Network, layout: Layout) -> list[Rule]:
    """The rules of the cells that one layer computes."""
    raise NotImplementedError(f"no formulas for {type(layer).__name__}")


def _cellwise(
    block: str, channel: int | None, place: Range, text: Callable[[int, int], str]
) -> Rule:
    return Rule(block, block, channel, place, text(0, 0), text)


def _windows(
    layer: Windowed, network: Network, layout: Layout, text: Callable[[int, list[Range]], str]
) -> list[Rule]:
    """A rule for each map of a layer whose windows slide over the maps that it reads: `text` is
    given the map and, for a place of the window, its range in each of the maps read."""
    read, name = layout.tensors[source(layer)], layer.name
    margin = padding(layer, network.shapes[source(layer)])
    (height, width), (down, across) = extent(layer), pair(layer.stride)

    def at(output: int, row: int, column: int) -> str:
        windows = [
            Range(m.row - margin.top + row, m.column - margin.left + column, height, width)
            for m in read.maps
        ]
        return text(output, windows)

    def rule(output: int, place: Range) -> Rule:
        if (down, across) == (1, 1):
            return Rule(name, name, output, place, at(output, 0, 0))
        return _cellwise(name, output, place, lambda r, c: at(output, r * down, c * across))

    return [rule(output, place) for output, place in enumerate(layout.tensors[name].maps)]


@layer_rules.register
def _conv_rules(layer: Conv2D, network: Network, layout: Layout) -> list[Rule]:
    weights = layout.weights[layer.name]

    def text(output: int, windows: list[Range]) -> str:
        read = [windows[channel] for channel in channels_read(layer, len(windows), output)]
        total = formulas.weighted_sum(read, weights.kernels(output), weights.bias(output))
        return formulas.relu(total) if layer.activation == "relu" else total

    return _windows(layer, network, layout, text)


@layer_rules.register
def _demo_rules(layer: KernelDemo, network: Network, layout: Layout) -> list[Rule]:
    name = layer.name
    number, kernel = layout.cells[f"{name}_number"].first, layout.inner[f"{name}_kernel"].maps
    presets = [place.first for place in layout.weights[name].arrays["presets"]]
    place = formulas.place_in_list(layout.controls[name]["chosen"].first, layout.labels[name])
    steps = f"{name}_steps"
    return [
        Rule(steps, f"{name}_number", None, Range.of(number), place),
        Rule(steps, f"{name}_kernel", 0, kernel[0], formulas.chosen(number, presets)),
        *_windows(
            layer,
            network,
            layout,
            lambda output, windows: formulas.weighted_sum([windows[output]], kernel, None),
        ),
    ]


@layer_rules.register(MaxPool2D)
@layer_rules.register(AvgPool2D)
def _pool_rules(layer: Pool, network: Network, layout: Layout) -> list[Rule]:
    text = formulas.largest if isinstance(layer, MaxPool2D) else formulas.average
    return _windows(layer, network, layout, lambda output, windows: text(windows[output]))


def _mapwise(
    layer: Layer,
    network: Network,
    places: tuple[Range, ...],
    text: Callable[[int], str],
    step: str = "",
) -> list[Rule]:
    """A rule for each map, or for a vector, of one formula each: of the layer's tensor, or of a
    step on its way."""
    maps = len(network.shapes[layer.name]) == 3
    block, key = (f"{layer.name}_steps", f"{layer.name}_{step}") if step else [layer.name] * 2
    return [
        Rule(block, key, number if maps else None, place, text(number))
        for number, place in enumerate(places)
    ]


@layer_rules.register(ReLU)
@layer_rules.register(LeakyReLU)
@layer_rules.register(Tanh)
@layer_rules.register(Sigmoid)
def _cell_rules(layer: Layer, network: Network, layout: Layout) -> list[Rule]:
    read = layout.tensors[source(layer)].maps
    made = layout.tensors[layer.name].maps
    return _mapwise(layer, network, made, lambda n: cell_text(layer, read[n].first.a1))


@singledispatch
def cell_text(layer: Layer, value: str) -> str:
    """What a layer makes of one cell by itself."""
    raise NotImplementedError(f"no formula for a cell of {type(layer).__name__}")


@cell_text.register
def _relu_text(layer: ReLU, value: str) -> str:
    return formulas.relu(value)


@cell_text.register
def _leaky_relu_text(layer: LeakyReLU, value: str) -> str:
    return formulas.leaky_relu(value, layer.slope)


@cell_text.register
def _tanh_text(layer: Tanh, value: str) -> str:
    return formulas.tanh(value)


@cell_text.register
def _sigmoid_text(layer: Sigmoid, value: str) -> str:
    return formulas.sigmoid(value)


@layer_rules.register
def _norm_rules(layer: BatchNorm2D, network: Network, layout: Layout) -> list[Rule]:
    read, arrays = layout.tensors[source(layer)].maps, layout.weights[layer.name].arrays

    def text(number: int) -> str:
        cells = {key: places[number].first for key, places in arrays.items()}
        return formulas.normalised(read[number].first.a1, **cells, epsilon=layer.epsilon)

    return _mapwise(layer, network, layout.tensors[layer.name].maps, text)


@layer_rules.register
def _global_rules(layer: GlobalAvgPool2D, network: Network, layout: Layout) -> list[Rule]:
    read = layout.tensors[source(layer)].maps
    [place] = layout.tensors[layer.name].maps
    return [
        _cellwise(layer.name, None, place, lambda row, _: formulas.average(read[row], fixed=True))
    ]


@layer_rules.register
def _add_rules(layer: Add, network: Network, layout: Layout) -> list[Rule]:
    reads = [layout.tensors[name].maps for name in sources(layer)]
    made = layout.tensors[layer.name].maps
    return _mapwise(
        layer, network, made, lambda n: formulas.sum_of(maps[n].first.a1 for maps in reads)
    )


@layer_rules.register
def _concat_rules(layer: Concat, network: Network, layout: Layout) -> list[Rule]:
    read = [place for name in sources(layer) for place in layout.tensors[name].maps]
    made = layout.tensors[layer.name].maps
    if len(network.shapes[layer.name]) == 3:
        return _mapwise(layer, network, made, lambda n: formulas.same(read[n].first, fixed=False))
    cells = [cell for place in read for cell in place.cells()]
    [place] = made
    return [_cellwise(layer.name, None, place, lambda row, _: formulas.same(cells[row]))]


@layer_rules.register
def _dropout_rules(layer: Dropout, network: Network, layout: Layout) -> list[Rule]:
    name, steps = layer.name, f"{layer.name}_steps"
    read, made = layout.tensors[source(layer)].maps, layout.tensors[name].maps
    random, mask = (layout.inner[f"{name}_{key}"].maps for key in ("random", "mask"))
    cells = {key: place.first for key, place in layout.controls[name].items()}
    rate, factor = cells["rate"], layout.cells[f"{name}_factor"].first

    def single(key: str, formula: str) -> Rule:
        cell = layout.cells[f"{name}_{key}"].first
        return Rule(steps, f"{name}_{key}", None, Range.of(cell), formula)

    def kept(number: int) -> str:
        return formulas.kept(random[number].first, rate)

    def dropped(number: int) -> str:
        value, on = read[number].first.a1, cells["active"]
        return formulas.dropped(value, mask[number].first, factor, on)

    return [
        *_mapwise(layer, network, random, lambda _: formulas.random(), "random"),
        *_mapwise(layer, network, mask, kept, "mask"),
        single("share", formulas.share_of_zeros(mask)),
        single("factor", formulas.dropout_factor(rate, cells["rescale"])),
        *_mapwise(layer, network, made, dropped),
    ]


@layer_rules.register
def _flatten_rules(layer: Flatten, network: Network, layout: Layout) -> list[Rule]:
    maps, [place] = layout.tensors[source(layer)].maps, layout.tensors[layer.name].maps
    cells = [cell for one in maps for cell in one.cells()]
    if layer.order == "hwc":
        cells = [one.cell(r, c) for r, c in maps[0].offsets() for one in maps]
    return [_cellwise(layer.name, None, place, lambda row, _: formulas.same(cells[row]))]


@layer_rules.register
def _dense_rules(layer: Dense, network: Network, layout: Layout) -> list[Rule]:
    read, weights = layout.tensors[source(layer)], layout.weights[layer.name]

    def text(unit: int, _column: int) -> str:
        return formulas.weighted_sum(
            read.maps, weights.kernels(unit), weights.bias(unit), fixed=True
        )

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
