"""What a picture is told about that its preparation cannot mend.

    several digits; a digit on either side of a line; ink over nearly all of the picture

Must not know files, nor how the ink was found.
"""

import numpy as np

from xlconv.images.ink import marks_in
from xlconv.images.pieces import Box, around, boxes_of, components
from xlconv.images.pixels import reduced
from xlconv.images.ruling import Cleared
from xlconv.network.model import Array

OVERVIEW = 128  # pixels a side
WIDEST = 1.6  # times as wide as high: of 60,000 of MNIST's digits 4 are wider
NEARLY = 0.9  # of the picture's sides
ALL = (
    "doubtful: the ink reaches over nearly all of the picture; if that is not the digit alone, "
    "crop it so that it is, with some ground around it"
)
SEVERAL = "doubtful: {} stand apart, but the network reads one digit; crop to one of them"
BESIDE = (
    "doubtful: a digit stands on either side of a line; took the larger one, crop to the one "
    "that is meant"
)
GREY = (
    "doubtful: {}, but the network was taught with colours and may go by them; give one in colour"
)
_COLOURLESS = 0.08  # of the largest number: what channels differ by but in one pixel of a hundred


def is_grey(planes: Array) -> bool:
    """Whether a picture's red, green and blue, (3, H, W), are nearly the same."""
    apart = planes.max(axis=0) - planes.min(axis=0)
    return bool(np.quantile(apart, 0.99) <= _COLOURLESS * np.abs(planes).max())


def words_about(cleared: Cleared) -> list[str]:
    """What was taken out of the ink."""
    lines = "a long straight line" if cleared.lines == 1 else f"{cleared.lines} long straight lines"
    return [f"took out {lines}, as of a frame or ruled paper"] if cleared.lines else []


def doubts_about(cleared: Cleared, box: tuple[int, int, int, int]) -> list[str]:
    """What speaks against one digit in a box (left, top, right, bottom) of the ink, in words."""
    left, top, right, bottom = box
    ink, told = cleared.ink, [BESIDE] if cleared.beside else []
    if right - left >= NEARLY * ink.shape[1] and bottom - top >= NEARLY * ink.shape[0]:
        told.append(ALL)
    part, _ = reduced(ink[top:bottom, left:right], OVERVIEW)
    count = _digits_in(list(boxes_of(components(marks_in(part))).values()))
    if count > 1:
        told.append(SEVERAL.format(f"{count} digits or pieces"))
    elif (right - left) > WIDEST * (bottom - top):
        told.append(SEVERAL.format("two digits or more may"))
    return told


def _digits_in(pieces: list[Box]) -> int:
    """How many groups of pieces stand apart, beside or above each other, about as high as each
    other: the bar of a 5 is not."""
    turned = [piece.turned for piece in pieces]
    beside = [group.height for group in _groups(pieces)]
    above = [group.width for group in _groups(turned)]
    return max(sum(high >= 0.6 * max(row) for high in row) for row in (beside, above))


def _groups(pieces: list[Box]) -> list[Box]:
    """The boxes of pieces with a gap from left to right between them."""
    groups: list[Box] = []
    for piece in sorted(pieces, key=lambda box: box.left):
        if groups and piece.left < groups[-1].right:
            groups[-1] = around([groups[-1], piece])
        else:
            groups.append(piece)
    return groups
