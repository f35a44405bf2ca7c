"""Connected pieces of a mask, with their sizes.

Must not know what they are pieces of.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xlconv.images.pixels import Mask


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def longest(self) -> int:
        return max(self.width, self.height)

    @property
    def turned(self) -> "Box":
        """In the picture whose rows are columns."""
        return Box(self.top, self.left, self.bottom, self.right)


def components(mask: Mask) -> NDArray[np.int64]:
    """A number for every connected piece (8 neighbours), 0 elsewhere: runs of a row are one
    with those of the row above that they touch (union-find; Tarjan 1975)."""
    steps = np.diff(mask.astype(np.int8), axis=1, prepend=0, append=0)
    rows, starts = np.nonzero(steps == 1)
    _, ends = np.nonzero(steps == -1)
    width = mask.shape[1] + 2
    first = np.searchsorted(rows * width + ends, (rows - 1) * width + starts)
    last = np.searchsorted(rows * width + starts, (rows - 1) * width + ends, side="right")
    parents = list(range(len(rows)))

    def root(run: int) -> int:
        while parents[run] != run:
            parents[run] = run = parents[parents[run]]
        return run

    for run, (low, high) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        for above in range(low, high):
            parents[root(above)] = root(run)
    roots = np.array([root(run) + 1 for run in range(len(parents))], dtype=np.int64)
    labels = np.zeros(mask.shape, dtype=np.int64)
    labels[mask] = np.repeat(roots, ends - starts)
    return labels


def boxes_of(labels: NDArray[np.int64]) -> dict[int, Box]:
    """The box of every piece, by its number."""
    rows, columns = np.nonzero(labels)
    names, where = np.unique(labels[rows, columns], return_inverse=True)
    ends = np.zeros((4, len(names)), dtype=np.int64)
    ends[:2] = max(labels.shape)
    for end, places in ((0, columns), (1, rows)):
        np.minimum.at(ends[end], where, places)
        np.maximum.at(ends[end + 2], where, places + 1)
    return {int(name): Box(*map(int, ends[:, i])) for i, name in enumerate(names)}


def around(boxes: Sequence[Box]) -> Box:
    """The box around several."""
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )
