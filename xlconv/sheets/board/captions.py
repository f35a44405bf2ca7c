"""The texts of the board: titles, captions, arrows, lines of skip connections.

A learner reads the network from these alone. Must not know values or colours.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

from xlconv.network.layers.activation import Sigmoid, Softmax
from xlconv.network.layers.base import Layer, source, sources
from xlconv.network.layers.convolution import Conv2D, KernelDemo
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.dropout import Dropout
from xlconv.network.layers.merging import Add, Concat
from xlconv.network.layers.normalization import BatchNorm2D
from xlconv.network.layers.pooling import GlobalAvgPool2D
from xlconv.network.network import INPUT, Network
from xlconv.network.shapes import map_count
from xlconv.sheets import styles as palette
from xlconv.sheets.board.layout import Band, Layout
from xlconv.sheets.board.places import GAP, MIN_BAND
from xlconv.spreadsheet.blocks import Style, TextBlock
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.sheet_names import BOARD, GUIDE

_TITLE_COLUMNS = 8  # columns over which a map's title runs
_STATE_COLUMNS = 11  # behind a title with a state
_AGAIN = 48  # columns after which the title of a wide layer, or the words on a line, come again


def captions(network: Network, layout: Layout) -> Iterator[TextBlock]:
    """Every text of the board that is not computed."""
    for band in layout.bands:
        yield from _title(network, band)
        yield _to_guide(band, layout)
        yield from _arrows(network, layout, band)
    for layer in network.layers:
        yield from weight_captions(layer, network, layout)
    yield from _lanes(layout)
    yield from _channel_names(layout)
    for tensor in layout.labels:
        yield from vector_heads(network.layer(tensor), network, layout)
    yield from _answer(network, layout)


def _title(network: Network, band: Band) -> Iterator[TextBlock]:
    words = network.words(band.tensor)
    # Again and again over a wide layer, so that its title is seen wherever one scrolls to.
    for column in range(band.first, max(band.first, band.last - MIN_BAND) + 1, _AGAIN):
        yield _line(Cell(1, column), band.tensor, palette.LAYER_TITLE)
        yield _line(Cell(3, column), words, palette.LAYER_WORDS)


def _to_guide(band: Band, layout: Layout) -> TextBlock:
    """The way back to the Guide, in the frozen rows, behind the shape and what it is called."""
    opened = layout.exercise is not None and band.tensor in layout.exercise.layers
    cell = Cell(2, band.first + (_STATE_COLUMNS if opened else _TITLE_COLUMNS))
    return TextBlock(Range.of(cell), "← Guide", palette.TO_GUIDE, f"{GUIDE}!A1", runs_on=True)


@singledispatch
def weight_captions(layer: Layer, network: Network, layout: Layout) -> Iterator[TextBlock]:
    """What stands beside a layer's weights and steps."""
    yield from ()


@weight_captions.register
def _kernel_captions(layer: Conv2D, network: Network, layout: Layout) -> Iterator[TextBlock]:
    read, weights, maps = source(layer), layout.weights[layer.name], layout.tensors[layer.name].maps
    for output in range(layer.kernels):
        places = weights.kernels(output)
        grid = places[-1].column > places[0].column
        title = f"kernel {output + 1}" + (f" × {read}" if grid else "")
        yield _line(places[0].first.shifted(-2, 0), title, palette.MAP_TITLE)
        channels = layer.channels_read(network.shapes[read][0], output)
        for channel, place in zip(channels, places, strict=True):
            text = f"map {channel + 1}" if grid else f"× {read} map {channel + 1}"
            yield _line(place.first.shifted(-1, 0), text, palette.CAPTION)
            if not grid:
                yield _text(Range(place.row, place.right + 1, place.height, 2), "→", palette.ARROW)
        if grid:
            column = max(place.right for place in places) + 1
            yield _arrow(maps[output], column, 2)
        bias = weights.bias(output)
        if bias is not None:
            yield _line(bias.shifted(-1, 0), "+ bias", palette.BIAS_CAPTION)


@weight_captions.register
def _norm_captions(layer: BatchNorm2D, network: Network, layout: Layout) -> Iterator[TextBlock]:
    arrays = layout.weights[layer.name].arrays
    for number, place in enumerate(arrays["mean"]):
        head = place.first.shifted(-1, -3)
        yield _line(head, f"map {number + 1}", palette.MAP_TITLE)
        arrow = Range(place.row, place.column + 1, min(4, place.height + 3), 2)
        yield _text(arrow, "→", palette.ARROW)
        for key, places in arrays.items():
            yield _line(places[number].first.shifted(0, -3), key, palette.CAPTION)


