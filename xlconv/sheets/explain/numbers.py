"""What Explain's part of the sheet Works holds, in plain NumPy and Python: slots, terms, sums, and
what is shown of them.

Starts from what a cell is made of (`terms`) and from the layout; must not know the formulas that
find the same. A cell that holds nothing is an empty text; None stands for what cannot be known.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import isnan

import numpy as np

from xlconv.network.model import Array
from xlconv.network.network import INPUT
from xlconv.network.shapes import as_maps
from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.reference.layers.registry import layer_steps
from xlconv.sheets.board.captions import CHANNELS
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.explain.places import InspectorPlaces, places_of, table_column
from xlconv.sheets.explain.screen import (
    EQUALS,
    FIRST_FACT,
    OUTCOME,
    PRODUCT,
    READS,
    RESULT,
    SIGMA,
    SUM,
    THEN,
    TIMES,
    TOTAL,
    WEIGHT,
    blocks,
    bold_column,
    columns_needed,
    shown_size,
    totals,
)
from xlconv.sheets.explain.screen_numbers import Shown, screen_steps, thumbnail_step
from xlconv.sheets.explain.step_numbers import mixed_step, number_step, padded
from xlconv.sheets.explain.table import (
    EXPONENTS,
    FACTS,
    INK,
    NO_TINT,
    NO_WEIGHTS,
    STRONGEST,
    WEIGHTS,
    LayerLine,
    follower,
    layer_lines,
)
from xlconv.sheets.explain.terms import Cell3, CellValue, Composition, Scope, Terms, composition
from xlconv.spreadsheet.cells import Range
from xlconv.state.choices import Display, Explained

APART = 2e-11  # from one term to the next, of equal ones
_AXES = ("maps", "rows", "columns")
_FOUND = ("strongest", "cut_rows", "cut_columns", "order")  # on which it depends what is shown


def steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """Everything that is computed of the explained cell, each from the found values that it
    reads."""
    network, explained = display.network, display.choices.explained
    lines = tuple(layer_lines(network, layout))
    places = places_of(lines, network)
    pictured = INPUT if layout.mosaic is None else "mosaic:board"
    image = numbers(values[pictured]).reshape(-1, *network.input_shape[1:])
    yield thumbnail_step(places.screen, image)
    yield number_step("layer", [[line.name for line in lines].index(explained.layer) + 1.0])
    found = numbers(values["explain:layer"])[0]
    if found not in range(1, len(lines) + 1):
        return
    layer = network.layers[int(found) - 1]
    yield mixed_step("chosen", table_column(lines[int(found) - 1], places))
    used = Explained(layer.name, explained.map, explained.row, explained.column).within(network)
    for key, count in zip(_AXES, used, strict=True):
        yield number_step(key, [float(count)])
    now = [numbers(values[f"explain:{key}"])[0] for key in _AXES]
    sizes = as_maps(network.shapes[layer.name])
    if all(number in range(1, size + 1) for number, size in zip(now, sizes, strict=True)):
        cell = (int(now[0]) - 1, int(now[1]) - 1, int(now[2]) - 1)
        scope = Scope(network, layout, display.model.layer_weights(layer), values)
        yield from _cell_steps(lines[int(found) - 1], scope, cell, places)


def _cell_steps(
    line: LayerLine, scope: Scope, cell: Cell3, places: InspectorPlaces
) -> Iterator[Step]:
    made = composition(line.layer, scope, cell)
    first = made.slots[0]
    where = (first.map, first.row, first.column, made.source)
    yield number_step("window", [float(number) for number in where])
    captions = _captions(made, scope)
    yield from _slot_steps(line, made, scope, places, captions)
    terms = Terms.of(made, line.read[2] > 1)
    for key, column, scale in terms.lists():
        yield mixed_step(f"term_{key}", padded(column, places.terms), scale)
    yield from _column_steps(line, places)
    if made.unknown:
        return
    facts = list(made.facts.items())
    yield mixed_step("fact_names", padded([name for name, _ in facts], FACTS))
    yield mixed_step("facts", padded([value for _, value in facts], FACTS))
    yield from _order_steps(line, made, terms, cell, places, scope.values)
    yield from _result_steps(line, terms, scope, cell, places)
    if not _known(scope.values, *_FOUND, "strongest_favour", "strongest_against"):
        return
    found = {key: scope.values[f"explain:{key}"] for key in _FOUND}
    shown = Shown(line, made, terms, captions, found)
    yield from _line_steps(shown, scope, places)
    yield from screen_steps(shown, scope, cell, places)


def _known(values: Mapping[str, Values], *keys: str) -> bool:
    """Whether found values are numbers, or nothing."""
    held = (values.get(f"explain:{key}") for key in keys)
    return all(
        one is not None and all(isinstance(n, float) or n == "" for n in one.reshape(-1).tolist())
        for one in held
    )


def _captions(made: Composition, scope: Scope) -> list[str]:
    """The names of the maps that are read; the picture's planes are called by their colours."""

    def name(tensor: str, number: int) -> str:
        count = len(scope.layout.tensors[tensor].maps)
        if tensor == INPUT and count == len(CHANNELS):
            return CHANNELS[number - 1]
        return f"{tensor} map {number}" if count > 1 else tensor

    return [name(slot.tensor, slot.map) for slot in made.slots]


