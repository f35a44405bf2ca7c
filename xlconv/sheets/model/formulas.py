"""The rules of the `Model` sheet: sizes, sums, parameters, multiplications and memory.

Reads the arithmetic of each kind of layer as formulas that count on the board. Must not know any
value.
"""

from collections.abc import Iterable, Iterator

from xlconv.formulas.layers.base import Rule
from xlconv.formulas.limits import fitting
from xlconv.formulas.text import label_of_largest
from xlconv.network.arithmetic import Arithmetic, Expression, Product, Side, Sum, WindowCount, sides
from xlconv.network.network import INPUT, TICK, Network
from xlconv.network.shapes import values_word
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.model.places import (
    AXIS,
    BAR,
    BAR_LENGTH,
    FIRST_COLUMN,
    MOST,
    MOST_ROW,
    NUMBER_BYTES,
    TOTALS,
    body,
    cell_of,
    length_columns,
    total_cell,
)
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.sheet_names import BOARD, MODEL

SUMS = "sums"
COUNTS = "counts"
SHAPES = "shapes"
CROSS = "✗"  # beside a size that is not what the formula gives


def rules(network: Network, layout: Layout) -> list[Rule]:
    """The rules of this sheet: sums, sizes and costs.

    Raises LimitError, naming the layer, if a formula is longer than Excel allows.
    """
    made = [
        *_sum_rules(network, layout),
        *_size_rules(network, layout),
        *_cost_rules(network, layout),
    ]
    return fitting(made, network)


def _rule(block: str, column: str, network: Network, tensor: str, formula: str) -> Rule:
    place = Range.of(cell_of(network, tensor, column))
    key = f"{block}:{column}:{tensor}"
    return Rule(block, key, None, place, formula, sheet=MODEL, role=column, tensor=tensor)


def _sum_rules(network: Network, layout: Layout) -> Iterator[Rule]:
    """The sums of the picture and of each layer's weights."""
    for tensor in network.shapes:
        summed = layout.number_ranges(INPUT) if tensor == INPUT else layout.watched_ranges(tensor)
        if summed:
            place = Range.of(cell_of(network, tensor, "sum"))
            formula = f"SUM({_range_list(summed)})"
            key = f"{SUMS}_{tensor}"
            yield Rule(SUMS, key, None, place, formula, sheet=MODEL, role="sum", tensor=tensor)


def _range_list(places: Iterable[Range]) -> str:
    """Ranges of the board, one after the other."""
    return ",".join(f"{place:{BOARD}}" for place in places)


def _cost_rules(network: Network, layout: Layout) -> Iterator[Rule]:
    """What each tensor costs, the totals, each one's share, and which has the most of what."""
    costs = {tensor: dict(_costs(tensor, network, layout)) for tensor in network.shapes}
    for tensor, columns in costs.items():
        for column, formula in columns.items():
            yield _rule(COUNTS, column, network, tensor, formula)
    totals = [one for one in TOTALS if any(one in columns for columns in costs.values())]
    for column in totals:
        place = Range.of(total_cell(network, column))
        formula = f"SUM({body(network, column):$})"
        key = f"{COUNTS}:total:{column}"
        yield Rule(COUNTS, key, None, place, formula, sheet=MODEL, role="total")
    for tensor, columns in costs.items():
        if "multiplications" in columns:
            part = cell_of(network, tensor, "multiplications")
            share = f"{part.a1}/{total_cell(network, 'multiplications'):$}"
            yield _rule(COUNTS, "share", network, tensor, share)
        parts, whole = body(network, "bytes"), total_cell(network, "bytes")
        bar = bar_text(cell_of(network, tensor, "bytes"), parts, whole)
        yield _rule(COUNTS, "bar", network, tensor, bar)
    place, formula = Range(MOST_ROW, FIRST_COLUMN, 1, 1), _most(network, totals)
    yield Rule(COUNTS, f"{COUNTS}:most", None, place, formula, sheet=MODEL, role="most")


def _costs(tensor: str, network: Network, layout: Layout) -> Iterator[tuple[str, str]]:
    """The formulas of a tensor's row, by column."""

    def cell(column: str) -> str:
        return cell_of(network, tensor, column).a1

    parameters = times = None
    if tensor != INPUT:
        layer = network.layer(tensor)
        read = network.read_shapes(layer)
        parameters, times = layer.parameters(*read), layer.multiplications(*read)
    if parameters is not None:
        yield "parameters", f"COUNT({_range_list(layout.weights[tensor].ranges)})"
        if parameters.gaps:
            yield "parameters_line", _line(parameters, layout)
        yield "parameter_bytes", f"{cell('parameters')}*{NUMBER_BYTES}"
    if times is not None:
        yield "multiplications", _text(times.value, layout)
        yield "multiplications_line", _line(times, layout)
    # Map by map: between them stand the numbers of the legends.
    yield "kept", f"COUNT({_range_list(layout.number_ranges(tensor))})"
    yield "kept_bytes", f"{cell('kept')}*{NUMBER_BYTES}"
    held = f"+{cell('parameter_bytes')}" if parameters is not None else ""
    yield "bytes", f"{cell('kept_bytes')}{held}"


