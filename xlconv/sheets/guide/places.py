"""Where the cards stand on the Guide, what stands below them, and what the build leaves for ticks.

Must not know formulas, values or looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.guide.mission import Mission, Remembered, remembered
from xlconv.sheets.guide.missions.course import course
from xlconv.spreadsheet.cells import Cell, Range

NUMBER, QUESTION, ACTION, SEE, ANSWER, TICK = range(2, 8)  # columns of the cards
TITLE_ROW, LEAD_ROW, PROGRESS_ROW, HEAD_ROW = 1, 2, 3, 5
_ROWS = 3  # of a card: the question, the reason, a gap
_SHEETS, _COLOURS, _HINTS = 6, 11, 4  # lines of the lists below the cards, at most


@dataclass(frozen=True)
class Card:
    """A mission, and the row in which its question stands; its reason stands below."""

    number: int
    mission: Mission
    row: int

    def cell(self, column: int) -> Cell:
        return Cell(self.row, column)

    @property
    def why(self) -> Cell:
        return Cell(self.row + 1, QUESTION)

    @property
    def again(self) -> Cell:
        """Says that the answer is not the right one."""
        return Cell(self.row + 1, ANSWER)

    @property
    def area(self) -> tuple[Range, Range]:
        """Its two rows."""
        above = Range(self.row, NUMBER, 1, TICK - NUMBER + 1)
        return above, Range(self.row + 1, NUMBER, 1, above.width)


@dataclass(frozen=True)
class GuidePlaces:
    """The cards, and below them what is where, what colours mean, and what the build leaves."""

    cards: tuple[Card, ...]
    tensors: int

    progress = Cell(PROGRESS_ROW, NUMBER)

    @property
    def ticks(self) -> Range | None:
        """The column of ticks, with what stands between them."""
        if not self.cards:
            return None
        first, last = self.cards[0].cell(TICK), self.cards[-1].cell(TICK)
        return Range(first.row, TICK, last.row - first.row + 1, 1)

    @property
    def lists(self) -> int:
        """The row below the cards in which the lists begin."""
        return HEAD_ROW + 1 + len(self.cards) * _ROWS + 1

    @property
    def hints(self) -> int:
        """The row in which what helps begins, below the colours."""
        return self.lists + _COLOURS + 1

    @property
    def built_head(self) -> int:
        """The row, below the lists, from which on stands what the build leaves."""
        return self.lists + 1 + max(self.tensors + _SHEETS, _COLOURS + _HINTS + 1) + 1

    @cached_property
    def remembered(self) -> tuple[Remembered, ...]:
        """What the build leaves, each once."""
        found = {one.key: one for card in self.cards for one in remembered(card.mission.done)}
        return tuple(found.values())

    @cached_property
    def built(self) -> Mapping[str, Cell]:
        """The constants that say how the workbook was built, by key."""
        top = self.built_head + 1
        return {one.key: Cell(top + row, ACTION) for row, one in enumerate(self.remembered)}


def guide_places(network: Network, layout: Layout) -> GuidePlaces:
    """The places of a workbook's Guide."""
    missions = course(network, layout)
    cards = tuple(
        Card(number + 1, mission, HEAD_ROW + 1 + number * _ROWS)
        for number, mission in enumerate(missions)
    )
    return GuidePlaces(cards, len(network.shapes))