def _within(kernel: Range | None, inside: Range | None) -> tuple[CellValue, CellValue]:
    """The row and the column, from 1, at which a kernel begins in the range of all of them."""
    if kernel is None or inside is None:
        return "", ""
    return float(kernel.row - inside.row + 1), float(kernel.column - inside.column + 1)


def _slot_steps(
    line: LayerLine,
    made: Composition,
    scope: Scope,
    places: InspectorPlaces,
    captions: Sequence[str],
) -> Iterator[Step]:
    inside = line.kernels.inside
    maps = [scope.layout.tensors[slot.tensor].maps[slot.map - 1] for slot in made.slots]
    pairs = list(zip(made.slots, maps, strict=True))
    labels = scope.layout.labels
    vectors = [len(scope.network.shapes[slot.tensor]) == 1 for slot in made.slots]
    columns: dict[str, list[CellValue]] = {
        "caption": [*captions],
        "map": [float(slot.map) for slot in made.slots],
        "top": [float(place.row + slot.row - 1) for slot, place in pairs],
        "left": [float(place.column + slot.column - 1) for slot, place in pairs],
        "weights_top": [_within(s.kernel, inside)[0] for s in made.slots],
        "weights_left": [_within(s.kernel, inside)[1] for s in made.slots],
        "labels": [
            float(labels[slot.tensor].column) if vector else 0.0
            for slot, vector in zip(made.slots, vectors, strict=True)
        ],
        "tint": [_tint(slot.tensor, slot.map, scope) for slot in made.slots],
    }
    for key, found in columns.items():
        yield mixed_step(f"slot_{key}", padded(found, places.slots))


def _tint(tensor: str, number: int, scope: Scope) -> float:
    """How a map is coloured: the picture's planes by their own numbers, behind ink."""
    if tensor != INPUT:
        return float(NO_TINT)
    planes = len(scope.layout.tensors[INPUT].maps) == len(CHANNELS)
    return float(INK + number if planes else INK)


def _largest(held: Sequence[CellValue]) -> float:
    """The largest magnitude of some numbers; 1 if there is none."""
    return max((abs(one) for one in held if isinstance(one, float)), default=0.0) or 1.0


