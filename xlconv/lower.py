"""Lowering: (model, values, layout) -> the board's blocks.

Gives every rule its values and its look; the words around them are in `captions`, the
colours in `colouring`. Must not know how a file is written, nor any mathematics: that
is in `rules` and `reference`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from xlconv import palette
from xlconv.blocks import (
    BarChart,
    BlankBlock,
    Block,
    CellwiseBlock,
    ConstantBlock,
    FormulaBlock,
    Sheet,
    Style,
    TextBlock,
    Values,
)
from xlconv.captions import captions
from xlconv.colouring import colour_rules
from xlconv.grid import Cell, Range
from xlconv.layers import Dense, Softmax
from xlconv.layout import BOARD, TITLE_ROWS, Layout
from xlconv.network import (
    INPUT,
    Model,
    label_cell,
    vector_labels,
)
from xlconv.palette import Palette
from xlconv.rules import ANSWER, TITLES, Rule, board_rules

SCREEN = (1360, 640)  # pixels that a laptop's spreadsheet window shows of a sheet
TITLE_HEIGHTS = {1: 44, 2: 28, 3: 26}
CHART_SIZE = (440, 320)  # pixels


def lower(model: Model, values: Mapping[str, Values], layout: Layout, colours: Palette) -> Sheet:
    """The board of a network. `values` are the reference's, as `forward_steps` gives them."""
    rules = board_rules(model.network, layout)
    blocks = [
        *_constants(model, values, layout),
        *(_computed(rule, values, model, colours) for rule in rules),
        *_rings(layout),
        *captions(model.network, layout),
        *_bars(model, layout),
    ]
    widths = dict.fromkeys(layout.vector_columns, palette.VECTOR_PIXELS)
    return Sheet(
        BOARD,
        tuple(blocks),
        rules=tuple(colour_rules(model.network, values, layout, colours)),
        merges=_merges(layout),
        charts=tuple(_charts(model, layout, colours)),
        column_width=palette.CELL_PIXELS,
        row_height=palette.CELL_PIXELS,
        widths={1: 12, **widths},
        heights=TITLE_HEIGHTS,
        freeze=Cell(TITLE_ROWS + 1, 1),
        zoom=_zoom(layout),
        tab_colour=colours.positive,
    )


def _zoom(layout: Layout) -> int:
    """The zoom, in steps of 5 %, at which the first layers fit a laptop's screen: the picture
    with its answer in height, the picture and the next layer in width."""
    tall = max(
        max(placement.maps[-1].bottom for placement in list(layout.tensors.values())[:2]),
        max((place.bottom for place in layout.answer.bars), default=0) if layout.answer else 0,
    )
    wide = layout.bands[min(1, len(layout.bands) - 1)].last
    fits = min(
        SCREEN[1] / (tall * palette.CELL_PIXELS + sum(TITLE_HEIGHTS.values())),
        SCREEN[0] / (wide * palette.CELL_PIXELS),
    )
    return max(20, min(100, int(fits * 20) * 5))


def _computed(rule: Rule, values: Mapping[str, Values], model: Model, colours: Palette) -> Block:
    value = values[rule.key] if rule.channel is None else values[rule.key][rule.channel]
    shaped = value.reshape(rule.range.height, rule.range.width)
    style = _style(rule, model, colours)
    if rule.cellwise is None:
        return FormulaBlock(rule.range, rule.formula, shaped, style)
    return CellwiseBlock(rule.range, tuple(rule.texts()), shaped, style)


def _style(rule: Rule, model: Model, colours: Palette) -> Style:
    if rule.block == TITLES:
        return palette.LAYER_SHAPE if rule.range.row <= TITLE_ROWS else palette.MAP_TITLE
    if rule.block == ANSWER:
        return _answer_style(rule.key, model, colours)
    if rule.channel is not None:
        return palette.NUMBER
    layer = next((member for member in model.network.layers if member.name == rule.block), None)
    if isinstance(layer, Softmax):
        return palette.PERCENT
    return palette.VECTOR if layer else _STEP_STYLES[rule.key.rpartition("_")[2]]


