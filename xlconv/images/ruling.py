"""Lines that are no ink of a digit: a form cell's frame, ruled and squared paper. Taken out.

What is a line is judged by what it leaves: a stroke without which nothing like a digit is left
is a digit's own. Must not know files, nor how ink is told from its ground.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from xlconv.images.ink import floor_of
from xlconv.images.pieces import Box, around, boxes_of, components
from xlconv.images.pixels import Mask, resized
from xlconv.images.straight import Stroke, straight_strokes
from xlconv.network.model import Array

OVERVIEW = 320  # pixels of the longer side in which lines are looked for
_TRIES = 12  # sets of strokes that are tried, the longest first
RULED = 3  # parallel lines: no digit has so many from border to border
_GAP = 3  # pixels between a line and what does not touch it
_NEAR = 0.02  # of the picture's longer side: so near, an end is at the picture's border


@dataclass(frozen=True)
class Cleared:
    """Ink without lines, how many there were, and whether a digit beside a line was left out."""

    ink: Array
    lines: int = 0
    beside: bool = False


def without_lines(ink: Array) -> Cleared:
    """The ink without long straight lines that are none of a digit's strokes. Of two digits
    with a line between them the larger is kept."""
    scale = OVERVIEW / max(ink.shape)
    height, width = (max(round(side * scale), 1) for side in ink.shape)
    if min(height, width) < OVERVIEW // 8:
        return Cleared(ink)  # a strip of a picture, in which all is line
    grid = resized(ink, (0, 0, *ink.shape[::-1]), (width, height))
    lines, rest = _lines_in(grid, max(scale, 1))
    if rest is None:
        return Cleared(ink)
    scaled = [_scaled(line, ink.shape, grid.shape) for line in lines]
    cleared, beside = erased(ink, scaled), False
    for line, whole in zip(lines, scaled, strict=True):
        sides = _sides_with_digits(line, rest)
        if sides is not None:
            low, high = sides
            keep = low if low.longest >= high.longest else high
            rest, beside = rest.only(keep), True
            cleared *= _side(whole, ink.shape) == (keep is low)
    return Cleared(cleared, len(lines), beside)


def _lines_in(grid: Array, pixel: float) -> tuple[list[Stroke], "_Rest | None"]:
    """The most strokes, the longest first, that are all lines beside what they leave, where a
    pixel of the picture is so large in the grid."""
    # What is faint beside the ink is left out later, as is the blur around a line here.
    floor = floor_of(grid)
    above = grid[grid > floor]
    floor = max(floor, 0.1 * float(np.percentile(above, 90))) if above.size else floor
    strokes = straight_strokes(grid > floor, pixel)
    lengths = np.array([stroke.length for stroke in strokes] + [1])
    drops = np.argsort(lengths[1:] / lengths[:-1], kind="stable")[:_TRIES] + 1
    for count in sorted(drops, reverse=True):
        lines = strokes[:count]
        if count <= 2 and not _leaves_ink(grid, lines, floor):
            continue
        rest = _rest(erased(grid, lines), lines, floor, pixel)
        if rest is None:
            continue
        sides = _frame(lines, rest)
        if all(_is_line(line, lines, rest) or _is_side(line, sides, rest) for line in lines):
            return lines, rest
    return [], None


def _leaves_ink(grid: Array, lines: list[Stroke], floor: float) -> bool:
    """Whether there is more than what a pen left at either edge of the strokes."""
    wide = [replace(line, width=2 * line.width + 2) for line in lines]
    boxes = boxes_of(components(erased(grid, wide) > floor)).values()
    return any(box.longest > 3 * max(line.width for line in lines) for box in boxes)


def _side(line: Stroke, shape: tuple[int, ...]) -> Mask:
    """Which pixels lie before a line, that is above it or left of it."""
    rows, columns = shape if line.lying else shape[::-1]
    middles = np.interp(np.arange(columns), np.arange(line.start, line.end), line.middles)
    before = np.arange(rows)[:, None] < middles
    return before if line.lying else before.T


def _sides_with_digits(line: Stroke, rest: "_Rest") -> tuple[Box, Box] | None:
    """What stands before and behind a line, if both may be digits: they are about as high and
    keep away from it. A digit that is cut by a line does not."""
    boxes = [box if line.lying else box.turned for box in rest.pieces]
    off, middle = 1.5 * line.width + 2, float(line.middles.mean())
    low = [
        piece for piece, box in zip(rest.pieces, boxes, strict=True) if box.bottom < middle - off
    ]
    high = [piece for piece, box in zip(rest.pieces, boxes, strict=True) if box.top > middle + off]
    if not low or not high or len(low) + len(high) < len(boxes):
        return None
    pair = around(low), around(high)
    heights = sorted(box.height for box in pair)
    return pair if heights[0] >= 0.5 * heights[1] else None


# ---- taking lines out


def _scaled(line: Stroke, shape: tuple[int, ...], grid: tuple[int, ...]) -> Stroke:
    """A line of the overview in the whole picture."""
    along, across = (1, 0) if line.lying else (0, 1)
    by, over = shape[along] / grid[along], shape[across] / grid[across]
    start, end = int(line.start * by), min(round(line.end * by), shape[along])
    places = (np.arange(start, end) + 0.5) / by - 0.5
    middles = np.interp(places, np.arange(line.start, line.end), line.middles)
    return Stroke(line.lying, start, (middles + 0.5) * over - 0.5, (line.width + 1) * over - 1)


def erased(ink: Array, lines: list[Stroke]) -> Array:
    """The ink with what stands beside a line drawn on across it: a digit's stroke that crosses
    it is on both of its sides."""
    ink = ink.copy()
    for line in lines:
        _erase(ink if line.lying else ink.T, line)
    return ink


def _erase(ink: Array, line: Stroke) -> None:
    half = line.width / 2 + 1
    ends = max(line.start - int(half), 0), min(line.end + int(half), ink.shape[1])
    columns = np.arange(*ends)  # a line's end is blurred, too
    middles = np.interp(columns, np.arange(line.start, line.end), line.middles)
    top = np.floor(middles - half).astype(int)
    rows = top[:, None] + np.arange(int(2 * half) + 2)
    inside = np.pad(ink, ((1, 1), (0, 0)))  # nothing is marked outside the picture
    band = inside[np.clip(rows + 1, 0, len(ink) + 1), columns[:, None]]
    part = np.linspace(0, 1, rows.shape[1])
    across = band[:, :1] * (1 - part) + band[:, -1:] * part
    level = float(np.median(band.max(axis=1)))
    band = np.where(band > 1.6 * level, band, np.minimum(across, band))  # a pen on a faint line
    row, column = rows.ravel(), np.repeat(columns, rows.shape[1])
    there = (row >= 0) & (row < len(ink))
    ink[row[there], column[there]] = band.ravel()[there]


# ---- what is a line


@dataclass(frozen=True)
class _Rest:
    """What is left without some lines: its marks, the boxes of its pieces, the size of one of
    the picture's pixels."""

    marks: Mask
    pieces: tuple[Box, ...]
    pixel: float

    @cached_property
    def box(self) -> Box:
        return around(self.pieces)

    @property
    def turned(self) -> "_Rest":
        return _Rest(self.marks.T, tuple(piece.turned for piece in self.pieces), self.pixel)

    def only(self, box: Box) -> "_Rest":
        """The pieces inside a box."""
        inside = [piece for piece in self.pieces if around([piece, box]) == box]
        return _Rest(self.marks, tuple(inside), self.pixel)


