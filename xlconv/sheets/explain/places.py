"""Where everything stands on the sheet Explain.

To the left what is chosen and what comes of it, in the middle windows, weights and products as
maps, beside them the strongest products, and to the right the lists from which all is drawn. Must
not know formulas, values or looks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from xlconv.errors import check_limit
from xlconv.network.network import Network
from xlconv.network.shapes import as_maps
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.explain.table import (
    EXPONENTS,
    FACTS,
    OPERATIONS,
    STRONGEST,
    Fact,
    LayerLine,
    Origin,
    layer_lines,
)
from xlconv.spreadsheet.cells import MAX_COLUMNS, MAX_ROWS, Cell, Range
from xlconv.state.sheet_names import EXPLAIN

TOP = 10  # the first row of the maps and lists; their headings stand in the two rows above
LABELS, TYPED, FOUND = 2, 3, 4  # columns of the left part
ROWS_AT = 6  # the column that names the rows of the windows
SENTENCE = Cell(3, 2)
NOTHING = "-"  # instead of a name, where there is none: an empty cell would be read as 0
# Windows larger than this are drawn in part; the list of terms has them whole.
ROWS_DRAWN, COLUMNS_DRAWN = 4000, 128
_GAP = 2
_LEAST = 2  # cells of a list: Gnumeric's INDEX and IronCalc's MATCH take one cell for no list

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

    def sizes(self, key: str) -> list[int]:
        """How many maps, rows or columns layers have: each count that occurs, once."""
        axis = ("maps", "rows", "columns").index(key)
        return sorted({as_maps(line.shape)[axis] for line in self.lines})

    @cached_property
    def numbers_held(self) -> int:
        """How many numbers a layer's formula holds at most, of those that the table has."""
        return max(1, *(len(line.numbers) for line in self.lines))

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The lines of the table."""
        return tuple(table_lines(self.lines[0], self))

    @cached_property
    def slots(self) -> int:
        return max(_LEAST, *(line.slots for line in self.lines))

    @cached_property
    def terms(self) -> int:
        return max(_LEAST, *(line.terms for line in self.lines))

    @cached_property
    def exponents(self) -> int:
        """How many terms a softmax has at most: one slot, of one column."""
        return max((line.terms for line in self.lines if line.weights == EXPONENTS), default=0)

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
    def chosen_column(self) -> Range:
        """What the table says of the chosen layer."""
        return Range(TOP, self.behind + 1, len(self.keys), 1)

    @cached_property
    def table(self) -> Range:
        return Range(TOP, self.behind + 2, len(self.keys), len(self.lines))

    def of(self, key: str) -> Cell:
        """The chosen layer's cell of a line of the table."""
        return self.chosen_column.cell(self.keys.index(key), 0)

    def across_layers(self, key: str) -> Range:
        """A line of the table, for all layers."""
        return Range(TOP + self.keys.index(key), self.table.column, 1, len(self.lines))

    def search_range(self, key: str) -> Range:
        """The same for formulas: with an empty cell behind it, if there is one layer."""
        line = self.across_layers(key)
        return Range(line.row, line.column, 1, max(_LEAST, line.width))

    def beside(self, line: LayerLine) -> dict[str, str]:
        """Where the numbers stand that an operation's formula reads beside the terms, by the names
        that the kind has for them: settings, and facts."""
        settings = {
            key: self.of(number_key(number)).absolute for number, key in enumerate(line.numbers)
        }
        cells = zip(line.facts, self.facts.cells(), strict=False)
        return {**settings, **{fact.name: cell.absolute for fact, cell in cells}}

    @cached_property
    def window(self) -> Range:
        """Map, row and column, from 1, at which the first slot's window begins, and the number of
        the tensor that it is read from."""
        return Range(TOP, self.table.right + _GAP + 1, 4, 1)

    def slot_list(self, number: int) -> Range:
        """A list with a line for each slot: 0 caption, 1 map, 2 and 3 the row and the column of its
        window on the board, 4 and 5 those of its weights."""
        return Range(TOP, self.window.right + _GAP + number, self.slots, 1)

    def term_list(self, number: int) -> Range:
        """A line for each term: 0 slot, 1 row, 2 column, 3 value, 4 weight, 5 product."""
        return Range(TOP, self.slot_list(5).right + _GAP + number, self.terms, 1)

    def line_list(self, number: int) -> Range:
        """A list with a line for each row of the maps: 0 its slot, 1 its row in the window (0: the
        caption), 2 how many terms come before it."""
        return Range(TOP, self.term_list(5).right + _GAP + number, self.rows, 1)

    @cached_property
    def counting(self) -> Range:
        """The numbers from 0, for the drop-down lists."""
        return Range(TOP, self.line_list(2).right + _GAP, self.numbers + 1, 1)


