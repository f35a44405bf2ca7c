"""Picture files: what stands in a PNG, JPEG, TIFF, HEIC or .npy file, before any preparation.

Owns the reading of files and its dangers: broken, huge or strange ones end in an ImageError
of one line. Must not know what a picture shows, nor networks.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xlconv.errors import ImageError
from xlconv.images.pixels import WORKING, border_of
from xlconv.network.model import Array
from xlconv.network.shapes import shape_text
from xlconv.system.files import open_stream

if TYPE_CHECKING:
    from PIL import Image

Shape3 = tuple[int, int, int]
MAX_PIXELS = 50_000_000
MAX_SIDE = 1_000_000
LARGE = 12_000_000  # pixels from which on a picture is made smaller while it is read
_STRIP = 4_000_000  # pixels of it at a time
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF")  # telephones' MPO opens as JPEG


@dataclass(frozen=True)
class Picture:
    """What a network reads, float64 (C, H, W), and what was done to the file to get it,
    in words, a step a line."""

    pixels: Array
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Scan:
    """A file's pixels before any preparation: whole numbers 0..top, (H, W) grey or
    (H, W, 3) RGB."""

    values: NDArray[Any]
    top: int
    steps: tuple[str, ...] = ()


def read_array(path: Path) -> NDArray[Any]:
    """The array of an .npy file, of whatever shape. ImageError for what is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Mapped, not read: a header that promises more than the file holds costs nothing.
            array = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # NumPy raises whatever a broken header leads it to
        # NumPy's own words recommend to unpickle, which runs whatever the file says.
        pickled = "pickle" in str(error)
        reason = "pickled objects are never loaded" if pickled else first_line(error)
        raise ImageError(
            f"not an .npy file of plain numbers ({reason}); write it with numpy.save"
        ) from error
    if not isinstance(array, np.ndarray):
        raise ImageError("an archive of arrays; save the one array with numpy.save")
    if array.dtype.kind not in "fbui":
        raise ImageError(f"an array of {array.dtype}; save numbers: floats, 0..255 or true/false")
    _check_size(array.shape)
    return array


