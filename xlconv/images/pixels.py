"""Arithmetic on planes: rectangles of pixels as arrays of shape (H, W).

Must not know what a picture shows, nor files, networks or workbooks.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlconv.network.model import Array

Mask = NDArray[np.bool_]
WORKING = 1600  # pixels a side above which a photo holds nothing that 28 x 28 could show


def luminance(values: NDArray[Any]) -> Array:
    """Grey by ITU-R BT.601; equal channels keep their value exactly."""
    if values.ndim == 2:
        return values.astype(np.float64)
    return np.asarray(values @ np.array([299.0, 587.0, 114.0]) / 1000)


def channels(values: NDArray[Any]) -> NDArray[Any]:
    """(3, H, W), from grey or colour."""
    return np.stack([values] * 3) if values.ndim == 2 else np.moveaxis(values, 2, 0)


def border_of(plane: NDArray[Any]) -> NDArray[Any]:
    """The pixels at the border."""
    return np.concatenate([plane[0], plane[-1], plane[1:-1, 0], plane[1:-1, -1]])


def resized(plane: Array, box: tuple[float, float, float, float], size: tuple[int, int]) -> Array:
    """A part of a plane, (left, top, right, bottom), at another size, (width, height)."""
    from PIL import Image

    picture = Image.fromarray(plane.astype(np.float32))
    resized = picture.resize(size, Image.Resampling.BICUBIC, box=box)
    return np.asarray(resized).astype(np.float64)


def reduced(plane: NDArray[Any], longest: int) -> tuple[Array, int]:
    """Means of squares of pixels, so that no side is longer than `longest`, and their side."""
    factor = -(-max(plane.shape[:2]) // longest)
    if factor == 1:
        return plane.astype(np.float64), 1
    rows, columns = (min(factor, length) for length in plane.shape[:2])
    height, width = plane.shape[0] // rows, plane.shape[1] // columns
    part = plane[: height * rows, : width * columns]
    return part.reshape(height, rows, width, columns, *plane.shape[2:]).mean(axis=(1, 3)), factor


def box_of(mask: Mask) -> tuple[int, int, int, int]:
    """Left, top, right, bottom around what is true, the last two exclusive."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def centre_of_mass(plane: Array) -> tuple[float, float]:
    """Row and column, counted from the middle of the first pixel."""
    total = plane.sum()
    rows, columns = (np.arange(length) for length in plane.shape)
    return float(plane.sum(axis=1) @ rows / total), float(plane.sum(axis=0) @ columns / total)


def smoothed(plane: Array) -> Array:
    """Without the noise finer than 4 pixels, half of one of MNIST's."""
    height, width = plane.shape
    small = resized(plane, (0, 0, width, height), (width // 4, height // 4))
    return resized(small, (0, 0, width // 4, height // 4), (width, height))


def grown(plane: Array, radius: float) -> Array:
    """Every pixel becomes the largest within a circle (grey dilation)."""
    reach = int(radius)
    padded = np.pad(plane, reach, mode="edge")
    grown = plane
    for dy in range(-reach, reach + 1):
        rows = padded[reach + dy :][: len(plane)]
        half = int((radius**2 - dy**2) ** 0.5)
        for dx in range(-half, half + 1):
            grown = np.maximum(grown, rows[:, reach + dx :][:, : plane.shape[1]])
    return grown
