"""Lettering: a line of text as a mask of ink, the same on every machine.

Letters and digits are those of the font that Pillow brings along; the signs it lacks (arrows,
times, ticks, roots) and the accents of Latin letters are drawn here as strokes. A letter
of another script becomes the font's empty box. Must not know sheets or cells.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFont

Points = tuple[tuple[float, float], ...]

ASCENT, DESCENT = 1.0, 0.25  # of a line, in ems
_FINE = 4  # letters are drawn so many times as large, then reduced
_PEN = 0.075  # the width of a stroke, in ems
_SLANT = 0.2
_BOLD = 0.042  # how far bold letters are spread, in ems


@dataclass(frozen=True)
class _Sign:
    """A sign as strokes, in ems from the left end of the baseline, upwards."""

    advance: float
    strokes: tuple[Points, ...]


_SIGNS: Mapping[str, _Sign] = {
    "→": _Sign(1.0, (((0.08, 0.32), (0.92, 0.32)), ((0.68, 0.54), (0.92, 0.32), (0.68, 0.1)))),
    "←": _Sign(1.0, (((0.08, 0.32), (0.92, 0.32)), ((0.32, 0.54), (0.08, 0.32), (0.32, 0.1)))),
    "×": _Sign(0.6, (((0.12, 0.16), (0.48, 0.52)), ((0.12, 0.52), (0.48, 0.16)))),
    "−": _Sign(0.6, (((0.1, 0.34), (0.5, 0.34)),)),
    "–": _Sign(0.55, (((0.04, 0.28), (0.51, 0.28)),)),
    "—": _Sign(1.0, (((0.04, 0.28), (0.96, 0.28)),)),
    "✓": _Sign(0.8, (((0.1, 0.34), (0.32, 0.06), (0.7, 0.68)),)),
    "√": _Sign(0.62, (((0.04, 0.36), (0.14, 0.42), (0.28, 0.0), (0.58, 0.8)),)),
    "≤": _Sign(0.6, (((0.5, 0.62), (0.1, 0.4), (0.5, 0.18)), ((0.1, 0.06), (0.5, 0.06)))),
    "≥": _Sign(0.6, (((0.1, 0.62), (0.5, 0.4), (0.1, 0.18)), ((0.1, 0.06), (0.5, 0.06)))),
    "ε": _Sign(
        0.5,
        (
            (
                *((0.43, 0.44), (0.34, 0.5), (0.22, 0.5), (0.13, 0.44), (0.13, 0.34)),
                *((0.21, 0.27), (0.32, 0.27), (0.21, 0.27), (0.1, 0.19), (0.1, 0.08)),
                *((0.2, 0.0), (0.33, 0.0), (0.44, 0.07)),
            ),
        ),
    ),
}
# Strokes above (or below) the middle of a letter; those above stand higher on tall letters.
_ACCENTS: Mapping[str, tuple[Points, ...]] = {
    "\u0300": (((-0.12, 0.74), (0.04, 0.62)),),
    "\u0301": (((0.12, 0.74), (-0.04, 0.62)),),
    "\u0302": (((-0.13, 0.62), (0.0, 0.74), (0.13, 0.62)),),
    "\u0303": (((-0.15, 0.64), (-0.07, 0.71), (0.07, 0.65), (0.15, 0.72)),),
    "\u0304": (((-0.14, 0.68), (0.14, 0.68)),),
    "\u0306": (((-0.13, 0.73), (-0.05, 0.65), (0.05, 0.65), (0.13, 0.73)),),
    "\u0307": (((0.0, 0.68), (0.0, 0.69)),),
    "\u0308": (((-0.12, 0.68), (-0.12, 0.69)), ((0.12, 0.68), (0.12, 0.69))),
    "\u030a": (((0.0, 0.63), (-0.07, 0.7), (0.0, 0.77), (0.07, 0.7), (0.0, 0.63)),),
    "\u030b": (((0.0, 0.74), (-0.08, 0.62)), ((0.17, 0.74), (0.09, 0.62))),
    "\u030c": (((-0.13, 0.74), (0.0, 0.62), (0.13, 0.74)),),
    "\u0327": (((0.02, -0.02), (0.06, -0.12), (-0.08, -0.17)),),
    "\u0328": (((0.08, -0.02), (0.03, -0.13), (0.12, -0.17)),),
}
_TALL = 0.2  # how much higher an accent stands on a tall letter
_SPELLED = str.maketrans(
    {
        **{"ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O"},
        **{"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "‐": "-", "‑": "-", "\u00a0": " "},
    }
)
_RAISED = {"⁰": "0", "¹": "1", "²": "2", "³": "3", "⁴": "4", "⁵": "5", "⁶": "6"}


@dataclass(frozen=True)
class Lettering:
    """A line of text: ink from 0 to 255, and where its baseline and its left end are in it."""

    mask: Image.Image
    left: int
    baseline: int


@lru_cache(maxsize=512)
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


@lru_cache(maxsize=16384)
def width(text: str, size: float, bold: bool = False) -> float:
    """The width of a line of text in pixels."""
    ems = sum(advance for _, _, advance in _pieces(text)) / _UNIT
    return size * (ems + (_BOLD if bold and text else 0.0))


@lru_cache(maxsize=16384)
def lettering(text: str, size: float, bold: bool = False, italic: bool = False) -> Lettering:
    """A line of text of a size in pixels."""
    fine = max(1, round(size * _FINE))
    margin = -(-fine // (2 * _FINE)) * _FINE
    baseline = -(-round((ASCENT + 0.1) * fine) // _FINE) * _FINE
    # Behind the last letter there is room for what slants or spreads beyond its own width.
    length = round((width(text, 1.0) + 0.3) * fine) + 2 * margin
    ink = Image.new("L", (length, baseline + round(0.4 * fine)))
    draw = ImageDraw.Draw(ink)
    x = float(margin)
    for kind, piece, advance in _pieces(text):
        _PENS[kind](draw, x, baseline, piece, fine)
        x += advance * fine / _UNIT
    if bold:
        ink = _spread(ink, max(1, round(_BOLD * fine)))
    if italic:
        shift = (1, _SLANT, -_SLANT * baseline, 0, 1, 0)
        ink = ink.transform(ink.size, Image.Transform.AFFINE, shift, Image.Resampling.BILINEAR)
    return Lettering(ink.reduce(_FINE), margin // _FINE, baseline // _FINE)


def _spread(ink: Image.Image, far: int) -> Image.Image:
    """Ink that is spread to the right: bold letters."""
    spread = ink
    for step in range(1, far + 1):
        moved = Image.new("L", ink.size)
        moved.paste(ink, (step, 0))
        spread = ImageChops.lighter(spread, moved)
    return spread


_UNIT = 256  # the size of the font in which lengths are measured


def _pieces(text: str) -> Iterator[tuple[str, str, float]]:
    """A text's runs of letters, signs, raised digits and accented letters, each with its
    advance in the font of which lengths are measured."""
    font, run = _font(_UNIT), ""
    for letter in text.translate(_SPELLED):
        kind, piece = _kind(letter if letter.isprintable() else " ")
        if kind == "letters":
            run += piece
            continue
        if run:
            yield "letters", run, font.getlength(run)
            run = ""
        yield kind, piece, _advance(kind, piece)
    if run:
        yield "letters", run, font.getlength(run)


def _kind(letter: str) -> tuple[str, str]:
    if letter in _SIGNS:
        return "sign", letter
    if letter in _RAISED:
        return "raised", _RAISED[letter]
    parts = unicodedata.normalize("NFKD", letter)
    if len(parts) > 1 and all(mark in _ACCENTS for mark in parts[1:]):
        return "accented", parts
    return "letters", letter


def _advance(kind: str, piece: str) -> float:
    if kind == "sign":
        return _SIGNS[piece].advance * _UNIT
    return _font(_UNIT).getlength(piece[0]) * (_RAISED_SIZE if kind == "raised" else 1.0)


def _draw_letters(draw: ImageDraw.ImageDraw, x: float, y: int, piece: str, fine: int) -> None:
    draw.text((x, y), piece, fill=255, font=_font(fine), anchor="ls")


_RAISED_SIZE = 0.62


def _draw_raised(draw: ImageDraw.ImageDraw, x: float, y: int, piece: str, fine: int) -> None:
    small = max(1, round(_RAISED_SIZE * fine))
    draw.text((x, y - 0.32 * fine), piece, fill=255, font=_font(small), anchor="ls")


def _draw_sign(draw: ImageDraw.ImageDraw, x: float, y: int, piece: str, fine: int) -> None:
    for points in _SIGNS[piece].strokes:
        _stroke(draw, [(x + right * fine, y - up * fine) for right, up in points], fine)


def _draw_accented(draw: ImageDraw.ImageDraw, x: float, y: int, piece: str, fine: int) -> None:
    base = "ı" if piece[0] == "i" else piece[0]
    font = _font(fine)
    middle = x + font.getlength(piece[0]) / 2
    if base == "ı":  # the font has none: an i up to where its dot begins
        _stroke(draw, [(middle, y - 0.04 * fine), (middle, y - 0.46 * fine)], fine)
    else:
        draw.text((x, y), base, fill=255, font=font, anchor="ls")
    tall = _TALL if base.isupper() or base in "bdfhklt" else 0.0
    for mark in piece[1:]:
        for points in _ACCENTS[mark]:
            above = [
                (middle + right * fine, y - (up + (tall if up > 0 else 0.0)) * fine)
                for right, up in points
            ]
            _stroke(draw, above, fine)


_PENS = {
    "letters": _draw_letters,
    "raised": _draw_raised,
    "sign": _draw_sign,
    "accented": _draw_accented,
}


def _stroke(draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], fine: int) -> None:
    """A line with round ends and corners."""
    pen = max(1, round(_PEN * fine))
    draw.line(points, fill=255, width=pen)
    for x, y in points:
        draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
