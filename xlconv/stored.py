"""The third question of `verify`: do the values that the file was saved with agree?

Absent, stale and wrong are three answers. The sums on the `Model` sheet tell stale from
wrong: if a sum was stored for other pixels or weights than the file holds now, the file
was not recalculated since somebody changed them. Must not know engines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from xlconv.comparison import Comparison, compare_end_to_end, compare_mended
from xlconv.layers import source
from xlconv.network import INPUT, Network
from xlconv.reader import Value
from xlconv.sheets.model import SUMS
from xlconv.structure import ComputedCell, ComputedCells
from xlconv.workbook import FoundBook

ABSENT, STALE, PRESENT = "absent", "stale", "present"


@dataclass(frozen=True)
class Stored:
    """The stored values of each name, and their states."""

    comparisons: Mapping[str, Comparison]
    states: Mapping[str, str]


def check_stored(book: FoundBook, cells: ComputedCells) -> Stored:
    """Compare the stored values of every computed cell.

    A value is right if it is what the values stored beside it call for, as they are or, behind
    a wrong one, as they should be.
    """
    found: dict[str, list[Value]] = {
        key: [cell.found.value for cell in members] for key, members in cells.items()
    }
    whole = compare_end_to_end(book.model, book.image, found)
    changed = _changed_since(found, whole, book.network)
    mended = compare_mended(book.model, book.image, found, kept=changed)
    empty = _empty_blocks(cells)
    states, comparisons = {}, {}
    for key, members in cells.items():
        absent = members[0].rule.block in empty
        stale = bool(changed) and whole[key].wrong.any()
        states[key] = ABSENT if absent else STALE if stale else PRESENT
        # Only what reads a changed constant may differ; behind it, each follows from the other.
        judged = not absent and key not in changed
        comparisons[key] = _judged(mended[key], members, judged)
    return Stored(comparisons, states)


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


def _judged(mended: Comparison, cells: list[ComputedCell], judged: bool) -> Comparison:
    formulas = np.array([cell.found.formula is not None for cell in cells])
    return replace(mended, wrong=mended.wrong & formulas & judged)


def _changed_since(
    found: Mapping[str, list[Value]], whole: Mapping[str, Comparison], network: Network
) -> set[str]:
    """The tensors that read pixels or weights which were changed after the last calculation,
    and the sums that tell so."""
    changed = set()
    for layer in network.layers:
        sums = {f"{SUMS}_{layer.name}"}
        sums |= {f"{SUMS}_{INPUT}"} if source(layer) == INPUT else set()
        for key in sums & found.keys():
            if isinstance(found[key][0], float) and whole[key].wrong.any():
                changed |= {layer.name, key}
    # A sum alone that is off, with every value up to date, was not left behind: it is wrong.
    if not any(whole[tensor].wrong.any() for tensor in network.shapes if tensor in whole):
        return set()
    return changed
