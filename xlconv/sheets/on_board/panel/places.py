"""Places of what a workbook has besides the network: the panel under the picture, where people
choose, its part of the sheet Works, where what follows is computed, the legends under the maps, the
loss, and the cells of other sheets that the board reads.

Rectangles only, as data, and where they go; must not know formulas, values or looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from xlconv.network.borders import bordered
from xlconv.network.layers.convolution import KernelDemo
from xlconv.network.layers.pooling import MaxPool2D
from xlconv.network.network import Network
from xlconv.sheets.works.places import FIRST_COLUMN, TOP
from xlconv.spreadsheet.cells import Cell, Range

CHART_TITLE = "probability of each class"
KERNELS = frozenset({"weight", "presets"})  # arrays that have a colour scale


@dataclass(frozen=True)
class Line:
    """A tensor's line in the table on Works: whether it is shown, the end of its colour scale, and
    the boxes of its cells that the explained cell reads and that the followed pixel reaches (first
    and last map, row and column)."""

    shown: Cell
    limit: Cell
    reads: Range
    reaches: Range
    weights: Cell


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
    """Where people choose on the board, and, on the sheet Works, what follows from it.

    On the board, in the `area` under the picture: the `picture` (None without a gallery), the cell
    that is `explained` (its layer, map, row and column), whether it is `outlined`, the pixel that
    is followed, the `scale`. On Works: the layer's number, map, row and column that are `used`, the
    `line` and `place` at which the picture stands in the gallery, the number of the scale, the
    network's limit, the number of the last tensor that is `revealed`, and the table with a line for
    each tensor; what a chart shows of the output, if there is one. `outside` is None where no
    convolution reads over the edge of maps. In the frozen rows stand `reveal`, up to which tensor
    the board is shown, and `numbers`, whether maps show theirs; in the area, how far the picture is
    shifted, whether what pools keep is marked (None where there
    is none), and how many pixels and weights were typed over.
    """

    area: Range
    picture: Range | None
    explained: tuple[Range, Range, Range, Range]
    outlined: Range
    pixel_row: Range
    pixel_column: Range
    scale: Range
    used: Range
    line: Cell | None
    place: Cell | None
    scale_number: Cell
    network_limit: Cell
    revealed: Cell
    lines: Mapping[str, Line]
    charted: Range | None
    reveal: Range
    numbers: Range
    outside: Range | None
    shift_down: Range | None
    shift_right: Range | None
    winners: Range | None
    invert: Range | None
    changed_pixels: Range
    changed_weights: Range

    @property
    def table(self) -> Range:
        """The lines of all tensors, from what is shown to what is reached."""
        return Range.around(
            Range(line.shown.row, line.shown.column, 1, line.weights.column - line.shown.column + 1)
            for line in self.lines.values()
        )

    @property
    def controls(self) -> tuple[Range, ...]:
        """The cells in which something is chosen."""
        maybe = (
            *(self.picture, self.outside, self.shift_down, self.shift_right),
            *(self.winners, self.invert),
        )
        there = (one for one in maybe if one is not None)
        looks = (self.outlined, self.pixel_row, self.pixel_column, self.scale)
        return self.reveal, self.numbers, *there, *self.explained, *looks

    @property
    def chosen(self) -> tuple[Cell, ...]:
        """The cells on the board that hold the explained layer, map, row and column."""
        return tuple(place.first for place in self.explained)


# On Works: the explained layer's number, map, row and column that are used.
USED = Range(TOP, FIRST_COLUMN + 1, 4, 1)


# Rows of the panel, from its top: its title, and what is chosen.
TITLE, EXPLAINED, CELL, OUTLINED, PIXEL, SCALE, OUTSIDE, SHIFT, WINNERS, CHANGED = range(0, 20, 2)
FROZEN = 10  # columns of the board's frozen rows before what is chosen there
CONTROLS = 13  # columns of the panel's words before what is chosen
_ACROSS = 3  # columns from one number of a cell to the next
_TABLE = 3  # columns of its part of Works before the table
# The names of the cells in which the explained one is chosen.
EXPLAINED_NAMES = tuple(f"explained_{what}" for what in ("layer", "map", "row", "column"))
# The names of the cells of other choices, and of what is counted.
CHOICE_NAMES = (
    *("picture", "outside", "reveal", "numbers", "shift_down", "shift_right", "winners", "invert"),
    *("changed_pixels", "changed_weights"),
)
# The hidden names of what may be chosen: a list may be on another sheet by a name alone.
_LISTED = ("layer", "map", "row", "column", "picture", "tensor")
LISTS = {what: f"xlconv_list_{what}" for what in _LISTED}
# The hidden names by which the board's colours read the table, each of some of its columns: its
# first one, and how many. What listens to one is told of no change in the others.
COLUMNS = {
    "xlconv_shown": (0, 1),
    "xlconv_ends": (1, 1),
    "xlconv_reads": (2, 6),
    "xlconv_reaches": (8, 6),
    "xlconv_weight_ends": (14, 1),
}


def shows_kernels(network: Network) -> bool:
    """Whether kernels are chosen from a list: then the picture can be inverted, for which edge one
    finds depends on what is dark."""
    return any(isinstance(layer, KernelDemo) for layer in network.layers)


def works_columns(network: Network, layout: object) -> int:
    """How many columns the panel's part of the sheet Works takes."""
    return _TABLE + 18


