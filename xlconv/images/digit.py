"""The preparation that MNIST's digits went through (LeCun, Bottou, Bengio & Haffner 1998,
"Gradient-based learning applied to document recognition", section III.A).

Light ink on a dark ground, scaled into a box of 20 x 20 of the 28 x 28 pixels, its centre of
mass in the middle. A network that learned from such pictures reads others badly. Must not
know files or networks, only the input's shape (C, H, W).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlconv.errors import ImageError
from xlconv.images.doubts import doubts_about, words_about
from xlconv.images.image_file import Picture, Scan, Shape3
from xlconv.images.ink import INVERTED, find_ink, ink_box, marks_in
from xlconv.images.pixels import (
    WORKING,
    border_of,
    box_of,
    centre_of_mass,
    channels,
    grown,
    luminance,
    reduced,
    resized,
    smoothed,
)
from xlconv.images.ruling import Cleared, without_lines
from xlconv.network.model import Array

Ends = tuple[int, int, int, int]

BOX = 20 / 28  # of the input's sides: where MNIST's digits reach
FINE = 160  # pixels of the ink's longer side where strokes are measured: 8 for one of MNIST's
# Widths of strokes in twentieths of the ink's longer side: 96 of 100 of MNIST's digits lie
# between the first and the last, the median is 2.2.
THIN, USUAL, THICK = 1.4, 2.5, 3.4


def prepare_digit(scan: Scan, shape: Shape3) -> Picture:
    """A scan as the input, of shape (1, H, W), of a network that learned from MNIST's digits;
    taken as it is if it looks prepared. Raises ImageError if nothing is marked on it."""
    taken = _as_it_is(scan, shape) if scan.values.shape[:2] == shape[1:] else None
    if taken is not None:
        return taken
    values, factor = reduced(scan.values, WORKING)
    plane, colour = _grey(values)
    ink, light = find_ink(plane / scan.top)
    cleared, box = _without_lines(ink)
    ends = [edge * factor for edge in box]
    left, top = ends[:2]
    right, bottom = min(ends[2], scan.values.shape[1]), min(ends[3], scan.values.shape[0])
    limits = max(round(BOX * shape[1]), 1), max(round(BOX * shape[2]), 1)
    fine, strokes = _even_strokes(_fine(cleared.ink, box), limits)
    pixels = _centre(_fit_to(fine, limits), shape)
    steps = (
        *(*scan.steps, *colour, *light, *words_about(cleared)),
        f"cropped to the ink: {right - left} x {bottom - top} pixels at ({left}, {top})",
        *strokes,
        f"scaled to fit {limits[1]} x {limits[0]}",
        f"moved the centre of mass to the middle of {shape[2]} x {shape[1]}",
        *doubts_about(cleared, box),
    )
    return Picture(pixels, steps)


def _as_it_is(scan: Scan, shape: Shape3) -> Picture | None:
    """A scan of the network's size, if it looks prepared."""
    plane, notes = _grey(scan.values)
    dark = bool(np.median(border_of(plane)) > scan.top / 2)
    pixels = (scan.top - plane if dark else plane) / scan.top
    if not _looks_prepared(pixels):
        return None
    notes += [INVERTED] * dark
    notes.append(f"took its pixels as they are, divided by {scan.top}: it looks prepared")
    return Picture(pixels.reshape(shape), (*scan.steps, *notes))


def _without_lines(ink: Array) -> tuple[Cleared, Ends]:
    """The ink without lines, and its box. They are looked for in all of it and then around
    what is left: a box for a digit on a large sheet is small."""
    cleared = without_lines(ink)
    try:
        box = ink_box(cleared.ink)
    except ImageError:  # there is nothing but what was taken for lines
        return Cleared(ink), ink_box(ink)
    left, top, right, bottom = box
    margin = max(right - left, bottom - top) // 8 + 2
    rows = slice(max(top - margin, 0), bottom + margin)
    columns = slice(max(left - margin, 0), right + margin)
    part = cleared.ink[rows, columns]
    inner = without_lines(part) if 2 * part.size < ink.size else Cleared(part)
    if not inner.lines:
        return cleared, box
    whole = np.zeros(ink.shape)
    whole[rows, columns] = inner.ink
    count, beside = cleared.lines + inner.lines, cleared.beside or inner.beside
    return Cleared(whole, count, beside), ink_box(whole)


def _grey(values: NDArray[Any]) -> tuple[Array, list[str]]:
    """Grey, or the one colour channel in which the ink stands out much more."""
    grey = luminance(values)
    planes = [grey, *channels(values)]
    spread = [float(np.abs(plane - np.median(plane)).mean()) for plane in planes]
    best = int(np.argmax(spread))
    if spread[best] <= 1.4 * spread[0]:
        return grey, []
    name = ("grey", "red", "green", "blue")[best]
    step = f"took the {name} channel alone, in which the ink stands out most"
    return planes[best].astype(np.float64), [step]


