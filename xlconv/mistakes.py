"""What is wrong with a learner's formula, in words.

Compares the cells that a formula reads with those that it should read, and, where these are the
same, the value with what a misunderstanding would give. Must not know files, nor who asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations

from xlconv.exercise_places import Part
from xlconv.grid import Cell, Range
from xlconv.layers import Conv2D, Layer, ReLU, sources
from xlconv.network import Network
from xlconv.places import Layout
from xlconv.references import FUNCTION, Cells, Names, cells_read

Value = float | str | bool | None

_NEAR = 1e-9


@dataclass(frozen=True)
class Wrong:
    """A cell that is wrong: where it is in its part, from 0, its formula as a spreadsheet shows it,
    the one that the network calls for, what it gives and what belongs there."""

    part: Part
    row: int
    column: int
    formula: str
    called_for: str
    found: Value
    expected: float

    @property
    def cell(self) -> Cell:
        return self.part.range.cell(self.row, self.column)


def beyond(wrong: Wrong, stored: Value, engine: str, around: Surroundings) -> str:
    """What an engine cannot evaluate of a formula that may well be right, in words; "" if the
    engine is not to blame. `stored` is what the program that saved the file computed."""
    functions = [name.upper() for name in FUNCTION.findall(wrong.formula)]
    newer = [name.rpartition(".")[2] for name in functions if name.startswith("_XLFN.")]
    if any("XLUDF.DUMMYFUNCTION" in name for name in functions):
        return "is computed by Google Sheets alone: mark it by hand"
    computed = isinstance(stored, float)
    unknown = [*newer, *(name for name in functions if name in _OF_MATRICES)]
    if wrong.found == "#VALUE!" and not computed:
        return ""
    failed = isinstance(wrong.found, str) and wrong.found.startswith(_NOT_EVALUATED)
    if not failed or not (computed or unknown):
        return ""
    if wrong.cell in cells_read(wrong.formula, around.names).cells:
        return ""
    told = f" ({', '.join(dict.fromkeys(unknown))})" if unknown else ""
    other = "formualizer" if engine == "libreoffice" else "libreoffice"
    return f"{engine} cannot evaluate it{told}: mark it by hand, or try --engine {other}"


_NOT_EVALUATED = ("#NAME?", "#ERROR!", "#VALUE!", '#"')  # the last one is Gnumeric's
_OF_MATRICES = ("MMULT", "MINVERSE", "MDETERM")  # which Excel has always known, and engines may not


@dataclass(frozen=True)
class Surroundings:
    """The board around a wrong cell. `names` are those of the file, as `cells_read` takes them,
    `value` gives the numbers that were in the cells when `found` was computed."""

    network: Network
    layout: Layout
    names: Names
    value: Callable[[Cell], float]


def mistake(wrong: Wrong, around: Surroundings) -> str:
    """What is wrong, in a few words."""
    found = cells_read(wrong.formula, around.names)
    reads, elsewhere = found.cells, found.elsewhere
    if wrong.cell in reads:
        return "reads itself: a circle"
    if isinstance(wrong.found, str) and wrong.found.startswith("#"):
        return f"gives the error {wrong.found}"
    if elsewhere:
        return f"reads {elsewhere}, another sheet"
    should = cells_read(wrong.called_for, around.names).cells
    spilled = wrong.formula.startswith("{") and should < reads
    if not found.whole or spilled:  # which cells are read for this one is not told
        return _arithmetic(wrong, around, ()) or _gives(wrong)
    if not reads:
        return "reads no cell: a number in a formula's clothes"
    for say in (_not_fixed, _source_words, _weight_words, _bias_words, _step_words):
        words = say(wrong, reads, should, around)
        if words:
            return words
    return _arithmetic(wrong, around, reads) or _other_cells(reads, should) or _plain(wrong)


def _shifted(cells: Cells, rows: int, columns: int) -> Cells:
    return frozenset(cell.shifted(rows, columns) for cell in cells)


def _within(cells: Cells, places: Sequence[Range]) -> Cells:
    return frozenset(cell for cell in cells if any(cell in place for place in places))


def _layer(wrong: Wrong, around: Surroundings) -> Layer:
    return around.network.layer(wrong.part.layer)


def _fixed_places(wrong: Wrong, around: Surroundings) -> dict[str, list[Range]]:
    """What all cells of a part read in the same place, by what it is called."""
    layout, name = around.layout, wrong.part.layer
    places: dict[str, list[Range]] = {}
    weights = layout.weights.get(name)
    if weights is not None:
        for key, ranges in weights.arrays.items():
            called = {
                "weight": "kernel" if isinstance(_layer(wrong, around), Conv2D) else "weights"
            }
            places[called.get(key, key)] = list(ranges)
    if f"{name}_kernel" in layout.inner:
        places["kernel"] = list(layout.inner[f"{name}_kernel"].maps)
    if name in layout.steps:
        places["largest logit"] = [Range.of(layout.steps[name].maximum)]
        places["sum of exp"] = [Range.of(layout.steps[name].total)]
    return places


def _not_fixed(wrong: Wrong, reads: Cells, should: Cells, around: Surroundings) -> str:
    """A reference that moved with the cell and should have stayed: $ is missing."""
    ways = {(wrong.row, wrong.column), (wrong.row, 0), (0, wrong.column)} - {(0, 0)}
    for called, places in _fixed_places(wrong, around).items():
        mine = _within(should, places)
        if not mine or mine <= reads:
            continue
        for rows, columns in sorted(ways, reverse=True):
            if _shifted(mine, rows, columns) <= reads:
                became = _spot(_shifted(mine, rows, columns))
                return f"the {called} is not fixed with $: {_spot(mine)} became {became}"
    return ""


def _source_words(wrong: Wrong, reads: Cells, should: Cells, around: Surroundings) -> str:
    """A window that is shifted, of another size, in another map, or missing."""
    for name in sources(_layer(wrong, around)):
        placement = around.layout.tensors[name]
        areas = [
            placement.ringed(number).grown(2, 2, 2, 2) for number in range(len(placement.maps))
        ]
        whole = Range.around(areas)
        mine, found = _within(should, [whole]), _within(reads, [whole])
        if not mine or mine == found:
            continue
        if not found:
            return f"{name} is not read at all"
        words = _window_words(name, mine, found, areas)
        if words:
            return words
    return ""


def _window_words(name: str, mine: Cells, found: Cells, areas: Sequence[Range]) -> str:
    for rows, columns in _NEIGHBOURS:
        if found == _shifted(mine, rows, columns):
            return f"the window of {name} is off by {_way(rows, columns)}"
    by_map = [(_within(mine, [area]), _within(found, [area])) for area in areas]
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
                return f"the window of {name} map {number} is off by {_way(rows, columns)}"
        sizes = _size(right), _size(got)
        if sizes[0] != sizes[1]:
            return f"the window of {name} is {sizes[1]} instead of {sizes[0]}"
        return f"reads {_spot(got)} of {name} instead of {_spot(right)}"
    return ""


_NEIGHBOURS = sorted(
    ((r, c) for r in range(-3, 4) for c in range(-3, 4) if (r, c) != (0, 0)),
    key=lambda way: (abs(way[0]) + abs(way[1]), way),
)


def _way(rows: int, columns: int) -> str:
    """A shift in words.

    >>> _way(0, 1), _way(-2, 0), _way(1, -1)
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


