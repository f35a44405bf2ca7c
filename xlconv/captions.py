"""The words of the board: titles, what each layer does, captions, arrows.

A learner reads the network from these alone. Must not know values or colours.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

from xlconv import palette
from xlconv.blocks import Style, TextBlock
from xlconv.grid import Cell, Range
from xlconv.layers import (
    Conv2D,
    Dense,
    Layer,
    MaxPool2D,
    ReLU,
    Softmax,
    pair,
    source,
)
from xlconv.layout import BOARD, GAP, Band, Kernels, Layout
from xlconv.network import INPUT, Network


def captions(network: Network, layout: Layout) -> Iterator[TextBlock]:
    """Every text of the board that is not computed."""
    for band in layout.bands:
        yield from _title(network, band)
        yield from _arrows(network, layout, band)
    for name in layout.kernels:
        yield from weight_captions(network.layer(name), network, layout.kernels[name])
    for tensor in layout.labels:
        yield from vector_heads(network.layer(tensor), network, layout)
    yield from _answer(network, layout)


def _title(network: Network, band: Band) -> Iterator[TextBlock]:
    words = PICTURE_WORDS if band.tensor == INPUT else layer_words(network.layer(band.tensor))
    yield _line(Cell(1, band.first), band.tensor, palette.LAYER_TITLE)
    yield _line(Cell(3, band.first), words, palette.LAYER_WORDS)


PICTURE_WORDS = "the picture: type over a pixel and watch"


@singledispatch
def layer_words(layer: Layer) -> str:
    """What a layer does, in a line."""
    raise NotImplementedError(f"no words for {type(layer).__name__}")


@layer_words.register
def _conv_words(layer: Conv2D) -> str:
    height, width = pair(layer.size)
    words = f"{height} × {width} window × kernel, summed"
    words += ", + bias" if layer.bias else ""
    words += ", then max(0, x)" if layer.activation == "relu" else ""
    if pair(layer.stride) != (1, 1):
        words += f"; the window moves by {' and '.join(map(str, sorted(set(pair(layer.stride)))))}"
    return words


@layer_words.register
def _relu_words(layer: ReLU) -> str:
    return "max(0, x): what is negative becomes 0"


@layer_words.register
def _pool_words(layer: MaxPool2D) -> str:
    height, width = pair(layer.size)
    return f"the largest of each {height} × {width} window"


@layer_words.register
def _dense_words(layer: Dense) -> str:
    return f"every cell × its own weight, summed{', + bias' if layer.bias else ''}"


@layer_words.register
def _softmax_words(layer: Softmax) -> str:
    return "exp of each, divided by their sum: they add up to 1"


@singledispatch
def weight_captions(layer: Layer, network: Network, kernels: Kernels) -> Iterator[TextBlock]:
    """What stands beside a layer's weights."""
    raise NotImplementedError(f"no captions for the weights of {type(layer).__name__}")


@weight_captions.register
def _kernel_captions(layer: Conv2D, network: Network, kernels: Kernels) -> Iterator[TextBlock]:
    read = source(layer)
    for output, places in enumerate(kernels.weights):
        yield _line(places[0].first.shifted(-2, 0), f"kernel {output + 1}", palette.MAP_TITLE)
        for channel, place in enumerate(places, 1):
            text = f"× {read} map {channel}"
            yield _line(place.first.shifted(-1, 0), text, palette.CAPTION)
            yield _text(Range(place.row, place.right + 1, place.height, 2), "→", palette.ARROW)
        if layer.bias:
            above = kernels.biases[output].shifted(-1, 0)
            yield _line(above, "+ bias", palette.BIAS_CAPTION)


@weight_captions.register
def _dense_captions(layer: Dense, network: Network, kernels: Kernels) -> Iterator[TextBlock]:
    read = source(layer)
    labels = network.labels if len(network.labels) == layer.units else None
    for unit, places in enumerate(kernels.weights):
        label = labels[unit] if labels else str(unit + 1)
        for place in places:
            yield _line(place.first.shifted(-1, 0), f"for {label}", palette.MAP_TITLE)
    for channel, place in enumerate(kernels.weights[0], 1):
        what = f"{read} map {channel}" if len(network.shapes[read]) == 3 else read
        text = f"weights × {what}: positive speaks for the class, negative against it"
        yield _line(place.first.shifted(-2, 0), text, palette.CAPTION)


@singledispatch
def vector_heads(layer: Layer, network: Network, layout: Layout) -> Iterator[TextBlock]:
    """The headings of a vector's columns."""
    yield _head(layout.labels[layer.name], _label_head(layer, network))
    yield _head(layout.tensors[layer.name].maps[0], "value")


@vector_heads.register
def _dense_heads(layer: Dense, network: Network, layout: Layout) -> Iterator[TextBlock]:
    logits = any(isinstance(reader, Softmax) for reader in network.readers(layer.name))
    yield _head(layout.labels[layer.name], _label_head(layer, network))
    yield _head(layout.tensors[layer.name].maps[0], "logit" if logits else "value")
    biases = layout.kernels[layer.name].bias_range
    if biases is not None:
        yield _head(biases, "+ bias")


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
    """An arrow into each map of a layer, in the middle of its height."""
    if band.tensor == INPUT:
        return
    maps = layout.tensors[band.tensor].maps
    if len(network.shapes[band.tensor]) == 1:
        maps = layout.tensors[source(network.layer(band.tensor))].maps
    for place in maps:
        row = place.row + max(0, (min(place.height, 28) - 2) // 2)
        yield _text(Range(row, band.first - GAP, min(place.height, 2), GAP), "→", palette.ARROW)


def _answer(network: Network, layout: Layout) -> Iterator[TextBlock]:
    answer = layout.answer
    if answer is None:
        return
    yield _line(answer.title, "the network's answer", palette.MAP_TITLE)
    what = "this is a" if answer.labels else network.output
    over = answer.label
    yield _text(Range(over.row - 1, over.column, 1, over.width), what, palette.ANSWER_LEAD)
    target = layout.tensors[network.output].maps[0]
    under = answer.value
    yield TextBlock(
        Range(under.bottom + 1, under.column, 1, under.width),
        f"see how: {network.output} →",
        palette.ANSWER_LINK,
        link=f"{BOARD}!{target.first.a1}",
    )


def _line(cell: Cell, text: str, style: Style) -> TextBlock:
    return TextBlock(Range.of(cell), text, style, runs_on=True)


def _text(place: Range, text: str, style: Style) -> TextBlock:
    return TextBlock(place, text, style)
