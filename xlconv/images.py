"""Pictures: a PNG, JPEG or .npy file becomes the array that a network reads.

Owns the reading of picture files and the preparation that MNIST's digits went through
(LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document
recognition", section III.A): light ink on a dark ground, scaled into a box of 20 x 20 of
the 28 x 28 pixels, its centre of mass in the middle. A network that learned from such
pictures reads others badly. Must not know layers, weights or workbooks, only the input's
shape (C, H, W).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xlconv.errors import ImageError
from xlconv.layers import shape_text
from xlconv.network import Array

if TYPE_CHECKING:
    from PIL import Image

Shape3 = tuple[int, int, int]
Mask = NDArray[np.bool_]

MAX_PIXELS = 50_000_000
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")  # the MPO of telephones opens as JPEG
BOX = 20 / 28  # of the input's smaller side: where MNIST's digits reach
OVERVIEW = 128  # pixels a side in which ink is looked for: few enough to average noise
WORKING = 1600  # pixels a side above which a photo holds nothing that 28 x 28 could show
FINE = 160  # pixels of the ink's longer side where strokes are measured: 8 for one of MNIST's
# Widths of strokes in twentieths of the ink's longer side: 96 of 100 of MNIST's digits lie
# between the first and the last, the median is 2.2.
THIN, USUAL, THICK = 1.4, 2.5, 3.4
MIN_CONTRAST = 0.04  # of the range from black to white: less cannot be told from paper
MAX_PIECES = 30  # of ink: more are specks
INVERTED = "turned dark ink on a light ground into light ink on a dark one"
BLANK = "blank: no ink stands out from the ground; draw or photograph it with more contrast"


@dataclass(frozen=True)
class Picture:
    """What a network reads, float64 (C, H, W), and what was done to the file to get it,
    in words, a step a line."""

    pixels: Array
    steps: tuple[str, ...]


@dataclass(frozen=True)
class _Scan:
    """A file's pixels before any preparation: whole numbers 0..top, (H, W) grey or
    (H, W, 3) RGB."""

    values: NDArray[Any]
    top: int
    steps: tuple[str, ...] = ()


def load_image(path: Path, shape: Shape3, raw: bool = False) -> Picture:
    """The picture in a PNG, JPEG or .npy file as the input of a network.

    `shape` is the input's (C, H, W). With C = 1 the picture is prepared as MNIST's digits
    were, unless it already looks so; with C = 3 it is cropped in the middle and scaled.
    `raw` takes the pixels as they are, divided by 255 (65535 if they have 16 bits). Floats
    in an .npy file, (C, H, W) or (H, W) if C is 1, are always taken as they are. Raises
    ImageError, in one line that names the file, if it cannot be read or does not fit.
    """
    path = Path(path)
    try:
        return _load(path, shape, raw)
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from error


def _load(path: Path, shape: Shape3, raw: bool) -> Picture:
    if _first_bytes(path) == b"\x93NUMPY" or path.suffix.lower() == ".npy":
        array = _read_array(path)
        if array.dtype.kind == "f":
            return _as_it_is(array, shape)
        levels = _levels(array)
        if shape[0] not in (1, 3):
            return _as_it_is(levels / 255, shape)
        scan = _scan_of_levels(levels)
    elif shape[0] not in (1, 3):
        raise ImageError(
            f"a picture file has 1 or 3 channels but the network reads {shape[0]}; "
            f"save an array of {shape_text(shape)} as .npy"
        )
    else:
        scan = _read_picture(path)
    if raw:
        return _raw(scan, shape)
    return _framed(scan, shape) if shape[0] == 3 else _prepared(scan, shape)


# ---- files: what stands in them


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(6)
    except FileNotFoundError as error:
        raise ImageError("no such file; check the name") from error
    except IsADirectoryError as error:
        raise ImageError("a folder; name a PNG, JPEG or .npy file in it") from error
    except (OSError, ValueError) as error:
        raise ImageError(f"cannot be read ({_line(error)}); check its permissions") from error


def _read_array(path: Path) -> NDArray[Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Mapped, not read: a header that promises more than the file holds costs nothing.
            array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # NumPy raises whatever a broken header leads it to
        raise ImageError(
            f"not an .npy file of plain numbers ({_line(error)}); write it with numpy.save"
        ) from error
    if not isinstance(array, np.ndarray):
        raise ImageError("an archive of arrays; save the one array with numpy.save")
    if array.dtype.kind not in "fbui":
        raise ImageError(f"an array of {array.dtype}; save numbers: floats, 0..255 or true/false")
    _check_size(array.shape)
    return array


def _as_it_is(array: NDArray[Any], shape: Shape3) -> Picture:
    fitting = [shape, shape[1:]] if shape[0] == 1 else [shape]
    if array.shape not in fitting:
        raise ImageError(
            f"an array of {shape_text(array.shape) or 'one number'} but the network reads "
            f"{shape_text(shape)}; save an array of that shape"
        )
    with np.errstate(over="ignore"):
        pixels = np.array(array, dtype=np.float64).reshape(shape)
    if not np.isfinite(pixels).all():
        raise ImageError("holds NaN or infinity, which no cell can hold; replace them by numbers")
    return Picture(pixels, ("took the array as it is",))


def _levels(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Whole numbers 0..255, or true and false, as bytes."""
    if array.dtype.kind == "b":
        return array.astype(np.uint8) * np.uint8(255)
    if array.min() < 0 or array.max() > 255:
        raise ImageError(
            f"whole numbers {array.min()}..{array.max()}; scale them to 0..255, or save floats"
        )
    return array.astype(np.uint8)


