"""Receptive fields, in the plainest NumPy: which cells a cell reads, which a pixel reaches.

Marks cells one window after the other and takes the box around them, where the formulas (in
`boxes`) do arithmetic on its ends; must not know these.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch

import numpy as np
from numpy.typing import NDArray

from xlconv.network.layers.activation import Softmax
from xlconv.network.layers.base import Layer, Windowed, sources
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.merging import Concat
from xlconv.network.layers.pooling import GlobalAvgPool2D
from xlconv.network.layers.reshaping import Flatten
from xlconv.network.model import Array
from xlconv.network.network import Network
from xlconv.network.shapes import Shape

Mask = NDArray[np.bool_]  # the marked numbers of one axis, from 0
Axes = tuple[Mask, Mask, Mask]  # maps, rows, columns


Six = list[float]  # first and last map, row and column, from 1
NOWHERE = 99999.0  # the first of an axis on which there is nothing; its last is 0


def read_box(
    network: Network,
    tensor: str,
    chosen: str,
    cell: tuple[int, int, int],
    boxes: Mapping[str, Array],
) -> Six:
    """The box around the cells of a tensor that the chosen layer's cell (map, row and column, from
    1) reads, from the `boxes` of the layers that read the tensor; the cell itself, if it is its
    own. NaN where one of these is not known."""
    if tensor == chosen:
        return [float(number) for number in cell for _ in range(2)]
    ways = [
        (layer, number)
        for layer in network.layers
        for number, name in enumerate(sources(layer))
        if name == tensor
    ]
    marks = _none(network.shapes[tensor])
    for layer, number in ways:
        made = _marked(boxes[layer.name], network.shapes[layer.name])
        if made is None:
            return [np.nan] * 6
        if all(axis.any() for axis in made):
            marks = _either(marks, marks_read(layer, network, number, made))
    return _six(marks)


def reached_box(network: Network, layer: Layer, boxes: Mapping[str, Array]) -> Six:
    """The box around the cells of a layer that read a cell in the `boxes` of its sources."""
    marks = _none(network.shapes[layer.name])
    for number, name in enumerate(sources(layer)):
        read = _marked(boxes[name], network.shapes[name])
        if read is None:
            return [np.nan] * 6
        if all(axis.any() for axis in read):
            marks = _either(marks, marks_reached(layer, network, number, read))
    return _six(marks)


def pixel_box(network: Network, pixel: tuple[int, int] | None) -> Six:
    """A pixel (row and column, from 1) in all channels of the picture, or nothing."""
    if pixel is None:
        return [NOWHERE, 0.0] * 3
    row, column = map(float, pixel)
    return [1.0, float(network.input_shape[0]), row, row, column, column]


def _marked(six: Array, shape: Shape) -> Axes | None:
    """Six numbers as marks; None if one of them is none."""
    if not np.isfinite(six).all():
        return None
    ends = zip(_sizes(shape), six[::2], six[1::2], strict=True)
    maps, rows, columns = (
        (np.arange(1, size + 1) >= first) & (np.arange(1, size + 1) <= last)
        for size, first, last in ends
    )
    return maps, rows, columns


def _six(marks: Axes) -> Six:
    found = [np.flatnonzero(axis) + 1.0 for axis in marks]
    ends = [(one[0], one[-1]) if len(one) else (NOWHERE, 0.0) for one in found]
    return [float(number) for pair in ends for number in pair]


def _either(one: Axes, other: Axes) -> Axes:
    maps, rows, columns = (a | b for a, b in zip(one, other, strict=True))
    return maps, rows, columns


def _sizes(shape: Shape) -> Shape:
    return shape if len(shape) == 3 else (1, shape[0], 1)


def _none(shape: Shape) -> Axes:
    maps, rows, columns = (np.zeros(size, dtype=bool) for size in _sizes(shape))
    return maps, rows, columns


def _all(shape: Shape) -> Axes:
    maps, rows, columns = (np.ones(size, dtype=bool) for size in _sizes(shape))
    return maps, rows, columns


def _single(shape: Shape, cell: tuple[int, int, int]) -> Axes:
    maps, rows, columns = (
        np.arange(1, size + 1) == at for size, at in zip(_sizes(shape), cell, strict=True)
    )
    return maps, rows, columns


def _filled(axis: Mask) -> Mask:
    """The marks with what is between them."""
    before = np.logical_or.accumulate(axis)
    filled: Mask = before & np.logical_or.accumulate(axis[::-1])[::-1]
    return filled


@singledispatch
def marks_read(layer: Layer, network: Network, number: int, made: Axes) -> Axes:
    """What the marked cells of a layer read in its source of a number: the very same cells."""
    return made


@singledispatch
def marks_reached(layer: Layer, network: Network, number: int, read: Axes) -> Axes:
    """Which cells of a layer read the marked cells of its source of a number."""
    return read


def _covers(layer: Windowed, shape: Shape, made: Shape, axis: int) -> NDArray[np.bool_]:
    """Whether window o of an axis covers cell x of the padded map, as [o, x]."""
    margin = layer.margin(shape)
    around = ((margin.top, margin.bottom), (margin.left, margin.right))[axis]
    length = shape[1 + axis] + sum(around)
    covered = np.zeros((made[1 + axis], length), dtype=bool)
    for output, line in enumerate(covered):
        start = output * layer.window.stride[axis]
        line[start : start + layer.window.extent[axis]] = True
    return covered


def _inside(layer: Windowed, shape: Shape, axis: int) -> slice:
    margin = layer.margin(shape)
    before = (margin.top, margin.left)[axis]
    return slice(before, before + shape[1 + axis])


def _links(layer: Windowed, network: Network) -> NDArray[np.bool_]:
    """Whether output map o reads map c, as [o, c]."""
    maps, channels = network.shapes[layer.name][0], network.read_shapes(layer)[0][0]
    linked = np.eye(maps, channels, dtype=bool)
    if isinstance(layer, Conv2D):
        for output, line in enumerate(linked):
            line[:] = False
            line[list(layer.channels_read(channels, output))] = True
    return linked


@marks_read.register(Windowed)
def _windows_read(layer: Windowed, network: Network, number: int, made: Axes) -> Axes:
    shape, size = network.read_shapes(layer)[0], network.shapes[layer.name]
    lines: list[Mask] = []
    for axis in (0, 1):
        read: Mask = np.any(_covers(layer, shape, size, axis)[made[1 + axis]], axis=0)
        lines.append(_filled(read)[_inside(layer, shape, axis)])
    maps: Mask = np.any(_links(layer, network)[made[0]], axis=0)
    return maps, lines[0], lines[1]


@marks_reached.register(Windowed)
def _windows_reached(layer: Windowed, network: Network, number: int, read: Axes) -> Axes:
    shape, size = network.read_shapes(layer)[0], network.shapes[layer.name]
    lines: list[Mask] = []
    for axis in (0, 1):
        covered = _covers(layer, shape, size, axis)[:, _inside(layer, shape, axis)]
        lines.append(np.any(covered[:, read[1 + axis]], axis=1))
    maps: Mask = np.any(_links(layer, network)[:, read[0]], axis=1)
    return maps, lines[0], lines[1]


@marks_read.register(Dense)
@marks_read.register(Softmax)
def _all_read(layer: Layer, network: Network, number: int, made: Axes) -> Axes:
    return _all(network.read_shapes(layer)[0])


@marks_reached.register(Dense)
@marks_reached.register(Softmax)
def _all_reached(layer: Layer, network: Network, number: int, read: Axes) -> Axes:
    return _all(network.shapes[layer.name])


@marks_read.register
def _maps_read(layer: GlobalAvgPool2D, network: Network, number: int, made: Axes) -> Axes:
    _, rows, columns = _all(network.read_shapes(layer)[0])
    return made[1], rows, columns


@marks_reached.register
def _means_reached(layer: GlobalAvgPool2D, network: Network, number: int, read: Axes) -> Axes:
    one = np.ones(1, dtype=bool)
    return one, read[0], one


@marks_read.register
def _part_read(layer: Concat, network: Network, number: int, made: Axes) -> Axes:
    shapes = network.read_shapes(layer)
    start = sum(shape[0] for shape in shapes[:number])
    part = slice(start, start + shapes[number][0])
    if len(shapes[number]) == 3:
        return made[0][part], made[1], made[2]
    return made[0], made[1][part], made[2]


@marks_reached.register
def _part_reached(layer: Concat, network: Network, number: int, read: Axes) -> Axes:
    shapes = network.read_shapes(layer)
    axis = 0 if len(shapes[number]) == 3 else 1
    before = np.zeros(sum(shape[0] for shape in shapes[:number]), dtype=bool)
    behind = np.zeros(sum(shape[0] for shape in shapes[number + 1 :]), dtype=bool)
    parts = list(read)
    parts[axis] = np.concatenate([before, read[axis], behind])
    return parts[0], parts[1], parts[2]


def _numbered(layer: Flatten, shape: Shape) -> NDArray[np.int64]:
    """The unit of each cell, of a flattened tensor."""
    numbers = np.arange(np.prod(shape))
    if layer.order == "chw" or len(shape) == 1:
        return numbers.reshape(_sizes(shape))
    channels, height, width = shape
    return numbers.reshape(height, width, channels).transpose(2, 0, 1)


@marks_read.register
def _cell_read(layer: Flatten, network: Network, number: int, made: Axes) -> Axes:
    """One unit is one cell; several are taken for all cells."""
    shape = network.read_shapes(layer)[0]
    if len(shape) == 1:
        return made
    if made[1].sum() > 1:
        return _all(shape)
    [[channel], [row], [column]] = np.nonzero(made[1][_numbered(layer, shape)])
    return _single(shape, (int(channel) + 1, int(row) + 1, int(column) + 1))


@marks_reached.register
def _unit_reached(layer: Flatten, network: Network, number: int, read: Axes) -> Axes:
    shape = network.read_shapes(layer)[0]
    if len(shape) == 1:
        return read
    units = _numbered(layer, shape)[np.ix_(*read)].reshape(-1)
    if len(units) > 1:
        return _all(network.shapes[layer.name])
    one = np.ones(1, dtype=bool)
    return one, np.isin(np.arange(np.prod(shape)), units), one
