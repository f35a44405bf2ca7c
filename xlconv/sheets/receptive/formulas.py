"""Which box of cells a cell reads, and which cells a pixel reaches, as formulas.

A box is six cells: the first and the last map, row and column, counted from 1. It covers what
windows cover, the gaps of a dilated kernel included. A box with a first beyond its last is
empty: NOWHERE stands first, 0 last. Must not know where the six cells stand.

Source: the arithmetic of receptive fields, Dumoulin and Visin, "A guide to convolution
arithmetic for deep learning", arXiv:1603.07285, and Araujo et al., "Computing receptive fields of
convolutional neural networks", Distill (2019).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import singledispatch

from xlconv.network.layers.activation import Softmax
from xlconv.network.layers.base import Layer, Windowed, sources
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.merging import Concat
from xlconv.network.layers.pooling import GlobalAvgPool2D
from xlconv.network.layers.reshaping import Flatten
from xlconv.network.network import Network
from xlconv.network.shapes import Shape
from xlconv.spreadsheet.cells import Range

NOWHERE = 99999  # larger than every number of a map, row or column

Interval = tuple[str, str]  # the formulas of the first and the last


@dataclass(frozen=True)
class Box:
    """The six cells of a box, as formulas read them."""

    maps: Interval
    rows: Interval
    columns: Interval

    @classmethod
    def at(cls, place: Range) -> Box:
        """The box of six cells beside each other."""
        texts = [cell.absolute for cell in place.cells()]
        return cls((texts[0], texts[1]), (texts[2], texts[3]), (texts[4], texts[5]))

    @property
    def empty(self) -> str:
        """Whether there is no cell in it."""
        pairs = (self.maps, self.rows, self.columns)
        return ",".join(f"{first}>{last}" for first, last in pairs)


Intervals = tuple[Interval, Interval, Interval]


def whole(shape: Shape) -> Intervals:
    """All of a tensor."""
    maps, rows, columns = shape if len(shape) == 3 else (1, shape[0], 1)
    return ("1", str(maps)), ("1", str(rows)), ("1", str(columns))


@singledispatch
def read_through(layer: Layer, network: Network, number: int, box: Box) -> Intervals:
    """What the cells of a box of a layer read in its source of a number, from 0: cell by cell,
    the very same cells."""
    return box.maps, box.rows, box.columns


@singledispatch
def reached_through(layer: Layer, network: Network, number: int, box: Box) -> Intervals:
    """Which cells of a layer read a cell of a box of its source of a number, from 0."""
    return box.maps, box.rows, box.columns


def _shifted(text: str, times: int, plus: int) -> str:
    product = text if times == 1 else f"{text}*{times}"
    return f"{product}{plus:+d}" if plus else product


def _whole_part(text: str, plus: int, by: int) -> str:
    """INT((text + plus) / by)."""
    if by == 1:
        return _shifted(text, 1, plus)
    inner = _shifted(text, 1, plus)
    return f"INT(({inner})/{by})" if plus else f"INT({inner}/{by})"


def _axes(layer: Windowed, shape: Shape) -> list[tuple[int, int, int]]:
    """For rows and columns: the stride, the padding before, the cells that a window covers."""
    margin = layer.margin(shape)
    before = (margin.top, margin.left)
    return list(zip(layer.window.stride, before, layer.window.extent, strict=True))


@read_through.register(Windowed)
def _windows_read(layer: Windowed, network: Network, number: int, box: Box) -> Intervals:
    shape = network.read_shapes(layer)[0]
    rows, columns = (
        (
            f"MAX(1,{_shifted(first, stride, 1 - before - stride)})",
            f"MIN({length},{_shifted(last, stride, covered - before - stride)})",
        )
        for (first, last), length, (stride, before, covered) in zip(
            (box.rows, box.columns), shape[1:], _axes(layer, shape), strict=True
        )
    )
    return _channels(layer, shape[0], box, back=True), rows, columns


@reached_through.register(Windowed)
def _windows_reach(layer: Windowed, network: Network, number: int, box: Box) -> Intervals:
    read, made = network.read_shapes(layer)[0], network.shapes[layer.name]
    rows, columns = (
        (
            f"MAX(1,{_whole_part(first, before - covered + stride - 1, stride)}+1)",
            f"MIN({length},{_whole_part(last, before - 1, stride)}+1)",
        )
        for (first, last), length, (stride, before, covered) in zip(
            (box.rows, box.columns), made[1:], _axes(layer, read), strict=True
        )
    )
    return _channels(layer, read[0], box, back=False), rows, columns


def _channels(layer: Windowed, channels: int, box: Box, back: bool) -> Interval:
    """The maps on the other side of windows: a convolution's read all maps of their group."""
    if not isinstance(layer, Conv2D):
        return box.maps
    here, there = layer.kernels // layer.groups, channels // layer.groups
    if not back:
        here, there = there, here
    if layer.groups == 1:
        return "1", str(there)
    first, last = (_whole_part(text, -1, here) for text in box.maps)
    bracketed = f"({first})" if here == 1 else first
    return f"{bracketed}*{there}+1", f"({last}+1)*{there}"


@read_through.register
def _dense_reads(layer: Dense, network: Network, number: int, box: Box) -> Intervals:
    return whole(network.read_shapes(layer)[0])


