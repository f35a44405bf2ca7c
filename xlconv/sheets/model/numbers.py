"""Counts: how large each tensor is and why, what a layer costs, and where the memory goes.

The reference's side of the `Model` sheet, in plain arithmetic from `shapes`: lines of text for
people, and numbers. Must not know how a workbook counts the same, nor where it stands.

Every number of a layer's weights is a parameter. A multiplication is that of a weight with a
value, those with padding included; a normalised cell has one, as a trained mean, deviation, scale
and shift are one factor and one summand. What pools, ReLU and softmax do is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import singledispatch
from math import floor, prod

import numpy as np

from xlconv.network.layers.base import Layer, Windowed, source
from xlconv.network.layers.convolution import Conv2D, KernelDemo
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.merging import Concat
from xlconv.network.layers.normalization import BatchNorm2D
from xlconv.network.layers.pooling import GlobalAvgPool2D
from xlconv.network.layers.reshaping import Flatten
from xlconv.network.network import INPUT, TICK, Network
from xlconv.network.shapes import Shape
from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.sheets.board.layout import Layout
from xlconv.state.choices import Display

HELD = "held:"  # begins the names of how many cells of the picture, or of weights, are not empty
NUMBER_BYTES = 4.0  # of a number of 32 bits, as networks are usually stored
AXIS, BAR, BAR_LENGTH = "▕", "█", 12  # of the largest
MOST_SUMMANDS = 12  # that are written out
UNKNOWN = np.array([np.nan])  # nothing can be said of what reads what is no number

TOTALS = ("parameters", "multiplications", "kept", "kept_bytes", "parameter_bytes", "bytes")
MOST = (
    ("parameters", "has the most parameters", ""),
    ("multiplications", "does the most multiplications", ""),
    ("bytes", "takes the most memory", " bytes"),
)


def steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """All results of the `Model` sheet but its sums."""
    network = display.network
    yield from _shape_steps(network)
    for tensor in network.shapes:
        yield from _tensor_steps(network, tensor, values)
    for what in TOTALS:
        if counted := _column(network, what, values):
            yield _number(f"counts:total:{what}", sum(counted.values()))
    yield from _share_steps(network, values)
    yield _most(network, values)


def _shape_steps(network: Network) -> Iterator[Step]:
    """Each tensor's size, how it comes about, and that both agree."""
    for tensor, shape in network.shapes.items():
        size = " × ".join(map(str, shape)) if len(shape) == 3 else f"{shape[0]} values"
        yield Step(f"shapes:size:{tensor}", np.array([size]))
        if tensor == INPUT:
            continue
        layer = network.layer(tensor)
        lines = size_lines(layer, network.read_shapes(layer), shape)
        for side, line in zip(("rows", "columns"), lines, strict=False):
            yield Step(f"shapes:{side}:{tensor}", np.array([line]))
        yield Step(f"shapes:agrees:{tensor}", np.array([TICK]))


@singledispatch
def size_lines(layer: Layer, read: list[Shape], made: Shape) -> list[str]:
    """How a tensor's rows and columns come about, or a vector's length, where it is computed:
    here, as many as are read."""
    name = "its inputs" if len(read) > 1 else source(layer)
    return [f"as {name}: {length}" for length in (made[1:] if len(made) == 3 else made)]


@size_lines.register
def _window_lines(layer: Windowed, read: list[Shape], made: Shape) -> list[str]:
    """(H + 2p − k)/s + 1 with this layer's numbers (Dumoulin and Visin, arXiv:1603.07285)."""
    [shape], margin = read, layer.margin(read[0])
    lines = []
    for side, around in enumerate(((margin.top, margin.bottom), (margin.left, margin.right))):
        length, stride = shape[side + 1], layer.window.stride[side]
        size, apart = layer.window.size[side], layer.window.dilation[side]
        kernel = str(size) if apart == 1 else f"({apart}·({size} − 1) + 1)"
        ring = f"2·{around[0]}" if around[0] == around[1] else f"{around[0]} + {around[1]}"
        windows = f"({length} + {ring} − {kernel})/{stride}"
        if (length + sum(around) - layer.window.extent[side]) % stride:
            windows = f"⌊{windows}⌋"
        lines.append(f"{windows} + 1 = {made[side + 1]}")
    return lines