def _scan_of_levels(levels: NDArray[np.uint8]) -> _Scan:
    if levels.ndim == 3 and levels.shape[0] == 1:
        levels = levels[0]
    elif levels.ndim == 3 and levels.shape[0] == 3 and levels.shape[2] != 3:
        levels = np.moveaxis(levels, 0, 2)
    if levels.ndim != 2 and not (levels.ndim == 3 and levels.shape[2] == 3):
        raise ImageError(
            f"an array of {shape_text(levels.shape) or 'one number'} is no picture; "
            "save height x width, or height x width x 3"
        )
    return _Scan(levels, 255)


def _read_picture(path: Path) -> _Scan:
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=FORMATS) as opened:
                _check_size(opened.size)
                upright = ImageOps.exif_transpose(opened)
                turned = opened.getexif().get(0x0112, 1) in range(2, 9)
                return _scan_of_picture(upright, turned)
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        raise ImageError("not a picture that can be read; save it as PNG or JPEG") from error
    except Image.DecompressionBombError as error:
        raise ImageError(_too_large("")) from error
    except Exception as error:  # decoders raise whatever a broken file leads them to
        raise ImageError(f"broken or cut short ({_line(error)}); save it again") from error


def _scan_of_picture(picture: Image.Image, turned: bool) -> _Scan:
    steps = ("turned it upright, as its EXIF note says",) if turned else ()
    if picture.mode.startswith("I"):  # 16 bits of grey
        return _Scan(np.asarray(picture).clip(0, 65535).astype(np.uint16), 65535, steps)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        if np.asarray(picture)[..., 3].min() < 255:
            picture, name = _laid_on_ground(picture)
            steps = (*steps, f"laid its transparent parts on {name}")
    grey = picture.mode in ("1", "L")
    return _Scan(np.asarray(picture.convert("L" if grey else "RGB")), 255, steps)


def _laid_on_ground(picture: Image.Image) -> tuple[Image.Image, str]:
    """A picture with transparent parts on a ground, and the ground's name.

    White or black, against the ink, if ink is all that there is. But a picture with a
    ground of its own (a sticker, rounded corners) goes on that.
    """
    from PIL import Image

    step = max(picture.size) // 500 + 1
    rgba = np.asarray(picture)[::step, ::step]
    alpha = rgba[..., 3] >= 128
    if not alpha.any():
        raise ImageError("blank: all of it is transparent; draw something on it")
    seen = rgba[alpha][:, :3].astype(np.float64)
    grey = seen.mean(axis=1)
    if np.median(_ring(alpha)) == 1 or np.ptp(np.percentile(grey, [1, 99])) > 128:
        colour, name = np.median(seen, axis=0), "the colour of its ground"
    else:
        colour, name = (np.zeros(3), "black") if grey.mean() > 128 else (np.full(3, 255), "white")
    ground = Image.new("RGBA", picture.size, (int(colour[0]), int(colour[1]), int(colour[2]), 255))
    return Image.alpha_composite(ground, picture), name