def _weight_words(wrong: Wrong, reads: Cells, should: Cells, around: Surroundings) -> str:
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
        called = "kernel" if key == "weight" else key
        if not found:
            return f"the {called} is not read"
        owners = [n for n, place in enumerate(ranges) if _within(found, [place])]
        right = [n for n, place in enumerate(ranges) if _within(mine, [place])]
        each = weights.each if key == "weight" else 1
        if {n // each for n in owners} != {n // each for n in right}:
            maps = " and ".join(str(n) for n in sorted({n // each + 1 for n in owners}))
            return f"reads the {called} of map {maps} instead of map {right[0] // each + 1}"
        if owners != right:
            return (
                f"the {called}s of the maps that are read are mixed up or left out (wrong channel)"
            )
        return f"reads {_spot(found)} of the {called} instead of {_spot(mine)}"
    return ""


def _bias_words(wrong: Wrong, reads: Cells, should: Cells, around: Surroundings) -> str:
    weights = around.layout.weights.get(wrong.part.layer)
    if weights is None or "bias" not in weights.arrays:
        return ""
    mine = _within(should, weights.arrays["bias"])
    found = _within(reads, weights.arrays["bias"])
    if not mine or mine <= found:
        return ""
    return f"adds the bias of another map, {_spot(found)}" if found else "the bias is forgotten"


def _step_words(wrong: Wrong, reads: Cells, should: Cells, around: Surroundings) -> str:
    """A column of softmax, its maximum or its sum that is not read."""
    steps = around.layout.steps.get(wrong.part.layer)
    if steps is None:
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


def _arithmetic(wrong: Wrong, around: Surroundings, reads: Iterable[Cell]) -> str:
    """What a misunderstanding would give that reads the right cells."""
    if not isinstance(wrong.found, float):
        return f"gives {wrong.found!r}, no number"
    layer, found = _layer(wrong, around), wrong.found
    rectifies = isinstance(layer, ReLU) or (isinstance(layer, Conv2D) and layer.activation)
    if rectifies and wrong.expected == 0 and found < 0:
        return "ReLU is forgotten: a negative number should become 0"
    if _near(found, -wrong.expected):
        return "the sign is turned"
    mixed = _mixed_up(wrong, around)
    if mixed:
        return mixed
    numbers = [around.value(cell) for cell in reads]
    if len(numbers) == 1:
        return f"only repeats {_spot(frozenset(reads))}" if _near(found, numbers[0]) else ""
    for words, value in (
        ()
        if not numbers
        else (
            ("takes the smallest", min(numbers)),
            ("takes the mean", sum(numbers) / len(numbers)),
            ("takes the sum", sum(numbers)),
            ("takes the largest", max(numbers)),
        )
    ):
        if _near(found, value):
            return f"{words} of the cells that it reads"
    return ""


def _mixed_up(wrong: Wrong, around: Surroundings) -> str:
    """Sums of the right products in which windows meet other kernels, or turned ones."""
    pairs = [
        [[around.value(cell) for cell in Range.parse(place).cells()] for place in pair]
        for pair in _PRODUCTS.findall(wrong.called_for.replace("$", ""))
    ]
    if not pairs or not isinstance(wrong.found, float):
        return ""
    windows, kernels = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    # What is neither a window nor a kernel stays as it is: the bias.
    rest = wrong.expected - _products(windows, kernels)
    if _near(wrong.found, rest + _products(windows, [kernel[::-1] for kernel in kernels])):
        return "the kernel is turned by half a turn: a CNN does not flip it"
    if len(kernels) > MOST_KERNELS:
        return ""
    for order in permutations(kernels):
        if _near(wrong.found, rest + _products(windows, order)):
            return "the kernels of the maps that are read are mixed up (wrong channel)"
    return ""


_PRODUCTS = re.compile(r"SUMPRODUCT\(([A-Z0-9:]+),([A-Z0-9:]+)\)")
MOST_KERNELS = 5  # of which all orders are tried


def _products(windows: Sequence[Sequence[float]], kernels: Sequence[Sequence[float]]) -> float:
    return sum(
        value * weight
        for window, kernel in zip(windows, kernels, strict=True)
        for value, weight in zip(window, kernel, strict=True)
    )


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= _NEAR * max(1.0, abs(other))


def _other_cells(reads: Cells, should: Cells) -> str:
    if reads == should:
        return ""
    missing, more = should - reads, reads - should
    if missing and not more:
        return f"leaves out {_spot(missing)}"
    return f"reads {_spot(more)}, too" if more and not missing else f"reads {_spot(reads)}"


def _plain(wrong: Wrong) -> str:
    return f"reads the right cells, but {_gives(wrong)}"


def _gives(wrong: Wrong) -> str:
    return f"gives {_shown(wrong.found)} instead of {_shown(wrong.expected)}"


def _shown(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