@size_lines.register
def _concat_lines(layer: Concat, read: list[Shape], made: Shape) -> list[str]:
    if len(made) == 3:
        return [f"as its inputs: {length}" for length in made[1:]]
    lengths = [str(shape[0]) for shape in read]
    return [f"{' + '.join(lengths)} = {made[0]}"] if len(read) <= MOST_SUMMANDS else []


@size_lines.register
def _flat_lines(layer: Flatten, read: list[Shape], made: Shape) -> list[str]:
    if len(read[0]) == 1:
        return [f"as {source(layer)}: {made[0]}"]
    return [f"{' × '.join(map(str, read[0]))} = {made[0]} in a column"]


@size_lines.register(Dense)
@size_lines.register(GlobalAvgPool2D)
def _each_lines(layer: Layer, read: list[Shape], made: Shape) -> list[str]:
    """The number of units or of maps, which no cells are counted for."""
    return []


def _tensor_steps(network: Network, tensor: str, values: Mapping[str, Values]) -> Iterator[Step]:
    """What one layer costs, or the picture."""
    yield _kept(network, tensor, values)
    yield _number(f"counts:kept_bytes:{tensor}", _counted("kept", tensor, values) * NUMBER_BYTES)
    if tensor != INPUT:
        layer = network.layer(tensor)
        yield from _parameter_steps(network, layer, values)
        times, line = multiplications(layer, network.read_shapes(layer), network.shapes[tensor])
        if line:
            yield _number(f"counts:multiplications:{tensor}", float(times))
            yield Step(f"counts:multiplications_line:{tensor}", np.array([line]))
    whole = _counted("kept_bytes", tensor, values)
    if f"counts:parameter_bytes:{tensor}" in values:
        whole += _counted("parameter_bytes", tensor, values)
    yield _number(f"counts:bytes:{tensor}", whole)


def _kept(network: Network, tensor: str, values: Mapping[str, Values]) -> Step:
    """How many numbers a tensor is: errors in its cells are none, and no emptied pixels.

    Also right is their full number, with which a file may have been saved before."""
    full = float(prod(network.shapes[tensor]))
    count = float(np.isfinite(numbers(values[tensor])).sum())
    if tensor == INPUT:
        count += _held(tensor, full, values) - full
    return _number(f"counts:kept:{tensor}", count, also=full)


def _parameter_steps(
    network: Network, layer: Layer, values: Mapping[str, Values]
) -> Iterator[Step]:
    name, full = layer.name, float(network.parameters(layer))
    if not full:
        return
    yield _number(f"counts:parameters:{name}", _held(name, full, values), also=full)
    line = parameter_line(layer, network.read_shapes(layer))
    if line:
        yield Step(f"counts:parameters_line:{name}", np.array([line]))
    count = _counted("parameters", name, values)
    yield _number(f"counts:parameter_bytes:{name}", count * NUMBER_BYTES)


def _held(name: str, full: float, values: Mapping[str, Values]) -> float:
    """How many of some cells hold a number: all of them, but in a workbook where some are empty."""
    return float(numbers(values[f"{HELD}{name}"])[0]) if f"{HELD}{name}" in values else full


@singledispatch
def parameter_line(layer: Layer, read: list[Shape]) -> str:
    """The number of a layer's parameters as arithmetic, where cells are counted for it: those of
    a batch normalisation are four a map."""
    return ""


@parameter_line.register
def _conv_parameters(layer: Conv2D, read: list[Shape]) -> str:
    kernels, *each = layer.weights(*read)["weight"].shape
    line = f"{kernels} × ({' × '.join(map(str, each))})"
    return f"{line} + {kernels}" if layer.bias else line


@parameter_line.register
def _dense_parameters(layer: Dense, read: list[Shape]) -> str:
    line = f"{layer.units} × {_factors(read[0])}"
    return f"{line} + {layer.units}" if layer.bias else line


