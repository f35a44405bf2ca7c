"""A guess: what a misunderstanding gives in each cell of a part, its name and the words for it.

Must not know what was found.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from xlconv.network.model import Array


class Guess(NamedTuple):
    """The slip that a misunderstanding is, "" if it has no name; in words; what it gives; and
    whether what it says goes before what the text of a formula seems to say."""

    slip: str
    words: str
    value: Array
    sure: bool = False


Guesses = Iterator[Guess]
Reduce = Callable[..., Array]  # of an array along an axis, passing over NaN

_NEIGHBOURS = sorted(
    ((r, c) for r in range(-2, 3) for c in range(-2, 3) if (r, c) != (0, 0)),
    key=lambda way: (abs(way[0]) + abs(way[1]), way),
)
WAYS = ((1, 1), (1, 0), (0, 1))  # in which a reference may move with the cell


def neighbours() -> list[tuple[int, int]]:
    """The shifts by one or two rows and columns, the nearest ones first."""
    return _NEIGHBOURS


def shift_words(rows: int, columns: int) -> str:
    """A shift in words.

    >>> shift_words(0, 1), shift_words(-2, 0), shift_words(1, -1)
    ('one column to the right', '2 rows up', 'one row down and one column to the left')
    """
    parts = []
    for count, what, ahead, back in (
        (rows, "row", "down", "up"),
        (columns, "column", "to the right", "to the left"),
    ):
        if count:
            number = f"one {what}" if abs(count) == 1 else f"{abs(count)} {what}s"
            parts.append(f"{number} {ahead if count > 0 else back}")
    return " and ".join(parts)


def rectified(guesses: Guesses) -> Guesses:
    """The guesses, and what ReLU makes of each: it is there, whatever the mistake was."""
    for guess in guesses:
        yield guess
        yield guess._replace(value=np.maximum(0.0, guess.value))


def ignoring(reduce: Reduce, values: Array) -> Array:
    """The smallest, largest or mean of columns of numbers, of which NaN are none; 0 of no number,
    NaN where an error is among them."""
    there = ~np.isnan(values)
    some = there.any(axis=0)
    made: Array = np.zeros(values.shape[1])
    if some.any():
        made[some] = reduce(values[:, some], axis=0)
    return np.where(np.isinf(values).any(axis=0), np.nan, made)
