"""`load_image`: a picture file or an .npy file becomes the array that a network reads.

    file -> scans -> digits (one channel) or a frame of it (colour) -> Picture

Must not know layers, weights or workbooks, only the input's shape (C, H, W).
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlconv.errors import ImageError
from xlconv.images.digit import prepare_digit
from xlconv.images.doubts import GREY, is_grey
from xlconv.images.image_file import (
    Picture,
    Scan,
    Shape3,
    first_line,
    levels_of,
    read_array,
    read_picture,
    scan_of_levels,
    wrong_size,
)
from xlconv.images.pixels import WORKING, channels, luminance, reduced, resized
from xlconv.network.shapes import shape_text
from xlconv.system.files import open_stream


def load_image(path: Path, shape: Shape3, raw: bool = False, photo: bool = False) -> Picture:
    """The picture in a file (PNG, JPEG, TIFF, .npy ..) as the input of a network.

    `shape` is the input's (C, H, W). With C = 1 the picture is prepared as MNIST's digits
    were, unless it already looks so; with C = 3 it is cropped in the middle and scaled, and so
    is a `photo` with C = 1, whose black becomes 1 and whose white becomes 0, as ink on paper.
    `raw` takes the pixels as they are, divided by 255 (65535 if they have 16 bits). Floats
    in an .npy file, (C, H, W) or (H, W) if C is 1, are always taken as they are. Raises
    ImageError, in one line that names the file, if it cannot be read or does not fit.
    """
    path = Path(path)
    try:
        picture = _load(path, shape, raw, photo)
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from error
    if shape[0] == 3 and is_grey(picture.pixels):
        return replace(picture, steps=(*picture.steps, GREY.format("the picture is grey")))
    return picture


def _load(path: Path, shape: Shape3, raw: bool, photo: bool) -> Picture:
    first = _first_bytes(path)
    if not first:
        raise ImageError("empty, not a picture that can be read; save it as PNG or JPEG again")
    if first == b"\x93NUMPY" or path.suffix.lower() == ".npy":
        array = read_array(path)
        if array.dtype.kind == "f":
            return _as_it_is(array, shape)
        levels = levels_of(array)
        if shape[0] not in (1, 3):
            return _as_it_is(levels / 255, shape)
        scan = scan_of_levels(levels)
    elif shape[0] not in (1, 3):
        raise ImageError(
            f"a picture file has 1 or 3 channels but the network reads {shape[0]}; "
            f"save an array of {shape_text(shape)} as .npy"
        )
    else:
        scan = read_picture(path, (shape[2], shape[1]) if raw else None)
    if raw:
        return _raw(scan, shape)
    return _framed(scan, shape) if photo or shape[0] == 3 else prepare_digit(scan, shape)


def _first_bytes(path: Path) -> bytes:
    try:
        with open_stream(path) as stream:
            return stream.read(6)
    except FileNotFoundError as error:
        raise ImageError("no such file; check the name") from error
    except IsADirectoryError as error:
        raise ImageError("a folder; name a PNG, JPEG or .npy file in it") from error
    except OSError as error:
        raise ImageError(f"cannot be read ({first_line(error)}); check its permissions") from error


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


def _raw(scan: Scan, shape: Shape3) -> Picture:
    if scan.values.shape[:2] != shape[1:]:
        height, width = scan.values.shape[:2]
        raise ImageError(wrong_size((width, height), (shape[2], shape[1])))
    grey = shape[0] == 1
    values = luminance(scan.values) if grey else channels(scan.values)
    step = f"took the pixels as they are, {'grey' if grey else 'RGB'}, divided by {scan.top}"
    return Picture((values / scan.top).reshape(shape), (*scan.steps, step))


def _framed(scan: Scan, shape: Shape3) -> Picture:
    """Cropped in the middle to the input's proportions, scaled, divided by `top`; of one channel,
    dark is high, as ink is."""
    _, rows, columns = shape
    values, factor = reduced(scan.values, max(WORKING, rows, columns))
    height, width = values.shape[:2]
    scale = min(height / rows, width / columns)
    crop_height, crop_width = rows * scale, columns * scale
    top, left = (height - crop_height) / 2, (width - crop_width) / 2
    steps = list(scan.steps)
    if max(top, left) >= 0.5:
        size = f"{crop_width * factor:.0f} x {crop_height * factor:.0f}"
        steps.append(f"cropped to its middle: {size} pixels")
    grey = shape[0] == 1
    planes = (1 - luminance(values)[None] / scan.top) if grey else channels(values) / scan.top
    if scan.values.shape[:2] != (rows, columns):
        box = (left, top, left + crop_width, top + crop_height)
        planes = np.stack([resized(plane, box, (columns, rows)) for plane in planes])
        steps.append(f"scaled to {columns} x {rows}")
    took = "took its darkness: black is 1, white is 0" if grey else "took red, green and blue"
    steps.append(took if grey else f"{took}, divided by {scan.top}")
    return Picture(np.clip(planes, 0, 1), tuple(steps))
