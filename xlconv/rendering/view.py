"""Views: which part of a sheet a picture shows, and where its cells are in it.

Owns the pixels of rows and columns, and the looking-up of a sheet's cells by row and column.
Must not know how anything is drawn.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from xlconv.reference.layers.base import numbers as numbers_of
from xlconv.spreadsheet.blocks import BarChart, Sheet, TextBlock
from xlconv.spreadsheet.cells import Cell, Range

Numbers = NDArray[np.float64]
Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels, the last two exclusive

CORNER = Cell(0, 0)  # of arrays that are indexed by row and column from 1
# Rows with heights of their own hold titles, which stay legible however small the cells are.
TITLE_SCALE = 0.42


@dataclass(frozen=True)
class View:
    """A part of a sheet at a scale: where its rows and columns are in the picture."""

    sheet: Sheet
    area: Range
    cell: float

    @cached_property
    def columns(self) -> tuple[int, ...]:
        """Where each column of the area begins, and where the last one ends."""
        sheet, area = self.sheet, self.area
        sizes = [
            sheet.widths.get(column, sheet.column_width) * self.scale
            for column in range(area.column, area.right + 1)
        ]
        return tuple(round(edge) for edge in accumulate(sizes, initial=0.0))

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """Where each row of the area begins, and where the last one ends."""
        sheet, folded = self.sheet, not self.sheet.protected and self.sheet.folds
        sizes = [
            0.0
            if folded and row in folded
            else sheet.heights.get(row, sheet.row_height) * self.row_scale(row)
            for row in range(self.area.row, self.area.bottom + 1)
        ]
        return tuple(round(edge) for edge in accumulate(sizes, initial=0.0))

    @cached_property
    def merged(self) -> dict[Cell, Range]:
        """Every range of the sheet that is one cell to the eye, by its first cell."""
        texts = (block.range for block in self.sheet.blocks if isinstance(block, TextBlock))
        return {place.first: place for place in (*self.sheet.merges, *texts) if place.size > 1}

    @cached_property
    def numbers(self) -> Numbers:
        """The number of every cell of the sheet, at its row and column; NaN where there is none."""
        ruled = [place for rule in self.sheet.rules for place in rule.ranges]
        last = Range.around([range_with_charts(self.sheet), *ruled]).last
        numbers = np.full((last.row + 1, last.column + 1), np.nan)
        for block in self.sheet.blocks:
            values = getattr(block, "values", None)
            if values is not None and values.dtype.kind != "U":
                numbers[slices(block.range)] = numbers_of(values)
        return numbers

    @property
    def scale(self) -> float:
        return self.cell / self.sheet.row_height

    def row_scale(self, row: int) -> float:
        """The scale of a row's height and letters."""
        return max(self.scale, TITLE_SCALE) if row in self.sheet.heights else self.scale

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture."""
        return self.columns[-1], self.rows[-1]

    def visible(self, place: Range) -> Range | None:
        """The part of a range that is in the area, if any is."""
        area = self.area
        if not place.overlaps(area):
            return None
        row, column = max(place.row, area.row), max(place.column, area.column)
        height = min(place.bottom, area.bottom) - row + 1
        return Range(row, column, height, min(place.right, area.right) - column + 1)

    def box(self, place: Range) -> Box:
        """The pixels of a range that is in the area."""
        row, column = place.row - self.area.row, place.column - self.area.column
        return (
            self.columns[column],
            self.rows[row],
            self.columns[column + place.width],
            self.rows[row + place.height],
        )


def range_with_charts(sheet: Sheet) -> Range:
    """The range around everything on a sheet, from its first cell, charts included."""
    charts = (chart_range(sheet, chart) for chart in sheet.charts)
    return Range.around([sheet.used_range, *sheet.merges, *charts])


def chart_range(sheet: Sheet, chart: BarChart) -> Range:
    """The cells that a chart covers."""

    def covered(start: int, pixels: int, sizes: dict[int, int], usual: int) -> int:
        end = start
        while pixels > 0:
            pixels -= sizes.get(end, usual)
            end += 1
        return end - start

    height = covered(chart.place.row, chart.height, dict(sheet.heights), sheet.row_height)
    width = covered(chart.place.column, chart.width, dict(sheet.widths), sheet.column_width)
    return Range(chart.place.row, chart.place.column, height, width)


def slices(place: Range, origin: Cell = CORNER) -> tuple[slice, slice]:
    """A range's rows and columns in an array of which the first element is at `origin`."""
    row, column = place.row - origin.row, place.column - origin.column
    return slice(row, row + place.height), slice(column, column + place.width)


def rgb(colour: str) -> tuple[int, int, int]:
    """The parts of a colour such as "1F2933"."""
    red, green, blue = bytes.fromhex(colour)
    return red, green, blue