def _check_size(size: tuple[int, ...]) -> None:
    count = 1
    for length in size:
        count *= length
    if count == 0:
        raise ImageError(f"has no pixels ({shape_text(size)}); give a picture with something on it")
    if count > MAX_PIXELS:
        raise ImageError(_too_large(f" ({shape_text(size)})"))


def _too_large(size: str) -> str:
    return f"too large: more than {MAX_PIXELS // 10**6} million pixels{size}; scale it down first"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


# ---- pictures as they are, and colour


def _raw(scan: _Scan, shape: Shape3) -> Picture:
    if scan.values.shape[:2] != shape[1:]:
        found, needed = (shape_text(size[1::-1]) for size in (scan.values.shape, shape[:0:-1]))
        raise ImageError(
            f"{found} pixels (width x height) but the network reads {needed}; "
            "leave out --raw to have it cropped and scaled"
        )
    grey = shape[0] == 1
    values = _luminance(scan.values) if grey else _channels(scan.values)
    step = f"took the pixels as they are, {'grey' if grey else 'RGB'}, divided by {scan.top}"
    return Picture((values / scan.top).reshape(shape), (*scan.steps, step))


def _luminance(values: NDArray[Any]) -> Array:
    """Grey by ITU-R BT.601; equal channels keep their value exactly."""
    if values.ndim == 2:
        return values.astype(np.float64)
    return np.asarray(values @ np.array([299.0, 587.0, 114.0]) / 1000)


def _channels(values: NDArray[Any]) -> NDArray[Any]:
    """(3, H, W), from grey or colour."""
    return np.stack([values] * 3) if values.ndim == 2 else np.moveaxis(values, 2, 0)


def _framed(scan: _Scan, shape: Shape3) -> Picture:
    """Colour: cropped in the middle to the input's proportions, scaled, divided by `top`."""
    _, rows, columns = shape
    values, factor = _reduced(scan.values, max(WORKING, rows, columns))
    height, width = values.shape[:2]
    scale = min(height / rows, width / columns)
    crop_height, crop_width = rows * scale, columns * scale
    top, left = (height - crop_height) / 2, (width - crop_width) / 2
    steps = list(scan.steps)
    if max(top, left) >= 0.5:
        size = f"{crop_width * factor:.0f} x {crop_height * factor:.0f}"
        steps.append(f"cropped to its middle: {size} pixels")
    planes = _channels(values) / scan.top
    if scan.values.shape[:2] != (rows, columns):
        box = (left, top, left + crop_width, top + crop_height)
        planes = np.stack([_resized(plane, box, (columns, rows)) for plane in planes])
        steps.append(f"scaled to {columns} x {rows}")
    steps.append(f"took red, green and blue, divided by {scan.top}")
    return Picture(np.clip(planes, 0, 1), tuple(steps))


def _resized(plane: Array, box: tuple[float, float, float, float], size: tuple[int, int]) -> Array:
    """A part of a plane, (left, top, right, bottom), at another size, (width, height)."""
    from PIL import Image

    picture = Image.fromarray(plane.astype(np.float32))
    resized = picture.resize(size, Image.Resampling.BICUBIC, box=box)
    return np.asarray(resized).astype(np.float64)


# ---- digits: the preparation of MNIST


