"""Inscriptions: the texts, numbers and charts of a sheet, written into its picture.

Owns where a text stands in its cells and what happens to one that does not fit: it shrinks,
wraps or runs over empty cells as its style says, never over what stands beside it. Must not
know networks or files.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from xlconv.rendering.font import ASCENT, DESCENT, lettering, width
from xlconv.rendering.view import Box, View, chart_range, rgb, slices
from xlconv.spreadsheet.blocks import BarChart, BlankBlock, Block, Highlight, Style, TextBlock
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.spreadsheet.number_formats import shown_number, shows_zero

_POINT = 96 / 72  # pixels at 100 %
_LEGIBLE = 4.5  # pixels of a letter's size below which texts are left out
_NUMBER_CELL = 18  # pixels of a cell's width from which on numbers are written into it
_MARGIN = 2.0  # pixels between a text and its cell's edge, at 100 %
_HIDING = 3  # semicolons of the format ";;;", which shows nothing
_APART = 0.35  # from a text that runs over empty cells to what stands there, in letters' sizes
_LINE = 1.18  # from one line of a text to the next, in letters' sizes


@dataclass(frozen=True)
class _Inscription:
    """A text in a range of cells; a number fills its own cells and nothing else."""

    place: Range
    text: str
    style: Style
    colour: str
    number: bool = False


def inscriptions(picture: Image.Image, view: View) -> None:
    """Write every text and number of the view into its picture."""
    taken, looks = _occupied_cells(view), _Looks.of(view)
    for block in view.sheet.blocks:
        for one in _block_texts(block, view, looks):
            _write(picture, one, view, taken)


def _occupied_cells(view: View) -> NDArray[np.bool_]:
    """The cells of the whole sheet that hold something."""
    taken = ~np.isnan(view.numbers)
    for place in view.merged.values():
        taken[slices(place)] = True
    for block in view.sheet.blocks:
        if isinstance(block, TextBlock):
            taken[block.range.row, block.range.column] = bool(block.text)
        elif not isinstance(block, BlankBlock) and block.values.dtype.kind == "U":
            taken[slices(block.range)] = block.values != ""
    return taken


@dataclass(frozen=True)
class _Looks:
    """Which rule, counted from 1, says how each cell's text looks `now`, and which how it
    looks where it is shown as zero."""

    rules: tuple[Highlight | None, ...]
    now: NDArray[np.int32]
    zeros: NDArray[np.int32]

    @classmethod
    def of(cls, view: View) -> _Looks:
        now, zeros = (np.zeros(view.numbers.shape, dtype=np.int32) for _ in range(2))
        highlights = [rule for rule in view.sheet.rules if isinstance(rule, Highlight)]
        texts = [rule for rule in highlights if rule.colour or rule.number_format]
        # Where two apply, the first one is seen.
        for number, rule in reversed(list(enumerate(texts, 1))):
            for places, grid in ((rule.now, now), (rule.ranges if rule.zeros else (), zeros)):
                for place in places:
                    grid[slices(place)] = number
        return cls((None, *texts), now, zeros)

    def inscription(self, place: Range, value: float, style: Style) -> _Inscription:
        """A number as the cell shows it."""
        rule = self.rules[self.now[place.row, place.column]]
        number_format = (rule.number_format if rule else None) or style.number_format
        text = shown_number(value, number_format)
        if shows_zero(text):
            rule = self.rules[self.zeros[place.row, place.column]] or rule
            number_format = (rule.number_format if rule else None) or number_format
            text = shown_number(value, number_format)
        colour = (rule.colour if rule else None) or style.colour
        return _Inscription(place, text, style, colour, number=True)

    def words(self, place: Range, text: str, style: Style) -> _Inscription:
        """A text as the cell shows it; a format's fourth part is for texts."""
        rule = self.rules[self.now[place.row, place.column]]
        if rule is not None and (rule.number_format or "").count(";") == _HIDING:
            text = ""
        return _Inscription(place, text, style, (rule.colour if rule else None) or style.colour)


def _block_texts(block: Block, view: View, looks: _Looks) -> Iterator[_Inscription]:
    if isinstance(block, BlankBlock) or view.visible(block.range) is None:
        return
    style = block.style
    if isinstance(block, TextBlock):
        yield looks.words(view.merged.get(block.range.first, block.range), block.text, style)
        return
    if not _wide_enough(block, view):
        return
    for cell, value in zip(block.range.cells(), block.values.reshape(-1).tolist(), strict=True):
        place = view.merged.get(cell, Range.of(cell))
        if not isinstance(value, float):
            yield looks.words(place, str(value), style)
        elif view.visible(place) is not None:
            yield looks.inscription(place, value, style)