_STEP_STYLES = {
    "max": palette.VECTOR,
    "shifted": palette.VECTOR,
    "exp": palette.FRACTION,
    "sum": palette.FRACTION,
}


def _answer_style(key: str, model: Model, colours: Palette) -> Style:
    probability = isinstance(model.network.layer(model.network.output), Softmax)
    number_format = "0.0%" if probability else "0.00"
    if key == "answer_label":
        return replace(palette.ANSWER_LABEL, colour=colours.accent)
    if key == "answer_value":
        return replace(palette.ANSWER_VALUE, number_format=number_format)
    if key.startswith("answer_label"):
        return palette.ANSWER_CLASS
    return replace(palette.ANSWER_SHARE, number_format=number_format)


def _constants(model: Model, values: Mapping[str, Values], layout: Layout) -> Iterator[Block]:
    for channel, place in enumerate(layout.tensors[INPUT].maps):
        yield ConstantBlock(place, values[INPUT][channel], palette.PIXEL)
    for layer in model.network.layers:
        if layer.name not in layout.kernels:
            continue
        kernels, weights = layout.kernels[layer.name], model.layer_weights(layer)
        look = palette.DENSE_WEIGHT if isinstance(layer, Dense) else palette.WEIGHT
        by_output = weights["weight"].reshape(len(kernels.weights), len(kernels.weights[0]), -1)
        for places, arrays in zip(kernels.weights, by_output, strict=True):
            for place, array in zip(places, arrays, strict=True):
                yield ConstantBlock(place, array.reshape(place.height, place.width), look)
        for spot, bias in zip(kernels.biases, weights.get("bias", ()), strict=True):
            yield ConstantBlock(Range.of(spot), np.array([[bias]]), palette.BIAS)
    for tensor, column in layout.labels.items():
        for unit, label in enumerate(vector_labels(model.network, tensor)):
            text, cell = label_cell(label), Range.of(column.cell(unit, 0))
            if isinstance(text, str):
                yield TextBlock(cell, text, palette.CLASS_LABEL)
            else:
                yield ConstantBlock(cell, np.array([[text]]), palette.CLASS_LABEL)


def _rings(layout: Layout) -> Iterator[Block]:
    for placement in layout.tensors.values():
        for number, inside in enumerate(placement.maps):
            outside, ring = placement.ringed(number), placement.ring
            sides = (
                Range(outside.row, outside.column, ring.top, outside.width),
                Range(inside.bottom + 1, outside.column, ring.bottom, outside.width),
                Range(inside.row, outside.column, inside.height, ring.left),
                Range(inside.row, inside.right + 1, inside.height, ring.right),
            )
            yield from (BlankBlock(side, palette.RING) for side in sides if side.size)


def _bars(model: Model, layout: Layout) -> Iterator[Block]:
    """The empty cells that the bars of the answer are drawn on."""
    if layout.answer is not None and isinstance(model.network.layer(model.network.output), Softmax):
        yield from (BlankBlock(bar, palette.BAR) for bar in layout.answer.bars)


def _merges(layout: Layout) -> tuple[Range, ...]:
    """The computed cells of the answer that are larger than one cell of the grid."""
    answer = layout.answer
    if answer is None:
        return ()
    places = (answer.label, answer.value, *answer.labels, *answer.values)
    return tuple(place for place in places if place.size > 1)


def _charts(model: Model, layout: Layout, colours: Palette) -> Iterator[BarChart]:
    for layer in model.network.layers:
        if isinstance(layer, Softmax):
            labels, values = layout.labels[layer.name], layout.tensors[layer.name].maps[0]
            place = Cell(layout.steps[layer.name].total.row + 3, labels.column)
            yield BarChart(
                place, *CHART_SIZE, "probability of each class", labels, values, colours.positive
            )