def _prepared(scan: _Scan, shape: Shape3) -> Picture:
    if scan.values.shape[:2] == shape[1:]:
        plane, notes = _grey(scan.values)
        dark = bool(np.median(_ring(plane)) > scan.top / 2)
        pixels = (scan.top - plane if dark else plane) / scan.top
        if _looks_prepared(pixels):
            notes += [INVERTED] * dark
            notes.append(f"took its pixels as they are, divided by {scan.top}: it looks prepared")
            return Picture(pixels.reshape(shape), (*scan.steps, *notes))
    values, factor = _reduced(scan.values, WORKING)
    plane, colour = _grey(values)
    ink, light = _ink(plane / scan.top)
    box = _located(ink)
    ends = [edge * factor for edge in box]
    left, top = ends[:2]
    right, bottom = min(ends[2], scan.values.shape[1]), min(ends[3], scan.values.shape[0])
    fine, strokes = _even_strokes(_fine(ink, box))
    side = max(round(BOX * min(shape[1:])), 1)
    pixels = _centred(_scaled(fine, side), shape)
    steps = (
        *(*scan.steps, *colour, *light),
        f"cropped to the ink: {right - left} x {bottom - top} pixels at ({left}, {top})",
        *strokes,
        f"scaled to fit {side} x {side}",
        f"moved the centre of mass to the middle of {shape[2]} x {shape[1]}",
    )
    return Picture(pixels, steps)


def _ring(plane: NDArray[Any]) -> NDArray[Any]:
    """The pixels at the border."""
    return np.concatenate([plane[0], plane[-1], plane[1:-1, 0], plane[1:-1, -1]])


def _grey(values: NDArray[Any]) -> tuple[Array, list[str]]:
    """Grey, or the one colour channel in which the ink stands out much more."""
    grey = _luminance(values)
    planes = [grey, *_channels(values)]
    spread = [float(np.abs(plane - np.median(plane)).mean()) for plane in planes]
    best = int(np.argmax(spread))
    if spread[best] <= 1.4 * spread[0]:
        return grey, []
    name = ("grey", "red", "green", "blue")[best]
    step = f"took the {name} channel alone, in which the ink stands out most"
    return planes[best].astype(np.float64), [step]


