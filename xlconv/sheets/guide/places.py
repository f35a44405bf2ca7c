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
from xlconv.sheets.works.places import TOP
from xlconv.spreadsheet.cells import Cell, Range

ROOM = "guide"

NUMBER, QUESTION, ACTION, SEE, ANSWER, TICK = range(2, 8)  # columns of the cards
TITLE_ROW, LEAD_ROW, PROGRESS_ROW, HEAD_ROW = 1, 2, 3, 4
_ROWS = 3  # of a card: the question, the reason, a gap
_SHEETS, _COLOURS, _HINTS = 7, 11, 4  # lines of the lists below the cards, at most


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
    left: int  # the first column of its part of Works

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
        return self.lists + _COLOURS + 2

    @property
    def bottom(self) -> int:
        """The last row of the lists."""
        return self.lists + max(self.tensors + _SHEETS, _COLOURS + _HINTS + 2)

    @cached_property
    def remembered(self) -> tuple[Remembered, ...]:
        """What the build leaves, each once."""
        found = {one.key: one for card in self.cards for one in remembered(card.mission.done)}
        return tuple(found.values())

    @cached_property
    def built(self) -> Mapping[str, Cell]:
        """The constants on Works that say how the workbook was built, by key."""
        return {one.key: Cell(TOP + row, self.left + 1) for row, one in enumerate(self.remembered)}


def guide_places(network: Network, layout: Layout) -> GuidePlaces:
    """The places of a workbook's Guide."""
    missions = course(network, layout)
    cards = tuple(
        Card(number + 1, mission, HEAD_ROW + 1 + number * _ROWS)
        for number, mission in enumerate(missions)
    )
    return GuidePlaces(cards, len(network.shapes), layout.works[ROOM])


def works_columns(network: Network, layout: object) -> int:
    """How many columns the Guide's part of the sheet Works takes."""
    return 2


def works_constants(network: Network, layout: Layout) -> int:
    """How many numbers it holds there that nothing computes."""
    return len(guide_places(network, layout).built)
