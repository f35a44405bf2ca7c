"""Blocks: what a workbook is made of, as data.

A block is a rectangle of numbers, of one text, or of cells that hold one formula. Sheets
are blocks with their colour rules; a book is sheets with defined names. Must not know
what the numbers mean, nor how a file is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from xlconv.spreadsheet.cells import Cell, Range

# Numbers, texts, or (as objects) some cells of each.
Values = NDArray[np.float64] | NDArray[np.str_] | NDArray[np.object_]


@dataclass(frozen=True)
class Style:
    """How cells look. Sizes in points, colours as RRGGBB. On a protected sheet only cells that are
    not `locked` can be changed."""

    size: float = 8
    bold: bool = False
    italic: bool = False
    colour: str = "1F2933"
    fill: str | None = None
    hatch: str | None = None
    number_format: str = "General"
    horizontal: str = "center"
    vertical: str = "center"
    wrap: bool = False
    shrink: bool = False
    border: str | None = None
    font: str = "Calibri"
    locked: bool = True


@dataclass(frozen=True)
class ConstantBlock:
    """Numbers, one for each cell of the range; NaN leaves a cell empty."""

    range: Range
    values: Values
    style: Style


@dataclass(frozen=True)
class PaintedBlock(ConstantBlock):
    """Numbers that are colours, 65536 red + 256 green + blue: each is the ground of its cell."""

    @cached_property
    def styles(self) -> dict[float, Style]:
        """The look of the cells of each number."""
        numbers = np.unique(np.asarray(self.values, dtype=np.float64)).tolist()
        return {one: replace(self.style, fill=f"{int(one):06X}") for one in numbers if one == one}


@dataclass(frozen=True)
class FormulaBlock:
    """One relative formula over a range: `formula` is the text of the first cell, without
    its "=". `values` are what the formulas give, and what viewers show that do not calculate."""

    range: Range
    formula: str
    values: Values
    style: Style


@dataclass(frozen=True)
class CellwiseBlock:
    """A formula for each cell of the range, row by row, where one relative formula cannot say
    it: the windows of a pool with stride 2 move by two cells while its own cells move by one."""

    range: Range
    formulas: tuple[str, ...]
    values: Values
    style: Style


@dataclass(frozen=True)
class TextBlock:
    """One text, which runs on over empty cells; a range of several cells is merged. `link` is a
    place to jump to, as in "Board!A1"."""

    range: Range
    text: str
    style: Style
    link: str | None = None


@dataclass(frozen=True)
class BlankBlock:
    """Empty cells that have a look, as a padding ring."""

    range: Range
    style: Style


Block = ConstantBlock | FormulaBlock | CellwiseBlock | TextBlock | BlankBlock


def one_cell(
    cell: Cell, held: float | str, style: Style, link: str | None = None
) -> ConstantBlock | TextBlock:
    """A number or a text in a cell."""
    if isinstance(held, str):
        return TextBlock(Range.of(cell), held, style, link)
    return ConstantBlock(Range.of(cell), np.array([[float(held)]]), style)


@dataclass(frozen=True)
class ColourScale:
    """Colours from -limit over zero to limit, or from zero to limit. `limit` is a formula of
    absolute references; `low` is None for a scale that begins at zero.

    For painters that do not calculate: the limit is the largest (magnitude, with a low end) in
    `ends`, or where these are empty in the ranges, and `endless` where the formula is so now.
    """

    ranges: tuple[Range, ...]
    limit: str
    low: str | None
    zero: str
    high: str
    ends: tuple[Range, ...] = ()
    endless: bool = False


@dataclass(frozen=True)
class Highlight:
    """Cells for which `formula`, relative to the first cell of the first range, is true.

    `border` is the colour of a line around each of them, which may be `dashed`, `hatch` that of
    stripes; with `last`, no other rule is asked where this one holds. `now` are the cells for
    which it is true with the values that the sheet holds, and `zeros` says that it is true for the
    numbers that their cells show as zero: what painters show that do not calculate.
    """

    ranges: tuple[Range, ...]
    formula: str
    colour: str | None = None
    fill: str | None = None
    number_format: str | None = None
    border: str | None = None
    dashed: bool = False
    bold: bool = False
    hatch: str | None = None
    last: bool = False
    now: tuple[Range, ...] = ()
    zeros: bool = False


@dataclass(frozen=True)
class Swatches:
    """Cells that hold one of some whole numbers have that number's colour."""

    ranges: tuple[Range, ...]
    colours: Mapping[int, str]


ColourRule = ColourScale | Highlight | Swatches


@dataclass(frozen=True)
class BarChart:
    """A bar for each value. `place` is the chart's upper left cell; sizes are in pixels. A file's
    chart may find the values elsewhere, in the `source`, a sheet and a range, and its title in the
    cell `head` of a sheet. `shown` are the labels and the values as they are now."""

    place: Cell
    width: int
    height: int
    title: str
    labels: Range
    values: Range
    colour: str
    number_format: str = "0%"
    source: tuple[str, Range] | None = None
    head: tuple[str, Cell] | None = None
    shown: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Choice:
    """What may be typed into cells: one of `options`, one of the cells that the formula `listed`
    names, a number from 0 to `most`, or, if that is None, anything. `words` say so when a cell is
    chosen."""

    ranges: tuple[Range, ...]
    title: str
    words: str
    options: tuple[str, ...] = ()
    listed: str | None = None
    most: float | None = None


@dataclass(frozen=True)
class Pages:
    """How a sheet is printed: on how many pages beside and below each other it is fitted (None:
    as many as it takes), which rows come again on each of them, and what is printed, if not all."""

    across: int | None = 1
    down: int | None = 1
    rows_again: tuple[int, int] | None = None
    area: Range | None = None


@dataclass(frozen=True)
class Sheet:
    """A worksheet. Sizes in pixels at 100 %; `widths` and `heights` are those that differ. Rows
    with a level in `folds` are folded away: the row above unfolds those of the next level, up to
    one of a lower level. On a protected sheet nothing can be unfolded, and nothing is folded."""

    name: str
    blocks: tuple[Block, ...]
    rules: tuple[ColourRule, ...] = ()
    merges: tuple[Range, ...] = ()
    charts: tuple[BarChart, ...] = ()
    choices: tuple[Choice, ...] = ()
    column_width: int = 64
    row_height: int = 20
    widths: Mapping[int, int] = field(default_factory=dict)
    heights: Mapping[int, int] = field(default_factory=dict)
    folds: Mapping[int, int] = field(default_factory=dict)
    freeze: Cell | None = None
    zoom: int = 100
    tab_colour: str | None = None
    pages: Pages = Pages()
    protected: bool = False

    @cached_property
    def used_range(self) -> Range:
        """The range from the first cell to the last that anything stands in."""
        return Range.around([Range(1, 1, 1, 1), *(block.range for block in self.blocks)])


@dataclass(frozen=True)
class Book:
    """A workbook: its sheets, and the name of each (sheet, range) that formulas and people use;
    `hidden` names, of ranges or of formulas that give one, are for programs alone. It opens on the
    sheet `opening`, else on the first."""

    title: str
    description: str
    version: str
    sheets: tuple[Sheet, ...]
    names: Mapping[str, tuple[str, Range]]
    hidden: Mapping[str, tuple[str, Range] | str] = field(default_factory=dict)
    opening: str | None = None
