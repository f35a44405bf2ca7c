"""Where the pictures of the gallery stand on the sheet Images, what is said of each, and the pen
with which picture 0 is drawn.

Rectangles only; must not know formulas, values or looks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from xlconv.spreadsheet.cells import Cell, Range

MOST_ACROSS = 10  # pictures beside each other
PAGE_COLUMNS = 341  # that a page holds at 12 %: what needs less LibreOffice prints at 6 %
FINEST_PEN = 28  # cells of the pen's grid along the longer side of a map
_APART = 3  # columns between the drawing, the pen and the words


class Touch(NamedTuple):
    """A cell of the pen's grid, by its row and column from 0, and how much of it a pixel has."""

    row: int
    column: int
    share: int


@dataclass(frozen=True)
class PenPlaces:
    """The pen: a grid of cells for each map of the drawing, `size` pixels high and wide each; the
    cell in which it is turned on, and the words before that."""

    size: int
    grids: tuple[Range, ...]
    words: Range
    switch: Range

    @property
    def whole(self) -> int:
        """All shares of a pixel together."""
        return 4 * self.size**2

    def touches(self, row: int, column: int) -> Iterator[Touch]:
        """The cells of the pen that a pixel is mixed of: those whose middles are nearest, by their
        nearness down and across."""
        grid = self.grids[0]
        for down, high in self._nearest(row, grid.height):
            for across, wide in self._nearest(column, grid.width):
                yield Touch(down, across, high * wide)

    def _nearest(self, pixel: int, count: int) -> Iterator[tuple[int, int]]:
        """The cells before and behind a pixel's middle, as far as there are any, each with its
        part of `2 * size`."""
        half, whole = 2 * pixel + 1 - self.size, 2 * self.size
        first, beyond = divmod(half, whole)
        for cell, part in ((first, whole - beyond), (first + 1, beyond)):
            if part and 0 <= cell < count:
                yield cell, part


@dataclass(frozen=True)
class GalleryPlaces:
    """Where `count` pictures of `shape` (C, H, W) stand on their sheet, and picture 0 above them:
    each with a caption, its colours if it has any, its maps below each other, and what is said of
    it."""

    shape: tuple[int, int, int]
    count: int
    top: int = 7
    left: int = 2

    @property
    def across(self) -> int:
        """How many pictures stand beside each other."""
        return max(1, min(MOST_ACROSS, PAGE_COLUMNS // self.place_columns))

    @property
    def in_colour(self) -> bool:
        """Whether pictures have red, green and blue maps."""
        return self.shape[0] == 3

    @property
    def line_rows(self) -> int:
        """Rows from one line of pictures to the next: caption, colours and maps with a gap each,
        in the last of which something is said, a gap."""
        return 2 + (self.shape[0] + self.in_colour) * (self.shape[1] + 1)

    @property
    def place_columns(self) -> int:
        """Columns from one picture to the next."""
        return self.shape[2] + 2

    @property
    def lines(self) -> int:
        return 1 + -(-self.count // self.across)

    @property
    def range(self) -> Range:
        """The grid of all pictures, in which they are looked up."""
        columns = min(self.count, self.across) * self.place_columns
        return Range(self.top, self.left, self.lines * self.line_rows, columns)

    def offset(self, number: int) -> tuple[int, int]:
        """The rows and columns of the grid before a picture; picture 0 is the drawing."""
        if number == 0:
            return 0, 0
        line, place = divmod(number - 1, self.across)
        return (1 + line) * self.line_rows, place * self.place_columns

    def maps(self, number: int) -> tuple[Range, ...]:
        """The ranges of a picture's maps."""
        channels = self.shape[0]
        return tuple(self._plane(number, self.before_map(channel)) for channel in range(channels))

    def mosaic(self, number: int) -> Range | None:
        """Where a picture stands in its colours."""
        return self._plane(number, 1) if self.in_colour else None

    def _plane(self, number: int, before: int) -> Range:
        down, across = self.offset(number)
        return Range(self.top + down + before, self.left + across, *self.shape[1:])

    def before_map(self, channel: int) -> int:
        """The rows of a picture's place before one of its maps."""
        return 1 + (channel + self.in_colour) * (self.shape[1] + 1)

    @property
    def number_width(self) -> int:
        """The columns that a picture's number takes in its caption; its label takes the rest."""
        return max(1, self.shape[2] // 2)

    def number(self, number: int) -> Range:
        """Where a picture's number stands."""
        return self._row(number, 0, 0, self.number_width)

    def label(self, number: int) -> Range:
        """Where it is written what a picture shows."""
        width = max(1, self.shape[2] - self.number_width)
        return self._row(number, 0, self.number_width, width)

    def said(self, number: int) -> Range:
        """Where it is written what the network said of a picture when the book was built."""
        return self._row(number, self.line_rows - 2, 0, max(1, self.shape[2] - 1))

    def ink(self, number: int) -> Cell:
        """The sum of a picture's pixels when the book was built: behind what is said of it."""
        return self.said(number).last.shifted(0, 1)

    def _row(self, number: int, before: int, behind: int, width: int) -> Range:
        """Some columns of a row of a picture's place."""
        down, across = self.offset(number)
        return Range(self.top + down + before, self.left + across + behind, 1, width)

    @cached_property
    def pen(self) -> PenPlaces:
        """The pen, beside the drawing."""
        size = max(2, -(-max(self.shape[1:]) // FINEST_PEN))
        maps = self.maps(0)
        high, wide = (-(-side // size) for side in self.shape[1:])
        column = maps[0].right + _APART
        words, switch = Range(self.top, column, 1, 12), Range(self.top, column + 12, 1, 5)
        grids = tuple(Range(place.row, column, high, wide) for place in maps)
        return PenPlaces(size, grids, words, switch)

    @property
    def beside(self) -> int:
        """The first column beside the drawing and its pen."""
        return max(self.pen.grids[0].right, self.pen.switch.right) + _APART