def _rest(ink: Array, lines: list[Stroke], floor: float, pixel: float) -> _Rest | None:
    """The pieces that might be a digit; None if there is none."""
    labels = components(ink > floor)
    boxes = boxes_of(labels)
    width = float(np.median([line.width for line in lines]))
    least = max(2 * width, 0.04 * max(ink.shape))
    longest = max((box.longest for box in boxes.values()), default=0)
    if longest < least:
        return None
    kept = {name: box for name, box in boxes.items() if box.longest >= max(least, 0.3 * longest)}
    return _Rest(np.isin(labels, list(kept)), tuple(kept.values()), pixel)


def _is_line(line: Stroke, lines: list[Stroke], rest: _Rest) -> bool:
    """Whether a stroke runs from border to border, and is longer than what is left is in its
    direction, or stands apart."""
    if not line.lying:  # turn all, so that it lies
        lines = [replace(each, lying=not each.lying) for each in lines]
        line = replace(line, lying=True)
        rest = rest.turned
    shape = rest.marks.shape
    parallel = [other for other in lines if other.lying]
    crossing = [other for other in lines if not other.lying]
    ruled = sum(_runs_through(other, crossing, shape) for other in parallel) >= RULED
    if ruled and (_at_border(line, 0, shape) or _at_border(line, 1, shape)):
        return True
    over = line.length / rest.box.width
    if _runs_through(line, crossing, shape) and over > (1.05 if len(lines) > 2 else 1.2):
        if len(lines) == 1:
            return _is_clear(rest)
        # So do both bars of a 4 that was cropped closely.
        return len(lines) > 2 or len(parallel) == 2 or not _is_joined(lines, rest)
    return _stands_apart(line, crossing, rest)


def _runs_through(line: Stroke, crossing: list[Stroke], shape: tuple[int, ...]) -> bool:
    """Whether a lying line runs from the picture's border to a border or to another line."""
    border = [_at_border(line, end, shape) for end in (0, 1)]
    if not any(border) or all(border):
        return all(border)
    inner = border.index(False)
    return any(_ends_at(line, inner, other) for other in crossing)