def levels_of(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Whole numbers 0..255, or true and false, as bytes."""
    if array.dtype.kind == "b":
        return array.astype(np.uint8) * np.uint8(255)
    if array.min() < 0 or array.max() > 255:
        raise ImageError(
            f"whole numbers {array.min()}..{array.max()}; scale them to 0..255, or save floats"
        )
    return array.astype(np.uint8)


def scan_of_levels(levels: NDArray[np.uint8]) -> Scan:
    """A scan of grey (H, W) or colour levels (3, H, W) or (H, W, 3). ImageError for others."""
    if levels.ndim == 3 and levels.shape[0] == 1:
        levels = levels[0]
    elif levels.ndim == 3 and levels.shape[0] == 3 and levels.shape[2] != 3:
        levels = np.moveaxis(levels, 0, 2)
    if levels.ndim != 2 and not (levels.ndim == 3 and levels.shape[2] == 3):
        raise ImageError(
            f"an array of {shape_text(levels.shape) or 'one number'} is no picture; "
            "save height x width, or height x width x 3"
        )
    return Scan(levels, 255)


def read_picture(path: Path, size: tuple[int, int] | None = None) -> Scan:
    """The pixels of a picture file; a large one is made smaller while it is read. With a `size`
    (width, height) it must have that and is taken as it is."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings(), open_stream(path) as stream:
            warnings.simplefilter("ignore")
            with Image.open(stream, formats=_formats(stream)) as picture:
                _check_size(picture.size)
                _check_sides(picture.size)
                if size is not None and sorted(size) != sorted(picture.size):
                    raise ImageError(wrong_size(picture.size, size))
                steps = _notes(picture)
                if size is None and prod(picture.size) > LARGE:
                    picture.draft(picture.mode, (2 * WORKING, 2 * WORKING))
                ImageOps.exif_transpose(picture, in_place=True)
                smaller = picture if size is not None else _smaller(picture)
                if smaller is not picture:
                    steps.append(f"scaled to {shape_text(smaller.size)} first, since it is large")
                return _scan_of_picture(smaller, tuple(steps))
    except ImageError:
        raise
    except Image.DecompressionBombError as error:
        raise ImageError(_too_large("")) from error
    except UnidentifiedImageError as error:
        kind = _kind(path)
        if kind == _HEIC and not has_heic():
            raise ImageError(_NO_HEIC) from error
        raise ImageError(f"{kind}, not a picture that can be read; {_READ}") from error
    except Exception as error:  # decoders raise whatever a broken file leads them to
        raise ImageError(f"broken or cut short ({first_line(error)}); save it again") from error


def wrong_size(found: tuple[int, int], needed: tuple[int, int]) -> str:
    """What is said of pixels, width and height, that are not as many as the network reads."""
    return (
        f"{shape_text(found)} pixels (width x height) but the network reads {shape_text(needed)}; "
        "leave out --raw to have it cropped and scaled"
    )


def has_heic() -> bool:
    """Whether the optional package that reads a telephone's HEIC pictures is installed."""
    return find_spec("pillow_heif") is not None


def _formats(stream: IO[bytes]) -> tuple[str, ...]:
    """What Pillow tries; a package for HEIC, which is large, is loaded only for what may be one."""
    begin = stream.read(12)
    stream.seek(0)
    if begin[4:8] != b"ftyp" or not has_heic():
        return FORMATS
    from pillow_heif import register_heif_opener

    register_heif_opener()
    return (*FORMATS, "HEIF")


_READ = "save it as PNG, JPEG, GIF, BMP, WebP or TIFF"
_HEIC = "a HEIC picture or a film"
_NO_HEIC = f"{_HEIC}, which needs a package (pip install pillow-heif); or {_READ}"
_KINDS = (
    *((b"%PDF", "a PDF document"), (b"%!PS", "a PostScript program"), (b"PK\3\4", "an archive")),
    *(
        (b"II*\0", "a TIFF picture that is cut short or of a rare kind"),
        (b"MM\0*", "a TIFF picture that is cut short or of a rare kind"),
        (b"ftypavif", "an AVIF picture"),
    ),
    *((b"ftyp", _HEIC), (b"<svg", "an SVG drawing")),
)


def _kind(path: Path) -> str:
    """What a file is that is no picture, by its first bytes."""
    with open_stream(path) as stream:
        begin = stream.read(200)
    for mark, kind in _KINDS:
        if begin.startswith(mark) or ((len(mark) != 4 or mark.isalpha()) and mark in begin[:12]):
            return kind
    return "an SVG drawing" if b"<svg" in begin else "another kind of file"


def _notes(picture: Image.Image) -> list[str]:
    """What is done to any file of its kind."""
    notes = []
    if getattr(picture, "is_animated", False) and picture.format in ("GIF", "PNG", "WEBP"):
        notes.append("it is animated: took its first frame")
        picture.seek(0)
    if picture.getexif().get(0x0112, 1) in range(2, 9):
        notes.append("turned it upright, as its EXIF note says")
    if picture.format == "TIFF" and getattr(picture, "n_frames", 1) > 1:
        notes.append("it has several pages: took the first one")
        picture.seek(0)
    return notes


def _smaller(picture: Image.Image) -> Image.Image:
    """A large picture with a few pixels for each that will be looked at, strip by strip: whole
    copies would not fit into memory."""
    from PIL import Image

    factor = max(picture.size) // (2 * WORKING)
    if prod(picture.size) <= LARGE or factor < 2 or picture.mode.startswith("I"):
        return picture
    width, height = picture.size
    across, down = min(factor, width), min(factor, height)
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    mode = "L" if picture.mode in ("1", "L") and mode == "RGB" else mode
    made = Image.new(mode, (width // across, height // down))
    strip = max(_STRIP // (width * down), 1) * down
    for top in range(0, height // down * down, strip):
        bottom = min(top + strip, height // down * down)
        part = picture.crop((0, top, width // across * across, bottom)).convert(mode)
        made.paste(part.reduce((across, down)), (0, top // down))
    return made


def _scan_of_picture(picture: Image.Image, steps: tuple[str, ...]) -> Scan:
    if picture.mode == "F":
        raise ImageError("its pixels are floats; save it with 8 or 16 bits, or as .npy")
    if picture.mode.startswith("I"):  # 16 bits of grey
        return Scan(np.asarray(picture).clip(0, 65535).astype(np.uint16), 65535, steps)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        if np.asarray(picture)[..., 3].min() < 255:
            picture, name = _laid_on_ground(picture)
            steps = (*steps, f"laid its transparent parts on {name}")
    grey = picture.mode in ("1", "L")
    return Scan(np.asarray(picture.convert("L" if grey else "RGB")), 255, steps)


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
    if np.median(border_of(alpha)) == 1 or np.ptp(np.percentile(grey, [1, 99])) > 128:
        colour, name = np.median(seen, axis=0), "the colour of its ground"
    else:
        colour, name = (np.zeros(3), "black") if grey.mean() > 128 else (np.full(3, 255), "white")
    ground = Image.new("RGBA", picture.size, (int(colour[0]), int(colour[1]), int(colour[2]), 255))
    return Image.alpha_composite(ground, picture), name


def _check_size(size: tuple[int, ...]) -> None:
    count = prod(size)
    if count == 0:
        raise ImageError(f"has no pixels ({shape_text(size)}); give a picture with something on it")
    if count > MAX_PIXELS:
        raise ImageError(_too_large(f" ({shape_text(size)})"))


def _check_sides(size: tuple[int, int]) -> None:
    """Pillow keeps a note of each row of pixels, which may be longer than a short row itself."""
    if max(size) > MAX_SIDE:
        raise ImageError(
            f"too large: {shape_text(size)} pixels, of which a side may have {MAX_SIDE:,}; "
            "scale it down first"
        )


def _too_large(size: str) -> str:
    return f"too large: more than {MAX_PIXELS // 10**6} million pixels{size}; scale it down first"


def first_line(error: Exception) -> str:
    """What an error of another library says, in one short line."""
    return " ".join(str(error).split())[:200] or type(error).__name__
