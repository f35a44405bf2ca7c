"""What an exercise's learner has not filled in yet, beside what `verify` finds.

Empty cells are no findings, and what reads them reads 0. Must not know engines, nor formulas.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from xlconv.book.book import FoundBook
from xlconv.network.layers.activation import Softmax
from xlconv.network.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from xlconv.reference.layers.base import Values
from xlconv.sheets.exercise.places import ExercisePlaces
from xlconv.spreadsheet.cells import Cell, Place
from xlconv.state.sheet_names import BOARD

# Kinds that pass over an empty cell rather than read it as 0.
PASSING_OVER = (MaxPool2D, AvgPool2D, GlobalAvgPool2D, Softmax)


@dataclass(frozen=True)
class Unfinished:
    """An exercise as it was found: its `opened` cells, of which some are still `empty`, and the
    cells beside them that hold plain numbers since they were `given`."""

    opened: frozenset[Place] = frozenset()
    empty: frozenset[Place] = frozenset()
    given: frozenset[Place] = frozenset()
    # By the names of values, which of them are 0 where nothing is found.
    zeros: Mapping[str, frozenset[int]] = field(default_factory=dict)

    @cached_property
    def unjudged(self) -> frozenset[Place]:
        """The cells of which nothing can be said."""
        return self.empty | self.given

    def as_read(self, found: Mapping[str, Values]) -> dict[str, Values]:
        """Found values as other cells read them."""
        read = dict(found)
        for key, places in self.zeros.items():
            if key in found and places and found[key].dtype.kind != "f":
                values = found[key].copy()
                empty = [index for index in places if values[index] is None]
                values[empty] = 0.0
                numbers = all(isinstance(one, float) for one in values.tolist())
                read[key] = values.astype(np.float64) if numbers else values
        return read

    @property
    def learners_values(self) -> frozenset[str]:
        """The names of values that are the learner's, whatever NumPy has."""
        return frozenset(self.zeros)


def find_unfinished(book: FoundBook) -> Unfinished:
    """What is not filled in; nothing if the workbook is no exercise."""
    places = book.exercise
    if places is None:
        return Unfinished()
    board = book.sheets[BOARD]
    opened = {cell for part in places.parts for cell in part.open.cells()}
    rest = {cell for part in places.parts for place in part.rest for cell in place.cells()}
    given = {
        cell for cell in rest if (found := board.get(cell)) is not None and found.formula is None
    }
    return Unfinished(
        opened=_on_board(opened),
        empty=_on_board({cell for cell in opened if cell not in board}),
        given=_on_board(given),
        zeros={key: frozenset(_zeros(book, places, key)) for key in {p.key for p in places.parts}},
    )


def _on_board(cells: set[Cell]) -> frozenset[Place]:
    return frozenset(Place(BOARD, cell) for cell in cells)


def _zeros(book: FoundBook, places: ExercisePlaces, key: str) -> Iterator[int]:
    """Which values of a name, in C order, stand in empty cells that are read as 0: none where some
    are filled and a maximum or a mean passes over the others."""
    board = book.sheets[BOARD]
    parts = [part for part in places.parts if part.key == key]
    cells = [cell for part in parts for cell in part.open.cells()]
    filled = sum(cell in board for cell in cells)
    # Softmax's own steps read each other so, too.
    readers = [*book.network.readers(parts[0].layer), book.network.layer(parts[0].layer)]
    if filled > 0 and any(isinstance(reader, PASSING_OVER) for reader in readers):
        return
    for part in parts:
        start = (part.channel or 0) * part.range.size
        for index, cell in enumerate(part.range.cells(), start):
            if cell in part.open and cell not in board:
                yield index