def _at_border(line: Stroke, end: int, shape: tuple[int, ...]) -> bool:
    near = max(_NEAR * max(shape), 1)
    slope = (line.middles[-1] - line.middles[0]) / max(line.length - 1, 1)
    beyond = line.middles[-end] + slope * (near if end else -near)
    left = shape[1] - line.end if end else line.start
    return bool(left <= near or not 0 <= beyond <= shape[0] - 1)


def _meets(line: Stroke, other: Stroke) -> bool:
    """Whether an end of a line is at another one of the other direction."""
    return any(_ends_at(line, end, other) for end in (0, 1))


def _ends_at(line: Stroke, end: int, other: Stroke) -> bool:
    near = 2 + other.width / 2
    row, column = line.middles[-end], (line.start, line.end - 1)[end]
    place = int(np.clip(row - other.start, 0, other.length - 1))
    inside = other.start - near <= row <= other.end + near
    return bool(inside and abs(other.middles[place] - column) <= near)


def _is_clear(rest: _Rest) -> bool:
    """Whether what is left reaches neither the upper nor the lower border: the bar of a 7 and
    the stem of a 4 that were cropped closely run from border to border, too."""
    near = max(2 * _NEAR * max(rest.marks.shape), 2)
    return bool(rest.box.top > near and rest.box.bottom < len(rest.marks) - near)


def _is_joined(lines: list[Stroke], rest: _Rest) -> bool:
    """Whether what is left is joined to a line, or reaches nearly from border to border."""
    height, width = rest.marks.shape
    through = rest.box.width > 0.8 * width or rest.box.height > 0.8 * height
    return through or any(_touches(line, rest) for line in lines)


def _touches(line: Stroke, rest: _Rest) -> bool:
    marks = rest.marks if line.lying else rest.marks.T
    half = int(line.width / 2 + 3)
    columns = np.arange(line.start, line.end)
    return any(
        marks[np.clip(np.rint(line.middles + off).astype(int), 0, len(marks) - 1), columns].any()
        for off in range(-half, half + 1)
    )


def _stands_apart(line: Stroke, crossing: list[Stroke], rest: _Rest) -> bool:
    """Whether a lying line is a piece of a frame beside a digit, and longer than that: not a
    digit's bar or flag, which is no longer than the rest, and at an end of it."""
    box, half = rest.box, line.width / 2 + _GAP
    corner = any(_meets(line, other) and _meets(other, line) for other in crossing)
    if line.length < 1.25 * (box.width if corner else box.longest):
        return False
    if box.longest < 0.3 * line.length or line.width - rest.pixel > 0.12 * line.length:
        return False
    low, high = line.middles.min() - half, line.middles.max() + half
    before, after = box.left - line.start, line.end - box.right
    if not low <= box.bottom or not box.top <= high:
        return bool(0.15 < (before + box.width / 2) / line.length < 0.85)
    # The digit touches it: what is upright and ends well beyond it on both sides is no stem.
    aside = box.bottom < line.middles.mean() + half or box.top > line.middles.mean() - half
    level = abs(line.middles[-1] - line.middles[0]) < 0.02 * line.length
    beyond = min(before, after) > 0.15 * line.length
    return bool(aside and level and beyond and line.length > 1.6 * box.longest)


def _frame(lines: list[Stroke], rest: _Rest) -> list[Stroke]:
    """At least three sides around what is left that meet in corners; none if there are no
    such lines."""
    sides: dict[tuple[bool, bool], Stroke] = {}
    for line in lines:
        box = rest.box if line.lying else rest.box.turned
        before = line.start <= box.left + 0.2 * box.width
        if before and line.end >= box.right - 0.2 * box.width:
            side = line.lying, bool(line.middles.mean() < (box.top + box.bottom) / 2)
            sides.setdefault(side, line)  # the longest
    corners = [
        {one, other}
        for one in sides.values()
        for other in sides.values()
        if one.lying and not other.lying and _meets(one, other) and _meets(other, one)
    ]
    joined = [side for side in sides.values() if any(side in corner for corner in corners)]
    return joined if len(joined) > 2 else []


def _is_side(line: Stroke, sides: list[Stroke], rest: _Rest) -> bool:
    """Whether a line is a side of a frame, or beside one and as long."""
    box = rest.box if line.lying else rest.box.turned
    if not 1.05 * box.width < line.length < 3 * box.longest:
        return False
    alike = [
        side
        for side in sides
        if side.lying == line.lying and 0.7 < line.length / side.length < 1.43
    ]
    return line in sides or (bool(alike) and not _touches(line, rest))
