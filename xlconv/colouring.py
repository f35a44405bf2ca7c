"""The colour rules of the board: one for a tensor or a layer's weights, never one a cell.

Must not know how a file spells a rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from xlconv import formulas
from xlconv.blocks import ColourScale, Highlight, Values
from xlconv.grid import Range
from xlconv.layers import (
    Add,
    AvgPool2D,
    Concat,
    Conv2D,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    LeakyReLU,
    MaxPool2D,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    sources,
)
from xlconv.network import INPUT, Array, Network
from xlconv.palette import CHANNEL_COLOURS, FAINT, Palette
from xlconv.places import Layout
from xlconv.rules import ANSWER

ColourRule = ColourScale | Highlight


def colour_rules(
    network: Network, values: Mapping[str, Values], layout: Layout, colours: Palette
) -> Iterator[ColourRule]:
    """The rules of every tensor, kernel and bar."""
    yield from _picture(np.asarray(values[INPUT], dtype=np.float64), layout, colours)
    for layer in network.layers:
        maps = layout.tensors[layer.name].maps
        whole = layout.tensors[layer.name].range
        if len(network.shapes[layer.name]) == 3:
            yield _faint(maps, 0.05, "0;0;0")
        elif not isinstance(layer, Softmax | Sigmoid):
            yield _faint(maps, 0.005, "0.00;0.00;0.00", colour=None)
        if signed(network, layer.name):
            yield _around_zero(maps, whole, colours)
        else:
            yield _from_zero(maps, whole, colours)
    for name, placement in layout.inner.items():
        if name.endswith("_kernel"):
            yield _around_zero(placement.maps, placement.range, colours)
        elif name.endswith("_mask"):
            yield _faint(placement.maps, 0.5, "0;0;0")
            yield _from_zero(placement.maps, placement.range, colours)
    for weights in layout.weights.values():
        for key in KERNELS & weights.arrays.keys():
            yield _faint(weights.arrays[key], 0.005, "0;0;0")
            yield _around_zero(weights.arrays[key], weights.array_range(key), colours)
    yield from _bars(network, values, layout, colours)


KERNELS = {"weight", "presets"}


def _from_zero(places: tuple[Range, ...], whole: Range, colours: Palette) -> ColourScale:
    return ColourScale(
        places, formulas.largest(whole, fixed=True), None, colours.paper, colours.rectified
    )


def signed(network: Network, tensor: str) -> bool:
    """Whether a tensor's values can be negative."""
    if tensor == INPUT:
        return False
    layer = network.layer(tensor)
    if isinstance(layer, PASSING):
        return any(signed(network, name) for name in sources(layer))
    rectified = isinstance(layer, Conv2D) and layer.activation == "relu"
    return not (rectified or isinstance(layer, ReLU | Softmax | Sigmoid))


# Layers of which nothing negative comes where nothing negative went in.
PASSING = (MaxPool2D, AvgPool2D, GlobalAvgPool2D, Add, Concat, Dropout, Flatten, LeakyReLU, Tanh)


def _picture(pixels: Array, layout: Layout, colours: Palette) -> Iterator[ColourRule]:
    maps, whole = layout.tensors[INPUT].maps, layout.tensors[INPUT].range
    yield _faint(maps, 0.05, "0;0;0")
    if len(maps) == 3:
        for place, colour in zip(maps, CHANNEL_COLOURS, strict=True):
            yield ColourScale(
                (place,), formulas.largest(whole, fixed=True), None, colours.paper, colour
            )
        return
    limit = 0.45 * pixels.max()
    for place, plane in zip(maps, pixels, strict=True):
        # Digits turn white where the ink is too dark for black ones.
        dark = formulas.above(place.first, limit)
        now = tuple(_runs(plane > limit, place))
        yield Highlight((place,), dark, colour="FFFFFF", now=now)
    yield ColourScale(maps, formulas.largest(whole, fixed=True), None, colours.paper, colours.ink)


def _runs(mask: NDArray[np.bool_], place: Range) -> Iterator[Range]:
    """The cells of a range that a mask marks, as runs side by side."""
    edges = np.diff(np.pad(mask.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    starts, ends = np.argwhere(edges == 1).tolist(), np.argwhere(edges == -1).tolist()
    for (row, first), (_, end) in zip(starts, ends, strict=True):
        yield Range(place.row + row, place.column + first, 1, end - first)


def _around_zero(places: tuple[Range, ...], whole: Range, colours: Palette) -> ColourScale:
    limit = formulas.largest_magnitude(whole)
    return ColourScale(places, limit, colours.negative, colours.zero, colours.positive)


def _faint(
    places: tuple[Range, ...], below: float, number_format: str, colour: str | None = FAINT
) -> Highlight:
    """What is shown as zero steps back, and loses its sign: there is no "-0.0"."""
    formula = formulas.nearly_zero(places[0].first, below)
    return Highlight(places, formula, colour=colour, number_format=number_format, zeros=True)


def _bars(
    network: Network, values: Mapping[str, Values], layout: Layout, colours: Palette
) -> Iterator[Highlight]:
    """A bar for each class, of cells that are filled as far as the probability goes."""
    answer = layout.answer
    if answer is None or not isinstance(network.layer(network.output), Softmax | Sigmoid):
        return
    if not answer.bars:
        return
    shares = [values[f"{ANSWER}_value_{unit}"] for unit in range(1, len(answer.bars) + 1)]
    lengths = list(map(_filled, shares, answer.bars))
    for line in range(answer.bars[0].height):
        places = tuple(Range(bar.row + line, bar.column, 1, bar.width) for bar in answer.bars)
        formula = formulas.bar_reaches(answer.values[0].first, places[0])
        now = tuple(
            replace(place, width=length)
            for place, length in zip(places, lengths, strict=True)
            if length
        )
        yield Highlight(places, formula, fill=colours.positive, now=now)


def _filled(share: Values, bar: Range) -> int:
    """How many cells of a bar are filled for a probability; none for what is no number."""
    value = share.item()
    if not isinstance(value, float):
        return 0
    return int((value > (np.arange(bar.width) + 0.5) / bar.width).sum())
