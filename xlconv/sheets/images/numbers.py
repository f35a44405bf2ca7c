"""Picture 0 as the pen draws it, in plain NumPy.

Must not know the formulas that say the same.
"""

from collections.abc import Iterator

import numpy as np

from xlconv.network.model import Array
from xlconv.reference.layers.base import Step
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.images.places import GalleryPlaces
from xlconv.state.choices import Display, Pen

GAIN = 4 / 3  # so that a stroke of one cell is as dark as ink in its middle


def drawing_steps(display: Display, layout: Layout) -> Iterator[Step]:
    """Picture 0, map by map: as the pen draws it, but for the pixels that are typed."""
    if layout.gallery is not None and len(display.pictures):
        for number, pixels in enumerate(display.pictures[0], 1):
            yield Step.measured(f"drawing:{number}", pixels)


def drawn(pen: Pen, places: GalleryPlaces) -> Array:
    """What a pen draws, (C, H, W): its cells, smoothed."""
    if not pen.on:
        return np.zeros(places.shape)
    _, height, width = places.shape
    down = _mixing(height, pen.cells.shape[1], places.pen.size)
    across = _mixing(width, pen.cells.shape[2], places.pen.size)
    smooth: Array = np.minimum(1.0, GAIN * (down @ pen.cells @ across.T))
    return smooth


def _mixing(pixels: int, cells: int, size: int) -> Array:
    """The matrix (pixels, cells) that interpolates between the middles of cells; beyond the first
    and the last there is paper."""
    middles = np.arange(-1, cells + 1)
    at = (np.arange(pixels) + 0.5) / size - 0.5
    ramps = np.pad(np.eye(cells), ((0, 0), (1, 1)))
    return np.stack([np.interp(at, middles, ramp) for ramp in ramps], axis=1)
