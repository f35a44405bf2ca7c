"""A learner's wrong cell, and what its number says of the mistake.

Compares the number with what misunderstandings of its layer give. Must not know which cells its
formula reads.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np

from xlconv.grading.misconceptions import (
    Product,
    Situation,
    guesses,
    guesses_of_any,
    guesses_of_many,
)
from xlconv.grading.precedents import FormulaAt, Names
from xlconv.network.layers.base import Layer, source
from xlconv.network.model import Array
from xlconv.network.network import Network
from xlconv.reference.layers.base import Values
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.exercise.places import Part
from xlconv.sheets.explain.terms import Scope, composition
from xlconv.spreadsheet.cells import Cell

Value = float | str | bool | None

_NEAR = 1e-9
RELU_FORGOTTEN = "ReLU is forgotten: a negative number should become 0"


@dataclass(frozen=True)
class WrongCell:
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


@dataclass(frozen=True)
class Surroundings:
    """The board around a wrong cell. `tensors` and `weights`, by layers' and short names, are what
    stood there when `found` was computed. `names` are those of the file; `value` gives the number
    that was in a cell then, None if there was none; `formula` what any cell holds, and `own` the
    same for cells of the learner's own making; both "" for all others."""

    network: Network
    layout: Layout
    tensors: Mapping[str, Values]
    weights: Mapping[str, Mapping[str, Array]]
    names: Names
    value: Callable[[Cell], float | None]
    formula: FormulaAt
    own: FormulaAt


def layer_of(wrong: WrongCell, around: Surroundings) -> Layer:
    """The layer that a cell belongs to."""
    return around.network.layer(wrong.part.layer)


def arithmetic(wrong: WrongCell, around: Surroundings) -> str:
    """What a misunderstanding would give."""
    if isinstance(wrong.found, str):
        return f"gives the text {wrong.found[:40]!r}, no number"
    if not isinstance(wrong.found, float):
        return f"gives {wrong.found!r}, no number"
    layer, found = layer_of(wrong, around), wrong.found
    situation = _situation(layer, wrong, around)
    forgotten = layer.rectifies and found < 0
    if forgotten and situation.products and near(found, situation.sum):
        return RELU_FORGOTTEN
    for words, value in _guesses(layer, situation):
        if near(found, value):
            return words
    return RELU_FORGOTTEN if forgotten and wrong.expected == 0 else ""


def _guesses(layer: Layer, situation: Situation) -> Iterator[tuple[str, float]]:
    yield from guesses(layer, situation)
    if len(situation.values) > 1:
        yield from guesses_of_many(situation.values)
    yield from guesses_of_any(situation)
    if len(situation.values) == 1:
        yield "only repeats the cell that it reads", situation.values[0]


def _situation(layer: Layer, wrong: WrongCell, around: Surroundings) -> Situation:
    """The numbers that the cell should read."""
    key, expected = wrong.part.key, wrong.expected
    if layer.name in around.layout.steps:
        read = _finite(map(around.value, _read_by_step(wrong, around)))
        return Situation(key, expected, read, len(read))
    scope = Scope(around.network, around.layout, around.weights[layer.name], around.tensors)
    made = composition(layer, scope, (wrong.part.channel or 0, wrong.row, wrong.column))
    read, products = list[float](), list[Product]()
    for slot in made.slots:
        inside = slot.values if slot.outside is None else slot.values[~slot.outside]
        read += _finite(inside.reshape(-1).tolist())
        if slot.weights is not None:
            read += _finite(slot.weights.reshape(-1).tolist())
            window, weights = (np.nan_to_num(one).ravel() for one in (slot.values, slot.weights))
            products.append(Product(window.tolist(), weights.tolist(), slot.weights.shape[1]))
    read += _finite(made.facts.values())
    size = sum(slot.values.size for slot in made.slots)
    return Situation(key, expected, read, size, products, made.facts)


def _finite(numbers: Iterable[float | None]) -> list[float]:
    """Those that there are."""
    return [number for number in numbers if number is not None and isfinite(number)]


def _read_by_step(wrong: WrongCell, around: Surroundings) -> list[Cell]:
    """What a cell of a softmax, or of a step on its way, reads."""
    layer = layer_of(wrong, around)
    steps, [logits] = around.layout.steps[layer.name], around.layout.tensors[source(layer)].maps
    return {
        f"{layer.name}_max": list(logits.cells()),
        f"{layer.name}_shifted": [logits.cell(wrong.row, 0), steps.maximum],
        f"{layer.name}_exp": [steps.shifted.cell(wrong.row, 0)],
        f"{layer.name}_sum": list(steps.exp.cells()),
        layer.name: [steps.exp.cell(wrong.row, 0), steps.total],
    }[wrong.part.key]


def near(one: float, other: float) -> bool:
    return abs(one - other) <= _NEAR * max(1e-6, abs(other))
