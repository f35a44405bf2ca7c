"""Where everything stands on the sheet Explain.

To the left what is chosen and what comes of it, in the middle windows, weights and products as
maps, beside them the strongest products, and to the right the lists from which all is drawn. Must
not know formulas, values or looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from xlconv.sheets.explain.table import FACTS, OPERATIONS, STRONGEST, LayerLine
from xlconv.spreadsheet.cells import Cell, Range

TOP = 10  # the first row of the maps and lists; their headings stand in the two rows above
LABELS, TYPED, FOUND = 2, 3, 4  # columns of the left part
ROWS_AT = 6  # the column that names the rows of the windows
SENTENCE = Cell(3, 2)
NOTHING = "-"  # instead of a name, where there is none: an empty cell would be read as 0
# Windows larger than this are drawn in part; the list of terms has them whole.
ROWS_DRAWN, COLUMNS_DRAWN = 4000, 128
_GAP = 2
_LEAST = 2  # cells of a list: Gnumeric's INDEX and IronCalc's MATCH take one cell for no list

# What the table says of each layer, line by line.
NUMBERS = (
    *("operation", "maps", "rows", "columns", "top", "left", "pitch"),
    *("slots", "height", "width", "down", "across", "before_rows", "before_columns"),
    *("apart_rows", "apart_columns", "read_maps", "read_rows", "read_columns"),
    *("maps_of", "maps_by", "by_row", "maps_on", "skips", "weights", "output_is_row"),
    "kernels_number",
    *("kernels_top", "kernels_left", "outputs_across", "output_rows", "output_columns"),
    *("slots_down", "slot_rows", "slot_columns", "number"),
    *("unravel_maps", "unravel_rows", "unravel_columns"),
    *("then_kind", "then_top", "then_left", "then_pitch", "labels"),
)
_FACT = ("top", "left", "by_map", "by_row", "by_column")
_ORIGIN = ("top", "left", "pitch", "maps", "before")


@dataclass(frozen=True)
class InspectorPlaces:
    """The ranges of the sheet, for a table of layers and a list of numbers up to `numbers`."""

    lines: tuple[LayerLine, ...]
    numbers: int

    @cached_property
    def origins(self) -> int:
        """How many tensors a layer reads at most."""
        return max(len(line.origins) for line in self.lines)

    @cached_property
    def kernels(self) -> list[Range]:
        """The ranges that hold the layers' weights. Weights are looked up in these alone: so an
        edited pixel, which changes the board around them, leaves them calculated."""
        return [line.kernels.inside for line in self.lines if line.kernels.inside]

    def kernels_number(self, line: LayerLine) -> int:
        """The number of a layer's range of weights, from 1; 0 if it has none."""
        return self.kernels.index(line.kernels.inside) + 1 if line.kernels.inside else 0

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The lines of the table."""
        facts = [f"fact{n}_{key}" for n in range(1, FACTS + 1) for key in ("name", *_FACT)]
        origins = [
            f"from{n}_{key}" for n in range(1, self.origins + 1) for key in ("name", *_ORIGIN)
        ]
        return ("name", *NUMBERS, "then_name", *facts, *origins)

    @cached_property
    def slots(self) -> int:
        return max(_LEAST, *(line.slots for line in self.lines))

    @cached_property
    def terms(self) -> int:
        return max(_LEAST, *(line.terms for line in self.lines))

    @cached_property
    def rows(self) -> int:
        """The rows of the maps: each slot's window below its caption, as far as they are drawn."""
        return min(ROWS_DRAWN, max(line.slots * (line.size[0] + 1) for line in self.lines))

    @cached_property
    def columns(self) -> int:
        return min(COLUMNS_DRAWN, max(line.size[1] for line in self.lines))

    # The left part.

    unit = Range(9, LABELS, 1, 1)
    board, result, equal, then = (Range(row, TYPED, 1, 1) for row in (10, 11, 12, 13))
    then_name = Range(13, LABELS, 1, 1)
    facts = Range(16, TYPED, FACTS, 1)
    fact_names = Range(16, LABELS, FACTS, 1)

    # The maps in the middle.

    @cached_property
    def captions(self) -> Range:
        return Range(TOP, ROWS_AT, self.rows, 1)

    @cached_property
    def sums(self) -> Range:
        return Range(TOP, ROWS_AT + 1, self.rows, 1)

    @cached_property
    def reads(self) -> Range:
        return Range(TOP, ROWS_AT + 2, self.rows, self.columns)

    @cached_property
    def heads(self) -> Range:
        """The numbers of the columns, above what is read."""
        return Range(TOP - 1, self.reads.column, 1, self.columns)

    @cached_property
    def weights(self) -> Range:
        return Range(TOP, self.reads.right + _GAP, self.rows, self.columns)

    @cached_property
    def products(self) -> Range:
        return Range(TOP, self.weights.right + _GAP, self.rows, self.columns)

    # Beside them, the strongest products.

    @cached_property
    def favour(self) -> Range:
        return Range(TOP, self.products.right + _GAP, STRONGEST, 1)

    @cached_property
    def against(self) -> Range:
        return Range(TOP + STRONGEST + 3, self.favour.column, STRONGEST, 1)

    @staticmethod
    def term_of(strongest: Range) -> Range:
        """The numbers, in the list of terms, of the strongest products."""
        return Range(strongest.row, strongest.column + 1, strongest.height, 1)

    @staticmethod
    def words_of(strongest: Range) -> Range:
        """What the strongest products are made of, in words."""
        return Range(strongest.row, strongest.column + 2, strongest.height, 1)

    # The lists to the right.

    @cached_property
    def behind(self) -> int:
        """The first column of the lists."""
        return self.words_of(self.favour).column + 3

    @cached_property
    def key_names(self) -> Range:
        return Range(TOP, self.behind, len(self.keys), 1)

    @cached_property
    def chosen(self) -> Range:
        """What the table says of the chosen layer."""
        return Range(TOP, self.behind + 1, len(self.keys), 1)

    @cached_property
    def table(self) -> Range:
        return Range(TOP, self.behind + 2, len(self.keys), len(self.lines))

    def of(self, key: str) -> Cell:
        """The chosen layer's cell of a line of the table."""
        return self.chosen.cell(self.keys.index(key), 0)

    def across_layers(self, key: str) -> Range:
        """A line of the table, for all layers."""
        return Range(TOP + self.keys.index(key), self.table.column, 1, len(self.lines))

    def searched(self, key: str) -> Range:
        """The same for formulas: with an empty cell behind it, if there is one layer."""
        line = self.across_layers(key)
        return Range(line.row, line.column, 1, max(_LEAST, line.width))

    @cached_property
    def window(self) -> Range:
        """Map, row and column, from 1, at which the first slot's window begins, and the number of
        the tensor that it is read from."""
        return Range(TOP, self.table.right + _GAP + 1, 4, 1)

    def _list(self, column: int, rows: int) -> Range:
        return Range(TOP, column, rows, 1)

    def slot_list(self, number: int) -> Range:
        """A list with a line for each slot: 0 caption, 1 map, 2 and 3 the row and the column of its
        window on the board, 4 and 5 those of its weights."""
        return self._list(self.window.right + _GAP + number, self.slots)

    def term_list(self, number: int) -> Range:
        """A line for each term: 0 slot, 1 row, 2 column, 3 value, 4 weight, 5 product."""
        return self._list(self.slot_list(5).right + _GAP + number, self.terms)

    def line_list(self, number: int) -> Range:
        """A list with a line for each row of the maps: 0 its slot, 1 its row in the window (0: the
        caption), 2 how many terms come before it."""
        return self._list(self.term_list(5).right + _GAP + number, self.rows)

    @cached_property
    def counting(self) -> Range:
        """The numbers from 0, for the drop-down lists."""
        return self._list(self.line_list(2).right + _GAP, self.numbers + 1)


