"""The third question of `verify`: do the values that the file was saved with agree?

Absent, stale and wrong are three answers. The sums on the `Model` sheet tell stale from
wrong: if a sum was stored for other pixels or weights than the file holds now, the file
was not recalculated since somebody changed them. Must not know engines.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from xlconv.comparison import Comparison, compare_end_to_end, compare_mended
from xlconv.layers import sources
from xlconv.network import INPUT, Network
from xlconv.reader import Value
from xlconv.rules import ANSWER
from xlconv.sheets.model import SUMS
from xlconv.structure import ComputedCell, ComputedCells, Place
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
    changed = _changed_since(found, whole, book.network, cells)
    empty = _empty_blocks(cells)
    trusted = {
        key: np.array([_unjudged(cell, key in changed, empty, excused) for cell in members])
        for key, members in cells.items()
    }
    comparisons = compare_mended(book.display, book.layout, found, trusted, either=bool(changed))
    states = {}
    for key, members in cells.items():
        stale = bool(changed) and whole[key].wrong.any()
        states[key] = STALE if stale else PRESENT
        if members[0].rule.block in empty:
            states[key] = ABSENT
    return Stored(comparisons, states)


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


def _changed_since(
    found: Mapping[str, list[Value]],
    whole: Mapping[str, Comparison],
    network: Network,
    cells: ComputedCells,
) -> set[str]:
    """The values that read pixels, weights or settings which were changed after the last
    calculation, and the sums that tell so."""
    changed: set[str] = set()
    for layer in network.layers:
        sums = {f"{SUMS}_{layer.name}"}
        sums |= {f"{SUMS}_{INPUT}"} if INPUT in sources(layer) else set()
        for key in sums & found.keys():
            if isinstance(found[key][0], float) and whole[key].wrong.any():
                blocks = {layer.name, f"{layer.name}_steps"}
                blocks |= {ANSWER} if network.controls(layer) else set()
                changed |= {k for k, members in cells.items() if members[0].rule.block in blocks}
                changed.add(key)
    changed |= _redrawn(found, whole, network)
    # A sum alone that is off, with every value up to date, was not left behind: it is wrong, but
    # where settings and kernels to choose from are summed, which may change nothing else. What
    # counts cells (with ":" in its name) says nothing of the numbers in them.
    telling = (key for key in whole if ":" not in key and not key.startswith(f"{SUMS}_"))
    if not any(whole[key].wrong.any() for key in telling):
        settable = {f"{SUMS}_{one.name}" for one in network.layers if network.controls(one)}
        return changed & settable
    return changed


def _redrawn(
    found: Mapping[str, list[Value]], whole: Mapping[str, Comparison], network: Network
) -> set[str]:
    """The masks of random numbers that a program drew anew when it saved the file without
    computing what follows from them: the share is still that of the mask."""
    redrawn: set[str] = set()
    for layer in network.layers:
        name = layer.name
        mask, [share] = found.get(f"{name}_mask", []), found.get(f"{name}_share", [None])
        if not mask or not isinstance(share, float) or not whole[f"{name}_mask"].wrong.any():
            continue
        drawn = found[f"{name}_random"]
        possible = all(isinstance(number, float) and 0 <= number < 1 for number in drawn)
        if possible and round(share * len(mask)) == mask.count(0.0):
            redrawn |= {f"{name}_{step}" for step in ("random", "mask", "share")}
    return redrawn
