"""The third question of `verify`: do the values that the file was saved with agree?

Absent, stale and wrong are three answers. What was changed after the last calculation (`changes`)
tells stale from wrong. Must not know engines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from xlconv.changes import Saved, changed_since
from xlconv.comparison import Comparison, compare_end_to_end, compare_mended
from xlconv.structure import ComputedCell, ComputedCells, Place, innocent_readers
from xlconv.workbook import FoundBook

ABSENT, STALE, PRESENT = "absent", "stale", "present"


@dataclass(frozen=True)
class Stored:
    """The stored values of each name, and their states."""

    comparisons: Mapping[str, Comparison]
    states: Mapping[str, str]


def check_stored(book: FoundBook, cells: ComputedCells, excused: Collection[Place]) -> Stored:
    """Compare the stored values of every computed cell with what NumPy computes.

    Behind a wrong value, the cells that read it are compared as if it were right: it alone is
    to blame. `excused` are the cells that cannot be right, because they hold another formula
    or read a filled padding cell; those behind them are compared as they are.
    """
    found = {key: [cell.found.value for cell in members] for key, members in cells.items()}
    found |= book.held
    whole = compare_end_to_end(book.display, book.layout, found)
    changed = changed_since(Saved(book, found, whole), cells)
    empty = _empty_blocks(cells)
    trusted = {
        key: np.array([_unjudged(cell, key in changed, empty, excused) for cell in members])
        for key, members in cells.items()
    }
    comparisons = compare_mended(book.display, book.layout, found, trusted, either=bool(changed))
    suspects = wrong_cells(cells, comparisons)
    comparisons |= acquitted(cells, comparisons, innocent_readers(suspects, excused))
    states = {}
    for key, members in cells.items():
        stale = bool(changed) and whole[key].wrong.any()
        states[key] = STALE if stale else PRESENT
        if members[0].rule.block in empty:
            states[key] = ABSENT
    return Stored(comparisons, states)


def wrong_cells(cells: ComputedCells, compared: Mapping[str, Comparison]) -> Iterator[ComputedCell]:
    """The cells that hold a wrong value."""
    for key, members in cells.items():
        yield from (members[index] for index in np.flatnonzero(compared[key].wrong))


def acquitted(
    cells: ComputedCells, compared: Mapping[str, Comparison], innocent: Collection[Place]
) -> dict[str, Comparison]:
    """The comparisons in which cells are wrong that are not to blame, without these."""
    changed = {}
    for key, members in cells.items() if innocent else ():
        blamed = np.array([cell.place not in innocent for cell in members])
        if not blamed.all():
            changed[key] = replace(compared[key], wrong=compared[key].wrong & blamed)
    return changed


def _unjudged(
    cell: ComputedCell, changed: bool, empty: Collection[str], excused: Collection[Place]
) -> bool:
    """Whether a cell's stored value says nothing of the program that computed it."""
    typed = cell.found.formula is None
    return typed or changed or cell.rule.block in empty or cell.place in excused


def _empty_blocks(cells: ComputedCells) -> set[str]:
    """The blocks in which no formula has a stored value."""
    blocks = {members[0].rule.block for members in cells.values()}
    filled = {
        cell.rule.block
        for members in cells.values()
        for cell in members
        if cell.found.formula is not None and cell.found.value is not None
    }
    return blocks - filled