def _wide_enough(block: Block, view: View) -> bool:
    """Whether the numbers of a block are written at all; texts are judged one by one."""
    if isinstance(block, BlankBlock | TextBlock) or block.values.dtype.kind == "U":
        return True
    seen = view.visible(view.merged.get(block.range.first, block.range))
    if seen is None or not _legible(block.style, view, block.range.row):
        return False
    left, _, right, _ = view.box(seen)
    columns = 1 if block.range.first in view.merged else seen.width
    return (right - left) / columns >= _NUMBER_CELL


def _size(style: Style, view: View, row: int) -> float:
    return style.size * _POINT * view.row_scale(row)


def _legible(style: Style, view: View, row: int) -> bool:
    return _size(style, view, row) >= _LEGIBLE


def _write(picture: Image.Image, one: _Inscription, view: View, taken: NDArray[np.bool_]) -> None:
    seen, style = view.visible(one.place), one.style
    if seen != one.place and style.horizontal == "center":
        return  # half an arrow, or the half of a word, says nothing
    if seen is None or not one.text or not _legible(style, view, one.place.row):
        return
    size, margin = _size(style, view, one.place.row), _MARGIN * view.scale
    box = view.box(seen)
    if box[3] == box[1]:
        return  # its row is folded away
    room = box[2] - box[0] - 2 * margin
    if style.wrap:
        lines = _wrap(one.text, room, size, style.bold)
        size *= min(1.0, (box[3] - box[1]) / (len(lines) * size * _LINE))
        size *= min(1.0, room / max(width(line, size, style.bold) for line in lines))
        _draw_lines(picture, lines, box, one, size, margin)
        return
    length = width(one.text, size, style.bold)
    if one.number or style.shrink or one.place.size > 1:
        _draw_lines(picture, [one.text], box, one, size * min(1.0, room / length), margin)
        return
    apart = margin + _APART * size
    box = _over_empty(view, box, one.place.first, style.horizontal, length + apart, taken)
    room = box[2] - box[0] - apart
    if length > room:  # titles are larger than their columns, but need not be
        least = size * view.scale / view.row_scale(one.place.row)
        size = max(least, size * room / length)
    text = _truncate(one.text, room, size, style.bold)
    _draw_lines(picture, [text], box, one, size, margin)


def _over_empty(
    view: View, box: Box, cell: Cell, horizontal: str, length: float, taken: NDArray[np.bool_]
) -> Box:
    """The pixels of a cell and of as many empty ones beside it as its text needs."""
    first, last = cell.column, cell.column
    missing = length - (box[2] - box[0])
    left, right = box[0], box[2]
    sides = {"left": (0.0, missing), "right": (missing, 0.0)}
    before, behind = sides.get(horizontal, (missing / 2, missing / 2))
    edges, start = view.columns, view.area.column
    while box[0] - left < before and first > start and not taken[cell.row, first - 1]:
        first -= 1
        left = edges[first - start]
    beyond = taken.shape[1]  # behind the last cell of the sheet all are empty
    while right - box[2] < behind and last < view.area.right:
        if last + 1 < beyond and taken[cell.row, last + 1]:
            break
        last += 1
        right = edges[last + 1 - start]
    return left, box[1], right, box[3]


def _truncate(text: str, room: float, size: float, bold: bool) -> str:
    """A text, or as much of it as there is room for."""
    if width(text, size, bold) <= room:
        return text
    while text and width(f"{text.rstrip()}…", size, bold) > room:
        text = text[:-1]
    return f"{text.rstrip()}…" if text else ""


def _wrap(text: str, room: float, size: float, bold: bool) -> list[str]:
    """A text in lines as long as there is room, parted at its blanks."""
    lines: list[str] = []
    for word in text.split():
        if lines and width(f"{lines[-1]} {word}", size, bold) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines or [text]


def _draw_lines(
    picture: Image.Image, lines: list[str], box: Box, one: _Inscription, size: float, margin: float
) -> None:
    """Lines of text where their style wants them in a box of pixels, and not beyond it."""
    style, (left, top, right, bottom) = one.style, box
    between = _LINE * size
    free = bottom - top - (len(lines) - 1) * between - (ASCENT + DESCENT) * size
    above = {"top": 0.0, "bottom": free}.get(style.vertical, free / 2)
    for number, line in enumerate(lines):
        length = width(line, size, style.bold)
        start = {"left": left + margin, "right": right - margin - length}.get(
            style.horizontal, (left + right - length) / 2
        )
        baseline = top + above + ASCENT * size + number * between
        _draw(picture, line, (start, baseline), size, style, one.colour, box)


