"""The ground of a sheet with a hard shadow on it, whose edge is no ink.

Must not know what is marked on the sheet, nor files.
"""

from itertools import pairwise

import numpy as np

from xlconv.images.pixels import reduced, resized
from xlconv.network.model import Array

_OVERVIEW = 48  # pixels a side in which an edge is looked for
_LEAST = 0.05  # of the sheet's pixels on either side of an edge
MIN_STEP = 0.08  # of the range from black to white, between light and shadow

DIM = 0.35  # of the light: more than that is left in a shadow, less where there is ink


def ground_in_shadow(grid: Array, excess: Array, shape: tuple[int, ...]) -> Array | None:
    """The ground under dark ink, of a shape, if a straight edge parts light from shadow in the
    grid, or else if there is something much darker than the shadow. `excess` is what a smooth
    ground leaves unexplained."""
    edge = _edge_in(grid, unexplained(excess))
    if edge is not None:
        return _along(grid, edge, shape)
    if _is_paper(grid):
        return resized(_close(grid), (0, 0, *grid.shape[::-1]), (shape[1], shape[0]))
    return None


def unexplained(excess: Array) -> float:
    """How much a ground leaves unexplained, ink counting no more than a shadow."""
    return float(np.minimum(np.abs(excess), MIN_STEP).sum())


def _distances(shape: tuple[int, ...], angle: float) -> Array:
    """How far every pixel lies along a direction, in the longer side."""
    y, x = ((np.arange(n) + 0.5) / max(shape) for n in shape)
    return np.asarray(x * np.cos(angle) + y[:, None] * np.sin(angle))


def _edge_in(grid: Array, smooth: float) -> float | None:
    """The direction across the straight edge that explains the grid best by one level on
    either side (least deviations, of bounded size); None if a smooth ground explains it as well."""
    small, factor = reduced(grid, _OVERVIEW)
    coarse = np.arange(0, np.pi, np.pi / 30)
    best = min((_cost(small, angle, 16), angle) for angle in coarse)
    fine = best[1] + np.linspace(-1, 1, 9) * np.pi / 30
    (cost, dark, light), angle = min((_cost(small, angle, 48), angle) for angle in fine)
    # What is as dark as ink is no shadow, unless there is something darker still, the ink.
    darker = np.percentile(grid, 0.5) < dark - 0.25 * (light - dark) or dark > DIM * light
    clear = cost * factor**2 < 0.7 * smooth and light - dark > MIN_STEP
    return float(angle) if clear and darker else None


def _cost(plane: Array, angle: float, places: int) -> tuple[float, float, float]:
    """What the best edge of a direction leaves unexplained, and the levels on its sides."""
    values = plane.ravel()[np.argsort(_distances(plane.shape, angle), axis=None, kind="stable")]
    ends = np.linspace(_LEAST, 1 - _LEAST, places) * values.size
    costs = []
    for end in ends.astype(int):
        sides = values[:end], values[end:]
        levels = [float(np.median(side)) for side in sides]
        left = sum(unexplained(side - level) for side, level in zip(sides, levels, strict=True))
        costs.append((left, min(levels), max(levels)))
    return min(costs)


def _along(grid: Array, angle: float, shape: tuple[int, ...]) -> Array:
    """The ground as the usual light at each distance across an edge; near it, as dark as the
    shadow, so that no rest of the edge is left."""
    distance = _distances(grid.shape, angle) * max(grid.shape)
    bins = np.rint(distance).astype(int).ravel()
    low = bins.min()
    order = np.argsort(bins, kind="stable")
    ends = np.searchsorted(bins[order], np.arange(low, bins.max() + 2))
    values = grid.ravel()[order]
    runs = pairwise(ends)
    pairs = [(low + i, np.percentile(values[a:b], 75)) for i, (a, b) in enumerate(runs) if b > a]
    places, levels = np.array(pairs).T
    around = np.lib.stride_tricks.sliding_window_view(np.pad(levels, 2, mode="edge"), 5)
    levels = around.min(axis=1)
    return np.asarray(np.interp(_distances(shape, angle) * max(grid.shape), places, levels))


def _is_paper(grid: Array) -> bool:
    """Whether the darker of the two levels that explain a picture best (Otsu 1979) has
    something much darker on it: then it is not ink but paper in shadow."""
    ordered = np.sort(grid, axis=None)
    count = np.arange(1, ordered.size)
    sums = np.cumsum(ordered)
    dark, light = sums[:-1] / count, (sums[-1] - sums[:-1]) / count[::-1]
    best = int(np.argmax(count * count[::-1] * (light - dark) ** 2))
    return bool(dark[best] - ordered[0] > 0.5 * (light[best] - dark[best]))


def _close(grid: Array) -> Array:
    """The ground under dark ink in a shadow with an edge: all that is dark and narrow filled
    (morphological closing with a square of a third of the smaller side)."""
    reach = max(min(grid.shape) // 6, 1)
    for sign in (1, -1):
        for axis in (0, 1):
            around = [(reach, reach) if axis == side else (0, 0) for side in (0, 1)]
            padded = np.pad(sign * grid, around, mode="edge")
            windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=axis)
            grid = sign * windows.max(axis=-1)
    return grid
