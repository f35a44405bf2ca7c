"""The third question of `verify`: do the values that the file was saved with agree?

Absent, stale and wrong are three answers. What was changed after the last calculation (`staleness`)
tells stale from wrong. Must not know engines.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from xlconv.book.book import FoundBook
from xlconv.book.unfinished import Unfinished
from xlconv.reference.layers.base import Values
from xlconv.spreadsheet.cells import Place
from xlconv.spreadsheet.formula import ERRORS
from xlconv.spreadsheet.keys import Keys, keys_by_sheet
from xlconv.verification.comparison import (
    Comparison,
    Found,
    Mask,
    compare_end_to_end,
    compare_mended,
)
from xlconv.verification.staleness import SavedBook, changed_since
from xlconv.verification.structure import (
    ComputedBlock,
    ComputedCell,
    ComputedCells,
    innocent_readers,
)

ABSENT, STALE, PRESENT = "absent", "stale", "present"


@dataclass(frozen=True)
class Stored:
    """The stored values of each name, and their states; whether they are `rounded` as they are
    shown."""

    comparisons: Mapping[str, Comparison]
    states: Mapping[str, str]
    rounded: bool = False


def check_stored(
    book: FoundBook, cells: ComputedCells, excused: Collection[Place], left: Unfinished
) -> Stored:
    """Compare the stored values of every computed cell with what NumPy computes.

    Behind a wrong value, the cells that read it are compared as if it were right: it alone is
    to blame. `excused` are the cells that cannot be right, because they hold another formula
    or read a filled padding cell; those behind them are compared as they are. `left` is what is
    not filled in of an exercise.
    """
    found: dict[str, Values] = left.as_read({k: one.found.values for k, one in cells.items()})
    found |= book.filled_counts
    whole = compare_end_to_end(book.display, book.layout, found, left.learners_values)
    changed = changed_since(SavedBook(book, found, whole), cells)
    empty = _empty_blocks(cells)
    without_blame = keys_by_sheet(excused)
    trusted = {
        key: _say_nothing(members, key in changed, empty, without_blame)
        for key, members in cells.items()
    }
    comparisons = compare_mended(book.display, book.layout, found, trusted, either=bool(changed))
    comparisons |= without_unjudged(cells, comparisons, left.unjudged)
    suspects = wrong_cells(cells, comparisons)
    others = {*excused, *error_places(cells, found)} - left.unjudged
    comparisons |= without_excused(cells, comparisons, innocent_readers(suspects, others))
    states = {}
    for key, members in cells.items():
        stale = bool(changed) and whole[key].wrong.any()
        states[key] = STALE if stale else PRESENT
        if members.block in empty:
            states[key] = ABSENT
    differs = any(compared.wrong.any() for compared in whole.values())
    return Stored(comparisons, states, rounded=differs and _are_rounded(book, cells))


_DECIMALS = re.compile(r"0(?:\.(0+))?(%?)")
_LEAST_ROUNDED = 20  # cells of which one would not be, by chance


def _are_rounded(book: FoundBook, cells: ComputedCells) -> bool:
    """Whether all stored numbers have no more digits than are shown: a program calculated so."""
    told = [_DECIMALS.fullmatch(text) for text in book.formats]
    units = [10.0 ** -(len(m[1] or "") + 2 * len(m[2])) if m else np.nan for m in told]
    by_look = np.append(np.array(units), np.nan)
    count = 0
    for members in cells.values():
        numbers, looks = members.found.numbers, np.minimum(members.found.styles, len(units))
        with np.errstate(over="ignore", invalid="ignore"):
            steps = numbers / by_look[looks]
        known = np.isfinite(steps) & (steps != 0)
        if (
            np.abs(steps[known] - np.round(steps[known])) > 1e-6 + 1e-12 * np.abs(steps[known])
        ).any():
            return False
        count += int(known.sum())
    return count >= _LEAST_ROUNDED


def error_places(cells: ComputedCells, found: Found) -> Iterator[Place]:
    """The cells in which an error was found."""
    for key, members in cells.items():
        values = found.get(key)
        if values is not None and values.dtype.kind != "f":
            yield from (
                members[index].place
                for index, value in enumerate(values.tolist())
                if value in ERRORS
            )


def wrong_cells(cells: ComputedCells, compared: Mapping[str, Comparison]) -> Iterator[ComputedCell]:
    """The cells that hold a wrong value."""
    for key, members in cells.items():
        yield from members.those(compared[key].wrong)


def without_excused(
    cells: ComputedCells, compared: Mapping[str, Comparison], innocent: Collection[Place]
) -> dict[str, Comparison]:
    """The comparisons in which cells are wrong that are not to blame, without these."""
    changed, keys = {}, keys_by_sheet(innocent)
    for key, members in cells.items() if keys else ():
        excused = members.within(keys)
        if excused.any():
            changed[key] = replace(compared[key], wrong=compared[key].wrong & ~excused)
    return changed


def without_unjudged(
    cells: ComputedCells, compared: Mapping[str, Comparison], places: Collection[Place]
) -> dict[str, Comparison]:
    """The comparisons that hold some of these places, in which nothing is said of them."""
    changed, keys = {}, keys_by_sheet(places)
    for key, members in cells.items() if keys else ():
        said = ~members.within(keys)
        if not said.all():
            one = compared[key]
            error = np.where(said, one.error, 0.0)
            changed[key] = replace(one, wrong=one.wrong & said, known=one.known & said, error=error)
    return changed


def _say_nothing(
    members: ComputedBlock, changed: bool, empty: Collection[str], excused: Mapping[str, Keys]
) -> Mask:
    """Which cells' stored values say nothing of the program that computed them."""
    if changed or members.block in empty:
        return np.ones(len(members), dtype=bool)
    typed: Mask = members.found.formulas < 0
    return typed | members.within(excused)


def _empty_blocks(cells: ComputedCells) -> set[str]:
    """The blocks in which there are formulas, and none has a stored value."""
    computed, filled = set(), set()
    for members in cells.values():
        if (members.found.formulas >= 0).any():
            computed.add(members.block)
        if members.found.has_stored_values:
            filled.add(members.block)
    return computed - filled