def _draw(
    picture: Image.Image,
    text: str,
    at: tuple[float, float],
    size: float,
    style: Style,
    colour: str,
    box: Box,
) -> None:
    """A line of text from a point on its baseline, cut at the left and right of a box."""
    # Few sizes, so that few letterings are made; rounded down, so that what fits still does.
    ink = lettering(text, max(1, int(size * 4)) / 4, style.bold, style.italic)
    x, y = round(at[0]) - ink.left, round(at[1]) - ink.baseline
    left, right = max(0, box[0] - x), min(ink.mask.width, box[2] - x)
    if right > left:
        mask = ink.mask.crop((left, 0, right, ink.mask.height))
        picture.paste(rgb(colour), (x + left, y), mask)


_CHART_LINE = "C5CDD5"
_CHART_INK = "4A5561"
_CHART_TITLE = Style(size=13, bold=True)
_CHART_TEXT = Style(size=9, colour=_CHART_INK)


def charts(picture: Image.Image, view: View) -> None:
    """Draw each chart whose place is in the view."""
    for chart in view.sheet.charts:
        if chart.place in view.area and view.visible(chart.values) is not None:
            _chart(picture, chart, view)


def _chart(picture: Image.Image, chart: BarChart, view: View) -> None:
    draw, scale = ImageDraw.Draw(picture), view.scale
    left, top, _, _ = view.box(Range.of(chart.place))
    seen = view.visible(chart_range(view.sheet, chart))
    assert seen is not None
    right, bottom = left + round(chart.width * scale), top + round(chart.height * scale)
    right, bottom = min(right, view.size[0] - 1), min(bottom, view.size[1] - 1)
    draw.rectangle((left, top, right, bottom), fill="#FFFFFF", outline=f"#{_CHART_LINE}")
    values = np.nan_to_num(view.numbers[slices(chart.values)].reshape(-1))
    most = 1.0 if "%" in chart.number_format else max(float(values.max()), 1e-300)
    base, high = bottom - 28 * scale, top + 56 * scale  # where the bars stand, and the tallest end
    step = (right - left - 24 * scale) / len(values)
    labels = _texts_in(chart.labels, view)
    _label(picture, chart.title, (left, top, right, top + round(36 * scale)), _CHART_TITLE, scale)
    for number, value in enumerate(values.tolist()):
        begin = left + 12 * scale + number * step
        height = max(0.0, min(1.0, value / most)) * (base - high)
        bar = (begin + 0.14 * step, base - height, begin + 0.86 * step, base)
        if height >= 1:
            draw.rectangle(bar, fill=f"#{chart.colour}")
        slot = round(begin), round(begin + step)
        shown = shown_number(value, chart.number_format)
        for text, y in ((labels[number], base), (shown, base - height - 20 * scale)):
            box = (slot[0], round(y), slot[1], round(y + 20 * scale))
            _label(picture, text, box, _CHART_TEXT, scale)
    draw.line((left + 8 * scale, base, right - 8 * scale, base), fill=f"#{_CHART_INK}")


def _label(picture: Image.Image, text: str, box: Box, style: Style, scale: float) -> None:
    """A text in the middle of a box, smaller if it must be."""
    size = style.size * _POINT * scale
    if text and size >= _LEGIBLE:
        size *= min(1.0, (box[2] - box[0]) / width(text, size, style.bold))
        one = _Inscription(Range(1, 1, 1, 1), text, style, style.colour)
        _draw_lines(picture, [text], box, one, size, 0.0)


def _texts_in(place: Range, view: View) -> list[str]:
    """What stands in the cells of a range, as text."""
    texts = dict.fromkeys(place.cells(), "")
    for block in view.sheet.blocks:
        if isinstance(block, BlankBlock) or not block.range.overlaps(place):
            continue
        if isinstance(block, TextBlock):
            texts[block.range.first] = block.text
            continue
        values = block.values.reshape(-1).tolist()
        for cell, value in zip(block.range.cells(), values, strict=True):
            shown = value if isinstance(value, str) else shown_number(value, "General")
            texts[cell] = shown
    return [texts[cell] for cell in place.cells()]
