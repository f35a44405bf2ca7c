"""A learner's wrong cell, and the board around it.

Must not know what is said of it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from xlconv.grading.precedents import FormulaAt, Names
from xlconv.network.layers.base import Layer
from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.exercise.parts import Part
from xlconv.spreadsheet.cells import Cell

Value = float | str | bool | None


class Remark(NamedTuple):
    """What is said of a cell: in which words, and the slip that it is, "" if that has no name."""

    text: str
    slip: str = ""

    @property
    def mistake(self) -> str:
        """What it says without the cells and numbers in it: the same for the same mistake."""
        return self.slip or _DETAILS.sub("", self.text)


_DETAILS = re.compile(r" \([={].*|\$?[A-Z]{1,3}\$?\d+|-?\d[\d.e-]*", re.DOTALL)


@dataclass(frozen=True)
class WrongCell:
    """A cell that is wrong: where it is in its part, from 0, its formula as a spreadsheet shows it,
    the one that the network calls for, what it gives and what belongs there. `first` is the formula
    of its part's first cell, from which others are copied, and `first_called_for` the right one."""

    part: Part
    row: int
    column: int
    formula: str
    called_for: str
    first: str
    first_called_for: str
    found: Value
    expected: float

    @property
    def cell(self) -> Cell:
        return self.part.range.cell(self.row, self.column)

    @property
    def index(self) -> int:
        """Its number in the part, row by row."""
        return self.row * self.part.range.width + self.column


@dataclass(frozen=True)
class Surroundings:
    """The board around a wrong cell. `names` are those of the file; `value` gives the number that
    was in a cell when `found` was computed, None if there was none; `formula` what any cell holds,
    and `own` the same for cells of the learner's own making; both "" for all others."""

    network: Network
    layout: Layout
    names: Names
    value: Callable[[Cell], float | None]
    formula: FormulaAt
    own: FormulaAt


def layer_of(wrong: WrongCell, around: Surroundings) -> Layer:
    """The layer that a cell belongs to."""
    return around.network.layer(wrong.part.layer)
