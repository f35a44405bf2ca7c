"""Scenes: other data sets, made of handwritten digits by seeded generators.

Must not know files or networks. Pictures are bytes of shape (N, C, H, W). The same digits give
the same scenes; `learning` says whether they are to learn from or to test with.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Labels = NDArray[np.int64]

DIGITS = "digits"
COLOURS = ("red", "green", "blue")
COLOURED_SIDE = 32
DIGIT = (28, 28)
CANVAS = (32, 56)
MISSING = 0.15  # the part of the digits that is left out of a canvas to learn from


def digits_alone(digits: Pixels, labels: Labels, learning: bool) -> tuple[Pixels, Labels]:
    """The digits themselves."""
    return digits, labels


def coloured(digits: Pixels, labels: Labels, learning: bool) -> tuple[Pixels, Labels]:
    """Each digit, moved a little, in one of COLOURS on a dark ground of any colour:
    (N, 3, 32, 32). The class is 10 * colour + digit."""
    random = _random(learning)
    count = len(digits)
    ink = np.zeros((count, COLOURED_SIDE, COLOURED_SIDE), np.float32)
    places = random.integers(0, COLOURED_SIDE - 28 + 1, (count, 2))
    for picture, digit, (row, column) in zip(ink, digits[:, 0], places, strict=True):
        picture[row : row + 28, column : column + 28] = digit / np.float32(255)
    colours = random.integers(0, len(COLOURS), count)
    paint = random.uniform(0.0, 0.3, (count, 3))
    paint[np.arange(count), colours] = random.uniform(0.75, 1.0, count)
    ground = random.uniform(0.0, 0.45, (count, 3))
    made = np.empty((count, 3, COLOURED_SIDE, COLOURED_SIDE), np.uint8)
    for channel in range(3):
        low, high = (part[:, channel, None, None].astype(np.float32) for part in (ground, paint))
        made[:, channel] = np.rint(255 * (low + (high - low) * ink))
    return made, 10 * colours + labels


def several(digits: Pixels, labels: Labels, learning: bool) -> tuple[Pixels, Labels]:
    """Two different digits beside each other, each moved a little: (N, 1, 32, 56); as many
    pictures as there are digits, with 1 or 0 for each digit from 0 to 9.

    Of those to learn from a part lacks one of the two, or both: else a network learns that
    there are always two.
    """
    random = _random(learning)
    count, (height, width) = len(digits), CANVAS
    first = random.permutation(count)
    second = random.permutation(count)
    while (same := labels[first] == labels[second]).any():
        second[same] = random.integers(0, count, int(same.sum()))
    missing = random.random((count, 2)) < (MISSING if learning else 0)
    made = np.zeros((count, 1, height, width), np.uint8)
    rows = random.integers(0, height - 28 + 1, (count, 2))
    columns = random.integers(0, 5, (count, 2)) + np.array([0, width - 28 - 4])
    for number, pair in enumerate(zip(first, second, strict=True)):
        for side, digit in enumerate(pair):
            if missing[number, side]:
                continue
            row, column = rows[number, side], columns[number, side]
            place = made[number, 0, row : row + 28, column : column + 28]
            np.maximum(place, digits[digit, 0], out=place)
    there = np.zeros((count, 10), np.int64)
    for side, chosen in enumerate((first, second)):
        there[np.arange(count), labels[chosen]] |= ~missing[:, side]
    return made, there


def _random(learning: bool) -> np.random.Generator:
    """Other numbers for the pictures to learn from than for those to test with."""
    return np.random.default_rng(1 if learning else 2)


SCENES: dict[str, Callable[[Pixels, Labels, bool], tuple[Pixels, Labels]]] = {
    DIGITS: digits_alone,
    "coloured": coloured,
    "several": several,
}