def _most(network: Network, totals: list[str]) -> str:
    """Which layer has the most parameters, multiplications and memory."""
    parts, live = [], []
    for column, verb, unit in MOST:
        if column not in totals:
            parts.append(f"no layer {verb.split()[0]} {column}")
            continue
        parts.append(f"{{}} {verb} ({{}} of {{}}{unit})")
        numbers = body(network, column)
        live += [
            label_of_largest(numbers, body(network, "layer")),
            f"MAX({numbers:$})",
            total_cell(network, column).absolute,
        ]
    return spelled("Here {}, {}, and {}.".format(*parts), *live)


def _size_rules(network: Network, layout: Layout) -> Iterator[Rule]:
    """The sizes of all tensors, how they come about, and whether both agree."""
    for tensor, shape in network.shapes.items():
        lead = f"{shape[0]} × {{}} × {{}}" if len(shape) == 3 else f"{{}} {values_word(shape[0])}"
        own = [_text(one, layout) for one in sides(tensor, shape) if isinstance(one, Side)]
        yield _rule(SHAPES, "size", network, tensor, spelled(lead, *own))
        if tensor == INPUT:
            continue
        lengths = dict(length_columns(network.layer(tensor), network))
        for column, length in lengths.items():
            if length.gaps:
                yield _rule(SHAPES, column, network, tensor, _line(length, layout))
        values = [_text(length.value, layout) for length in lengths.values()]
        pairs = zip(values[-len(own) :], own, strict=True)
        agree = ",".join(f"{one}={other}" for one, other in pairs)
        mark = f'IF(AND({agree}),"{TICK}","{CROSS}")'
        yield _rule(SHAPES, "agrees", network, tensor, mark)


def _line(arithmetic: Arithmetic, layout: Layout) -> str:
    """Arithmetic with what counts its numbers."""
    return spelled(arithmetic.line, *(_text(gap, layout) for gap in arithmetic.gaps))


def _text(expression: Expression, layout: Layout) -> str:
    """An expression as a formula that counts the lengths on the board."""
    match expression:
        case Side():
            return _side(expression, layout)
        case Product(factors):
            texts = [_text(one, layout) for one in factors]
            return "*".join(f"({one})" if "+" in one else one for one in texts)
        case Sum(terms):
            return "+".join(_text(one, layout) for one in terms)
        case WindowCount():
            steps = expression.steps.translate(_TYPED).format(_text(expression.length, layout))
            return f"INT({steps})+1"
    return str(expression)


_TYPED = str.maketrans({"·": "*", "−": "-", " ": None})  # as a formula spells it


def _side(side: Side, layout: Layout) -> str:
    """The rows or columns of a tensor's first map, or of a kernel, which a dilated one's gaps are
    left out of."""
    place, apart = layout.tensors[side.tensor].maps[0], 1
    if side.weight:
        weights = layout.weights[side.tensor]
        place, apart = weights.arrays[side.weight][0], weights.apart[side.axis]
    length = f"{('ROWS', 'COLUMNS')[side.axis]}({place:{BOARD}})"
    return length if apart == 1 else f"({length}-1)/{apart}+1"


def spelled(pattern: str, *live: str) -> str:
    """A text with what formulas give in its gaps.

    >>> spelled("2 × (2 × {} × {}) + 2", "ROWS(A1:C3)", "COLUMNS(A1:C3)")
    '"2 × (2 × "&ROWS(A1:C3)&" × "&COLUMNS(A1:C3)&") + 2"'
    >>> spelled("{} in all", "A1+A2")
    'A1+A2&" in all"'
    """
    texts = pattern.split("{}")
    parts = [f'"{texts[0]}"' if texts[0] else ""]
    for formula, text in zip(live, texts[1:], strict=True):
        parts += [formula, f'"{text}"' if text else ""]
    return "&".join(part for part in parts if part)


def bar_text(part: Cell, parts: Range, whole: Cell) -> str:
    """A number as a bar of marks on an axis, beside the bars of all parts, and in percent of the
    whole. The axis is always there: some programs lose a blank at the beginning of a text.

    >>> bar_text(Cell(6, 19), Range(6, 19, 8, 1), Cell(14, 19))
    '"▕"&REPT("█",INT(12*S6/MAX($S$6:$S$13)+0.5))&" "&INT(100*S6/$S$14+0.5)&" %"'
    """
    marks = f'REPT("{BAR}",INT({BAR_LENGTH}*{part}/MAX({parts:$})+0.5))'
    return f'"{AXIS}"&{marks}&" "&INT(100*{part}/{whole:$}+0.5)&" %"'
