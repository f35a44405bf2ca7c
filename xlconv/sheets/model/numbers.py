"""Counts: how large each tensor is and why, what a layer costs, and where the memory goes.

The reference's side of the `Model` sheet, in plain arithmetic from `shapes`: lines of text for
people, and numbers. Must not know how a workbook counts the same, nor where it stands.

How a number comes about, each kind of layer says itself (`network.arithmetic`). Every number of
a layer's weights is a parameter; what pools, ReLU and softmax do is no multiplication.
"""

from collections.abc import Iterator, Mapping
from math import floor, prod

import numpy as np

from xlconv.network.arithmetic import Arithmetic, Expression, Product, Side, Sum, WindowCount
from xlconv.network.layers.base import Layer
from xlconv.network.network import INPUT, TICK, Network
from xlconv.network.shapes import Shape, values_word
from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.model.places import (
    AXIS,
    BAR,
    BAR_LENGTH,
    MOST,
    NUMBER_BYTES,
    TOTALS,
    length_columns,
)
from xlconv.state.choices import Display

HELD = "held:"  # begins the names of how many cells of the picture, or of weights, are not empty


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
    yield _most_step(network, values)


def _shape_steps(network: Network) -> Iterator[Step]:
    """Each tensor's size, how it comes about, and that both agree."""
    for tensor, shape in network.shapes.items():
        size = (
            " × ".join(map(str, shape))
            if len(shape) == 3
            else f"{shape[0]} {values_word(shape[0])}"
        )
        yield Step.text(f"shapes:size:{tensor}", size)
        if tensor == INPUT:
            continue
        layer = network.layer(tensor)
        for column, length in length_columns(layer, network):
            if length.gaps:
                yield Step.text(f"shapes:{column}:{tensor}", _line(length, layer, network))
        yield Step.text(f"shapes:agrees:{tensor}", TICK)


def _line(arithmetic: Arithmetic, layer: Layer, network: Network) -> str:
    """Arithmetic with its numbers."""
    shapes = network.shapes | network.weight_shapes(layer)
    return arithmetic.line.format(*(value_of(gap, shapes) for gap in arithmetic.gaps))


def value_of(expression: Expression, shapes: Mapping[str, Shape]) -> int:
    """An expression's number, from the shapes of tensors and weights by their full names."""
    match expression:
        case Side(tensor, axis, weight):
            return shapes[f"{tensor}.{weight}" if weight else tensor][-2:][axis]
        case Product(factors):
            return prod(value_of(one, shapes) for one in factors)
        case Sum(terms):
            return sum(value_of(one, shapes) for one in terms)
        case WindowCount():
            room = value_of(expression.length, shapes) + sum(expression.ring) - expression.extent
            return room // expression.stride + 1
    return expression


def _tensor_steps(network: Network, tensor: str, values: Mapping[str, Values]) -> Iterator[Step]:
    """What one layer costs, or the picture."""
    yield _size_step(network, tensor, values)
    yield _number(f"counts:kept_bytes:{tensor}", _count("kept", tensor, values) * NUMBER_BYTES)
    if tensor != INPUT:
        layer = network.layer(tensor)
        yield from _parameter_steps(network, layer, values)
        times = layer.multiplications(*network.read_shapes(layer))
        if times is not None:
            count = value_of(times.value, network.shapes | network.weight_shapes(layer))
            yield _number(f"counts:multiplications:{tensor}", float(count))
            line = _line(times, layer, network)
            yield Step.text(f"counts:multiplications_line:{tensor}", line)
    whole = _count("kept_bytes", tensor, values)
    if f"counts:parameter_bytes:{tensor}" in values:
        whole += _count("parameter_bytes", tensor, values)
    yield _number(f"counts:bytes:{tensor}", whole)


def _size_step(network: Network, tensor: str, values: Mapping[str, Values]) -> Step:
    """How many numbers a tensor is: errors in its cells are none, and no emptied pixels.

    Also right is their full number, with which a file may have been saved before."""
    full = float(prod(network.shapes[tensor]))
    count = float(np.isfinite(numbers(values[tensor])).sum())
    if tensor == INPUT:
        count += _filled_count(tensor, full, values) - full
    return _number(f"counts:kept:{tensor}", count, also=full)


def _parameter_steps(
    network: Network, layer: Layer, values: Mapping[str, Values]
) -> Iterator[Step]:
    name, full = layer.name, float(network.parameters(layer))
    if not full:
        return
    yield _number(f"counts:parameters:{name}", _filled_count(name, full, values), also=full)
    written = layer.parameters(*network.read_shapes(layer))
    if written is not None and written.gaps:
        yield Step.text(f"counts:parameters_line:{name}", _line(written, layer, network))
    count = _count("parameters", name, values)
    yield _number(f"counts:parameter_bytes:{name}", count * NUMBER_BYTES)


def _filled_count(name: str, full: float, values: Mapping[str, Values]) -> float:
    """How many of some cells hold a number: all of them, but in a workbook where some are empty."""
    return float(numbers(values[f"{HELD}{name}"])[0]) if f"{HELD}{name}" in values else full


def _share_steps(network: Network, values: Mapping[str, Values]) -> Iterator[Step]:
    """The part of the whole that each layer has: of the multiplications, and of the memory, with a
    bar beside the largest's."""
    for tensor, count in _column(network, "multiplications", values).items():
        whole = _count("total", "multiplications", values)
        yield _number(f"counts:share:{tensor}", count / whole if whole else np.nan)
    memory, whole = _column(network, "bytes", values), _count("total", "bytes", values)
    largest = max(memory.values())
    known = np.isfinite([whole, *memory.values()]).all() and min(whole, largest) > 0
    for tensor, count in memory.items():
        if not known or count < 0:
            yield Step.unknown(f"counts:bar:{tensor}")
            continue
        length, percent = _half_up(BAR_LENGTH * count / largest), _half_up(100 * count / whole)
        yield Step.text(f"counts:bar:{tensor}", f"{AXIS}{BAR * length} {percent} %")


def _half_up(value: float) -> int:
    """The nearest whole number, halves upwards, as people round."""
    return floor(value + 0.5)


def _most_step(network: Network, values: Mapping[str, Values]) -> Step:
    """Which layer has the most of what; of several, the first."""
    parts = []
    for what, verb, unit in MOST:
        counted = _column(network, what, values)
        if not counted:
            parts.append(f"no layer {verb.split()[0]} {what}")
            continue
        whole = _count("total", what, values)
        if not np.isfinite([whole, *counted.values()]).all():
            return Step.unknown("counts:most")
        best = max(counted, key=lambda tensor: counted[tensor])
        parts.append(f"{best} {verb} ({counted[best]:.15g} of {whole:.15g}{unit})")
    return Step.text("counts:most", f"Here {parts[0]}, {parts[1]}, and {parts[2]}.")


def _column(network: Network, what: str, values: Mapping[str, Values]) -> dict[str, float]:
    """One of the counts for every tensor that has it."""
    there = [tensor for tensor in network.shapes if f"counts:{what}:{tensor}" in values]
    return {tensor: _count(what, tensor, values) for tensor in there}


def _count(what: str, tensor: str, values: Mapping[str, Values]) -> float:
    return float(numbers(values[f"counts:{what}:{tensor}"])[0])


def _number(name: str, value: float, also: float | None = None) -> Step:
    right = frozenset[float | str](() if also is None else (also,))
    return Step(name, np.array([value]), np.array([abs(value)]), right)
