"""Which box of cells a cell reads, and which cells a pixel reaches, as formulas.

A box is six cells: the first and the last map, row and column, counted from 1. It covers what
windows cover, the gaps of a dilated kernel included. A box with a first beyond its last is
empty: NOWHERE stands first, 0 last. Must not know where the six cells stand.

Source: the arithmetic of receptive fields, Dumoulin and Visin, "A guide to convolution
arithmetic for deep learning", arXiv:1603.07285, and Araujo et al., "Computing receptive fields of
convolutional neural networks", Distill (2019).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from xlconv.network import access
from xlconv.network.layers.base import Layer, sources
from xlconv.network.network import Network
from xlconv.network.shapes import Shape, as_maps
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
    maps, rows, columns = as_maps(shape)
    return ("1", str(maps)), ("1", str(rows)), ("1", str(columns))


def read_through(layer: Layer, network: Network, number: int, box: Box) -> Intervals:
    """What the cells of a box of a layer read in its source of a number, from 0."""
    shape = network.read_shapes(layer)[number]
    match network.access(layer, number):
        case access.Windows() as windows:
            return _windows_read(windows, shape, box)
        case access.Everything():
            return whole(shape)
        case access.WholeMap():
            _, rows, columns = whole(shape)
            return box.rows, rows, columns
        case access.Part(before):
            return _along(shape, box, lambda interval: _part(interval, before, shape[0]))
        case access.Unravelled(shape=(_, _, _)) as unravelled:
            return _cell_read(unravelled, box)
        case access.SameCell() | access.Unravelled():  # a vector's units stay in their order
            return box.maps, box.rows, box.columns


def reached_through(layer: Layer, network: Network, number: int, box: Box) -> Intervals:
    """Which cells of a layer read a cell of a box of its source of a number, from 0."""
    shape, size = network.read_shapes(layer)[number], network.shapes[layer.name]
    one = ("1", "1")
    match network.access(layer, number):
        case access.Windows() as windows:
            return _windows_reached(windows, size, box)
        case access.Everything():
            return whole(size)
        case access.WholeMap():
            return one, box.maps, one
        case access.Part(before):
            return _along(shape, box, lambda interval: _move(interval, before))
        case access.Unravelled(shape=(_, _, _)) as unravelled:
            return one, _units_reached(unravelled, box), one
        case access.SameCell() | access.Unravelled():
            return box.maps, box.rows, box.columns


def _scaled_text(text: str, times: int, plus: int) -> str:
    product = text if times == 1 else f"{text}*{times}"
    return f"{product}{plus:+d}" if plus else product


def _whole_part(text: str, plus: int, by: int) -> str:
    """INT((text + plus) / by)."""
    if by == 1:
        return _scaled_text(text, 1, plus)
    inner = _scaled_text(text, 1, plus)
    return f"INT(({inner})/{by})" if plus else f"INT({inner}/{by})"


def _windows_read(windows: access.Windows, shape: Shape, box: Box) -> Intervals:
    rows, columns = (
        (
            f"MAX(1,{_scaled_text(first, stride, 1 - before - stride)})",
            f"MIN({length},{_scaled_text(last, stride, covered - before - stride)})",
        )
        for (first, last), length, (stride, before, covered) in zip(
            (box.rows, box.columns), shape[1:], windows.axes, strict=True
        )
    )
    return _across_groups(windows.groups, box.maps, back=True), rows, columns


def _windows_reached(windows: access.Windows, size: Shape, box: Box) -> Intervals:
    rows, columns = (
        (
            f"MAX(1,{_whole_part(first, before - covered + stride - 1, stride)}+1)",
            f"MIN({length},{_whole_part(last, before - 1, stride)}+1)",
        )
        for (first, last), length, (stride, before, covered) in zip(
            (box.rows, box.columns), size[1:], windows.axes, strict=True
        )
    )
    return _across_groups(windows.groups, box.maps, back=False), rows, columns


def _across_groups(groups: access.Groups | None, maps: Interval, back: bool) -> Interval:
    """The maps on the other side of windows."""
    if groups is None:
        return maps
    here, there = (groups.made, groups.read) if back else (groups.read, groups.made)
    if groups.count == 1:
        return "1", str(there)
    first, last = (_whole_part(text, -1, here) for text in maps)
    bracketed = f"({first})" if here == 1 else first
    return f"{bracketed}*{there}+1", f"({last}+1)*{there}"


def _along(shape: Shape, box: Box, change: Callable[[Interval], Interval]) -> Intervals:
    """A box with other maps, or, of a vector, other units."""
    if len(shape) == 3:
        return change(box.maps), box.rows, box.columns
    return box.maps, change(box.rows), box.columns


def _part(interval: Interval, before: int, length: int) -> Interval:
    first, last = _move(interval, -before)
    return f"MAX(1,{first})", f"MIN({length},{last})"


def _move(interval: Interval, by: int) -> Interval:
    first, last = (_scaled_text(text, 1, by) for text in interval)
    return first, last


def _cell_read(unravelled: access.Unravelled, box: Box) -> Intervals:
    """One unit is one cell; several are taken for all cells."""
    first, last = box.rows
    maps, rows, columns = (
        (f"IF({first}={last},{cell},{low})", f"IF({first}={last},{cell},{high})")
        for cell, (low, high) in zip(
            _unit_cell(unravelled, first), whole(unravelled.shape), strict=True
        )
    )
    return maps, rows, columns


def _unit_cell(unravelled: access.Unravelled, unit: str) -> tuple[str, str, str]:
    """The map, row and column, from 1, of a flattened unit, from 1."""
    channels, height, width = unravelled.shape
    if unravelled.order == "chw":
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


def _units_reached(unravelled: access.Unravelled, box: Box) -> Interval:
    """One cell is one unit; several are taken for all units."""
    channels, height, width = unravelled.shape
    (m, m2), (r, r2), (c, c2) = box.maps, box.rows, box.columns
    unit = f"(({m}-1)*{height}+{r}-1)*{width}+{c}"
    if unravelled.order == "hwc":
        unit = f"(({r}-1)*{width}+{c}-1)*{channels}+{m}"
    single = f"AND({m}={m2},{r}={r2},{c}={c2})"
    return f"IF({single},{unit},1)", f"IF({single},{unit},{channels * height * width})"


def joined(ways: Iterable[tuple[Box, Intervals]]) -> Intervals:
    """The box around what several ways lead to, each from a box that may be empty.

    >>> joined([])
    (('99999', '0'), ('99999', '0'), ('99999', '0'))
    """
    ways = list(ways)
    return _joint_interval(ways, 0), _joint_interval(ways, 1), _joint_interval(ways, 2)


def _joint_interval(ways: list[tuple[Box, Intervals]], axis: int) -> Interval:
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
