"""Long straight strokes that run along a picture's sides: where there are some in its marks.

A stroke is found by the runs of marks across it, which are short, and whose middles lie on one
line (Hough transform; Duda & Hart 1972). Must not know which strokes are a digit's own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from xlconv.images.pixels import Mask
from xlconv.network.model import Array

STEEPEST = 0.12  # rise of what is meant to run along a side: a sheet may lie 7 degrees off
WIDEST = 0.08  # of the picture's shorter side
SHORTEST = 0.2  # of the picture's shorter side: less is a stroke of anything
MOST = 80  # strokes of a direction: a sheet of squares
_BENT = 0.01  # of its length that a stroke may be off a straight line: paper is not flat
_GAP = 1.5  # what a place without marks costs, where one with a short run counts 1


@dataclass(frozen=True, eq=False)
class Stroke:
    """A straight stroke: its middle across it at each place along it, from `start` on.

    `lying`: it runs from left to right, and its middles are rows. Otherwise it runs from top
    to bottom, and they are columns.
    """

    lying: bool
    start: int
    middles: Array
    width: float

    @property
    def length(self) -> int:
        return len(self.middles)

    @property
    def end(self) -> int:
        return self.start + self.length


def straight_strokes(marks: Mask, blur: float) -> list[Stroke]:
    """The long straight strokes of both directions, the longest first, though a line is a `blur`
    wider than it was drawn."""
    found = [
        stroke
        for lying in (True, False)
        for stroke in islice(_strokes(marks if lying else marks.T, blur, lying), MOST)
    ]
    return sorted(found, key=lambda stroke: -stroke.length)


@dataclass(frozen=True)
class _Runs:
    """Marks of one column without a gap: the column, the middle's row, their number."""

    x: NDArray[np.int64]
    y: Array
    length: NDArray[np.int64]

    def __getitem__(self, which: NDArray[np.bool_]) -> "_Runs":
        return _Runs(self.x[which], self.y[which], self.length[which])


def _short_runs(marks: Mask, blur: float) -> _Runs:
    """The runs of marks down the columns that are no longer than a line is wide."""
    steps = np.diff(marks.astype(np.int8).T, axis=1, prepend=0, append=0)
    x, top = np.nonzero(steps == 1)
    _, bottom = np.nonzero(steps == -1)
    runs = _Runs(x, (top + bottom - 1) / 2, bottom - top)
    return runs[runs.length <= WIDEST * min(marks.shape) + blur]


def _strokes(marks: Mask, blur: float, lying: bool) -> Iterator[Stroke]:
    """The strokes from left to right, the one with the most runs on one line first."""
    least = SHORTEST * min(marks.shape)
    runs, columns = _short_runs(marks, blur), np.arange(marks.shape[1])
    slopes = np.arange(-STEEPEST, STEEPEST, 1.5 / marks.shape[1])
    votes = _votes(runs, slopes, marks.shape)
    while votes.max() > 0.5 * least:
        slope, row = np.unravel_index(int(votes.argmax()), votes.shape)
        path = slopes[slope] * columns + row + 0.5 - _beyond(marks.shape)
        stroke, used = _stroke_along(path, marks, runs, lying)
        if not used.any():
            used = np.abs(runs.y - path[runs.x]) < 1.1
        votes -= _votes(runs[used], slopes, marks.shape)
        runs = runs[~used]
        if stroke is not None and stroke.length >= least:
            yield stroke


def _beyond(shape: tuple[int, ...]) -> int:
    """How far outside the picture a line may begin that runs through it."""
    return int(STEEPEST * shape[1]) + 2


def _votes(runs: _Runs, slopes: Array, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """For each slope, how many runs lie on a line that begins in each row or in the next."""
    beyond = _beyond(shape)
    rows = shape[0] + 2 * beyond + 1
    begin = np.rint(runs.y - slopes[:, None] * runs.x).astype(np.int64) + beyond
    cells = begin + rows * np.arange(len(slopes))[:, None]
    votes = np.bincount(cells.ravel(), minlength=rows * len(slopes)).reshape(-1, rows)
    return votes + np.roll(votes, -1, axis=1)


def _stroke_along(
    path: Array, marks: Mask, runs: _Runs, lying: bool
) -> tuple[Stroke | None, NDArray[np.bool_]]:
    """The stroke near a path, if there is one, and which runs are its."""
    columns = np.arange(len(path))
    # The path is as straight as the votes can tell; the runs near it say where it is.
    for reach, degree in ((_BENT * len(path), 1), (_BENT * len(path), 2), (1.5, 2)):
        near = np.abs(runs.y - path[runs.x]) <= max(reach, 1.5)
        if near.sum() <= 3 * degree:
            return None, near & False
        fit = np.polynomial.Polynomial.fit(runs.x[near], runs.y[near], degree)
        path = fit(columns)
    near = np.abs(runs.y - path[runs.x]) <= 1.5
    short = np.zeros(len(path), dtype=bool)
    short[runs.x[near]] = True
    rows = np.rint(path).astype(int)
    marked = marks[np.clip(rows, 0, len(marks) - 1), columns] & (rows >= 0) & (rows < len(marks))
    start, end = _longest(np.where(short, 1.0, np.where(marked, 0.2, -_GAP)))
    used = near & (runs.x >= start) & (runs.x < end)
    if not used.any() or short[start:end].mean() < 0.35:
        return None, used
    width = float(np.percentile(runs.length[used], 80))
    chord = np.linspace(path[start], path[end - 1], end - start)
    if np.abs(path[start:end] - chord).max() > 0.5 + _BENT * (end - start):
        return None, used
    return Stroke(lying, start, path[start:end], width), used


def _longest(worth: Array) -> tuple[int, int]:
    """Start and end of the stretch that is worth most (Bentley 1984)."""
    sums = np.concatenate([[0.0], np.cumsum(worth)])
    least = np.minimum.accumulate(sums)
    end = int(np.argmax(sums - least))
    return int(np.argmin(sums[: end + 1])), end