def inspector_places(network: Network, layout: Layout) -> InspectorPlaces:
    """Where everything stands on the sheet Explain."""
    sizes = [size for shape in network.shapes.values() for size in shape]
    pictures = layout.gallery.count if layout.gallery else 0
    places = InspectorPlaces(tuple(layer_lines(network, layout)), max(pictures, *sizes))
    _check(places)
    return places


def _check(places: InspectorPlaces) -> None:
    """LimitError, naming a layer of the largest windows, if these do not fit on the sheet."""
    rows = max(places.rows, places.terms, len(places.keys), places.counting.height)
    wide = max(places.lines, key=lambda line: line.size[1])
    tall = max(places.lines, key=lambda line: line.terms)
    for needed, limit, what, line in (
        (places.counting.right, MAX_COLUMNS, "columns", wide),
        (TOP - 1 + rows, MAX_ROWS, "rows", tall),
    ):
        place = f"layer {line.name!r} does not fit on the sheet {EXPLAIN}: it ends at"
        check_limit(place, needed, limit, what, "use smaller windows")


def numbers_to(places: InspectorPlaces, most: int) -> str:
    """The cells that hold the numbers from 0 to the most, for a drop-down list."""
    cells = places.counting
    return f"{EXPLAIN}!{Range(cells.row, cells.column, most + 1, 1).absolute}"


def operation_number(line: LayerLine) -> int:
    """The number, from 1, of what becomes of a layer's terms."""
    return OPERATIONS.index(line.operation) + 1


def number_key(number: int) -> str:
    """The table's line of a number, from 0, that a layer's formula holds."""
    return f"number{number + 1}" if number else "number"


def table_column(line: LayerLine, places: InspectorPlaces) -> list[float | str]:
    """A layer's numbers and names, in the order of the table's lines."""
    return list(table_lines(line, places).values())


def table_lines(line: LayerLine, places: InspectorPlaces) -> dict[str, float | str]:
    """A layer's numbers and names, by the table's lines."""
    own, kernels, then = line.own, line.kernels, line.then
    held = [*line.numbers.values(), *[0.0] * places.numbers_held]
    sizes = zip(("maps", "rows", "columns"), as_maps(line.shape), strict=True)
    numbers: dict[str, float] = {
        "operation": operation_number(line),
        **_by_name("maps rows columns", as_maps(line.shape)),
        **{f"{key}_list": places.sizes(key).index(size) + 1 for key, size in sizes},
        **_by_name("top left pitch", (own.top, own.left, own.pitch)),
        "slots": line.slots,
        **_by_name("height width", line.size),
        **_by_name("down across", line.stride),
        **_by_name("before_rows before_columns", line.before),
        **_by_name("apart_rows apart_columns", line.apart),
        **_by_name("read_maps read_rows read_columns", line.read),
        "maps_of": line.maps_of,
        "maps_by": line.maps_by,
        "by_row": line.by_row,
        "maps_on": line.maps_on,
        "skips": line.skips,
        "weights": line.weights,
        "output_is_row": line.output_is_row,
        "kernels_number": places.kernels_number(line),
        **_by_name("kernels_top kernels_left", (kernels.top, kernels.left)),
        "outputs_across": kernels.outputs_across,
        **_by_name("output_rows output_columns", (kernels.output_rows, kernels.output_columns)),
        "slots_down": kernels.slots_down,
        **_by_name("slot_rows slot_columns", (kernels.slot_rows, kernels.slot_columns)),
        **{number_key(number): held[number] for number in range(places.numbers_held)},
        **_by_name("unravel_maps unravel_rows unravel_columns", line.unravelled),
        "then_kind": (1 if line.then_relu else 2) if then else 0,
        **_by_name(
            "then_top then_left then_pitch",
            (then.top, then.left, then.pitch) if then else (0, 0, 0),
        ),
        "labels": line.labels,
    }
    return {
        "name": line.name,
        **{key: float(number) for key, number in numbers.items()},
        "then_name": then.name if then else NOTHING,
        **_list_lines("fact", line.facts, FACTS, _FACT),
        **_list_lines("from", line.origins, places.origins, _ORIGIN),
    }


def _by_name(names: str, numbers: Iterable[float]) -> dict[str, float]:
    return dict(zip(names.split(), numbers, strict=True))


def _list_lines(
    what: str, found: Sequence[Fact | Origin], count: int, keys: tuple[str, ...]
) -> dict[str, float | str]:
    """Lines of a list, each a name and its numbers; those behind its end have none."""
    lines: dict[str, float | str] = {}
    for number in range(count):
        one = found[number] if number < len(found) else None
        lines[f"{what}{number + 1}_name"] = one.name if one else NOTHING
        for key in keys:
            lines[f"{what}{number + 1}_{key}"] = float(getattr(one, key)) if one else 0.0
    return lines
