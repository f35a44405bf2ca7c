"""Painting: a sheet of blocks as a picture, as a spreadsheet would show it.

Owns fills, colour scales, hatches and borders; texts are placed in `text`. Nothing is
calculated: numbers are the values that the blocks hold, highlights are where their rules say
`now`. Must not know networks or files.
"""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from xlconv.rendering.text import charts, inscriptions
from xlconv.rendering.view import Numbers, View, range_with_charts, rgb, slices
from xlconv.spreadsheet.blocks import (
    BlankBlock,
    Block,
    ColourRule,
    ColourScale,
    Highlight,
    PaintedBlock,
    Sheet,
    Swatches,
)
from xlconv.spreadsheet.cells import Range

Colours = NDArray[np.uint8]

PAPER = "FFFFFF"
_HATCH = 4  # pixels from one line of a hatch to the next
_BORDERED = 6  # pixels a cell from which on each cell has its own border


def paint(sheet: Sheet, cell: float, area: Range | None = None) -> Image.Image:
    """A sheet, or an area of it, at `cell` pixels for the height of a row; numbers are written
    where they are legible."""
    view = View(sheet, area or range_with_charts(sheet), cell)
    fills = _fills(view)
    for rule in reversed(sheet.rules):  # where two apply, the first one is seen
        _colour(fills, rule, view)
    pixels = np.repeat(fills, np.diff(view.rows), axis=0)
    pixels = np.repeat(pixels, np.diff(view.columns), axis=1)
    filled = _highlighted_cells(view)
    for block in sheet.blocks:
        _hatch(pixels, block, view, filled)
    picture = Image.fromarray(pixels)
    _draw_borders(picture, view)
    inscriptions(picture, view)
    charts(picture, view)
    return picture


def _fills(view: View) -> Colours:
    """The colour of each cell of the area by its style alone."""
    area = view.area
    fills = np.full((area.height, area.width, 3), rgb(PAPER), dtype=np.uint8)
    for block in view.sheet.blocks:
        if isinstance(block, PaintedBlock):
            _lay_grounds(fills, block, view)
        elif block.style.fill is not None:
            _fill(fills, view.merged.get(block.range.first, block.range), block.style.fill, view)
    return fills


def _lay_grounds(fills: Colours, block: PaintedBlock, view: View) -> None:
    seen = view.visible(block.range)
    if seen is not None:
        numbers = np.nan_to_num(view.numbers[slices(seen)]).astype(np.int64)
        colours = np.stack([numbers >> 16, numbers >> 8 & 255, numbers & 255], axis=-1)
        fills[slices(seen, view.area.first)] = colours


def _fill(fills: Colours, place: Range, colour: str, view: View) -> None:
    seen = view.visible(place)
    if seen is not None:
        fills[slices(seen, view.area.first)] = rgb(colour)


def _colour(fills: Colours, rule: ColourRule, view: View) -> None:
    """Lay the colours of a rule over the cells."""
    if isinstance(rule, Swatches):
        _lay_swatches(fills, rule, view)
        return
    if isinstance(rule, Highlight):
        if rule.fill is not None:
            for place in rule.now:
                _fill(fills, place, rule.fill, view)
        return
    limit = scale_limit(rule, view.numbers)
    for place in rule.ranges:
        seen = view.visible(place)
        if seen is not None:
            values = view.numbers[slices(seen)]
            colours = scale_colours(values, limit, rule.low, rule.zero, rule.high)
            there = ~np.isnan(values)
            fills[slices(seen, view.area.first)][there] = colours[there]


def _lay_swatches(fills: Colours, rule: Swatches, view: View) -> None:
    table = {float(number): rgb(colour) for number, colour in rule.colours.items()}
    for place in rule.ranges:
        seen = view.visible(place)
        if seen is not None:
            values, ground = view.numbers[slices(seen)], fills[slices(seen, view.area.first)]
            for number in np.unique(values[~np.isnan(values)]).tolist():
                if number in table:
                    ground[values == number] = table[number]


def scale_limit(rule: ColourScale, numbers: Numbers) -> float:
    """Where a colour scale ends, as the numbers of the sheet are now."""
    if rule.endless:
        return math.inf
    for places in (rule.ends, rule.ranges):
        found = np.concatenate([np.zeros(0), *(numbers[slices(p)].reshape(-1) for p in places)])
        found = found[np.isfinite(found)]
        if len(found):
            return float((np.abs(found) if rule.low is not None else found).max())
    return 0.0


def scale_colours(values: Numbers, limit: float, low: str | None, zero: str, high: str) -> Colours:
    """The colours of numbers on a scale from -limit over zero to limit."""
    share = np.zeros_like(values)
    if limit > 0:
        share = np.clip(np.nan_to_num(values / limit), -1.0, 1.0)
    middle = np.array(rgb(zero), dtype=np.float64)
    above, below = np.array(rgb(high)) - middle, np.array(rgb(low or zero)) - middle
    part = share[..., np.newaxis]
    mixed = middle + np.where(part > 0, part * above, -part * below)
    return np.asarray(np.rint(mixed), dtype=np.uint8)


def _highlighted_cells(view: View) -> NDArray[np.bool_]:
    """The cells of the whole sheet that a highlight fills now."""
    filled = np.zeros(view.numbers.shape, dtype=np.bool_)
    for rule in view.sheet.rules:
        if isinstance(rule, Highlight) and rule.fill is not None:
            for place in rule.now:
                filled[slices(place)] = True
    return filled


def _hatch(pixels: Colours, block: Block, view: View, filled: NDArray[np.bool_]) -> None:
    """Thin diagonal lines over a block that has a hatch, but where a highlight's fill takes their
    place; one pattern all over the picture."""
    seen = view.visible(block.range) if block.style.hatch is not None else None
    if seen is None or block.style.hatch is None:
        return
    parts = [seen]
    if filled[slices(seen)].any():
        parts = [Range.of(cell) for cell in seen.cells() if not filled[cell.row, cell.column]]
    for part in parts:
        left, top, right, bottom = view.box(part)
        lines = np.add.outer(np.arange(top, bottom), np.arange(left, right)) % _HATCH == 0
        pixels[top:bottom, left:right][lines] = rgb(block.style.hatch)


def _draw_borders(picture: Image.Image, view: View) -> None:
    """A thin line around each cell whose style, or a rule that is true for it, has a border; where
    cells are too small for that, around them all."""
    draw = ImageDraw.Draw(picture)
    inside = {cell for place in view.merged.values() for cell in place.cells()}
    for block in view.sheet.blocks:
        if block.style.border is None:
            continue
        whole = view.merged.get(block.range.first)
        if whole is not None:
            _outline(draw, [whole], block.style.border, view)
        elif not (isinstance(block, BlankBlock) and block.range.first in inside):
            small = view.cell < _BORDERED
            every = [block.range] if small else map(Range.of, block.range.cells())
            _outline(draw, every, block.style.border, view)
    for rule in reversed(view.sheet.rules):  # where two apply, the first one is seen
        if isinstance(rule, Highlight) and rule.border is not None:
            cells = (Range.of(cell) for place in rule.now for cell in place.cells())
            _outline(draw, cells, rule.border, view)


def _outline(draw: ImageDraw.ImageDraw, places: Iterable[Range], colour: str, view: View) -> None:
    width, height = view.size
    for place in places:
        seen = view.visible(place)
        if seen is not None:
            left, top, right, bottom = view.box(seen)
            if top == bottom:
                continue  # a row that is folded away
            corner = min(right, width - 1), min(bottom, height - 1)
            draw.rectangle((left, top, *corner), outline=f"#{colour}")
