"""Augmentation: pictures turned, stretched and moved a little, so that a network does not learn
them by heart.

Must not know layers or data sets. A change is an affine map of the plane, drawn for each
picture; the new pixels are mixed of the four nearest old ones, and what comes from outside is 0.

Source: Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied
to visual document analysis" (2003), section 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlconv.errors import TrainingError
from xlconv.network.description import check_keys
from xlconv.network.layers.settings import is_number

Pictures = NDArray[np.float32]
_REMEDY = "give a number from 0, below 90 for turn and below 1 for scale, shear and share"


@dataclass(frozen=True)
class Changes:
    """How far pictures are changed at most: `turn` in degrees, `scale` and `shear` as parts of
    the size, `move` in pixels; `share` of the pictures are changed, the others stay."""

    turn: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    move: float = 0.0
    share: float = 1.0

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Changes:
        """The changes of a recipe's `augment` table; TrainingError for a value that has no use."""
        check_keys(table, tuple(member.name for member in fields(cls)), "training, augment")
        most = {"turn": 90, "scale": 1, "shear": 1, "share": 1.000001}
        for name, value in table.items():
            if not is_number(value) or not 0 <= value < most.get(name, 1000):
                raise TrainingError(f"training: augment.{name} is {value!r}; {_REMEDY}")
        return cls(**table)

    @property
    def any(self) -> bool:
        return bool(self.turn or self.scale or self.shear or self.move) and self.share > 0


def augment(images: Pictures, changes: Changes, random: np.random.Generator) -> Pictures:
    """The pictures, (N, C, H, W), each changed by chance."""
    if not changes.any:
        return images
    count, _, height, width = images.shape
    drawn = random.uniform(-1, 1, (6, count)).astype(np.float32)
    drawn *= random.random(count) < changes.share
    angle = drawn[0] * np.float32(np.radians(changes.turn))
    stretch = 1 + drawn[1:3] * np.float32(changes.scale)
    shear, move = drawn[3] * np.float32(changes.shear), drawn[4:6] * np.float32(changes.move)
    sin, cos = np.sin(angle), np.cos(angle)
    # Where each new pixel comes from: turned, sheared and stretched around the middle.
    rows, columns = np.indices((height, width), dtype=np.float32).reshape(2, 1, -1)
    middle = np.float32((height - 1) / 2), np.float32((width - 1) / 2)
    down, right = rows - middle[0], columns - middle[1]
    from_row = _column(cos * stretch[0]) * down + _column((shear - sin) * stretch[0]) * right
    from_column = _column(sin * stretch[1]) * down + _column(cos * stretch[1]) * right
    sampled = _interpolate(
        images, from_row + middle[0] + _column(move[0]), from_column + middle[1] + _column(move[1])
    )
    return sampled.reshape(images.shape)


def _column(numbers: Pictures) -> Pictures:
    """A number for each picture, beside all of its places."""
    return numbers[:, None]


def _interpolate(images: Pictures, rows: Pictures, columns: Pictures) -> Pictures:
    """Pixels between pixels, by bilinear interpolation; (N, C, places)."""
    count, channels, height, width = images.shape
    padded = np.zeros((count, channels, height + 3, width + 3), np.float32)
    padded[:, :, 1:-2, 1:-2] = images
    rows, columns = np.clip(rows, -1, height) + 1, np.clip(columns, -1, width) + 1
    top, left = rows.astype(np.int32), columns.astype(np.int32)
    down = (rows - top.astype(np.float32))[:, None]
    right = (columns - left.astype(np.float32))[:, None]
    flat, maps = padded.reshape(-1), np.arange(count * channels).reshape(count, channels, 1)
    first = (top * (width + 3) + left)[:, None] + maps * padded[0, 0].size

    def at(rows_down: int, columns_right: int) -> Pictures:
        begin = rows_down * (width + 3) + columns_right
        taken: Pictures = flat[begin:].take(first)
        return taken

    upper, lower = at(0, 0), at(1, 0)
    upper += (at(0, 1) - upper) * right
    lower += (at(1, 1) - lower) * right
    lower -= upper
    lower *= down
    upper += lower
    return upper
