"""The inspector's places, and the numbers by which it finds its way on the board.

The sheet Explain has one set of cells for every layer: what a layer's cell reads is a number of
*slots* (one for each map that it reads) of a window's height and width; every cell of a window
is a *term*, in a list. Where the slots stand follows from a table with a line for each layer,
made here. Must not know formulas, values or looks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import singledispatch

from xlconv.formulas.places import WeightPlaces
from xlconv.network.layers.activation import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from xlconv.network.layers.base import Layer, Windowed, source, sources
from xlconv.network.layers.convolution import Conv2D, KernelDemo
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.dropout import Dropout
from xlconv.network.layers.merging import Add, Concat
from xlconv.network.layers.normalization import BatchNorm2D
from xlconv.network.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from xlconv.network.layers.reshaping import Flatten
from xlconv.network.network import Network
from xlconv.network.shapes import Shape, map_count
from xlconv.sheets.board.layout import Layout
from xlconv.spreadsheet.cells import Range

# What becomes of the terms, in the order of the inspector's CHOOSE.
OPERATIONS = (
    *("weighted", "rectified", "largest", "mean", "relu", "leaky", "tanh", "sigmoid"),
    *("normalised", "added", "same", "dropped", "softmax"),
)
NO_WEIGHTS, WEIGHTS, EXPONENTS = 0, 1, 2
FACTS = 4
STRONGEST = 5


@dataclass(frozen=True)
class Fact:
    """A number that stands beside a layer: its cell for map 1, row 1 and column 1, and how many
    rows it moves with each map and each row, and columns with each column."""

    name: str = ""
    top: int = 0
    left: int = 0
    by_map: int = 0
    by_row: int = 0
    by_column: int = 0


@dataclass(frozen=True)
class Origin:
    """A tensor that is read: the first cell of its first map, the rows from map to map, how many
    maps there are, and how many of the layer's own maps (or units) come before those made of it."""

    name: str
    top: int
    left: int
    pitch: int
    maps: int
    before: int = 0


@dataclass(frozen=True)
class Kernels:
    """Where a layer's weights stand in the range that holds them all, `inside`, whose rows and
    columns count from 1: those of output o (from 1) for slot k (from 1) begin
    (o - 1) // outputs_across * output_rows + (k - 1) % slots_down * slot_rows rows below `top`, and
    (o - 1) % outputs_across * output_columns + (k - 1) // slots_down * slot_columns columns right
    of `left`."""

    inside: Range | None = None
    top: int = 1
    left: int = 1
    outputs_across: int = 1
    output_rows: int = 0
    output_columns: int = 0
    slots_down: int = 1
    slot_rows: int = 0
    slot_columns: int = 0


@dataclass(frozen=True)
class LayerLine:
    """A layer's line of the table.

    There are `slots` windows of `size`, moved by `stride` for each row and column (0: the window is
    the whole map) from `before` rows and columns outside of the map, their cells `apart`. The first
    slot's map is maps_of * ((map - 1) // maps_by) + by_row * (row - 1) + 1, the next ones `maps_on`
    further. `skips`: windows do without what lies outside of the map. Where units are `unravelled`,
    unit u is the cell of map, row and column (u - 1) // unravelled % read, each from 0. `labels` is
    the column in which a vector's labels stand.
    """

    name: str
    operation: str
    shape: Shape
    own: Origin
    origins: tuple[Origin, ...]
    size: tuple[int, int] = (1, 1)
    slots: int = 1
    stride: tuple[int, int] = (1, 1)
    before: tuple[int, int] = (0, 0)
    apart: tuple[int, int] = (1, 1)
    read: tuple[int, int, int] = (1, 1, 1)
    maps_of: int = 1
    maps_by: int = 1
    by_row: int = 0
    maps_on: int = 0
    skips: bool = False
    weights: int = NO_WEIGHTS
    output_is_row: bool = False
    kernels: Kernels = Kernels()
    facts: tuple[Fact, ...] = ()
    number: float = 0.0
    then: Origin | None = None
    then_relu: bool = False
    unravelled: tuple[int, int, int] = (0, 0, 0)
    labels: int = 0

    @property
    def terms(self) -> int:
        """How many cells a cell of the layer reads."""
        return self.slots * self.size[0] * self.size[1]