@parameter_line.register
def _demo_parameters(layer: KernelDemo, read: list[Shape]) -> str:
    height, width = layer.window.size
    return f"{len(layer.kernels)} × ({height} × {width})"


def _factors(shape: Shape) -> str:
    """A shape as a factor among others."""
    return f"({' × '.join(map(str, shape))})" if len(shape) > 1 else str(shape[0])


@singledispatch
def multiplications(layer: Layer, read: list[Shape], made: Shape) -> tuple[int, str]:
    """How often a layer multiplies a weight with a value, as a number and as arithmetic; 0 and
    no text where it does not."""
    return 0, ""


@multiplications.register
def _conv_multiplications(layer: Conv2D, read: list[Shape], made: Shape) -> tuple[int, str]:
    """Every weight is used once in each place of its kernel."""
    weight = layer.weights(*read)["weight"].shape
    return prod(weight) * prod(made[1:]), f"{' × '.join(map(str, made))} × {_factors(weight[1:])}"


@multiplications.register
def _demo_multiplications(layer: KernelDemo, read: list[Shape], made: Shape) -> tuple[int, str]:
    size = layer.window.size
    return prod(size) * prod(made), f"{' × '.join(map(str, made))} × {_factors(size)}"


@multiplications.register
def _dense_multiplications(layer: Dense, read: list[Shape], made: Shape) -> tuple[int, str]:
    return prod(layer.weights(*read)["weight"].shape), f"{layer.units} × {_factors(read[0])}"


@multiplications.register
def _norm_multiplications(layer: BatchNorm2D, read: list[Shape], made: Shape) -> tuple[int, str]:
    return prod(made), " × ".join(map(str, made))


def _share_steps(network: Network, values: Mapping[str, Values]) -> Iterator[Step]:
    """The part of the whole that each layer has: of the multiplications, and of the memory, with a
    bar beside the largest's."""
    for tensor, count in _column(network, "multiplications", values).items():
        whole = _counted("total", "multiplications", values)
        yield _number(f"counts:share:{tensor}", count / whole if whole else np.nan)
    memory, whole = _column(network, "bytes", values), _counted("total", "bytes", values)
    largest = max(memory.values())
    known = np.isfinite([whole, *memory.values()]).all() and min(whole, largest) > 0
    for tensor, count in memory.items():
        if not known or count < 0:
            yield Step(f"counts:bar:{tensor}", UNKNOWN, np.zeros(1))
            continue
        length, percent = _rounded(BAR_LENGTH * count / largest), _rounded(100 * count / whole)
        yield Step(f"counts:bar:{tensor}", np.array([f"{AXIS}{BAR * length} {percent} %"]))


def _rounded(value: float) -> int:
    """The nearest whole number, halves upwards, as people round."""
    return floor(value + 0.5)


def _most(network: Network, values: Mapping[str, Values]) -> Step:
    """Which layer has the most of what; of several, the first."""
    parts = []
    for what, verb, unit in MOST:
        counted = _column(network, what, values)
        if not counted:
            parts.append(f"no layer {verb.split()[0]} {what}")
            continue
        whole = _counted("total", what, values)
        if not np.isfinite([whole, *counted.values()]).all():
            return Step("counts:most", UNKNOWN, np.zeros(1))
        best = max(counted, key=lambda tensor: counted[tensor])
        parts.append(f"{best} {verb} ({counted[best]:.15g} of {whole:.15g}{unit})")
    return Step("counts:most", np.array([f"Here {parts[0]}, {parts[1]}, and {parts[2]}."]))


def _column(network: Network, what: str, values: Mapping[str, Values]) -> dict[str, float]:
    """One of the counts for every tensor that has it."""
    there = [tensor for tensor in network.shapes if f"counts:{what}:{tensor}" in values]
    return {tensor: _counted(what, tensor, values) for tensor in there}


def _counted(what: str, tensor: str, values: Mapping[str, Values]) -> float:
    return float(numbers(values[f"counts:{what}:{tensor}"])[0])


def _number(name: str, value: float, also: float | None = None) -> Step:
    right = frozenset[float | str](() if also is None else (also,))
    return Step(name, np.array([value]), np.array([abs(value)]), right)
