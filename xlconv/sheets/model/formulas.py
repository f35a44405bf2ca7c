"""The rules of what the `Model` sheet counts: parameters, multiplications and memory.

Joins a network's layout to the functions of `size_formulas`, a kind of layer at a time. Must not
know any value.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

from xlconv.formulas import text as formulas
from xlconv.formulas.layers.base import Rule
from xlconv.formulas.limits import fitting
from xlconv.network.layers.base import Layer, source
from xlconv.network.layers.convolution import Conv2D, KernelDemo
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.normalization import BatchNorm2D
from xlconv.network.network import INPUT, Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.model import formula_texts as size_formulas
from xlconv.sheets.model.formula_texts import Arithmetic, Factor
from xlconv.sheets.model.places import FIRST_COLUMN, MOST_ROW, body, cell_of, total_cell
from xlconv.sheets.model.size_formulas import size_rules
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.sheet_names import BOARD, MODEL

SUMS = "sums"
COUNTS = "counts"
NUMBER_BYTES = 4  # of a number of 32 bits, as networks are usually stored
AXIS, BAR, BAR_LENGTH = "▕", "█", 12  # of the largest


def rules(network: Network, layout: Layout) -> list[Rule]:
    """The rules of this sheet: sums, sizes and costs.

    Raises LimitError, naming the layer, if a formula is longer than Excel allows.
    """
    made = [
        *_sum_rules(network, layout),
        *size_rules(network, layout),
        *cost_rules(network, layout),
    ]
    return fitting(made, network)


def _sum_rules(network: Network, layout: Layout) -> Iterator[Rule]:
    """The sums of the picture and of each layer's weights."""
    for tensor in network.shapes:
        summed = layout.summed(tensor)
        if tensor == INPUT:
            summed = list(layout.filled(INPUT))
        if summed:
            place = Range.of(cell_of(network, tensor, "sum"))
            formula = formulas.sum_on(BOARD, summed)
            yield Rule(SUMS, f"{SUMS}_{tensor}", None, place, formula, sheet=MODEL)


def cost_rules(network: Network, layout: Layout) -> list[Rule]:
    """What each tensor costs, the totals, each one's share, and which has the most of what."""
    costs = {
        tensor: dict(_costs(tensor, network, layout)) for tensor in network.shapes
    }  # formulas by column
    rules = [
        _rule(column, tensor, cell_of(network, tensor, column), formula)
        for tensor, columns in costs.items()
        for column, formula in columns.items()
    ]
    totals = [one for one in _TOTALS if any(one in columns for columns in costs.values())]
    for column in totals:
        formula = formulas.total(body(network, column))
        rules.append(_rule("total", column, total_cell(network, column), formula))
    for tensor, columns in costs.items():
        if "multiplications" in columns:
            part, whole = _part(network, tensor, "multiplications")
            share = formulas.share(part, whole)
            rules.append(_rule("share", tensor, cell_of(network, tensor, "share"), share))
        part, whole = _part(network, tensor, "bytes")
        bar = size_formulas.bar(part, body(network, "bytes"), whole, AXIS, BAR, BAR_LENGTH)
        rules.append(_rule("bar", tensor, cell_of(network, tensor, "bar"), bar))
    place = Range(MOST_ROW, FIRST_COLUMN, 1, 1)
    most = Rule(COUNTS, f"{COUNTS}:most", None, place, _most(network, totals), sheet=MODEL)
    return [*rules, most]


_TOTALS = ("parameters", "multiplications", "kept", "kept_bytes", "parameter_bytes", "bytes")


def _rule(what: str, tensor: str, cell: Cell, formula: str) -> Rule:
    return Rule(COUNTS, f"{COUNTS}:{what}:{tensor}", None, Range.of(cell), formula, sheet=MODEL)


def _part(network: Network, tensor: str, column: str) -> tuple[Cell, Cell]:
    """A tensor's number and the total."""
    return cell_of(network, tensor, column), total_cell(network, column)


def _costs(tensor: str, network: Network, layout: Layout) -> Iterator[tuple[str, str]]:
    """The formulas of a tensor's row, by column."""

    def cell(column: str) -> Cell:
        return cell_of(network, tensor, column)

    layer = None if tensor == INPUT else network.layer(tensor)
    parameters = None if layer is None else parameter_arithmetic(layer, network, layout)
    times = None if layer is None else multiplications(layer, network, layout)
    memory = [cell("kept_bytes")]
    if parameters is not None:
        held = formulas.on(BOARD, layout.weights[tensor].range)
        yield "parameters", size_formulas.count(held)
        if parameters.live:
            yield "parameters_line", parameters.line
        yield "parameter_bytes", size_formulas.times(cell("parameters"), NUMBER_BYTES)
        memory.append(cell("parameter_bytes"))
    if times is not None:
        yield "multiplications", times.value
        yield "multiplications_line", times.line
    # Map by map: between them stand the numbers of the legends.
    made = ",".join(formulas.on(BOARD, place) for place in layout.filled(tensor))
    yield "kept", size_formulas.count(made)
    yield "kept_bytes", size_formulas.times(cell("kept"), NUMBER_BYTES)
    yield "bytes", formulas.sum_of(one.a1 for one in memory)


