"""Lettering: a line of text as a mask of ink, the same on every machine.

Owns the font in `letters/`, as wide as Calibri: Latin, Greek and Cyrillic letters, and the signs
that boards show. A letter of another script becomes its empty box. Must not know sheets or cells.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

ASCENT, DESCENT = 0.95, 0.27  # of a line, in ems
_FINE = 4  # letters are drawn so many times as large, then reduced
_UNIT = 256  # the size of the font in which lengths are measured
_SLANT = 0.2
_LETTERS = Path(__file__).with_name("letters")


@dataclass(frozen=True)
class Lettering:
    """A line of text: ink from 0 to 255, and where its baseline and its left end are in it."""

    mask: Image.Image
    left: int
    baseline: int


@lru_cache(maxsize=512)
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    path = _LETTERS / ("bold.ttf" if bold else "regular.ttf")
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=16384)
def width(text: str, size: float, bold: bool = False) -> float:
    """The width of a line of text in pixels."""
    return size * _font(_UNIT, bold).getlength(_printable(text)) / _UNIT


@lru_cache(maxsize=16384)
def lettering(text: str, size: float, bold: bool = False, italic: bool = False) -> Lettering:
    """A line of text of a size in pixels."""
    fine = max(1, round(size * _FINE))
    margin = -(-fine // (2 * _FINE)) * _FINE
    baseline = -(-round((ASCENT + 0.1) * fine) // _FINE) * _FINE
    # Behind the last letter there is room for what slants beyond its own width.
    length = round((width(text, 1.0, bold) + 0.3) * fine) + 2 * margin
    ink = Image.new("L", (length, baseline + round(0.4 * fine)))
    draw, x = ImageDraw.Draw(ink), float(margin)
    for letter in _printable(text):  # one by one: a line's lengths are rounded to whole pixels
        draw.text((x, baseline), letter, fill=255, font=_font(fine, bold), anchor="ls")
        x += width(letter, fine, bold)
    if italic:
        shift = (1, _SLANT, -_SLANT * baseline, 0, 1, 0)
        ink = ink.transform(ink.size, Image.Transform.AFFINE, shift, Image.Resampling.BILINEAR)
    return Lettering(ink.reduce(_FINE), margin // _FINE, baseline // _FINE)


def _printable(text: str) -> str:
    """A text with each accent in its letter, and blanks for what is no sign."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(letter if letter.isprintable() else " " for letter in composed)
