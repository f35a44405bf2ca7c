"""Credit: what the cells of a block earn by a rubric.

    right cells, slips that explain the others, the border -> a share of the block's points

A part is a map, or a step of softmax; each weighs alike. A slip earns its share in a part if it
explains nearly all of the part's cells that are not empty, and the same slip in all maps of a
block; the border is lost where nearly all of the rest is right and it is not. Must not know how
cells are judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from xlconv.grading.rubric import NEARLY_ALL, Rubric

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class PartCells:
    """The open cells of a part, row by row: which are `right`, `filled`, `unjudged` and on the
    `border`; and of each slip, by its name, which cells it explains. A `step` may have a slip of
    its own; one that is `covered` is part of what another one's formulas compute."""

    right: Mask
    filled: Mask
    unjudged: Mask
    border: Mask
    slips: Mapping[str, Mask] = field(default_factory=dict)
    step: bool = False
    covered: bool = False


@dataclass(frozen=True)
class Credit:
    """The share of its points that a block earns, from 0 to 1, None if nothing could be judged;
    and the slips that earned some of it."""

    share: float | None
    slips: tuple[str, ...] = ()


def block_credit(parts: Sequence[PartCells], rubric: Rubric) -> Credit:
    """What the parts of a block earn together."""
    judged = [part for part in parts if part.covered or not part.unjudged.all()]
    if not judged:
        return Credit(None)
    names = dict.fromkeys(name for part in judged for name in part.slips)
    # Steps may have slips of their own; of maps, the one that explains most.
    steps = all(part.step for part in judged)
    some = [tuple(names)] if steps else [(), *((name,) for name in names)]
    best = max((_with_slips(judged, each, rubric) for each in some), key=_explained_first)
    return best.credit


@dataclass(frozen=True)
class _Attempt:
    """What parts earn with some slips, and in how many of them a slip explains what is wrong."""

    credit: Credit
    explained: int


def _explained_first(attempt: _Attempt) -> tuple[int, float]:
    return attempt.explained, attempt.credit.share or 0.0


def _with_slips(parts: Sequence[PartCells], names: Sequence[str], rubric: Rubric) -> _Attempt:
    shares, used = list[float](), list[str]()
    for part in parts:
        explaining = [name for name in names if not part.covered and _explains(name, part)]
        name = max(explaining, key=rubric.share_of, default=None)
        if name is None:
            shares.append(1.0 if part.covered else _weighed(part.right.astype(float), part, rubric))
        else:
            used.append(name)
            worth = rubric.share_of(name)
            cells = np.where(part.slips[name], worth, part.right)
            shares.append(_weighed(cells * part.filled, part, rubric, worth))
    credit = Credit(sum(shares) / len(shares), tuple(dict.fromkeys(used)))
    return _Attempt(credit, len(used))


def _explains(name: str, part: PartCells) -> bool:
    """Whether a slip explains nearly all cells that are filled, and nearly all of the wrong ones,
    which are neither few nor on the border alone: then those that are right are so by luck."""
    told = part.filled & ~part.unjudged
    wrong = told & ~part.right
    slip = part.slips.get(name, np.zeros_like(told))
    inside = told & ~part.border if (told & ~part.border).any() else told
    few = (wrong & inside).sum() <= (1 - NEARLY_ALL) * inside.sum()
    return not few and all((slip & some).sum() >= NEARLY_ALL * some.sum() for some in (told, wrong))


def _weighed(
    cells: NDArray[np.float64], part: PartCells, rubric: Rubric, whole: float = 1.0
) -> float:
    """The mean of cells, which earn `whole` where all of them are filled, and of which the border
    has a weight of its own."""
    judged = ~part.unjudged
    border, inside = cells[part.border & judged], cells[~part.border & judged]
    if not len(border) or not len(inside):
        return float(cells[judged].mean())
    outer, inner = float(border.mean()), float(inside.mean())
    if inner >= NEARLY_ALL * whole and outer < NEARLY_ALL * inner:
        outer = 0.0
    return (1 - rubric.border) * inner + rubric.border * outer