def _order_steps(
    line: LayerLine,
    made: Composition,
    terms: Terms,
    cell: Cell3,
    places: InspectorPlaces,
    values: Mapping[str, Values],
) -> Iterator[Step]:
    """By which terms and slots are ordered, the strongest ones, and which part is shown."""
    ends = {"read_end": terms.value, "weight_end": terms.weight, "product_end": terms.product}
    for key, among in ends.items():
        yield number_step(key, [_largest(among)], [1.0 + sum(terms.spread) + sum(terms.error)])
    held = _keys(line, terms, values)
    yield mixed_step("term_key", padded(held, places.terms), [2.0] * places.terms)
    keys = numbers(values["explain:term_key"])[: len(terms.value)]
    yield number_step("strongest", [_strongest(line, keys, cell)])
    strongest = float(numbers(values["explain:strongest"])[0])
    (height, width), (tall, wide) = line.size, shown_size(line)
    if isnan(strongest):
        return
    row, column = divmod((int(strongest) - 1) % (height * width), width)
    yield number_step("cut_rows", [_cut(height, tall, row)])
    yield number_step("cut_columns", [_cut(width, wide, column)])
    yield from _slot_order_steps(line, made, terms, places, values)
    for key, sign in (("favour", -1.0), ("against", 1.0)):
        order = np.argsort(sign * keys, kind="stable")
        order = order[sign * keys[order] < 0][: STRONGEST if line.weights == WEIGHTS else 0]
        yield mixed_step(f"strongest_{key}", padded([n + 1.0 for n in order.tolist()], STRONGEST))


def _keys(line: LayerLine, terms: Terms, values: Mapping[str, Values]) -> list[CellValue]:
    """Products above and below zero by their size, of equal ones the first before the next; without
    weights the cells that are read."""
    ends = (numbers(values[f"explain:{key}"])[0] for key in ("read_end", "product_end"))
    read_end, product_end = map(float, ends)
    keys: list[CellValue] = []
    for number, (value, product) in enumerate(zip(terms.value, terms.product, strict=True), 1):
        if line.weights == NO_WEIGHTS:
            held = value / read_end - number * APART if isinstance(value, float) else ""
        else:
            assert isinstance(product, float)
            held = product / product_end + np.sign(product) * (1 - number * APART)
        keys.append(held if held == "" else float(held))
    return keys


def _strongest(line: LayerLine, keys: Array, cell: Cell3) -> float:
    """The number of the strongest term; of a softmax, the cell's own."""
    if line.weights == EXPONENTS:
        return cell[1] + 1.0
    if np.isnan(keys).all():
        return np.nan
    most, least = np.nanmax(keys), np.nanmin(keys)
    wanted = most if line.weights == NO_WEIGHTS or most >= -least else least
    return float(np.flatnonzero(keys == wanted)[0]) + 1.0


