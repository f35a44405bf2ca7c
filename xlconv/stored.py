"""The third question of `verify`: do the values that the file was saved with agree?

Absent, stale and wrong are three answers. The sums on the `Model` sheet tell stale from
wrong: if a sum was stored for other pixels or weights than the file holds now, the file
was not recalculated since somebody changed them. Must not know engines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from xlconv.comparison import Comparison, compare_end_to_end, compare_locally
from xlconv.network import INPUT, Network, source
from xlconv.reader import Value
from xlconv.sheets.model import SUMS
from xlconv.structure import ComputedCells
from xlconv.workbook import FoundBook

ABSENT, STALE, PRESENT = "absent", "stale", "present"


@dataclass(frozen=True)
class Stored:
    """The stored values of each name, and their states."""

    comparisons: Mapping[str, Comparison]
    states: Mapping[str, str]


def check_stored(book: FoundBook, cells: ComputedCells) -> Stored:
    """Compare the stored values of every computed cell.

    A value is right if it is what the values stored beside it call for, or what NumPy gets
    from the beginning: behind a wrong one, either holds.
    """
    found: dict[str, list[Value]] = {
        key: [cell.found.value for cell in members] for key, members in cells.items()
    }
    local = compare_locally(book.model, book.image, found)
    whole = compare_end_to_end(book.model, book.image, found)
    changed = _changed_since(found, whole, book.network)
    states, comparisons = {}, {}
    for key, values in found.items():
        comparison = _nearer(local[key], whole[key])
        absent = all(value is None for value in values)
        # Only what reads a changed constant may differ; behind it, each follows from the other.
        excused = key in changed or _owner(key) in changed
        stale = bool(changed) and whole[key].wrong.any()
        states[key] = ABSENT if absent else STALE if stale else PRESENT
        if absent or excused:
            comparison = replace(comparison, wrong=np.zeros_like(comparison.wrong))
        comparisons[key] = comparison
    return Stored(comparisons, states)


def _owner(key: str) -> str:
    return key.removeprefix(f"{SUMS}_")


def _nearer(local: Comparison, whole: Comparison) -> Comparison:
    return replace(
        local,
        expected=whole.expected,
        wrong=whole.wrong & (local.wrong | ~local.known),
        error=np.where(local.known, np.minimum(local.error, whole.error), whole.error),
    )


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