@weight_captions.register
def _dense_captions(layer: Dense, network: Network, layout: Layout) -> Iterator[TextBlock]:
    read, weights = source(layer), layout.weights[layer.name]
    labels = network.labels if len(network.labels) == layer.units else None
    maps = len(network.shapes[read]) == 3
    for unit in range(layer.units):
        label = labels[unit] if labels else str(unit + 1)
        for place in weights.kernels(unit):
            above = place.first.shifted(-1, 0)
            if maps and place.width > 2:
                yield _line(above, f"for {label}", palette.MAP_TITLE)
            else:
                yield _text(Range.of(above), label, palette.NARROW_TITLE)
    for channel, place in enumerate(weights.kernels(0), 1):
        what = f"{read} map {channel}" if maps else read
        speaks = f": positive speaks for the {'class' if labels else 'unit'}, negative against it"
        lead = f"weights × {what}"
        if not maps:
            lead += f": a column for each {'class' if labels else 'unit'}"
            speaks = ""
        yield _line(place.first.shifted(-2, 0), f"{lead}{speaks}", palette.CAPTION)


@weight_captions.register(Add)
@weight_captions.register(Concat)
def _read_captions(layer: Add | Concat, network: Network, layout: Layout) -> Iterator[TextBlock]:
    """Which maps make each map, with a way to them."""
    reads = [(name, layout.tensors[name].maps) for name in sources(layer)]
    left = next(band.first for band in layout.bands if band.tensor == layer.name)
    if isinstance(layer, Add):
        lines = [
            [(name, number, maps[number]) for name, maps in reads]
            for number in range(len(reads[0][1]))
        ]
    else:
        lines = [[(name, number, one)] for name, maps in reads for number, one in enumerate(maps)]
    vector = len(network.shapes[layer.name]) == 1
    if vector:
        lines = [[(name, 0, maps[0]) for name, maps in reads]]
    for place, line in zip(layout.tensors[layer.name].maps, lines, strict=True):
        for number, (name, channel, read) in enumerate(line):
            sign = "+ " if number and isinstance(layer, Add) else ""
            text = f"{sign}{name}" + ("" if vector else f" map {channel + 1}")
            cell = Range.of(Cell(place.row + 2 * number, left))
            link = f"{BOARD}!{read.first.a1}"
            yield TextBlock(cell, text, palette.READ_LINK, link=link, runs_on=True)


@weight_captions.register
def _dropout_captions(layer: Dropout, network: Network, layout: Layout) -> Iterator[TextBlock]:
    name = layer.name
    words = {
        "rate": "p, the part to drop",
        "active": "dropout: 1 on, 0 off",
        "rescale": "rescale by 1/(1 − p)",
    }
    for key, place in layout.controls[name].items():
        yield _line(place.first.shifted(-1, 0), words[key], palette.BIAS_CAPTION)
    for key, text in (("factor", "kept cells ×"), ("share", "really dropped")):
        yield _line(layout.cells[f"{name}_{key}"].first.shifted(-1, 0), text, palette.CAPTION)
    for key in ("random", "mask"):
        for number, place in enumerate(layout.inner[f"{name}_{key}"].maps, 1):
            title = f"{key} {number}" if map_count(network.shapes[name]) > 1 else key
            if place.width == 1:
                yield _head(place, title)
            else:
                yield _line(place.first.shifted(-1, 0), title, palette.MAP_TITLE)


@weight_captions.register
def _demo_captions(layer: KernelDemo, network: Network, layout: Layout) -> Iterator[TextBlock]:
    name, weights = layer.name, layout.weights[layer.name]
    above = layout.controls[name]["chosen"].first.shifted(-1, 0)
    yield _line(above, "choose a kernel", palette.BIAS_CAPTION)
    number = layout.cells[f"{name}_number"].first
    yield _line(number.shifted(0, 1), "its number in the list", palette.CAPTION)
    kernel = layout.inner[f"{name}_kernel"].maps[0]
    yield _line(kernel.first.shifted(-1, 0), "the kernel", palette.MAP_TITLE)
    middle = Range(kernel.row, kernel.right + 1, kernel.height, 2)
    yield _text(middle, "→", palette.ARROW)
    for text, place in zip(layer.kernels, weights.arrays["presets"], strict=True):
        yield _line(place.first.shifted(-1, 0), text, palette.MAP_TITLE)


def _channel_names(layout: Layout) -> Iterator[TextBlock]:
    """The colours of a colour picture, beside the titles of its maps."""
    placement = layout.tensors[INPUT]
    if len(placement.maps) == len(CHANNELS):
        for name, place in zip(CHANNELS, placement.maps, strict=True):
            title = Cell(place.row - placement.ring.top - 1, place.column + _TITLE_COLUMNS)
            yield _line(title, name, palette.CHANNEL_NAME)


CHANNELS = ("red", "green", "blue")


def _lanes(layout: Layout) -> Iterator[TextBlock]:
    """The lines of skip connections, with their words again and again."""
    for lane in layout.lanes:
        place, words = lane.range, f"{lane.source} → {lane.reader}"
        link = f"{BOARD}!{layout.tensors[lane.reader].maps[0].first.a1}"
        for column in range(place.column, place.right + 1, _AGAIN):
            width = min(_AGAIN, place.right + 1 - column)
            part = Range(place.row, column, 1, width)
            yield TextBlock(part, words, palette.LANE, link=link)


