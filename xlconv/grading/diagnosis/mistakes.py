"""What is wrong with what a learner wrote, in words.

Compares the cells that a formula reads with those that it should read, and, where these are the
same, the value with what a misunderstanding would give. Must not know files, nor who asks.
"""

from collections.abc import Sequence

from xlconv.grading.diagnosis.copies import copy_remark, fixed_places
from xlconv.grading.diagnosis.explanations import Explanations
from xlconv.grading.diagnosis.functions import FUNCTIONS, likely_function, likely_name
from xlconv.grading.diagnosis.guess import shift_words
from xlconv.grading.diagnosis.sums import BIAS_PLACE, KERNEL_PLACE, RELU_FORGOTTEN
from xlconv.grading.diagnosis.surroundings import Remark, Surroundings, Value, WrongCell, layer_of
from xlconv.grading.precedents import Cells, circular_reference, reads_in_the_end, reads_of
from xlconv.network.layers.activation import Softmax
from xlconv.network.layers.base import Windowed, sources
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.reshaping import Flatten
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.spreadsheet.formula import CIRCLE, tokens

MOST_SHOWN = 200  # characters of a formula or a text


Scene = tuple[WrongCell, Surroundings]


def mistake(trials: Sequence[Scene], explained: Explanations, still: bool = False) -> Remark:
    """What is wrong with a cell, in a few words, from one trial or several; by what it gives, where
    that is sure, by what its formula reads, or else by what it gives in the first. One that is
    `still` gives one number in all."""
    wrong, around = trials[0]
    found = _reads_nothing(wrong, around, still) or copy_remark(wrong, around)
    value = explained.of(wrong.index)
    if found is None and not (value is not None and value.sure):
        words = next(filter(None, (_read_words(*trial) for trial in trials)), "")
        words = words or _error(wrong, around)
        found = Remark(words, value.slip if value is not None else "") if words else None
    if found is None and value is not None:
        found = Remark(_at_place(value.words, wrong, around), value.slip)
    return found or Remark(_other_mistake(trials))


def _reads_nothing(wrong: WrongCell, around: Surroundings, still: bool) -> Remark | None:
    """What a formula reads instead of anything that it could be right with."""
    way = circular_reference(wrong.cell, around.names, around.formula)
    if way is not None and not still:
        by = f", by way of {way.a1}" if way != wrong.cell else ""
        return Remark(f"reads itself{by}: a circle")
    reads = reads_in_the_end(reads_of(wrong.formula, around.names), around.names, around.own)
    if reads.elsewhere:
        sheet = "another sheet: the board has all that is needed"
        return Remark(f"reads {reads.elsewhere}, {sheet}")
    if not reads.cells and not reads.unsure:
        words = _error(wrong, around) or "reads no cell: a number in a formula's clothes"
        return Remark(words)
    if not still:
        return None
    value = _value_text(wrong.found)
    words = f"gives {value} whatever stands in the cells before it: a typed number, not a result"
    return Remark(words)


def _read_words(wrong: WrongCell, around: Surroundings) -> str:
    """What is read instead of what should be, as far as the text tells."""
    reads = reads_in_the_end(reads_of(wrong.formula, around.names), around.names, around.own)
    should = reads_of(wrong.called_for, around.names).cells
    spilled = wrong.formula.startswith("{") and should < reads.cells  # all of it for many cells
    return "" if reads.unsure or spilled else _other_places(wrong, reads.cells, should, around)


def _at_place(words: str, wrong: WrongCell, around: Surroundings) -> str:
    """Words in which the kernel and the bias of the cell are called by their places."""
    weights = around.layout.weights.get(wrong.part.layer)
    arrays = {} if weights is None else weights.arrays
    should = reads_of(wrong.called_for, around.names).cells
    for place, key in ((BIAS_PLACE, "bias"), (KERNEL_PLACE, "weight")):
        if place in words and key in arrays:
            words = words.replace(place, _spot(_within(should, arrays[key])))
    return words


