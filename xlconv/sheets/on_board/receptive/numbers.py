"""Receptive fields, in the plainest NumPy: which cells a cell reads, which a pixel reaches.

Marks cells one window after the other and takes the box around them, where the formulas do
arithmetic on its ends; must not know these.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from xlconv.network import access
from xlconv.network.layers.base import Layer, sources
from xlconv.network.model import Array
from xlconv.network.network import Network
from xlconv.network.shapes import Shape, as_maps

Mask = NDArray[np.bool_]  # the marked numbers of one axis, from 0
Axes = tuple[Mask, Mask, Mask]  # maps, rows, columns


BoxNumbers = list[float]  # first and last map, row and column, from 1
NOWHERE = 99999.0  # the first of an axis on which there is nothing; its last is 0


def read_box(
    network: Network,
    tensor: str,
    chosen: str,
    cell: tuple[int, int, int],
    boxes: Mapping[str, Array],
) -> BoxNumbers:
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
    marks = _no_marks(network.shapes[tensor])
    for layer, number in ways:
        made = _marks_of_box(boxes[layer.name], network.shapes[layer.name])
        if made is None:
            return [np.nan] * 6
        if all(axis.any() for axis in made):
            marks = _union(marks, marks_read(layer, network, number, made))
    return _six(marks)


def reached_box(network: Network, layer: Layer, boxes: Mapping[str, Array]) -> BoxNumbers:
    """The box around the cells of a layer that read a cell in the `boxes` of its sources."""
    marks = _no_marks(network.shapes[layer.name])
    for number, name in enumerate(sources(layer)):
        read = _marks_of_box(boxes[name], network.shapes[name])
        if read is None:
            return [np.nan] * 6
        if all(axis.any() for axis in read):
            marks = _union(marks, marks_reached(layer, network, number, read))
    return _six(marks)


def pixel_box(network: Network, pixel: tuple[int, int] | None) -> BoxNumbers:
    """A pixel (row and column, from 1) in all channels of the picture, or nothing."""
    if pixel is None:
        return [NOWHERE, 0.0] * 3
    row, column = map(float, pixel)
    return [1.0, float(network.input_shape[0]), row, row, column, column]


def _marks_of_box(six: Array, shape: Shape) -> Axes | None:
    """Six numbers as marks; None if one of them is none."""
    if not np.isfinite(six).all():
        return None
    ends = zip(as_maps(shape), six[::2], six[1::2], strict=True)
    maps, rows, columns = (
        (np.arange(1, size + 1) >= first) & (np.arange(1, size + 1) <= last)
        for size, first, last in ends
    )
    return maps, rows, columns


def _six(marks: Axes) -> BoxNumbers:
    found = [np.flatnonzero(axis) + 1.0 for axis in marks]
    ends = [(one[0], one[-1]) if len(one) else (NOWHERE, 0.0) for one in found]
    return [float(number) for pair in ends for number in pair]


def _union(one: Axes, other: Axes) -> Axes:
    maps, rows, columns = (a | b for a, b in zip(one, other, strict=True))
    return maps, rows, columns


def _no_marks(shape: Shape) -> Axes:
    maps, rows, columns = (np.zeros(size, dtype=bool) for size in as_maps(shape))
    return maps, rows, columns


def _all_marks(shape: Shape) -> Axes:
    maps, rows, columns = (np.ones(size, dtype=bool) for size in as_maps(shape))
    return maps, rows, columns


def _fill_gaps(axis: Mask) -> Mask:
    """The marks with what is between them."""
    before = np.logical_or.accumulate(axis)
    filled: Mask = before & np.logical_or.accumulate(axis[::-1])[::-1]
    return filled


def marks_read(layer: Layer, network: Network, number: int, made: Axes) -> Axes:
    """What the marked cells of a layer read in its source of a number."""
    shape, size = network.read_shapes(layer)[number], network.shapes[layer.name]
    match network.access(layer, number):
        case access.Windows() as windows:
            return _windows_read(windows, shape, size, made)
        case access.Everything():
            return _all_marks(shape)
        case access.WholeMap():
            _, rows, columns = _all_marks(shape)
            return made[1], rows, columns
        case access.Part(before):
            part = slice(before, before + shape[0])
            if len(shape) == 3:
                return made[0][part], made[1], made[2]
            return made[0], made[1][part], made[2]
        case access.Unravelled(shape=(_, _, _)) as unravelled:
            return _cell_read(unravelled, made)
        case access.SameCell() | access.Unravelled():  # a vector's units stay in their order
            return made


def marks_reached(layer: Layer, network: Network, number: int, read: Axes) -> Axes:
    """Which cells of a layer read the marked cells of its source of a number."""
    shape, size = network.read_shapes(layer)[number], network.shapes[layer.name]
    one = np.ones(1, dtype=bool)
    match network.access(layer, number):
        case access.Windows() as windows:
            return _windows_reached(windows, shape, size, read)
        case access.Everything():
            return _all_marks(size)
        case access.WholeMap():
            return one, read[0], one
        case access.Part(before):
            axis = 0 if len(shape) == 3 else 1
            parts = list(read)
            parts[axis] = np.pad(read[axis], (before, size[0] - before - shape[0]))
            return parts[0], parts[1], parts[2]
        case access.Unravelled(shape=(_, _, _)) as unravelled:
            units = _unit_numbers(unravelled)[np.ix_(*read)].reshape(-1)
            if len(units) > 1:
                return _all_marks(size)
            return one, np.isin(np.arange(size[0]), units), one
        case access.SameCell() | access.Unravelled():
            return read


def _covers(windows: access.Windows, shape: Shape, size: Shape, axis: int) -> NDArray[np.bool_]:
    """Whether window o of an axis covers cell x of the padded map, as [o, x]."""
    stride, _, extent = windows.axes[axis]
    margin = windows.margin
    around = (margin.top + margin.bottom, margin.left + margin.right)[axis]
    covered = np.zeros((size[1 + axis], shape[1 + axis] + around), dtype=bool)
    for output, line in enumerate(covered):
        line[output * stride : output * stride + extent] = True
    return covered


def _inside(windows: access.Windows, shape: Shape, axis: int) -> slice:
    _, before, _ = windows.axes[axis]
    return slice(before, before + shape[1 + axis])


def _links(windows: access.Windows, shape: Shape, size: Shape) -> NDArray[np.bool_]:
    """Whether output map o reads map c, as [o, c]."""
    linked = np.zeros((size[0], shape[0]), dtype=bool)
    for output, line in enumerate(linked):
        line[list(windows.maps(output))] = True
    return linked


def _windows_read(windows: access.Windows, shape: Shape, size: Shape, made: Axes) -> Axes:
    lines: list[Mask] = []
    for axis in (0, 1):
        read: Mask = np.any(_covers(windows, shape, size, axis)[made[1 + axis]], axis=0)
        lines.append(_fill_gaps(read)[_inside(windows, shape, axis)])
    maps: Mask = np.any(_links(windows, shape, size)[made[0]], axis=0)
    return maps, lines[0], lines[1]


def _windows_reached(windows: access.Windows, shape: Shape, size: Shape, read: Axes) -> Axes:
    lines: list[Mask] = []
    for axis in (0, 1):
        covered = _covers(windows, shape, size, axis)[:, _inside(windows, shape, axis)]
        lines.append(np.any(covered[:, read[1 + axis]], axis=1))
    maps: Mask = np.any(_links(windows, shape, size)[:, read[0]], axis=1)
    return maps, lines[0], lines[1]


def _unit_numbers(unravelled: access.Unravelled) -> NDArray[np.int64]:
    """The unit of each cell, of a flattened tensor."""
    numbers = np.arange(np.prod(unravelled.shape))
    channels, height, width = as_maps(unravelled.shape)
    if unravelled.order == "chw":
        return numbers.reshape(channels, height, width)
    return numbers.reshape(height, width, channels).transpose(2, 0, 1)


def _cell_read(unravelled: access.Unravelled, made: Axes) -> Axes:
    """One unit is one cell; several are taken for all cells."""
    if made[1].sum() > 1:
        return _all_marks(unravelled.shape)
    marks = made[1][_unit_numbers(unravelled)]
    maps, rows, columns = (np.any(marks, axis=across) for across in ((1, 2), (0, 2), (0, 1)))
    return maps, rows, columns