def _cut(whole: int, shown: int, strongest: int) -> float:
    """How much of a side is left out before what is shown."""
    return float(max(0, min(whole - shown, strongest - (shown - 1) // 2)))


def _slot_order_steps(
    line: LayerLine,
    made: Composition,
    terms: Terms,
    places: InspectorPlaces,
    values: Mapping[str, Values],
) -> Iterator[Step]:
    """The sums of the slots, and which are shown, the strongest first."""
    count, each = len(made.slots), line.size[0] * line.size[1]
    sums: list[CellValue] = []
    errors: list[float] = []
    if line.weights != NO_WEIGHTS:
        parts = [slice(number * each, (number + 1) * each) for number in range(count)]
        sums = [float(terms.products[part].sum()) for part in parts]
        errors = [float(sum(terms.error[part])) for part in parts]
    yield mixed_step("slot_sum", padded(sums, places.slots), errors)
    yield number_step("sum_end", [_largest(sums)], [1.0 + sum(errors)])
    found = numbers(values["explain:slot_sum"])[:count]
    end = float(numbers(values["explain:sum_end"])[0])
    keys: list[CellValue] = [-(number + 1.0) for number in range(count)]
    if line.weights != NO_WEIGHTS:
        keys = [abs(one) / end - n * APART for n, one in enumerate(found.tolist(), 1)]
    yield mixed_step("slot_key", padded(keys, places.slots), [2.0 * (1 + count)] * places.slots)
    ordered = np.argsort(-numbers(values["explain:slot_key"])[:count], kind="stable")
    order = [number + 1.0 for number in ordered.tolist()][: blocks(line)]
    yield mixed_step("order", padded(order, places.blocks))


def _result_steps(
    line: LayerLine, terms: Terms, scope: Scope, cell: Cell3, places: InspectorPlaces
) -> Iterator[Step]:
    """The sum, the board's cell and the inspector's own, their equality, and the activation
    behind."""
    total: list[CellValue] = [float(terms.products.sum())] if totals(line) else [""]
    yield mixed_step("total", total, [sum(terms.error)])
    board = float(scope.maps(line.name)[cell])
    yield mixed_step("board", [board])
    found, scale = _outcome(line, terms, scope, cell)
    yield mixed_step("result", [found], [scale])
    known = not (isnan(board) or isnan(found))
    near = known and abs(found - board) <= 1e-9 * (1 + abs(board))
    yield mixed_step("equal", [float(near)] if known else [None])
    then = follower(scope.network, line.layer)
    yield mixed_step("then", [float(scope.maps(then.name)[cell])] if then else [""])
    yield number_step("bold", [float(bold_column(line))])
    codes = [TOTAL] * totals(line)
    codes += [FIRST_FACT + number for number in range(len(line.facts))]
    codes += [RESULT, *([THEN] if then else [])]
    told = [float(code) for code in codes]
    yield number_step("results", [*told, *[0.0] * places.results.height][: places.results.height])


def _outcome(line: LayerLine, terms: Terms, scope: Scope, cell: Cell3) -> tuple[float, float]:
    """What the reference makes of what the cell reads, and what its rounding errors are relative
    to. The steps of a softmax are made anew: the sheet reads the logits alone."""
    values = dict(scope.values)
    with np.errstate(all="ignore"):  # of other cells, which may be none
        for step in layer_steps(line.layer, scope.weights, values):
            if line.weights == EXPONENTS:
                values[step.name] = step.value
    assert step.scale is not None
    found, scale = (
        array.reshape(as_maps(line.shape))[cell] for array in (numbers(step.value), step.scale)
    )
    return float(found), float(scale) * (1 + sum(terms.spread) if line.weights == EXPONENTS else 1)


def _line_steps(shown: Shown, scope: Scope, places: InspectorPlaces) -> Iterator[Step]:
    """What stands in each row of the canvas."""
    count = places.line_list(0).height
    held: dict[str, list[float]] = {key: [0.0] * count for key in ("slot", "row", "base", "tint")}
    for row, (number, line) in enumerate(shown.rows()):
        held["slot"][row], held["row"][row] = number + 1.0, float(line)
        held["base"][row] = float(shown.base(number, line))
        slot = shown.made.slots[number]
        held["tint"][row] = _tint(slot.tensor, slot.map, scope)
    for key, found in held.items():
        yield number_step(f"line_{key}", found)


def _column_steps(line: LayerLine, places: InspectorPlaces) -> Iterator[Step]:
    """What stands in each column of the canvas."""
    wide, count = shown_size(line)[1], places.column_list(0).height
    shows, place = [READS] * wide, [*range(1, wide + 1)]
    if line.weights == NO_WEIGHTS:
        shows, place = [*shows, EQUALS, OUTCOME], [*place, 0, 0]
    else:
        shows += [TIMES, *[WEIGHT] * wide, EQUALS, *[PRODUCT] * wide, SIGMA, SUM]
        place += [0, *place[:wide], 0, *place[:wide], 0, 0]
    assert len(shows) == columns_needed(line)
    for key, found in (("shows", shows), ("place", place)):
        held = [float(one) for one in found]
        yield number_step(f"column_{key}", [*held, *[0.0] * count][:count])
