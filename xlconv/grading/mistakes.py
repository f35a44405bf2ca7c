"""What is wrong with what a learner wrote, in words.

Compares the cells that a formula reads with those that it should read, and, where these are the
same, the value with what a misunderstanding would give. Must not know files, nor who asks.
"""

import math
from collections.abc import Sequence

from xlconv.grading.diagnosis import Surroundings, Value, WrongCell, arithmetic, layer_of, near
from xlconv.grading.precedents import Cells, circular_reference, reads_in_the_end, reads_of
from xlconv.network.layers.activation import Softmax
from xlconv.network.layers.base import Windowed, source, sources
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.reshaping import Flatten
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.spreadsheet.formula import CIRCLE

MOST_SHOWN = 200  # characters of a formula or a text


def mistake(trials: Sequence[tuple[WrongCell, Surroundings]], still: bool = False) -> str:
    """What is wrong with a cell, in a few words, from one trial or several: what one of them has a
    name for, or else what it gives in the first. One that is `still` gives one number in all."""
    if still:
        return _still_words(*trials[0])
    named = (_named_mistake(*trial) for trial in trials)
    return next(filter(None, named), "") or _other_mistake(*trials[0])


def _still_words(wrong: WrongCell, around: Surroundings) -> str:
    """A formula that gives one number, whatever stands in the cells that it should read."""
    reads = reads_in_the_end(reads_of(wrong.formula, around.names), around.names, around.own)
    if reads.elsewhere:
        return f"reads {reads.elsewhere}, another sheet: the board has all that is needed"
    if not reads.cells and not reads.unsure:
        return "reads no cell: a number in a formula's clothes"
    value = _value_text(wrong.found)
    return f"gives {value} whatever stands in the cells before it: a typed number, not a result"


def _named_mistake(wrong: WrongCell, around: Surroundings) -> str:
    begun = reads_of(wrong.formula, around.names)
    way = circular_reference(wrong.cell, around.names, around.formula)
    if way is not None:
        by = f", by way of {way.a1}" if way != wrong.cell else ""
        return f"reads itself{by}: a circle"
    reads = reads_in_the_end(begun, around.names, around.own)
    if reads.elsewhere:
        return f"reads {reads.elsewhere}, another sheet: the board has all that is needed"
    if not reads.cells and not reads.unsure:
        return _error(wrong) or "reads no cell: a number in a formula's clothes"
    should = reads_of(wrong.called_for, around.names).cells
    spilled = wrong.formula.startswith("{") and should < reads.cells  # all of it for many cells
    unsure = reads.unsure or spilled
    words = "" if unsure else _other_places(wrong, reads.cells, should, around)
    return words or _error(wrong) or arithmetic(wrong, around)


def _other_places(wrong: WrongCell, reads: Cells, should: Cells, around: Surroundings) -> str:
    """What is read instead of what should be."""
    for say in (_missing_dollar, _source_words, _weight_words, _bias_words, _step_words):
        words = say(wrong, reads, should, around)
        if words:
            return words
    return ""


def _error(wrong: WrongCell) -> str:
    found = wrong.found
    if found == CIRCLE:
        return "reads itself, by way of others: a circle"
    return f"gives the error {found}" if isinstance(found, str) and found.startswith("#") else ""


def _other_mistake(wrong: WrongCell, around: Surroundings) -> str:
    """What is left to say of a mistake that has no name."""
    reads = reads_in_the_end(reads_of(wrong.formula, around.names), around.names, around.own)
    should = reads_of(wrong.called_for, around.names).cells
    if reads.unsure or wrong.formula.startswith("{"):
        return _value_words(wrong)
    return _other_cells(reads.cells, should) or f"reads the right cells, but {_value_words(wrong)}"


def _shifted(cells: Cells, rows: int, columns: int) -> Cells:
    return frozenset(cell.shifted(rows, columns) for cell in cells)


def _within(cells: Cells, places: Sequence[Range]) -> Cells:
    return frozenset(cell for cell in cells if any(cell in place for place in places))


def _fixed_places(wrong: WrongCell, around: Surroundings) -> dict[str, list[Range]]:
    """What all cells of a part read in the same place, by what it is called."""
    layout, name = around.layout, wrong.part.layer
    places: dict[str, list[Range]] = {}
    weights = layout.weights.get(name)
    if weights is not None:
        for key, ranges in weights.arrays.items():
            called = {
                "weight": "kernel" if isinstance(layer_of(wrong, around), Conv2D) else "weights"
            }
            places[called.get(key, key)] = list(ranges)
    if f"{name}_kernel" in layout.inner:
        places["kernel"] = list(layout.inner[f"{name}_kernel"].maps)
    if name in layout.steps:
        places["largest logit"] = [Range.of(layout.steps[name].maximum)]
        places["sum of exp"] = [Range.of(layout.steps[name].total)]
    return places