def _other_places(wrong: WrongCell, reads: Cells, should: Cells, around: Surroundings) -> str:
    """What is read instead of what should be."""
    for say in (_missing_dollar, _source_words, _weight_words, _bias_words, _step_words):
        words = say(wrong, reads, should, around)
        if words:
            return words
    return ""


def _error(wrong: WrongCell, around: Surroundings) -> str:
    found = wrong.found
    if found == CIRCLE:
        return "reads itself, by way of others: a circle"
    if not (isinstance(found, str) and found.startswith("#")):
        return ""
    meant = _misspelt(wrong.formula, around) if found == "#NAME?" else ""
    return f"gives the error {found}{meant}"


def _misspelt(formula: str, around: Surroundings) -> str:
    """The function or name that there is not, and the one that is most like it."""
    for token in tokens(formula):
        name = token.name
        plain = name.upper().rpartition(".")[2]
        if token.kind == "function" and plain not in FUNCTIONS and name.lower() not in around.names:
            likely = likely_function(plain)
            return f": there is no function {plain}" + (f", {likely} is meant?" if likely else "")
        if token.kind == "name" and name.lower() not in (*around.names, "true", "false"):
            likely = likely_name(name.lower(), around.names)
            return f": there is no name {name}" + (f", {likely} is meant?" if likely else "")
    return ""


def _other_mistake(trials: Sequence[Scene]) -> str:
    """What is left to say of a mistake that has no name."""
    wrong, around = trials[0]
    if isinstance(wrong.found, str):
        return f"gives the text {wrong.found[:40]!r}, no number"
    if not isinstance(wrong.found, float):
        return f"gives {wrong.found!r}, no number"
    negative = (one for one, _ in trials if isinstance(one.found, float) and one.found < 0)
    if layer_of(wrong, around).rectifies and any(one.expected == 0 for one in negative):
        return RELU_FORGOTTEN
    reads = reads_in_the_end(reads_of(wrong.formula, around.names), around.names, around.own)
    should = reads_of(wrong.called_for, around.names).cells
    if reads.unsure or wrong.formula.startswith("{"):
        return _value_words(wrong)
    return _other_cells(reads.cells, should) or f"reads the right cells, but {_value_words(wrong)}"


def _shifted(cells: Cells, rows: int, columns: int) -> Cells:
    return frozenset(cell.shifted(rows, columns) for cell in cells)


def _within(cells: Cells, places: Sequence[Range]) -> Cells:
    return frozenset(cell for cell in cells if any(cell in place for place in places))


def _missing_dollar(wrong: WrongCell, reads: Cells, should: Cells, around: Surroundings) -> str:
    """A reference that moved with the cell and should have stayed: $ is missing."""
    ways = {(wrong.row, wrong.column), (wrong.row, 0), (0, wrong.column)} - {(0, 0)}
    for called, places in fixed_places(wrong, around).items():
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
            return f"the window of {name} is off by {shift_words(rows, columns)}"
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
                return f"the window of {name} map {number} is off by {shift_words(rows, columns)}"
        sizes = _size(right), _size(got)
        if sizes[0] != sizes[1]:
            return f"the window of {name} is {sizes[1]} instead of {sizes[0]}"
        return f"reads {_spot(got)} of {name} instead of {_spot(right)}"
    return ""


_NEIGHBOURS = sorted(
    ((r, c) for r in range(-3, 4) for c in range(-3, 4) if (r, c) != (0, 0)),
    key=lambda way: (abs(way[0]) + abs(way[1]), way),
)


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
    for called, place in (
        ("the largest logit", Range.of(steps.maximum)),
        ("logit − max", steps.shifted),
        ("exp", steps.exp),
        ("the sum of exp", Range.of(steps.total)),
    ):
        if _within(should, [place]) and not _within(reads, [place]):
            return f"{called} ({place.a1}) is not read"
    return ""


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
