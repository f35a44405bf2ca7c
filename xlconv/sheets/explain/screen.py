"""Where everything stands on the sheet Explain: one screen, drawn for the chosen layer.

Above, the picture with what is seen of it, and the sentence; below, the canvas: cells whose meaning
follows from the width and the height of what is shown of the chosen layer's windows; beside it what
comes of them, and the strongest products. What is computed for it stands on the sheet Works. Must
not know formulas, values or looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from xlconv.sheets.explain.table import FACTS, NO_WEIGHTS, STRONGEST, WEIGHTS, LayerLine
from xlconv.spreadsheet.cells import Cell, Range

# The band above the canvas has rows, and to the left columns, as small as the picture's pixels.
BAND_ROWS, BAND_COLUMNS, TINY_PIXELS = 30, 28, 5
FIRST = 2  # its first row, and its first column
RULERS = FIRST + BAND_COLUMNS + 1  # the column of the numbers of rows
LEFT = RULERS + 1  # the first column of the canvas
HEADS = FIRST + BAND_ROWS  # the row of its heads
TOP = HEADS + 1  # its first row
MOST_ROWS, MOST_COLUMNS = 18, 22  # of the canvas, on a laptop's screen
WHOLE = 7  # a window up to this side is shown whole; of larger ones as many rows and columns as:
PART = 5, 4
# What a column of the canvas shows, from 1; 0: nothing.
READS, TIMES, WEIGHT, EQUALS, PRODUCT, SIGMA, SUM, OUTCOME = range(1, 9)
# What a line beside it says, from 1: the sum, facts, what it makes, what the activation makes.
TOTAL, FIRST_FACT, RESULT, THEN = 1, 2, 2 + FACTS, 3 + FACTS


def shown_size(line: LayerLine) -> tuple[int, int]:
    """The rows and columns that are shown of a window of a layer."""
    height, width = line.size
    if line.weights != NO_WEIGHTS:
        most = MOST_ROWS - 2 if width == 1 and line.slots == 1 else WHOLE
        tall = height if height <= most else most if most > WHOLE else PART[0]
        return tall, width if width <= WHOLE else PART[1]
    return min(height, MOST_ROWS - 1 if line.slots == 1 else WHOLE), min(width, MOST_COLUMNS - 2)


def blocks(line: LayerLine) -> int:
    """How many windows of a layer's cell are shown, below each other."""
    return max(1, min(line.slots, MOST_ROWS // (shown_size(line)[0] + 1)))


def middle(line: LayerLine) -> int:
    """The row of a window beside which signs and its sum stand."""
    return (shown_size(line)[0] + 1) // 2


def columns_needed(line: LayerLine) -> int:
    """The columns of the canvas that a layer takes."""
    width = shown_size(line)[1]
    return width + 2 if line.weights == NO_WEIGHTS else 3 * width + 4


def bold_column(line: LayerLine) -> int:
    """What holds the strongest: the products, the largest cell that is read, or nothing."""
    if line.weights == WEIGHTS:
        return PRODUCT
    return READS if line.operation == "largest" else 0


def totals(line: LayerLine) -> int:
    """How many sums are told beside the canvas."""
    return int(line.weights != NO_WEIGHTS)


def results(line: LayerLine) -> int:
    """How many lines tell what comes of a layer's cell."""
    return totals(line) + len(line.facts) + 1 + (line.then is not None)


@dataclass(frozen=True)
class Grid:
    """The picture in the small: rows and columns of tiny cells, each showing one pixel."""

    height: int
    width: int
    rows: int
    columns: int

    @classmethod
    def of(cls, height: int, width: int) -> "Grid":
        """The grid of a picture of a size: pixels as large as fit, or some of them."""
        longest = max(height, width)
        times = max(1, BAND_COLUMNS // longest)
        share = min(1.0, BAND_COLUMNS / longest)
        return cls(
            height, width, max(1, int(height * times * share)), max(1, int(width * times * share))
        )

    def row(self, number: int) -> int:
        """The row of the picture, from 0, that a row of the grid shows."""
        return number * self.height // self.rows

    def column(self, number: int) -> int:
        """The same for a column."""
        return number * self.width // self.columns


@dataclass(frozen=True)
class Screen:
    """The ranges of the sheet, for the layers of a network and the size of its picture."""

    lines: Sequence[LayerLine]
    grid: Grid

    @cached_property
    def rows(self) -> int:
        return max(blocks(line) * (shown_size(line)[0] + 1) for line in self.lines)

    @cached_property
    def columns(self) -> int:
        return max(columns_needed(line) for line in self.lines)

    @cached_property
    def results(self) -> int:
        """The lines that tell what comes of a cell."""
        return max(results(line) for line in self.lines)

    @property
    def picture(self) -> Range:
        return Range(FIRST, FIRST, self.grid.rows, self.grid.columns)

    def band(self, row: int, height: int) -> Range:
        """A place in the band, beside the picture, as wide as the canvas is at most."""
        return Range(FIRST + row, LEFT - 1, height, self.told.right - LEFT + 2)

    @property
    def title(self) -> Range:
        return self.band(0, 8)

    @property
    def sentence(self) -> Range:
        return self.band(9, 7)

    @property
    def more(self) -> Cell:
        return Cell(HEADS, FIRST)

    @property
    def heads(self) -> Range:
        return Range(HEADS, LEFT, 1, self.columns)

    @property
    def captions(self) -> Range:
        return Range(TOP, FIRST, self.rows, 1)

    @property
    def rulers(self) -> Range:
        return Range(TOP, RULERS, self.rows, 1)

    @property
    def canvas(self) -> Range:
        return Range(TOP, LEFT, self.rows, self.columns)

    # To the right of the canvas.

    @property
    def beside(self) -> int:
        """The first column behind the canvas: products, values, signs, weights, places."""
        return LEFT + self.columns + 1

    @property
    def labels(self) -> Range:
        return Range(TOP, self.beside, self.results, 1)

    @property
    def values(self) -> Range:
        return Range(TOP, self.beside + 3, self.results, 1)

    @property
    def told(self) -> Range:
        """Whether it is on the board, and what the activation does."""
        return Range(TOP, self.beside + 4, self.results, 1)

    @property
    def favour(self) -> Range:
        """The products that speak for a large result, below their head."""
        return Range(TOP + self.results + 2, self.beside, STRONGEST, 1)

    @property
    def against(self) -> Range:
        return Range(self.favour.bottom + 2, self.beside, STRONGEST, 1)

    @staticmethod
    def part(strongest: Range, number: int) -> Range:
        """The column of a list of products: 0 product, 1 value, 2 sign, 3 weight, 4 place."""
        return Range(strongest.row, strongest.column + number, strongest.height, 1)

    @property
    def area(self) -> Range:
        """All of it."""
        bottom = max(self.canvas.bottom, self.against.bottom)
        return Range(1, 1, bottom, self.told.right)