def layer_lines(network: Network, layout: Layout) -> list[LayerLine]:
    """The table, a line for each layer."""
    return [_line(layer, network, layout) for layer in network.layers]


def _line(layer: Layer, network: Network, layout: Layout) -> LayerLine:
    shape = network.shapes[layer.name]
    origins = tuple(origin(network, layout, name) for name in sources(layer))
    shape_read = network.shapes[source(layer)]
    plain = LayerLine(
        layer.name,
        "same",
        shape,
        origin(network, layout, layer.name),
        origins,
        read=shape_read if len(shape_read) == 3 else (1, shape_read[0], 1),
        labels=layout.labels[layer.name].column if len(shape) == 1 else 0,
    )
    filled = layer_line(layer, plain, network, layout)
    then = next((one for one in network.readers(layer.name) if isinstance(one, _THEN)), None)
    if then is None or network.shapes[then.name] != shape:
        return filled
    return replace(
        filled, then=origin(network, layout, then.name), then_relu=isinstance(then, ReLU)
    )


_THEN = (ReLU, LeakyReLU, Tanh, Sigmoid, BatchNorm2D)


def origin(network: Network, layout: Layout, tensor: str, before: int = 0) -> Origin:
    """Where a tensor stands."""
    maps = layout.tensors[tensor].maps
    pitch = maps[1].row - maps[0].row if len(maps) > 1 else 0
    return Origin(tensor, maps[0].row, maps[0].column, pitch, len(maps), before)


@singledispatch
def layer_line(layer: Layer, plain: LayerLine, network: Network, layout: Layout) -> LayerLine:
    """A kind's own numbers in its line of the table."""
    raise NotImplementedError(f"the inspector does not know {type(layer).__name__}")


def _windows(layer: Windowed, plain: LayerLine, network: Network) -> LayerLine:
    margin = layer.margin(network.shapes[source(layer)])
    return replace(
        plain,
        size=layer.window.size,
        stride=layer.window.stride,
        before=(margin.top, margin.left),
        apart=layer.window.dilation,
    )


@layer_line.register
def _conv_line(layer: Conv2D, plain: LayerLine, network: Network, layout: Layout) -> LayerLine:
    channels = len(layer.channels_read(network.read_shapes(layer)[0][0], 0))
    places = layout.weights[layer.name]
    pitch = plain.own.pitch
    facts = (_fact("bias", places.arrays["bias"], by_map=pitch),) if layer.bias else ()
    return replace(
        _windows(layer, plain, network),
        operation="rectified" if layer.activation == "relu" else "weighted",
        slots=channels,
        maps_of=channels,
        maps_by=layer.kernels // layer.groups,
        maps_on=1,
        weights=WEIGHTS,
        kernels=replace(_kernels(places, channels, 1), output_rows=pitch),
        facts=facts,
    )


def _fact(name: str, places: tuple[Range, ...], **moves: int) -> Fact:
    return Fact(name, places[0].row, places[0].column, **moves)


def _kernels(places: WeightPlaces, slots: int, across: int) -> Kernels:
    """Where the kernels of one output for each slot stand: in columns of equal length."""
    first, inside = places.kernels(0), Range.around(places.arrays["weight"])
    down = sum(place.column == first[0].column for place in first)
    return Kernels(
        inside,
        first[0].row - inside.row + 1,
        first[0].column - inside.column + 1,
        across,
        slots_down=down,
        slot_rows=first[1].row - first[0].row if down > 1 else 0,
        slot_columns=first[down].column - first[0].column if slots > down else 0,
    )


@layer_line.register
def _dense_line(layer: Dense, plain: LayerLine, network: Network, layout: Layout) -> LayerLine:
    places, slots = layout.weights[layer.name], map_count(network.shapes[source(layer)])
    firsts = [places.kernels(unit)[0] for unit in range(layer.units)]
    across = sum(place.row == firsts[0].row for place in firsts)
    facts = (_fact("bias", places.arrays["bias"], by_row=1),) if layer.bias else ()
    kernels = replace(
        _kernels(places, slots, across),
        output_columns=firsts[1].column - firsts[0].column if across > 1 else 0,
        output_rows=firsts[across].row - firsts[0].row if layer.units > across else 0,
    )
    return replace(
        plain,
        operation="weighted",
        size=plain.read[1:],
        slots=slots,
        stride=(0, 0),
        maps_of=0,
        maps_on=1,
        weights=WEIGHTS,
        output_is_row=True,
        kernels=kernels,
        facts=facts,
    )


