"""Figures drawn with strokes, as pictures of digits are, and what they become."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from xlconv.images.load import load_image

MNIST = (1, 28, 28)
INVERTED = "turned dark ink on a light ground into light ink on a dark one"
THREE = ((30, 15), (50, 8), (68, 20), (66, 38), (44, 50), (68, 60), (70, 80), (50, 94), (28, 86))

Plane = NDArray[Any]


@lru_cache
def ink(side: int = 300, width: float = 0.1, points: tuple[tuple[int, int], ...] = THREE) -> Plane:
    """A stroke through points in hundredths of the side, 0..1, smooth at its edges."""
    picture = Image.new("L", (3 * side, 3 * side))
    draw = ImageDraw.Draw(picture)
    scaled = [(x * side * 3 // 100, y * side * 3 // 100) for x, y in points]
    radius = width * side * 1.5
    draw.line(scaled, fill=255, width=max(round(2 * radius), 1))
    for x, y in scaled:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    plane: Plane = np.asarray(picture.resize((side, side), Image.Resampling.BOX)) / 255
    return plane


def dark(plane: Plane) -> NDArray[np.uint8]:
    return np.asarray(np.rint(255 * np.clip(1.0 - plane, 0, 1)), dtype=np.uint8)


def saved(folder: Path, array: Plane, name: str = "picture.png", **options: Any) -> Path:
    Image.fromarray(array).save(folder / name, **options)
    return folder / name


def pixels(folder: Path, array: Plane, name: str = "picture.png", **options: Any) -> Plane:
    plane: Plane = load_image(saved(folder, array, name, **options), MNIST).pixels[0]
    return plane


def likeness(one: Plane, other: Plane) -> float:
    """Correlation of two pictures."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def extent(plane: Plane) -> tuple[int, int]:
    rows, columns = np.flatnonzero(plane.any(axis=1)), np.flatnonzero(plane.any(axis=0))
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