def _reduced(plane: NDArray[Any], longest: int) -> tuple[Array, int]:
    """Means of squares of pixels, so that no side is longer than `longest`, and their side."""
    factor = -(-max(plane.shape[:2]) // longest)
    if factor == 1:
        return plane.astype(np.float64), 1
    rows, columns = (min(factor, length) for length in plane.shape[:2])
    height, width = plane.shape[0] // rows, plane.shape[1] // columns
    part = plane[: height * rows, : width * columns]
    return part.reshape(height, rows, width, columns, *plane.shape[2:]).mean(axis=(1, 3)), factor


def _box_of(mask: Mask) -> tuple[int, int, int, int]:
    """Left, top, right, bottom around what is true, the last two exclusive."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _centre_of_mass(plane: Array) -> tuple[float, float]:
    """Row and column, counted from the middle of the first pixel."""
    total = plane.sum()
    rows, columns = (np.arange(length) for length in plane.shape)
    return float(plane.sum(axis=1) @ rows / total), float(plane.sum(axis=0) @ columns / total)


def _looks_prepared(plane: Array) -> bool:
    """Light on black, the ink as long as MNIST's and centred, as all of 65,000 tried."""
    if np.median(_ring(plane)) > 0.1 or plane.max() < 0.5:
        return False
    left, top, right, bottom = _box_of(plane > 0.1)
    length = max(right - left, bottom - top) / min(plane.shape)
    off = np.subtract(_centre_of_mass(plane), [side // 2 for side in plane.shape])
    return 16.5 / 28 < length < 22.5 / 28 and bool(np.abs(off).max() <= 1.5 * max(plane.shape) / 28)


def _ink(sheet: Array) -> tuple[Array, list[str]]:
    """How much ink there is at each pixel: near 0 on the ground, more where it is marked."""
    grid, _ = _reduced(sheet, OVERVIEW)
    coefficients = _fit_ground(grid)
    excess = grid - _surface(grid.shape, coefficients)
    # Between neighbours, so that a shadow's edge is not taken for noise.
    noise = float(np.median(np.abs(np.diff(excess, axis=1, append=excess[:, -1:]))))
    marked = np.where(np.abs(excess) > max(3 * noise, MIN_CONTRAST), excess, 0)
    border = _ring(grid)
    shadow = (_ring(marked) != 0).mean() > 0.1 and np.median(border) > 0.35 and _has_shadow(grid)
    if shadow:
        ground = _resized(_closed(grid), (0, 0, *grid.shape[::-1]), sheet.shape[::-1])
    else:
        ground = _surface(sheet.shape, coefficients)
    steps = ["evened out the light on the ground"] if np.ptp(ground) > 0.05 else []
    if not shadow and (marked**3).sum() >= 0:
        return sheet - ground, steps
    # Light falls on paper as a factor: where it is dim, ink differs less from the paper.
    ink = (ground - sheet) / np.maximum(ground, 0.2)
    return ink - (np.median(ink) if shadow else 0), [*steps, INVERTED]


def _has_shadow(grid: Array) -> bool:
    """Whether the darker of the two levels that explain a picture best (Otsu 1979) has
    something much darker on it: then it is not ink but paper in shadow."""
    ordered = np.sort(grid, axis=None)
    count = np.arange(1, ordered.size)
    sums = np.cumsum(ordered)
    dark, light = sums[:-1] / count, (sums[-1] - sums[:-1]) / count[::-1]
    best = int(np.argmax(count * count[::-1] * (light - dark) ** 2))
    return bool(dark[best] - ordered[0] > 0.5 * (light[best] - dark[best]))


def _closed(grid: Array) -> Array:
    """The ground under dark ink in a shadow with an edge: all that is dark and narrow filled
    (morphological closing with a square of a quarter of the smaller side)."""
    reach = max(min(grid.shape) // 6, 1)
    for sign in (1, -1):
        for axis in (0, 1):
            around = [(reach, reach) if axis == side else (0, 0) for side in (0, 1)]
            padded = np.pad(sign * grid, around, mode="edge")
            windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=axis)
            grid = sign * windows.max(axis=-1)
    return grid


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


def _marks(ink: Array) -> Mask:
    """Where there is ink, specks and the picture's dark edges left out."""
    below = -ink[ink <= 0]
    noise = 1.4826 * float(np.median(below)) if below.size else 0.0
    floor = max(5 * noise, MIN_CONTRAST)
    if not (ink > floor).any():
        raise ImageError(BLANK)
    level = float(np.percentile(ink[ink > floor], 75))
    labels = _components(ink > max(floor, 0.25 * level))
    marks = _kept(labels, ink)
    if len(np.unique(labels[marks])) > MAX_PIECES or marks.sum() <= ink.size // 4000:
        raise ImageError(BLANK)
    return marks


def _components(mask: Mask) -> NDArray[np.int64]:
    """A number for every connected piece (8 neighbours), 0 elsewhere: the largest number
    of a piece spreads until all of it has it, by leaps to the number's own number."""
    height, width = mask.shape
    labels = np.zeros((height + 2, width + 2), dtype=np.int64)
    labels[1:-1, 1:-1] = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    inside = labels[1:-1, 1:-1]
    while True:
        before = inside.copy()
        spread = before
        for dy in range(3):
            for dx in range(3):
                spread = np.maximum(spread, labels[dy : dy + height, dx : dx + width])
        inside[:] = np.where(mask, spread, 0)
        own = np.concatenate([[0], inside.ravel()])
        inside[:] = own[own[own]][1:].reshape(mask.shape)
        if (inside == before).all():
            return inside.copy()


def _kept(labels: NDArray[np.int64], ink: Array) -> Mask:
    """The pieces that are neither specks nor, while there is ink inside, edges and shadows:
    pieces that touch the border far along or are small."""
    names, where = np.unique(labels, return_inverse=True)
    where = where.reshape(labels.shape)
    mass = np.bincount(where.ravel(), np.clip(ink, 0, None).ravel()) * (names > 0)
    contact = np.bincount(_ring(where), minlength=len(names))
    inner = mass[contact == 0].max(initial=0)
    if inner > 0.1 * mass.max():
        mass[contact > 0.25 * min(labels.shape)] = 0
    mass[(contact > 0) & (mass < 0.3 * inner)] = 0
    return np.asarray((mass > 0.03 * mass.max())[where])


def _located(ink: Array) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the ink: found in the overview, then in the part around it."""
    left, top, right, bottom = 0, 0, ink.shape[1], ink.shape[0]
    for _ in range(2):
        grid, factor = _reduced(ink[top:bottom, left:right], OVERVIEW)
        x0, y0, x1, y1 = (edge * factor for edge in _box_of(_marks(grid)))
        found = left + x0, top + y0, min(left + x1, right), min(top + y1, bottom)
        margin = factor + max(x1 - x0, y1 - y0) // 8
        left, top = max(found[0] - margin, 0), max(found[1] - margin, 0)
        right = min(found[2] + margin, ink.shape[1])
        bottom = min(found[3] + margin, ink.shape[0])
    return found


def _fine(ink: Array, box: tuple[float, float, float, float]) -> Array:
    """The ink alone, 0..1, FINE pixels long, with empty space around it."""
    left, top, right, bottom = box
    length = max(right - left, bottom - top)
    margin = length / 8
    shift = int(margin) + 2
    low_corner, high_corner = shift - margin, shift + margin
    part = (left + low_corner, top + low_corner, right + high_corner, bottom + high_corner)
    width, height = (round((part[i + 2] - part[i]) * FINE / length) for i in (0, 1))
    fine = _resized(np.pad(ink, shift), part, (width, height))
    marks = _grown(_marks(fine).astype(np.float64), 4) > 0
    rest = fine[~marks] if not marks.all() else np.zeros(1)
    if rest.std() > 0.03 * fine[marks].max():
        fine = _smoothed(fine)
        rest = fine[~marks]
    level = float(np.percentile(fine[marks & (fine > 0.5 * fine[marks].mean())], 65))
    low = min(max(float(np.percentile(rest, 98)), 0.05 * level), 0.5 * level)
    return np.where(marks, np.clip((fine - low) / (level - low), 0, 1), 0)


def _smoothed(plane: Array) -> Array:
    """Without the noise finer than 4 pixels, half of one of MNIST's."""
    height, width = plane.shape
    small = _resized(plane, (0, 0, width, height), (width // 4, height // 4))
    return _resized(small, (0, 0, width // 4, height // 4), (width, height))


def _stroke(fine: Array) -> float:
    """Mean width of the strokes, pixels: twice their area by their outline (coarea formula)."""
    steep = np.clip(2 * fine - 0.5, 0, 1)  # the outline is in the middle of a slope, noise is not
    dy, dx = np.diff(steep, axis=0, append=0), np.diff(steep, axis=1, append=0)
    return float(2 * steep.sum() / np.hypot(dx, dy).sum())


def _even_strokes(fine: Array) -> tuple[Array, list[str]]:
    """Strokes much thinner or thicker than MNIST's made like them, and the step's words."""
    left, top, right, bottom = _box_of(fine > 0.25)
    length = max(right - left, bottom - top)
    width = 20 * _stroke(fine) / length
    if THIN <= width <= THICK:
        return fine, []
    # Growing by a radius adds twice that to the strokes' width and to the ink's length.
    radius = (USUAL - width) * length / (40 - 2 * USUAL)
    if radius > 0:
        return _grown(fine, radius), ["thickened its thin strokes"]
    thinned = 1 - _grown(1 - fine, min(-radius, 0.35 * width * length / 20))
    return (thinned, ["thinned its thick strokes"]) if thinned.max() > 0.5 else (fine, [])


def _grown(plane: Array, radius: float) -> Array:
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


def _scaled(fine: Array, side: int) -> Array:
    """The ink with its longer side `side` pixels long, the lightest of them 1."""
    left, top, right, bottom = _box_of(fine > 0.25)
    scale = side / max(right - left, bottom - top)
    size = max(round((right - left) * scale), 1), max(round((bottom - top) * scale), 1)
    digit = np.clip(_resized(fine, (left, top, right, bottom), size), 0, 1)
    return np.asarray(digit / digit.max())


def _centred(digit: Array, shape: Shape3) -> Array:
    """The digit (C, H, W) with its centre of mass on the pixel below and right of the middle,
    where it is in MNIST's digits, to half a pixel."""
    pixels = np.zeros(shape)
    place = []
    for centre, length, side in zip(_centre_of_mass(digit), digit.shape, shape[1:], strict=True):
        start = min(max(round(side // 2 - centre), 0), side - length)
        place.append(slice(start, start + length))
    pixels[0, place[0], place[1]] = digit
    return pixels