def _looks_prepared(plane: Array) -> bool:
    """Light on black, the light and the strokes MNIST's, the ink as long and centred, as all of
    65,000 tried; a canvas that is no square may hold several digits anywhere."""
    if np.median(border_of(plane)) > 0.1 or not _has_prepared_strokes(plane):
        return False
    if plane.shape[0] != plane.shape[1]:
        return True
    left, top, right, bottom = box_of(plane > 0.1)
    length = max(right - left, bottom - top) / min(plane.shape)
    off = np.subtract(centre_of_mass(plane), [side // 2 for side in plane.shape])
    return 16.5 / 28 < length < 22.5 / 28 and bool(np.abs(off).max() <= 1.5 * max(plane.shape) / 28)


def _has_prepared_strokes(plane: Array) -> bool:
    """Whether light and strokes are as MNIST's, whose brightest pixel is 0.996 or 1, whose mean
    light, weighted by itself, is 0.60 or more, whose strokes are 1.1 to 7.7 of 28 pixels wide, and
    in which no more than 6 % of the pixels are nearly black."""
    if plane.max() < 0.99:
        return False
    light = float((plane**2).sum() / plane.sum())
    dy, dx = np.diff(plane, axis=0, append=0), np.diff(plane, axis=1, append=0)
    width = 2 * float(plane.sum() / np.hypot(dy, dx).sum()) * 28 / min(plane.shape)
    faint = float(((plane > 0) & (plane < 0.1)).mean())
    return light > 0.57 and 1.05 < width < 8.5 and faint < 0.08


def _fine(ink: Array, box: tuple[float, float, float, float]) -> Array:
    """The ink alone, 0..1, FINE pixels long, with empty space around it."""
    left, top, right, bottom = box
    length = max(right - left, bottom - top)
    margin = length / 8
    shift = int(margin) + 2
    low_corner, high_corner = shift - margin, shift + margin
    part = (left + low_corner, top + low_corner, right + high_corner, bottom + high_corner)
    width, height = (round((part[i + 2] - part[i]) * FINE / length) for i in (0, 1))
    fine = resized(np.pad(ink, shift), part, (width, height))
    marks = grown(marks_in(fine).astype(np.float64), 4) > 0
    rest = fine[~marks] if not marks.all() else np.zeros(1)
    if rest.std() > 0.03 * fine[marks].max():
        fine = smoothed(fine)
        rest = fine[~marks]
    level = float(np.percentile(fine[marks & (fine > 0.5 * fine[marks].mean())], 65))
    low = min(max(float(np.percentile(rest, 98)), 0.05 * level), 0.5 * level)
    return np.where(marks, np.clip((fine - low) / (level - low), 0, 1), 0)


def _stroke(fine: Array) -> float:
    """Mean width of the strokes, pixels: twice their area by their outline (coarea formula)."""
    steep = np.clip(2 * fine - 0.5, 0, 1)  # the outline is in the middle of a slope, noise is not
    dy, dx = np.diff(steep, axis=0, append=0), np.diff(steep, axis=1, append=0)
    return float(2 * steep.sum() / np.hypot(dx, dy).sum())


def _even_strokes(fine: Array, limits: tuple[int, int]) -> tuple[Array, list[str]]:
    """Strokes much thinner or thicker than MNIST's made like them, and the step's words."""
    # What will be as long as one of MNIST's digits: all of the ink, but on a wide canvas.
    length = min(limits) / _scale(fine, limits)
    width = 20 * _stroke(fine) / length
    if THIN <= width <= THICK:
        return fine, []
    # Growing by a radius adds twice that to the strokes' width and to the ink's length.
    radius = (USUAL - width) * length / (40 - 2 * USUAL)
    if radius > 0:
        return grown(fine, radius), ["thickened its thin strokes"]
    thinned = 1 - grown(1 - fine, min(-radius, 0.35 * width * length / 20))
    return (thinned, ["thinned its thick strokes"]) if thinned.max() > 0.5 else (fine, [])


def _scale(fine: Array, limits: tuple[int, int]) -> float:
    """By how much the ink is scaled to fit so many rows and columns."""
    left, top, right, bottom = box_of(fine > 0.25)
    return min(limits[0] / (bottom - top), limits[1] / (right - left))


def _fit_to(fine: Array, limits: tuple[int, int]) -> Array:
    """The ink, as large as fits so many rows and columns, the lightest of its pixels 1."""
    left, top, right, bottom = box_of(fine > 0.25)
    scale = _scale(fine, limits)
    size = max(round((right - left) * scale), 1), max(round((bottom - top) * scale), 1)
    digit = np.clip(resized(fine, (left, top, right, bottom), size), 0, 1)
    return np.asarray(digit / digit.max())


def _centre(digit: Array, shape: Shape3) -> Array:
    """The digit (C, H, W) with its centre of mass on the pixel below and right of the middle,
    where it is in MNIST's digits, to half a pixel."""
    pixels = np.zeros(shape)
    place = []
    for centre, length, side in zip(centre_of_mass(digit), digit.shape, shape[1:], strict=True):
        start = min(max(round(side // 2 - centre), 0), side - length)
        place.append(slice(start, start + length))
    pixels[0, place[0], place[1]] = digit
    return pixels