def _missing_dollar(wrong: WrongCell, reads: Cells, should: Cells, around: Surroundings) -> str:
    """A reference that moved with the cell and should have stayed: $ is missing."""
    ways = {(wrong.row, wrong.column), (wrong.row, 0), (0, wrong.column)} - {(0, 0)}
    for called, places in _fixed_places(wrong, around).items():
        mine = _within(should, places)
        if not mine or mine <= reads:
            continue
        for rows, columns in sorted(ways, reverse=True):
            if _shifted(mine, rows, columns) <= reads:
                became, are = _spot(_shifted(mine, rows, columns)), called.endswith("s")
                is_not = f"{'are' if are else 'is'} not fixed with $"
                return f"the {called} {is_not}: {_spot(mine)} became {became}"
    return ""


def _source_words(wrong: WrongCell, reads: Cells, should: Cells, around: Surroundings) -> str:
    """A window that is shifted, of another size, in another map, or missing."""
    for name in sources(layer_of(wrong, around)):
        placement = around.layout.tensors[name]
        rings = [placement.with_ring(number) for number in range(len(placement.maps))]
        whole = [ring.grown(2, 2, 2, 2) for ring in rings]
        mine, found = _within(should, whole), _within(reads, whole)
        if not mine or mine == found:
            continue
        if not found:
            other = _other_source(wrong, reads, around, name)
            return f"{name} is not read{f', but {other}' if other else ' at all'}"
        if _moved_by_one(wrong, mine, found, around):
            return "the stride is forgotten: the window moves by 1 cell from one cell to the next"
        if isinstance(layer_of(wrong, around), Flatten) and len(found) == 1:
            return f"another order: {_spot(found)} stands where {_spot(mine)} belongs"
        words = _window_words(name, mine, found, rings)
        if words:
            return words
    return ""


def _other_source(wrong: WrongCell, reads: Cells, around: Surroundings, but: str) -> str:
    """Another tensor that is read instead, if the layer reads it elsewhere, or none should."""
    for name, placement in around.layout.tensors.items():
        if name not in (but, wrong.part.layer) and _within(reads, placement.maps):
            return name
    return ""


def _moved_by_one(wrong: WrongCell, mine: Cells, found: Cells, around: Surroundings) -> bool:
    """Whether windows that should jump were copied from the first cell to the next."""
    layer = layer_of(wrong, around)
    if not isinstance(layer, Windowed) or not (wrong.row or wrong.column):
        return False
    down, across = layer.window.stride
    back = -wrong.row * (down - 1), -wrong.column * (across - 1)
    return back != (0, 0) and found == _shifted(mine, *back)


def _by_map(cells: Cells, rings: Sequence[Range]) -> list[Cells]:
    """The cells that belong to each map: in its ring, or else nearest to it."""

    def away(cell: Cell, ring: Range) -> int:
        rows = max(ring.row - cell.row, cell.row - ring.bottom, 0)
        return rows + max(ring.column - cell.column, cell.column - ring.right, 0)

    nearest = {cell: min(range(len(rings)), key=lambda n: away(cell, rings[n])) for cell in cells}
    return [frozenset(c for c, n in nearest.items() if n == number) for number in range(len(rings))]


def _window_words(name: str, mine: Cells, found: Cells, rings: Sequence[Range]) -> str:
    for rows, columns in _NEIGHBOURS:
        if found == _shifted(mine, rows, columns):
            return f"the window of {name} is off by {_shift_words(rows, columns)}"
    by_map = list(zip(_by_map(mine, rings), _by_map(found, rings), strict=True))
    for number, (right, got) in enumerate(by_map, 1):
        if right and not got:
            other = next((n for n, (r, g) in enumerate(by_map, 1) if g and not r), None)
            if other is not None:
                return f"reads {name} map {other} instead of map {number} (wrong channel)"
            return f"{name} map {number} is left out"
        if got and not right:
            return f"reads {name} map {number}, too"
        if not right or right == got:
            continue
        for rows, columns in _NEIGHBOURS:
            if got == _shifted(right, rows, columns):
                return f"the window of {name} map {number} is off by {_shift_words(rows, columns)}"
        sizes = _size(right), _size(got)
        if sizes[0] != sizes[1]:
            return f"the window of {name} is {sizes[1]} instead of {sizes[0]}"
        return f"reads {_spot(got)} of {name} instead of {_spot(right)}"
    return ""


_NEIGHBOURS = sorted(
    ((r, c) for r in range(-3, 4) for c in range(-3, 4) if (r, c) != (0, 0)),
    key=lambda way: (abs(way[0]) + abs(way[1]), way),
)


def _shift_words(rows: int, columns: int) -> str:
    """A shift in words.

    >>> _shift_words(0, 1), _shift_words(-2, 0), _shift_words(1, -1)
    ('one column to the right', '2 rows up', 'one row down and one column to the left')
    """
    parts = []
    for count, what, ahead, back in (
        (rows, "row", "down", "up"),
        (columns, "column", "to the right", "to the left"),
    ):
        if count:
            number = f"one {what}" if abs(count) == 1 else f"{abs(count)} {what}s"
            parts.append(f"{number} {ahead if count > 0 else back}")
    return " and ".join(parts)


