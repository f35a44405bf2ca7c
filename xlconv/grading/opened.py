"""The open cells of an exercise's parts as they were found, beside the formulas called for.

Must not know engines, nor what a value should be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from xlconv.book.book import FoundBook
from xlconv.formulas.layers.base import Rule
from xlconv.sheets.exercise.parts import Part
from xlconv.spreadsheet.cells import Cell
from xlconv.spreadsheet.formula import relative_form
from xlconv.state.sheet_names import BOARD
from xlconv.xlsx.sheet import EMPTY, FoundCell


@dataclass(frozen=True, slots=True)
class OpenCell:
    """A cell of a part, at a row and column of it, from 0, and what it holds; whether that is the
    very formula that is called for: no engine need prove it."""

    part: Part
    row: int
    column: int
    found: FoundCell
    is_expected: bool

    @property
    def cell(self) -> Cell:
        return self.part.open.cell(self.row, self.column)

    @property
    def is_empty(self) -> bool:
        return self.found == EMPTY

    @property
    def formula(self) -> str:
        """The formula as a spreadsheet shows it; "" if there is none."""
        return self.found.formula.at(self.cell) if self.found.formula is not None else ""


@dataclass(frozen=True)
class OpenCells:
    """The open cells of a part as they were found. `rule` is the part's as a learner would write
    it, where no cell is empty."""

    book: FoundBook
    part: Part
    rule: Rule

    def __iter__(self) -> Iterator[OpenCell]:
        """The cells, row by row."""
        return iter(self._cells)

    @cached_property
    def _cells(self) -> list[OpenCell]:
        offsets = zip(self.part.open.offsets(), self._expected, strict=True)
        return [
            OpenCell(self.part, *offset, self._found[index], expected)
            for index, (offset, expected) in enumerate(offsets)
        ]

    def expected_formula(self, row: int, column: int) -> str:
        """The formula that is called for."""
        return f"={self.rule.text(row, column)}"

    @cached_property
    def _found(self) -> list[FoundCell]:
        block = self.book.block(BOARD, [self.part.open])
        return [block.cell(index) for index in range(len(block))]

    @cached_property
    def _expected(self) -> list[bool]:
        place, cellwise = self.part.open, self.rule.cellwise is not None
        first = relative_form(self.rule.formula, self.rule.range.first)
        return [
            held.formula is not None
            and held.formula.relative
            == (relative_form(self.rule.text(*offset), place.cell(*offset)) if cellwise else first)
            for held, offset in zip(self._found, place.offsets(), strict=True)
        ]

    @property
    def need_engine(self) -> bool:
        """Whether a cell holds another formula than the one that is called for."""
        return any(one.found.formula is not None and not one.is_expected for one in self)