def operation_number(line: LayerLine) -> int:
    """The number, from 1, of what becomes of a layer's terms."""
    return OPERATIONS.index(line.operation) + 1


def table_column(line: LayerLine, places: InspectorPlaces) -> list[float | str]:
    """A layer's numbers and names, in the order of the table's lines."""
    shape = line.shape if len(line.shape) == 3 else (1, line.shape[0], 1)
    kernels, own, then = line.kernels, line.own, line.then
    numbers = (
        *(operation_number(line), *shape, own.top, own.left, own.pitch),
        *(line.slots, *line.size, *line.stride, *line.before, *line.apart, *line.read),
        *(line.maps_of, line.maps_by, line.by_row, line.maps_on, line.skips, line.weights),
        *(line.output_is_row, places.kernels_number(line), kernels.top, kernels.left),
        kernels.outputs_across,
        *(kernels.output_rows, kernels.output_columns, kernels.slots_down),
        *(kernels.slot_rows, kernels.slot_columns, line.number, *line.unravelled),
        *((1 if line.then_relu else 2, then.top, then.left, then.pitch) if then else (0,) * 4),
        line.labels,
    )
    column: list[float | str] = [line.name, *map(float, numbers), then.name if then else NOTHING]
    for number in range(FACTS):
        there = number < len(line.facts)
        fact = line.facts[number] if there else None
        column += (
            [fact.name, *(float(getattr(fact, key)) for key in _FACT)] if fact else _none(_FACT)
        )
    for number in range(places.origins):
        one = line.origins[number] if number < len(line.origins) else None
        column += (
            [one.name, *(float(getattr(one, key)) for key in _ORIGIN)] if one else _none(_ORIGIN)
        )
    return column


def _none(keys: tuple[str, ...]) -> list[float | str]:
    return [NOTHING, *(0.0 for _ in keys)]
