"""The rules of the `Model` sheet's sizes: how each comes about, and that the board agrees.

Joins a network's layout to the functions of `size_formulas`, a kind of layer at a time. Must not
know any value.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

from xlconv.formulas.layers.base import Rule
from xlconv.formulas.text import on
from xlconv.network.layers.base import Layer, Windowed, source, sources
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.merging import Concat
from xlconv.network.layers.pooling import GlobalAvgPool2D
from xlconv.network.layers.reshaping import Flatten
from xlconv.network.network import INPUT, TICK, Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.model import formula_texts as formulas
from xlconv.sheets.model.formula_texts import Arithmetic
from xlconv.sheets.model.places import cell_of
from xlconv.spreadsheet.cells import Range
from xlconv.state.sheet_names import BOARD, MODEL

SHAPES = "shapes"
CROSS = "✗"  # beside a size that is not what the formula gives
MOST_SUMMANDS = 12  # that are written out


def size_rules(network: Network, layout: Layout) -> list[Rule]:
    """The sizes of all tensors, how they come about, and whether both agree."""
    rules = []
    for tensor, shape in network.shapes.items():
        lead = f"{shape[0]} × {{}} × {{}}" if len(shape) == 3 else "{} values"
        line = formulas.spelled(lead, *_lengths(network, layout, tensor))
        rules.append(_rule(network, tensor, "size", line))
        if tensor != INPUT:
            rules += _layer_rules(network.layer(tensor), network, layout)
    return rules


def _layer_rules(layer: Layer, network: Network, layout: Layout) -> Iterator[Rule]:
    sides = size_sides(layer, network, layout)
    for column, side in zip(("rows", "columns"), sides, strict=False):
        if side.live:
            yield _rule(network, layer.name, column, side.line)
    own = _lengths(network, layout, layer.name)
    pairs = [(side.value, length) for side, length in zip(sides, own, strict=True)]
    yield _rule(network, layer.name, "agrees", formulas.mark(pairs, TICK, CROSS))


def _rule(network: Network, tensor: str, column: str, formula: str) -> Rule:
    place = Range.of(cell_of(network, tensor, column))
    return Rule(SHAPES, f"{SHAPES}:{column}:{tensor}", None, place, formula, sheet=MODEL)


def _lengths(network: Network, layout: Layout, tensor: str) -> list[str]:
    """The rows and columns of a tensor's first map, or a vector's length, as formulas."""
    place = on(BOARD, layout.tensors[tensor].maps[0])
    maps = len(network.shapes[tensor]) == 3
    return [formulas.rows(place), formulas.columns(place)] if maps else [formulas.rows(place)]


@singledispatch
def size_sides(layer: Layer, network: Network, layout: Layout) -> list[Arithmetic]:
    """How a tensor's rows and columns come about, or a vector's length: as many as are read."""
    name = "its inputs" if len(sources(layer)) > 1 else source(layer)
    lengths = _lengths(network, layout, source(layer))
    return [Arithmetic(formulas.spelled(f"as {name}: {{}}", one), one) for one in lengths]


@size_sides.register
def _window_sides(layer: Windowed, network: Network, layout: Layout) -> list[Arithmetic]:
    shape = network.shapes[source(layer)]
    margin, lengths = layer.margin(shape), _lengths(network, layout, source(layer))
    rings = (margin.top, margin.bottom), (margin.left, margin.right)
    sides = []
    for side, (length, ring) in enumerate(zip(lengths, rings, strict=True)):
        size, apart, stride = (
            layer.window.size[side],
            layer.window.dilation[side],
            layer.window.stride[side],
        )
        whole = (shape[side + 1] + sum(ring) - layer.window.extent[side]) % stride == 0
        sides.append(formulas.windows(length, ring, size, apart, stride, whole))
    return sides


@size_sides.register
def _concat_sides(layer: Concat, network: Network, layout: Layout) -> list[Arithmetic]:
    lengths = [_lengths(network, layout, name) for name in sources(layer)]
    if len(lengths[0]) == 2:
        return [Arithmetic(formulas.spelled("as its inputs: {}", one), one) for one in lengths[0]]
    if len(lengths) <= MOST_SUMMANDS:
        return [formulas.summands([one for [one] in lengths])]
    made = network.shapes[layer.name][0]
    return [Arithmetic(f"{len(lengths)} vectors: {made}", str(made), live=False)]


@size_sides.register
def _flat_sides(layer: Flatten, network: Network, layout: Layout) -> list[Arithmetic]:
    shape, lengths = network.shapes[source(layer)], _lengths(network, layout, source(layer))
    if len(shape) == 1:
        return [Arithmetic(formulas.spelled(f"as {source(layer)}: {{}}", *lengths), lengths[0])]
    cells = formulas.factors([shape[0], *lengths]).value
    line = formulas.spelled(f"{shape[0]} × {{}} × {{}} = {{}} in a column", *lengths, cells)
    return [Arithmetic(line, cells)]


@size_sides.register
def _dense_sides(layer: Dense, network: Network, layout: Layout) -> list[Arithmetic]:
    return [Arithmetic(f"one for each unit: {layer.units}", str(layer.units), live=False)]


@size_sides.register
def _global_sides(layer: GlobalAvgPool2D, network: Network, layout: Layout) -> list[Arithmetic]:
    maps = network.shapes[source(layer)][0]
    return [Arithmetic(f"one for each map: {maps}", str(maps), live=False)]


def maps_text(layer: Layer, network: Network) -> str:
    """How many maps a layer makes, and why; nothing for a vector."""
    made = network.shapes[layer.name]
    if len(made) == 1:
        return ""
    if isinstance(layer, Conv2D):
        return f"one a kernel: {made[0]}"
    names = sources(layer)
    if not isinstance(layer, Concat):
        return f"as {names[0] if len(names) == 1 else 'its inputs'}: {made[0]}"
    if len(names) > MOST_SUMMANDS:
        return f"{len(names)} tensors: {made[0]}"
    return f"{' + '.join(str(network.shapes[name][0]) for name in names)} = {made[0]}"
