"""The pictures of templates/edges/gallery, drawn: nothing in them is anybody else's.

    python templates/edges/make_pictures.py [DIR]

Writes them into DIR (templates/edges/gallery if it is left out). Same seed, same pictures.
In the arrays below 1 is ink, as on the board; in the files ink is black on white paper.
"""

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Plane = NDArray[np.float64]

SIDE = 32
FINE = 8  # times as fine is drawn, then averaged: edges become smooth
FOLDER = Path(__file__).resolve().parent / "gallery"


def places() -> tuple[Plane, Plane]:
    """Rows and columns of the fine pixels, in pixels of the picture."""
    rows, columns = np.mgrid[: SIDE * FINE, : SIDE * FINE]
    return (rows + 0.5) / FINE, (columns + 0.5) / FINE


def drawn(draw_on: Callable[[ImageDraw.ImageDraw], None]) -> Plane:
    """What Pillow draws on an empty picture of levels 0..255."""
    picture = Image.new("L", (SIDE * FINE, SIDE * FINE))
    draw_on(ImageDraw.Draw(picture))
    return np.asarray(picture) / 255


def scaled(points: str) -> list[tuple[float, float]]:
    """ "x,y x,y ..." in pixels of the picture, as Pillow wants them."""
    pairs = (point.split(",") for point in points.split())
    return [(float(x) * FINE, float(y) * FINE) for x, y in pairs]


def still_life() -> Plane:
    """A ball and a box on a table, lit from the top left, with a little grain: like a photo."""
    rows, columns = places()
    wall = 0.75 - 0.3 * columns / SIDE - 0.1 * rows / SIDE
    table = 0.25 + 0.25 * (rows - 20) / 12
    light = np.where(rows < 20, wall, table)
    # The box: a bright front, a dark side.
    light = np.where((columns >= 17) & (columns < 25) & (rows >= 8) & (rows < 24), 0.85, light)
    side = (columns >= 25) & (columns < 29) & (rows >= 8 - (columns - 25) / 2)
    light = np.where(side & (rows < 24 - (columns - 25)), 0.1, light)
    # The ball's shadow, then the ball: as bright as it faces the light.
    shadow = ((columns - 16.5) / 8) ** 2 + ((rows - 27) / 2) ** 2 < 1
    light = np.where(shadow, 0.05, light)
    across, down = (columns - 10.5) / 7.5, (rows - 20) / 7.5
    height = np.sqrt(np.clip(1 - across**2 - down**2, 0, None))
    facing = np.clip(-0.55 * across - 0.6 * down + 0.58 * height, 0, 1)
    light = np.where(height > 0, 0.08 + 0.9 * facing + 0.3 * facing**30, light)
    grain = np.random.default_rng(7).normal(0, 0.02, (SIDE, SIDE)).repeat(FINE, 0).repeat(FINE, 1)
    return np.clip(light + grain, 0, 1)


def stripes() -> Plane:
    """Stripes that become finer: upright ones to the right, lying ones below them downwards."""
    rows, columns = places()

    def wave(along: Plane, length: float) -> Plane:
        # From a period of 16 pixels to one of 3, at which a 3x3 kernel just sees a stripe.
        start, end = 1 / 16, 1 / 3
        return 0.5 - 0.5 * np.cos(2 * np.pi * (start + (end - start) * along / length / 2) * along)

    return np.where(rows < 16, wave(columns, SIDE), wave(rows - 16, 16))


def shapes() -> Plane:
    """A disk, a ring, a square, a frame and a triangle of different strength."""

    def draw_on(draw: ImageDraw.ImageDraw) -> None:
        draw.ellipse(scaled("2,2 14,14"), fill=255)
        draw.ellipse(scaled("18,2 30,14"), outline=255, width=2 * FINE)
        draw.rectangle(scaled("2,18 10,26"), fill=160)
        draw.rectangle(scaled("6,22 14,30"), outline=255, width=FINE)
        draw.polygon(scaled("17,30 24,17 31,30"), fill=200)

    return drawn(draw_on)


def sign() -> Plane:
    """Two letters on a ground that becomes stronger: the edges at the right are weaker."""
    _, columns = places()

    def draw_on(draw: ImageDraw.ImageDraw) -> None:
        width = round(2.2 * FINE)
        for line in ("4,7 14,25", "14,7 4,25", "19,6 19,24 28,24"):
            draw.line(scaled(line), fill=255, width=width)

    ground = 0.7 * columns / SIDE
    return np.where(drawn(draw_on) > 0, 1.0, ground)


def five() -> Plane:
    """A five, written with a round pen."""
    rows, columns = places()
    turns = np.radians(np.linspace(-140, 150, 200))
    bowl = [(15.5 + 6.5 * np.cos(turn), 20 + 6 * np.sin(turn)) for turn in turns]
    corners = [(22.5, 6.0), (12.0, 6.0), (10.6, 16.2)]
    path = [*corners, *bowl]
    ink = np.zeros_like(rows)
    for (x, y), (u, v) in pairwise(path):
        for part in np.linspace(0, 1, 12):
            distance = np.hypot(columns - x - part * (u - x), rows - y - part * (v - y))
            ink = np.maximum(ink, np.clip(2.1 - distance, 0, 1))
    return ink


PICTURES = {
    "ball-and-box": still_life,
    "stripes": stripes,
    "shapes": shapes,
    "letters": sign,
    "five": five,
}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        plane = draw().reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3))
        levels = np.rint(255 * (1 - plane)).astype(np.uint8)
        Image.fromarray(levels).save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
