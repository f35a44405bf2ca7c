"""A block's marks: its cells, counted and judged, what they earn, and what is said of them.

Must not know how a cell is judged, nor how marks are written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xlconv.grading.credit import Mask, PartCells, block_credit
from xlconv.grading.diagnosis.surroundings import Remark
from xlconv.grading.judge import Judge
from xlconv.grading.marks import BlockMarks
from xlconv.grading.opened import OpenCell
from xlconv.grading.rubric import Rubric
from xlconv.grading.steps import covered_steps
from xlconv.network.access import Windows
from xlconv.network.layers.activation import Softmax
from xlconv.network.layers.base import source
from xlconv.spreadsheet.cells import Cell, Place
from xlconv.state.sheet_names import BOARD

EMPTY, FORMULA, TYPED, UNJUDGED, WRONG = range(5)  # what a cell is
_MOST_LOOKED_AT = 12  # of wrong cells with different contents, for a second mistake


@dataclass(frozen=True)
class _Part:
    """The cells of a part and what each of them is; one that is `covered` may be empty."""

    judge: Judge
    covered: bool

    @cached_property
    def cells(self) -> list[OpenCell]:
        return list(self.judge.cells)

    @cached_property
    def states(self) -> list[int]:
        return [self._state(one) for one in self.cells]

    def _state(self, one: OpenCell) -> int:
        if one.is_empty:
            return EMPTY
        if self.judge.is_right_number(one):
            return TYPED
        if self.judge.is_right_formula(one):
            return FORMULA
        return UNJUDGED if self.judge.engine_limits(one) else WRONG

    def those(self, *states: int) -> Iterator[tuple[Judge, OpenCell]]:
        """The cells that are one of these, each with who judges it."""
        for one, state in zip(self.cells, self.states, strict=True):
            if state in states:
                yield self.judge, one

    def as_earning(self, numbers_count: bool) -> PartCells:
        """The cells as credit is given for them."""
        states = np.array(self.states)
        typed = (states == TYPED) & numbers_count
        return PartCells(
            right=(states == FORMULA) | typed,
            filled=states != EMPTY,
            unjudged=states == UNJUDGED,
            border=_border(self.judge),
            slips=self._slips if (states == WRONG).any() else {},
            step=isinstance(self.judge.layer, Softmax),
            covered=self.covered,
        )

    @property
    def _slips(self) -> dict[str, Mask]:
        """The cells that each slip explains: formulas, most of which follow from what they read.
        A few may give one number by a slip, as what is divided by itself."""
        formulas = np.array([one.found.formula is not None for one in self.cells])
        still = np.array([self.judge.is_still(one) for one in self.cells])
        if 2 * still.sum() > formulas.sum():
            return {}
        return {name: cells & formulas for name, cells in self.judge.slips.items()}


def block_marks(
    judges: Sequence[Judge], layer: str, numbers_count: bool, rubric: Rubric
) -> BlockMarks:
    """The marks of one layer."""
    own = [one for one in judges if one.cells.part.layer == layer]
    covered = covered_steps(own)
    parts = [_Part(one, one.cells.part.key in covered) for one in own]
    credit = block_credit([part.as_earning(numbers_count) for part in parts], rubric)
    states = [state for part in parts for state in part.states]
    first, also = _remarks(parts, numbers_count)
    return BlockMarks(
        block=layer,
        cells=len(states),
        formulas=states.count(FORMULA),
        typed=states.count(TYPED),
        empty=states.count(EMPTY),
        first_wrong=_place(first[0]) if first else "",
        what=first[1].text if first else "",
        unjudged=states.count(UNJUDGED),
        points=rubric.points_of(layer),
        mark=credit.share,
        slip=", ".join(credit.slips),
        also=f"{_place(also[0])}: {also[1].text}" if also else "",
    )


Remarked = tuple[Cell, Remark]


def _place(cell: Cell) -> str:
    return str(Place(BOARD, cell))


def _remarks(
    parts: Sequence[_Part], numbers_count: bool
) -> tuple[Remarked | None, Remarked | None]:
    """What is said first, of what is wrong; else of what is empty; else, if numbers do not count,
    of what was typed; and a second mistake, if there is one that is another."""
    first: Remarked | None = None
    looked_at = set[object]()
    for judge, one in (found for part in parts for found in part.those(WRONG, UNJUDGED)):
        held = one.found.formula.relative if one.found.formula is not None else one.found.value
        content = (one.part.key, one.part.channel, held)
        if content in looked_at:
            continue
        if len(looked_at) == _MOST_LOOKED_AT:
            break
        looked_at.add(content)
        remark = judge.remark(one)
        if first is not None and remark.mistake != first[1].mistake:
            return first, (one.cell, remark)
        first = first or (one.cell, remark)
    if first is not None:
        return first, None
    for part in (part for part in parts if not part.covered):
        for _, one in part.those(EMPTY):
            return (one.cell, Remark("is empty")), None
    for part in parts if not numbers_count else ():
        for judge, one in part.those(TYPED):
            return (one.cell, judge.remark(one)), None
    return None, None


def _border(judge: Judge) -> Mask:
    """Which of the open cells have windows that reach beyond the map."""
    book, opened = judge.cells.book, judge.cells.part.open
    border = np.zeros((opened.height, opened.width), dtype=bool)
    reading = book.network.access(judge.layer)
    if isinstance(reading, Windows):
        sizes = book.network.shapes[source(judge.layer)][1:]
        for axis, (reach, size) in enumerate(zip(reading.axes, sizes, strict=True)):
            stride, margin, extent = reach
            start = np.arange(border.shape[axis]) * stride - margin
            beyond = (start < 0) | (start + extent > size)
            border |= beyond[:, None] if axis == 0 else beyond[None, :]
    return border.reshape(-1)
