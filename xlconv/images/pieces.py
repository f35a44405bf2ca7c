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
    """A number for every connected piece (8 neighbours), 0 elsewhere: the largest number
    of a piece spreads until all of it has it, by leaps to the number's own number."""
    height, width = mask.shape
    labels = np.zeros((height + 2, width + 2), dtype=np.int64)
    labels[1:-1, 1:-1] = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    inside = labels[1:-1, 1:-1]
    while True:
        before = inside.copy()
        spread = before
        for dy in range(3):
            for dx in range(3):
                spread = np.maximum(spread, labels[dy : dy + height, dx : dx + width])
        inside[:] = np.where(mask, spread, 0)
        own = np.concatenate([[0], inside.ravel()])
        inside[:] = own[own[own]][1:].reshape(mask.shape)
        if (inside == before).all():
            return inside.copy()


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