def _around(cells: Cells) -> Range:
    return Range.around(map(Range.of, cells))


def _spot(cells: Cells) -> str:
    return _around(cells).a1


def _size(cells: Cells) -> str:
    place = _around(cells)
    return f"{place.height} × {place.width}"


def _weight_words(wrong: WrongCell, reads: Cells, should: Cells, around: Surroundings) -> str:
    """Weights of another map, or none."""
    weights = around.layout.weights.get(wrong.part.layer)
    if weights is None:
        return ""
    for key, ranges in weights.arrays.items():
        if key == "bias":
            continue
        mine, found = _within(should, ranges), _within(reads, ranges)
        if not mine or mine == found:
            continue
        dense = isinstance(layer_of(wrong, around), Dense)
        called = ("weights" if dense else "kernel") if key == "weight" else key
        if not found:
            return f"the {called} {'are' if called == 'weights' else 'is'} not read"
        owners = [n for n, place in enumerate(ranges) if _within(found, [place])]
        right = [n for n, place in enumerate(ranges) if _within(mine, [place])]
        each = weights.each if key == "weight" else 1
        if {n // each for n in owners} != {n // each for n in right}:
            some = " and ".join(str(n) for n in sorted({n // each + 1 for n in owners}))
            what = "value" if dense else "map"
            return f"reads the {called} of {what} {some} instead of {what} {right[0] // each + 1}"
        if owners != right:
            several = called if dense else f"{called}s"
            return f"the {several} of the maps that are read are mixed up (wrong channel)"
        return f"reads {_spot(found)} of the {called} instead of {_spot(mine)}"
    return ""


def _bias_words(wrong: WrongCell, reads: Cells, should: Cells, around: Surroundings) -> str:
    weights = around.layout.weights.get(wrong.part.layer)
    if weights is None or "bias" not in weights.arrays:
        return ""
    mine = _within(should, weights.arrays["bias"])
    found = _within(reads, weights.arrays["bias"])
    if not mine or mine <= found:
        return ""
    return f"adds the bias of another map, {_spot(found)}" if found else "the bias is forgotten"


def _step_words(wrong: WrongCell, reads: Cells, should: Cells, around: Surroundings) -> str:
    """A column of softmax, its maximum or its sum that is not read."""
    steps, layer = around.layout.steps.get(wrong.part.layer), layer_of(wrong, around)
    if steps is None or not isinstance(layer, Softmax):
        return ""
    if wrong.part.key == f"{layer.name}_exp" and _exp_of_logit(wrong, reads, around):
        return (
            "takes exp of the logit itself, not of logit − max: the probabilities are the same, "
            "but exp of a large logit is too large a number"
        )
    for called, place in (
        ("the largest logit", Range.of(steps.maximum)),
        ("logit − max", steps.shifted),
        ("exp", steps.exp),
        ("the sum of exp", Range.of(steps.total)),
    ):
        if _within(should, [place]) and not _within(reads, [place]):
            return f"{called} ({place.a1}) is not read"
    return ""


def _exp_of_logit(wrong: WrongCell, reads: Cells, around: Surroundings) -> bool:
    """Whether a cell takes exp of one logit as it is."""
    logits = around.layout.tensors[source(layer_of(wrong, around))].maps
    if len(reads) != 1 or reads != _within(reads, logits):
        return False
    [logit] = map(around.value, reads)
    found = wrong.found
    return isinstance(found, float) and logit is not None and near(found, math.exp(logit))


def _other_cells(reads: Cells, should: Cells) -> str:
    if reads == should:
        return ""
    missing, more = should - reads, reads - should
    if missing and not more:
        return f"leaves out {_spot(missing)}"
    return f"reads {_spot(more)}, too" if more and not missing else f"reads {_spot(reads)}"


def _value_words(wrong: WrongCell) -> str:
    return f"gives {_value_text(wrong.found)} instead of {_value_text(wrong.expected)}"


def _value_text(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def typed_words(value: Value) -> str:
    """What is wrong with a constant that was typed.

    >>> typed_words(0.25), typed_words("1.5")
    ('0.25 was typed, which is not right', "'1.5' is a text: type a formula, or else a number")
    >>> typed_words("=MAX(A1:B2)")
    "holds a formula as text, '=MAX(A1:B2)': choose the number format General and type it again"
    """
    if not isinstance(value, str):
        shown = str(value).upper() if isinstance(value, bool) else str(value)
        return f"{shown} was typed, which is not right"
    text = value[:MOST_SHOWN]
    if not value.strip():
        return "holds a blank: empty it, then type a formula"
    if value.lstrip(" '").startswith("="):
        return (
            f"holds a formula as text, {text!r}: choose the number format General and type it again"
        )
    try:
        float(value.replace(",", "."))
    except ValueError:
        return f"the text {text!r} was typed, which is not right"
    return f"{text!r} is a text: type a formula, or else a number"