def _most(network: Network, totals: list[str]) -> str:
    """Which layer has the most parameters, multiplications and memory."""
    parts, live = [], []
    for column, some, none in _MOST:
        parts.append(some if column in totals else none)
        if column in totals:
            numbers = body(network, column)
            live += [
                formulas.label_of_largest(numbers, body(network, "layer")),
                formulas.largest(numbers, fixed=True),
                total_cell(network, column).absolute,
            ]
    return size_formulas.spelled("Here {}, {}, and {}.".format(*parts), *live)


_MOST = (
    ("parameters", "{} has the most parameters ({} of {})", "no layer has parameters"),
    (
        "multiplications",
        "{} does the most multiplications ({} of {})",
        "no layer does multiplications",
    ),
    ("bytes", "{} takes the most memory ({} of {} bytes)", ""),
)


def _sides(place: Range) -> list[Factor]:
    """The rows and columns of a range, as formulas."""
    text = formulas.on(BOARD, place)
    return [size_formulas.rows(text), size_formulas.columns(text)]


def _shape(tensor: str, network: Network, layout: Layout) -> list[Factor]:
    """The maps, rows and columns of a tensor, or a vector's length."""
    shape, sides = network.shapes[tensor], _sides(layout.tensors[tensor].maps[0])
    return [shape[0], *sides] if len(shape) == 3 else sides[:1]


def _kernel(layer: Conv2D, network: Network, layout: Layout) -> list[Factor]:
    """The maps that a kernel reads, its rows and its columns."""
    maps = len(layer.channels_read(network.shapes[source(layer)][0], 0))
    sides = _sides(layout.weights[layer.name].kernels(0)[0])
    apart = zip(sides, layer.window.dilation, strict=True)
    return [maps, *(size_formulas.undilated(str(side), each) for side, each in apart)]


@singledispatch
def parameter_arithmetic(layer: Layer, network: Network, layout: Layout) -> Arithmetic | None:
    """How many parameters a layer has; None if it has none."""
    return None


@parameter_arithmetic.register
def _conv_parameters(layer: Conv2D, network: Network, layout: Layout) -> Arithmetic:
    plus = str(layer.kernels) if layer.bias else ""
    return size_formulas.factors([layer.kernels], _kernel(layer, network, layout), plus)


@parameter_arithmetic.register
def _dense_parameters(layer: Dense, network: Network, layout: Layout) -> Arithmetic:
    plus = str(layer.units) if layer.bias else ""
    return size_formulas.factors([layer.units], _shape(source(layer), network, layout), plus)


@parameter_arithmetic.register
def _norm_parameters(layer: BatchNorm2D, network: Network, layout: Layout) -> Arithmetic:
    return size_formulas.factors([4, network.shapes[layer.name][0]])


@parameter_arithmetic.register
def _demo_parameters(layer: KernelDemo, network: Network, layout: Layout) -> Arithmetic:
    preset = layout.weights[layer.name].arrays["presets"][0]
    return size_formulas.factors([len(layer.kernels)], _sides(preset))


@singledispatch
def multiplications(layer: Layer, network: Network, layout: Layout) -> Arithmetic | None:
    """How often a layer multiplies a weight with a value; None if it never does."""
    return None


@multiplications.register
def _conv_multiplications(layer: Conv2D, network: Network, layout: Layout) -> Arithmetic:
    made = _shape(layer.name, network, layout)
    return size_formulas.factors(made, _kernel(layer, network, layout))


@multiplications.register
def _demo_multiplications(layer: KernelDemo, network: Network, layout: Layout) -> Arithmetic:
    preset = layout.weights[layer.name].arrays["presets"][0]
    return size_formulas.factors(_shape(layer.name, network, layout), _sides(preset))


@multiplications.register
def _dense_multiplications(layer: Dense, network: Network, layout: Layout) -> Arithmetic:
    made = _shape(layer.name, network, layout)
    return size_formulas.factors(made, _shape(source(layer), network, layout))


@multiplications.register
def _norm_multiplications(layer: BatchNorm2D, network: Network, layout: Layout) -> Arithmetic:
    return size_formulas.factors(_shape(layer.name, network, layout))