@reached_through.register
def _dense_reaches(layer: Dense, network: Network, number: int, box: Box) -> Intervals:
    return whole(network.shapes[layer.name])


@read_through.register
def _softmax_reads(layer: Softmax, network: Network, number: int, box: Box) -> Intervals:
    return whole(network.shapes[layer.name])


@reached_through.register
def _softmax_reaches(layer: Softmax, network: Network, number: int, box: Box) -> Intervals:
    return whole(network.shapes[layer.name])


@read_through.register
def _average_reads(layer: GlobalAvgPool2D, network: Network, number: int, box: Box) -> Intervals:
    _, rows, columns = whole(network.read_shapes(layer)[0])
    return box.rows, rows, columns


@reached_through.register
def _average_reaches(layer: GlobalAvgPool2D, network: Network, number: int, box: Box) -> Intervals:
    return ("1", "1"), box.maps, ("1", "1")


@read_through.register
def _concat_reads(layer: Concat, network: Network, number: int, box: Box) -> Intervals:
    before, shape = _before(layer, network, number), network.read_shapes(layer)[number]

    def part(interval: Interval) -> Interval:
        first, last = (_shifted(text, 1, -before) for text in interval)
        return f"MAX(1,{first})", f"MIN({shape[0]},{last})"

    if len(shape) == 3:
        return part(box.maps), box.rows, box.columns
    return box.maps, part(box.rows), box.columns


@reached_through.register
def _concat_reaches(layer: Concat, network: Network, number: int, box: Box) -> Intervals:
    before = _before(layer, network, number)

    def moved(interval: Interval) -> Interval:
        first, last = (_shifted(text, 1, before) for text in interval)
        return first, last

    if len(network.shapes[layer.name]) == 3:
        return moved(box.maps), box.rows, box.columns
    return box.maps, moved(box.rows), box.columns


def _before(layer: Concat, network: Network, number: int) -> int:
    """The maps, or units, of a concatenation before those of its source of a number."""
    return sum(shape[0] for shape in network.read_shapes(layer)[:number])


@read_through.register
def _flat_reads(layer: Flatten, network: Network, number: int, box: Box) -> Intervals:
    """One unit is one cell; several are taken for all cells."""
    shape = network.read_shapes(layer)[0]
    if len(shape) == 1:
        return box.maps, box.rows, box.columns
    (first, last), everything = box.rows, whole(shape)
    cell = unit_cell(layer, shape, first)

    def one(axis: int) -> Interval:
        low, high = everything[axis]
        return f"IF({first}={last},{cell[axis]},{low})", f"IF({first}={last},{cell[axis]},{high})"

    return one(0), one(1), one(2)


def unit_cell(layer: Flatten, shape: Shape, unit: str) -> tuple[str, str, str]:
    """The map, row and column, from 1, of a flattened unit, from 1."""
    channels, height, width = shape
    if layer.order == "chw":
        return (
            f"INT(({unit}-1)/{height * width})+1",
            f"INT(MOD({unit}-1,{height * width})/{width})+1",
            f"MOD({unit}-1,{width})+1",
        )
    return (
        f"MOD({unit}-1,{channels})+1",
        f"INT(({unit}-1)/{channels * width})+1",
        f"MOD(INT(({unit}-1)/{channels}),{width})+1",
    )


@reached_through.register
def _flat_reaches(layer: Flatten, network: Network, number: int, box: Box) -> Intervals:
    shape = network.read_shapes(layer)[0]
    if len(shape) == 1:
        return box.maps, box.rows, box.columns
    channels, height, width = shape
    (m, m2), (r, r2), (c, c2) = box.maps, box.rows, box.columns
    unit = f"(({m}-1)*{height}+{r}-1)*{width}+{c}"
    if layer.order == "hwc":
        unit = f"(({r}-1)*{width}+{c}-1)*{channels}+{m}"
    single = f"AND({m}={m2},{r}={r2},{c}={c2})"
    units = f"IF({single},{unit},1)", f"IF({single},{unit},{channels * height * width})"
    return ("1", "1"), units, ("1", "1")


def joined(ways: Iterable[tuple[Box, Intervals]]) -> Intervals:
    """The box around what several ways lead to, each from a box that may be empty.

    >>> joined([])
    (('99999', '0'), ('99999', '0'), ('99999', '0'))
    """
    ways = list(ways)
    return _joined(ways, 0), _joined(ways, 1), _joined(ways, 2)


def _joined(ways: list[tuple[Box, Intervals]], axis: int) -> Interval:
    firsts, lasts = [], []
    for box, intervals in ways:
        first, last = intervals[axis]
        none = f"OR({box.empty},{first}>{last})"
        firsts.append(f"IF({none},{NOWHERE},{first})")
        lasts.append(f"IF({none},0,{last})")
    if not ways:
        return str(NOWHERE), "0"
    if len(ways) == 1:
        return firsts[0], lasts[0]
    return f"MIN({','.join(firsts)})", f"MAX({','.join(lasts)})"


def readings(network: Network, tensor: str) -> list[tuple[Layer, int]]:
    """The layers that read a tensor, each with the number, from 0, of the source that it is."""
    return [
        (layer, number)
        for layer in network.layers
        for number, name in enumerate(sources(layer))
        if name == tensor
    ]
