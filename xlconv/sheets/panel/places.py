"""Places of what a workbook has besides the network: the panel under the picture, where people
choose, the legends under the maps, the loss, and the cells of other sheets that the board reads.

Rectangles only, as data, and where they go; must not know formulas, values or looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from xlconv.network.network import Network
from xlconv.spreadsheet.cells import Cell, Range

ACROSS = 10  # pictures beside each other in the gallery


@dataclass(frozen=True)
class Line:
    """A tensor's line on the panel: whether it is shown, the end of its colour scale, and the boxes
    of its cells that the explained cell reads and that the followed pixel reaches (first and
    last map, row and column)."""

    shown: Cell
    limit: Cell
    reads: Range
    reaches: Range


@dataclass(frozen=True)
class Verdict:
    """Under the answer: what the picture really shows, and whether the answer is right."""

    actual: Range
    right: Range


@dataclass(frozen=True)
class LossPlaces:
    """Beside the output: 1 for the actual class, each class's part, and their sum, with the
    sum that a logarithm of base 10 would give."""

    truth: Range
    parts: Range
    total: Cell
    decimal: Cell


@dataclass(frozen=True)
class PanelPlaces:
    """Where people choose on the board, and the table of what follows for each tensor.

    `picture`, and the `line` and `place` at which it stands in the gallery, are None without
    a gallery.
    """

    picture: Range | None
    line: Cell | None
    place: Cell | None
    outlined: Range
    pixel_row: Range
    pixel_column: Range
    scale: Range
    scale_number: Cell
    network_limit: Cell
    lines: Mapping[str, Line]

    @property
    def range(self) -> Range:
        """The range around the table, from its first line to its last."""
        return Range.around(
            Range(line.shown.row, line.shown.column, 1, line.reaches.right - line.shown.column + 1)
            for line in self.lines.values()
        )


@dataclass(frozen=True)
class GalleryPlaces:
    """Where `count` pictures of `shape` (C, H, W) stand on their sheet, and picture 0 above them:
    each with a caption and its maps below each other."""

    shape: tuple[int, int, int]
    count: int
    top: int = 7
    left: int = 2

    @property
    def line_rows(self) -> int:
        """Rows from one line of pictures to the next: caption, maps with a gap each, a gap."""
        return 2 + self.shape[0] * (self.shape[1] + 1)

    @property
    def place_columns(self) -> int:
        """Columns from one picture to the next."""
        return self.shape[2] + 2

    @property
    def lines(self) -> int:
        return 1 + -(-self.count // ACROSS)

    @property
    def range(self) -> Range:
        """The grid of all pictures, in which they are looked up."""
        columns = min(self.count, ACROSS) * self.place_columns
        return Range(self.top, self.left, self.lines * self.line_rows, columns)

    def offset(self, number: int) -> tuple[int, int]:
        """The rows and columns of the grid before a picture; picture 0 is the drawing."""
        if number == 0:
            return 0, 0
        line, place = divmod(number - 1, ACROSS)
        return (1 + line) * self.line_rows, place * self.place_columns

    def maps(self, number: int) -> tuple[Range, ...]:
        """The ranges of a picture's maps."""
        channels, height, width = self.shape
        down, across = self.offset(number)
        return tuple(
            Range(self.top + down + self.before_map(channel), self.left + across, height, width)
            for channel in range(channels)
        )

    def before_map(self, channel: int) -> int:
        """The rows of a picture's place before one of its maps."""
        return 1 + channel * (self.shape[1] + 1)

    @property
    def number_width(self) -> int:
        """The columns that a picture's number takes in its caption; its label takes the rest."""
        return max(1, self.shape[2] // 2)

    def number(self, number: int) -> Range:
        """Where a picture's number stands."""
        first = self.maps(number)[0]
        return Range(first.row - 1, first.column, 1, self.number_width)

    def label(self, number: int) -> Range:
        """Where it is written what a picture shows."""
        first = self.maps(number)[0]
        width = max(1, self.shape[2] - self.number_width)
        return Range(first.row - 1, first.column + self.number_width, 1, width)


# On the sheet Explain: the chosen layer, map, row and column, and beside each the one that is used.
CHOSEN = Range(5, 3, 4, 1)
USED = Range(5, 4, 4, 1)
CHECKS = Cell(6, 10)  # on the Guide, the first tensor's check cell


def check_cell(number: int) -> Cell:
    """The cell on the Guide that reveals a tensor, by its number from 0."""
    return CHECKS.shifted(number, 0)


_TABLE = 12  # rows of the panel above its table
TITLE, OUTLINED, PIXEL, SCALE, PLACE, HEADS = 0, 2, 4, 6, 8, 10  # rows of the panel, from its top
CONTROLS = 13  # columns of the panel's words before what is chosen


def place_panel(network: Network, top: int, left: int, picture: Cell | None) -> PanelPlaces:
    """The panel from a row and a column on; `picture` is where the picture is chosen, if there is
    a gallery."""

    def control(row: int, across: int = CONTROLS, width: int = 2) -> Range:
        return Range(top + row, left + across, 1, width)

    lines = {
        tensor: Line(
            Cell(row, left + 6),
            Cell(row, left + 7),
            Range(row, left + 9, 1, 6),
            Range(row, left + 16, 1, 6),
        )
        for row, tensor in enumerate(network.shapes, top + _TABLE)
    }
    there = picture is not None
    return PanelPlaces(
        Range(picture.row, picture.column, 1, 3) if picture else None,
        Cell(top + PLACE, left + CONTROLS) if there else None,
        Cell(top + PLACE, left + CONTROLS + 6) if there else None,
        control(OUTLINED),
        control(PIXEL),
        control(PIXEL, CONTROLS + 6),
        control(SCALE, width=4),
        Cell(top + SCALE, left + CONTROLS + 6),
        Cell(top + SCALE, left + CONTROLS + 8),
        lines,
    )


def legend(inside: Range, ring_below: int, both_signs: bool) -> Range:
    """The cells below a map, and below its padding, that say what its colours mean: the lowest
    value if there are both signs, zero, the largest, as far as the map is wide enough."""
    width = min(inside.width, 3 if both_signs else 2)
    return Range(inside.bottom + ring_below + 1, inside.column, 1, width)
