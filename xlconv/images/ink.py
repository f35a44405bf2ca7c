"""Ink and ground: where a picture of a digit is marked, whatever the paper and the light.

Must not know files, nor what becomes of the ink.
"""

import numpy as np
from numpy.typing import NDArray

from xlconv.errors import ImageError
from xlconv.images.pieces import components
from xlconv.images.pixels import Mask, border_of, box_of, reduced
from xlconv.images.shadow import ground_in_shadow
from xlconv.network.model import Array

OVERVIEW = 128  # pixels a side in which ink is looked for: few enough to average noise
MIN_CONTRAST = 0.04  # of the range from black to white: less cannot be told from paper
MAX_PIECES = 30  # of ink: more are specks
INVERTED = "turned dark ink on a light ground into light ink on a dark one"
BLANK = "blank: no ink stands out from the ground; draw or photograph it with more contrast"


def find_ink(sheet: Array) -> tuple[Array, list[str]]:
    """How much ink there is at each pixel: near 0 on the ground, more where it is marked."""
    grid, _ = reduced(sheet, OVERVIEW)
    coefficients = _fit_ground(grid)
    excess = grid - _surface(grid.shape, coefficients)
    # Between neighbours, so that a shadow's edge is not taken for noise.
    noise = float(np.median(np.abs(np.diff(excess, axis=1, append=excess[:, -1:]))))
    marked = np.where(np.abs(excess) > max(3 * noise, MIN_CONTRAST), excess, 0)
    border, unexplained = border_of(grid), (border_of(marked) != 0).mean() > 0.1
    bright = unexplained and np.median(border) > 0.35
    shadow = ground_in_shadow(grid, excess, sheet.shape) if bright else None
    ground = _surface(sheet.shape, coefficients) if shadow is None else shadow
    steps = ["evened out the light on the ground"] if np.ptp(ground) > 0.05 else []
    if shadow is None and (marked**3).sum() >= 0:
        return sheet - ground, steps
    # Light falls on paper as a factor: where it is dim, ink differs less from the paper.
    ink = (ground - sheet) / np.maximum(ground, 0.2)
    return ink - (0 if shadow is None else np.median(ink)), [*steps, INVERTED]


def _basis(shape: tuple[int, ...]) -> Array:
    """1, x, y, x^2, xy, y^2 of every pixel, x and y from -1 to 1."""
    y, x = np.meshgrid(*[(2 * np.arange(n) + 1) / n - 1 for n in shape], indexing="ij")
    return np.stack([np.ones(shape), x, y, x * x, x * y, y * y], axis=-1).reshape(-1, 6)


def _surface(shape: tuple[int, ...], coefficients: Array) -> Array:
    return np.asarray((_basis(shape) @ coefficients).reshape(shape))


def _weighted_fit(basis: Array, values: Array, weights: Array) -> Array:
    weighted = basis.T * weights
    fit = np.linalg.lstsq(weighted @ basis, weighted @ values, rcond=None)
    return np.asarray(fit[0], dtype=np.float64)


def _fit_ground(grid: Array) -> Array:
    """The smooth surface of the ground: least squares that ignores what lies far off it
    (Beaton & Tukey 1974, biweight), begun from a plane through the border."""
    basis, values = _basis(grid.shape), grid.ravel()
    inside = np.zeros(grid.shape, dtype=bool)
    edge = max(min(grid.shape) // 16, 1)
    inside[edge:-edge, edge:-edge] = True
    frame = ~inside.ravel()
    coefficients = np.zeros(6)
    coefficients[0] = np.median(values[frame])
    for _ in range(20):  # least absolute deviations, by weights
        off = np.abs(values - basis @ coefficients)[frame]
        plane = _weighted_fit(basis[frame, :3], values[frame], 1 / np.maximum(off, 0.005))
        coefficients[:3] = plane
    for _ in range(15):
        off = np.abs(values - basis @ coefficients)
        spread = 1.4826 * float(np.median(off[off <= max(0.5, off.min())]))
        reach = 4.685 * max(spread, 0.01)
        coefficients = _weighted_fit(basis, values, np.clip(1 - (off / reach) ** 2, 0, None) ** 2)
    return coefficients


def floor_of(ink: Array) -> float:
    """What is no more than this is noise."""
    below = -ink[ink <= 0]
    noise = 1.4826 * float(np.median(below)) if below.size else 0.0
    return max(5 * noise, MIN_CONTRAST)


def marks_in(ink: Array) -> Mask:
    """Where there is ink, specks and the picture's dark edges left out."""
    floor = floor_of(ink)
    if not (ink > floor).any():
        raise ImageError(BLANK)
    level = float(np.percentile(ink[ink > floor], 75))
    labels = components(ink > max(floor, 0.25 * level))
    marks = _ink_pieces(labels, ink)
    if len(np.unique(labels[marks])) > MAX_PIECES or marks.sum() <= ink.size // 4000:
        raise ImageError(BLANK)
    return marks


def _ink_pieces(labels: NDArray[np.int64], ink: Array) -> Mask:
    """The pieces that are neither specks nor, while there is ink inside, edges and shadows:
    pieces that touch the border far along or are small."""
    names, where = np.unique(labels, return_inverse=True)
    where = where.reshape(labels.shape)
    mass = np.bincount(where.ravel(), np.clip(ink, 0, None).ravel()) * (names > 0)
    contact = np.bincount(border_of(where), minlength=len(names))
    inner = mass[contact == 0].max(initial=0)
    if inner > 0.1 * mass.max():
        mass[contact > 0.25 * min(labels.shape)] = 0
    mass[(contact > 0) & (mass < 0.3 * inner)] = 0
    return np.asarray((mass > 0.03 * mass.max())[where])


def ink_box(ink: Array) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the ink: found in the overview, then in the part around it."""
    left, top, right, bottom = 0, 0, ink.shape[1], ink.shape[0]
    for _ in range(2):
        grid, factor = reduced(ink[top:bottom, left:right], OVERVIEW)
        x0, y0, x1, y1 = (edge * factor for edge in box_of(marks_in(grid)))
        found = left + x0, top + y0, min(left + x1, right), min(top + y1, bottom)
        margin = factor + max(x1 - x0, y1 - y0) // 8
        left, top = max(found[0] - margin, 0), max(found[1] - margin, 0)
        right = min(found[2] + margin, ink.shape[1])
        bottom = min(found[3] + margin, ink.shape[0])
    return found
