"""A learner's wrong cell, and what its number says of the mistake.

Compares the number with what misunderstandings of its layer give. Must not know which cells its
formula reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from xlconv.grading.misconceptions import (
    Product,
    Situation,
    guesses,
    guesses_of_any,
    guesses_of_many,
)
from xlconv.grading.precedents import FormulaAt, Names
from xlconv.network.layers.activation import ReLU
from xlconv.network.layers.base import Layer
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.exercise.places import Part
from xlconv.spreadsheet.cells import Cell, Range

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


@dataclass(frozen=True)
class Surroundings:
    """The board around a wrong cell. `names` are those of the file; `value` gives the number that
    was in a cell when `found` was computed, None if there was none; `formula` what any cell
    holds, and `own` the same for cells of the learner's own making; both "" for all others."""

    network: Network
    layout: Layout
    names: Names
    value: Callable[[Cell], float | None]
    formula: FormulaAt
    own: FormulaAt


def layer_of(wrong: Wrong, around: Surroundings) -> Layer:
    """The layer that a cell belongs to."""
    return around.network.layer(wrong.part.layer)


def arithmetic(wrong: Wrong, around: Surroundings) -> str:
    """What a misunderstanding would give."""
    if isinstance(wrong.found, str):
        return f"gives the text {wrong.found[:40]!r}, no number"
    if not isinstance(wrong.found, float):
        return f"gives {wrong.found!r}, no number"
    layer, found = layer_of(wrong, around), wrong.found
    rectifies = isinstance(layer, ReLU) or (isinstance(layer, Conv2D) and layer.activation)
    situation = _situation(wrong, around)
    if isinstance(layer, Conv2D) and rectifies and near(found, situation.sum) and found < 0:
        return "ReLU is forgotten: a negative number should become 0"
    for words, value in _guesses(layer, situation):
        if near(found, value):
            return words
    if rectifies and wrong.expected == 0 and found < 0:
        return "ReLU is forgotten: a negative number should become 0"
    return ""


def _guesses(layer: Layer, situation: Situation) -> Iterator[tuple[str, float]]:
    yield from guesses(layer, situation)
    if len(situation.values) > 1:
        yield from guesses_of_many(situation.values)
    yield from guesses_of_any(situation)
    if len(situation.values) == 1:
        yield "only repeats the cell that it reads", situation.values[0]


def _situation(wrong: Wrong, around: Surroundings) -> Situation:
    """The numbers that the cell should read."""
    text = wrong.called_for.replace("$", "")
    cells = list(dict.fromkeys(c for place in _PLACES.findall(text) for c in _cells(place)))
    values = [value for value in map(around.value, cells) if value is not None]
    products = []
    for window, weights in _PRODUCTS.findall(text):
        numbers = [[around.value(c) or 0.0 for c in _cells(place)] for place in (window, weights)]
        products.append(Product(numbers[0], numbers[1], Range.parse(weights).width))
    bias = _BIAS.search(text) if products else None
    added = around.value(Cell.parse(bias[1])) if bias else None
    key, expected = wrong.part.key, wrong.expected
    return Situation(key, expected, values, len(cells), products, added or 0.0)


def _cells(place: str) -> list[Cell]:
    return list(Range.parse(place).cells())


_PLACES = re.compile(r"[A-Z]+[0-9]+(?::[A-Z]+[0-9]+)?")
_PRODUCTS = re.compile(r"SUMPRODUCT\(([A-Z0-9:]+),([A-Z0-9:]+)\)")
_BIAS = re.compile(r"\)\+([A-Z]+[0-9]+)\)?$")


def near(one: float, other: float) -> bool:
    return abs(one - other) <= _NEAR * max(1e-6, abs(other))