@singledispatch
def vector_heads(layer: Layer, network: Network, layout: Layout) -> Iterator[TextBlock]:
    """The headings of a vector's columns."""
    yield _head(layout.labels[layer.name], _label_head(layer, network))
    yield _head(layout.tensors[layer.name].maps[0], "value")


@vector_heads.register
def _demo_heads(layer: KernelDemo, network: Network, layout: Layout) -> Iterator[TextBlock]:
    yield _line(layout.labels[layer.name].first.shifted(-1, 0), "the list", palette.MAP_TITLE)


@vector_heads.register
def _sigmoid_heads(layer: Sigmoid, network: Network, layout: Layout) -> Iterator[TextBlock]:
    yield _head(layout.labels[layer.name], _label_head(layer, network))
    yield _head(layout.tensors[layer.name].maps[0], "probability")


@vector_heads.register
def _average_heads(layer: GlobalAvgPool2D, network: Network, layout: Layout) -> Iterator[TextBlock]:
    yield _head(layout.labels[layer.name], "map")
    yield _head(layout.tensors[layer.name].maps[0], "mean")


@vector_heads.register
def _dense_heads(layer: Dense, network: Network, layout: Layout) -> Iterator[TextBlock]:
    readers = network.readers(layer.name)
    logits = any(reader.shares for reader in readers)
    yield _head(layout.labels[layer.name], _label_head(layer, network))
    yield _head(layout.tensors[layer.name].maps[0], "logit" if logits else "value")
    weights = layout.weights[layer.name]
    if "bias" in weights.arrays:
        yield _head(weights.array_range("bias"), "+ bias")


@vector_heads.register
def _softmax_heads(layer: Softmax, network: Network, layout: Layout) -> Iterator[TextBlock]:
    steps = layout.steps[layer.name]
    yield _head(layout.labels[layer.name], _label_head(layer, network))
    yield _head(steps.shifted, "logit − max")
    yield _head(steps.exp, "exp")
    yield _head(layout.tensors[layer.name].maps[0], "probability")
    yield TextBlock(Range.of(steps.maximum.shifted(-1, 0)), "largest logit", palette.COLUMN_HEAD)
    yield TextBlock(Range.of(steps.total.shifted(-1, 0)), "sum of exp", palette.COLUMN_HEAD)


def _label_head(layer: Layer, network: Network) -> str:
    return "class" if len(network.labels) == network.shapes[layer.name][0] else "unit"


def _head(column: Range, text: str) -> TextBlock:
    return TextBlock(Range.of(column.first.shifted(-1, 0)), text, palette.COLUMN_HEAD)


def _arrows(network: Network, layout: Layout, band: Band) -> Iterator[TextBlock]:
    """An arrow into each map of a layer from the one before, in the middle of its height."""
    tensors = list(layout.tensors)
    before = tensors[tensors.index(band.tensor) - 1]
    if band.tensor == INPUT or before not in sources(network.layer(band.tensor)):
        return
    maps = layout.tensors[band.tensor].maps
    if len(network.shapes[band.tensor]) == 1:
        maps = layout.tensors[before].maps
    for place in maps:
        yield _arrow(place, band.first - GAP, GAP)


def _arrow(place: Range, column: int, width: int) -> TextBlock:
    """An arrow in the middle of a map's height."""
    row = place.row + max(0, (min(place.height, 28) - 2) // 2)
    return _text(Range(row, column, min(place.height, 2), width), "→", palette.ARROW)


def _answer(network: Network, layout: Layout) -> Iterator[TextBlock]:
    answer = layout.answer
    if answer is None:
        return
    yield _line(answer.title, "the network's answer", palette.MAP_TITLE)
    what = "this is a" if answer.labels else network.output
    what = "here I see" if answer.ticks else what
    over = answer.label
    yield _text(Range(over.row - 1, over.column, 1, over.width), what, palette.ANSWER_LEAD)
    target = layout.tensors[network.output].maps[0]
    under = answer.value
    if answer.threshold is not None:
        above = answer.threshold.first.shifted(-1, -2)
        text = "found from this probability on:"
        yield _text(Range(above.row, above.column, 1, under.width), text, palette.BIAS_CAPTION)
    row = (answer.threshold or under).bottom + 1
    yield TextBlock(
        Range(row, under.column, 1, under.width),
        f"see how: {network.output} →",
        palette.ANSWER_LINK,
        link=f"{BOARD}!{target.first.a1}",
    )


def _line(cell: Cell, text: str, style: Style) -> TextBlock:
    return TextBlock(Range.of(cell), text, style, runs_on=True)


def _text(place: Range, text: str, style: Style) -> TextBlock:
    return TextBlock(place, text, style)