@layer_line.register
def _demo_line(layer: KernelDemo, plain: LayerLine, network: Network, layout: Layout) -> LayerLine:
    kernel = layout.inner[f"{layer.name}_kernel"].maps[0]
    return replace(
        _windows(layer, plain, network),
        operation="weighted",
        weights=WEIGHTS,
        kernels=Kernels(kernel),
    )


@layer_line.register(MaxPool2D)
@layer_line.register(AvgPool2D)
def _pool_line(
    layer: MaxPool2D | AvgPool2D, plain: LayerLine, network: Network, layout: Layout
) -> LayerLine:
    operation = "largest" if isinstance(layer, MaxPool2D) else "mean"
    return replace(_windows(layer, plain, network), operation=operation, skips=True)


@layer_line.register
def _average_line(
    layer: GlobalAvgPool2D, plain: LayerLine, network: Network, layout: Layout
) -> LayerLine:
    return replace(plain, operation="mean", size=plain.read[1:], stride=(0, 0), maps_of=0, by_row=1)


@layer_line.register
def _relu_line(layer: ReLU, plain: LayerLine, network: Network, layout: Layout) -> LayerLine:
    return replace(plain, operation="relu")


@layer_line.register
def _leaky_line(layer: LeakyReLU, plain: LayerLine, network: Network, layout: Layout) -> LayerLine:
    return replace(plain, operation="leaky", number=layer.slope)


@layer_line.register
def _tanh_line(layer: Tanh, plain: LayerLine, network: Network, layout: Layout) -> LayerLine:
    return replace(plain, operation="tanh")


@layer_line.register
def _sigmoid_line(layer: Sigmoid, plain: LayerLine, network: Network, layout: Layout) -> LayerLine:
    return replace(plain, operation="sigmoid")


@layer_line.register
def _norm_line(layer: BatchNorm2D, plain: LayerLine, network: Network, layout: Layout) -> LayerLine:
    arrays = layout.weights[layer.name].arrays
    facts = tuple(_fact(key, places, by_map=plain.own.pitch) for key, places in arrays.items())
    return replace(plain, operation="normalised", facts=facts, number=layer.epsilon)


@layer_line.register
def _add_line(layer: Add, plain: LayerLine, network: Network, layout: Layout) -> LayerLine:
    return replace(plain, operation="added", slots=len(sources(layer)))


@layer_line.register
def _concat_line(layer: Concat, plain: LayerLine, network: Network, layout: Layout) -> LayerLine:
    shapes = network.read_shapes(layer)
    before = [sum(shape[0] for shape in shapes[:number]) for number in range(len(shapes))]
    origins = zip(plain.origins, before, strict=True)
    return replace(plain, origins=tuple(replace(one, before=count) for one, count in origins))


@layer_line.register
def _dropout_line(layer: Dropout, plain: LayerLine, network: Network, layout: Layout) -> LayerLine:
    name = layer.name
    mask = layout.inner[f"{name}_mask"].maps
    facts = (
        _fact("mask", mask, by_map=plain.own.pitch, by_row=1, by_column=1),
        _fact("factor", (layout.cells[f"{name}_factor"],)),
        _fact("active", (layout.controls[name]["active"],)),
    )
    return replace(plain, operation="dropped", facts=facts)


@layer_line.register
def _flat_line(layer: Flatten, plain: LayerLine, network: Network, layout: Layout) -> LayerLine:
    channels, height, width = plain.read
    by = (height * width, width, 1) if layer.order == "chw" else (1, channels * width, channels)
    return replace(plain, unravelled=by)


@layer_line.register
def _softmax_line(layer: Softmax, plain: LayerLine, network: Network, layout: Layout) -> LayerLine:
    return replace(
        plain, operation="softmax", size=plain.read[1:], stride=(0, 0), maps_of=0, weights=EXPONENTS
    )