def place_panel(network: Network, top: int, left: int, picture: Cell | None) -> PanelPlaces:
    """The panel from a row and a column on; `picture` is where the picture is chosen, if there is
    a gallery."""

    def control(row: int, across: int = CONTROLS, width: int = 2) -> Range:
        return Range(top + row, left + across, 1, width)

    column = FIRST_COLUMN + _TABLE + 1
    lines = {
        tensor: Line(
            Cell(row, column),
            Cell(row, column + 1),
            Range(row, column + 2, 1, 6),
            Range(row, column + 8, 1, 6),
            Cell(row, column + 14),
        )
        for row, tensor in enumerate(network.shapes, TOP)
    }
    line, place, scale, end, revealed = (USED.last.shifted(down, 0) for down in range(1, 6))
    output = network.shapes[network.output]
    charted = Range(TOP, column + 16, output[0], 1) if network.tells_one else None
    pools = any(isinstance(layer, MaxPool2D) for layer in network.layers)
    number, row_number, column_number = (control(CELL, CONTROLS + n * _ACROSS) for n in range(3))
    return PanelPlaces(
        area=Range(top, left, CHANGED + 1, CONTROLS + 3 * _ACROSS),
        picture=Range(picture.row, picture.column, 1, 3) if picture else None,
        explained=(control(EXPLAINED, width=6), number, row_number, column_number),
        outlined=control(OUTLINED),
        pixel_row=control(PIXEL),
        pixel_column=control(PIXEL, CONTROLS + 6),
        scale=control(SCALE, width=4),
        used=USED,
        line=line if picture else None,
        place=place if picture else None,
        scale_number=scale,
        network_limit=end,
        revealed=revealed,
        lines=lines,
        charted=charted,
        reveal=Range(1, left + FROZEN, 1, 8),
        numbers=Range(2, left + FROZEN, 1, 4),
        outside=control(OUTSIDE, width=4) if bordered(network) else None,
        shift_down=control(SHIFT) if picture else None,
        shift_right=control(SHIFT, CONTROLS + 6) if picture else None,
        winners=control(WINNERS) if pools else None,
        invert=control(WINNERS, CONTROLS + 6) if picture and shows_kernels(network) else None,
        changed_pixels=control(CHANGED),
        changed_weights=control(CHANGED, CONTROLS + 6),
    )


def legend(inside: Range, ring_below: int, both_signs: bool) -> Range:
    """The cells below a map, and below its padding, that say what its colours mean: the lowest
    value if there are both signs, zero, the largest, as far as the map is wide enough."""
    width = min(inside.width, 3 if both_signs else 2)
    return Range(inside.bottom + ring_below + 1, inside.column, 1, width)
