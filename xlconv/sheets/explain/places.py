"""Where the lists stand, on the sheet Works, from which the sheet Explain is drawn.

To the left the table of layers, with what it says of the chosen one; then slots, terms, and what
the canvas shows in its rows and columns. What stands on the sheet Explain itself is in `screen`.
Must not know formulas, values or looks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from xlconv.errors import check_limit
from xlconv.network.network import Network
from xlconv.network.shapes import as_maps
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.explain.screen import (
    Grid,
    Screen,
    blocks,
    bold_column,
    middle,
    shown_size,
    totals,
)
from xlconv.sheets.explain.table import (
    EXPONENTS,
    FACTS,
    OPERATIONS,
    STRONGEST,
    WEIGHTS,
    Fact,
    LayerLine,
    Origin,
    layer_lines,
)
from xlconv.sheets.works.places import EXPLAIN as EXPLAIN_PART
from xlconv.sheets.works.places import TOP
from xlconv.spreadsheet.cells import MAX_COLUMNS, MAX_ROWS, Cell, Range
from xlconv.state.sheet_names import WORKS

NOTHING = "-"  # instead of a name, where there is none: an empty cell would be read as 0
_GAP = 2
_LEAST = 2  # cells of a list: Gnumeric's INDEX and IronCalc's MATCH take one cell for no list

_FACT = ("top", "left", "by_map", "by_row", "by_column")
_ORIGIN = ("top", "left", "pitch", "maps", "before", "labels", "tint")
# Single numbers, in the order of their list: the ends of the canvas's colours (of what is read, of
# weights and of products), the largest sum, the strongest term, how many rows and columns of its
# window come before what is shown, all products' sum with the bias, the board's cell, the result,
# whether these are equal, what the activation behind makes of it, and what holds the strongest.
MARKS = (
    *("read_end", "weight_end", "product_end", "sum_end", "strongest", "cut_rows", "cut_columns"),
    *("total", "board", "result", "equal", "then", "bold"),
)


@dataclass(frozen=True)
class InspectorPlaces:
    """The ranges on the sheet Works, from the column `left` on, for a table of layers and a list of
    numbers up to `numbers`, and the `screen` that is drawn from them."""

    lines: tuple[LayerLine, ...]
    numbers: int
    left: int
    screen: Screen

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
        axis = _AXES.index(key)
        return sorted({as_maps(line.shape)[axis] for line in self.lines})

    @cached_property
    def labelled(self) -> list[Range]:
        """The labels, on the board, of the layers that are vectors."""
        vectors = [line for line in self.lines if line.own.labels]
        return [Range(one.own.top, one.own.labels, one.shape[0], 1) for one in vectors]

    def labels_number(self, line: LayerLine) -> int:
        """The number of a layer's labels among them, from 1; 0 if it is no vector."""
        columns = [place.column for place in self.labelled]
        return columns.index(line.own.labels) + 1 if line.own.labels else 0

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
    def blocks(self) -> int:
        """How many windows are shown at most."""
        return max(_LEAST, *(blocks(line) for line in self.lines))

    @cached_property
    def key_names(self) -> Range:
        return Range(TOP, self.left, len(self.keys), 1)

    @cached_property
    def chosen_column(self) -> Range:
        """What the table says of the chosen layer."""
        return Range(TOP, self.left + 1, len(self.keys), 1)

    @cached_property
    def table(self) -> Range:
        return Range(TOP, self.left + 2, len(self.keys), len(self.lines))

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
        that the kind has for them: settings, and facts; as the sheet Works refers to them."""
        settings = {
            key: self.of(number_key(number)).absolute for number, key in enumerate(line.numbers)
        }
        cells = zip(line.facts, self.facts.cells(), strict=False)
        return {**settings, **{fact.name: cell.absolute for fact, cell in cells}}

    @cached_property
    def mark_names(self) -> Range:
        return Range(TOP, self.table.right + _GAP, len(MARKS), 1)

    def mark(self, key: str) -> Cell:
        """One of the single numbers."""
        return self.mark_names.cell(MARKS.index(key), 1)

    @cached_property
    def marks(self) -> Range:
        return Range(TOP, self.mark_names.column + 1, len(MARKS), 1)

    @cached_property
    def window(self) -> Range:
        """Map, row and column, from 1, at which the first slot's window begins, and the number of
        the tensor that it is read from."""
        return Range(TOP, self.marks.right + _GAP + 1, 4, 1)

    @cached_property
    def fact_names(self) -> Range:
        return Range(TOP, self.window.right + _GAP, FACTS, 1)

    @cached_property
    def facts(self) -> Range:
        return Range(TOP, self.fact_names.right + 1, FACTS, 1)

    @cached_property
    def results(self) -> Range:
        """What each line beside the canvas tells, as a number."""
        return Range(TOP, self.facts.right + _GAP, max(_LEAST, self.screen.results), 1)

    def strongest(self, number: int) -> Range:
        """The numbers, in the list of terms, of the products that speak most for a large result (0)
        and against it (1)."""
        return Range(TOP, self.results.right + _GAP + number, STRONGEST, 1)

    @cached_property
    def order(self) -> Range:
        """The slots that are shown, the strongest first."""
        return Range(TOP, self.strongest(1).right + _GAP, self.blocks, 1)

    def slot_list(self, number: int) -> Range:
        """A list with a line for each slot: 0 caption, 1 map, 2 and 3 the row and the column of its
        window on the board, 4 and 5 those of its weights, 6 the column of a vector's labels, 7 how
        it is coloured, 8 the sum of its products, 9 by which slots are ordered."""
        return Range(TOP, self.order.right + _GAP + number, self.slots, 1)

    def term_list(self, number: int) -> Range:
        """A line for each term: 0 slot, 1 row, 2 column, 3 value, 4 weight, 5 product, 6 whether it
        lies outside of the map, 7 by which terms are ordered."""
        return Range(TOP, self.slot_list(9).right + _GAP + number, self.terms, 1)

    def line_list(self, number: int) -> Range:
        """A line for each row of the canvas: 0 its slot, 1 its row in what is shown of the window
        (0: none), 2 how many terms come before those shown in it, 3 how it is coloured."""
        rows = max(_LEAST, self.screen.rows)
        return Range(TOP, self.term_list(7).right + _GAP + number, rows, 1)

    def column_list(self, number: int) -> Range:
        """A line for each column of the canvas: 0 what it shows, 1 its column in that."""
        columns = max(_LEAST, self.screen.columns)
        return Range(TOP, self.line_list(3).right + _GAP + number, columns, 1)

    @cached_property
    def counting(self) -> Range:
        """The numbers from 0, for the drop-down lists."""
        return Range(TOP, self.column_list(1).right + _GAP, self.numbers + 1, 1)


_AXES = ("maps", "rows", "columns")


def inspector_places(network: Network, layout: Layout) -> InspectorPlaces:
    """Where everything stands that the sheet Explain is made of."""
    sizes = [size for shape in network.shapes.values() for size in shape]
    pictures = layout.gallery.count if layout.gallery else 0
    left = layout.works[EXPLAIN_PART]
    places = places_of(layer_lines(network, layout), network, max(pictures, *sizes), left)
    _check(places)
    return places


def places_of(
    lines: Sequence[LayerLine], network: Network, numbers: int = 0, left: int = 1
) -> InspectorPlaces:
    """The places of a table of layers; those of who asks for sizes alone need no column."""
    _, height, width = network.input_shape
    return InspectorPlaces(tuple(lines), numbers, left, Screen(lines, Grid.of(height, width)))


def _check(places: InspectorPlaces) -> None:
    """LimitError, naming a layer of the largest windows, if these do not fit on the sheet."""
    rows = max(places.terms, places.slots, len(places.keys), places.counting.height)
    tall = max(places.lines, key=lambda line: line.terms)
    for needed, limit, what in (
        (places.counting.right, MAX_COLUMNS, "columns"),
        (TOP - 1 + rows, MAX_ROWS, "rows"),
    ):
        place = f"layer {tall.name!r} does not fit on the sheet {WORKS}: it ends at"
        check_limit(place, needed, limit, what, "use smaller windows")


def numbers_to(places: InspectorPlaces, most: int) -> str:
    """The cells that hold the numbers from 0 to the most, for a drop-down list."""
    cells = places.counting
    return f"{Range(cells.row, cells.column, most + 1, 1):{WORKS}}"


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
    sizes = zip(_AXES, as_maps(line.shape), strict=True)
    numbers: dict[str, float] = {
        "operation": operation_number(line),
        **_by_name("maps rows columns", as_maps(line.shape)),
        **{f"{key}_list": places.sizes(key).index(size) + 1 for key, size in sizes},
        "labels_list": places.labels_number(line),
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
        "slides": line.slides,
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
        **_shown_lines(line),
        "then_kind": (1 if line.then_relu else 2) if then else 0,
        **_by_name(
            "then_top then_left then_pitch",
            (then.top, then.left, then.pitch) if then else (0, 0, 0),
        ),
        "labels": line.own.labels,
    }
    return {
        "name": line.name,
        **{key: float(number) for key, number in numbers.items()},
        "then_name": then.name if then else NOTHING,
        "unit": line.unit or NOTHING,
        "read_unit": line.read_unit or NOTHING,
        "weights_head": _weights_head(line),
        **_list_lines("fact", line.facts, FACTS, _FACT),
        **_list_lines("from", line.origins, places.origins, _ORIGIN),
    }


def _shown_lines(line: LayerLine) -> dict[str, float]:
    """How much is shown of what a layer's cell is made of."""
    return {
        **_by_name("shown_height shown_width", shown_size(line)),
        "is_cut": shown_size(line) != line.size,
        "blocks": blocks(line),
        "middle": middle(line),
        "bold": bold_column(line),
        "totals": totals(line),
        "fact_count": len(line.facts),
    }


def _weights_head(line: LayerLine) -> str:
    """What stands above the weights."""
    if line.weights == WEIGHTS:
        return "kernel" if line.slides else "weights"
    return "− max" if line.weights == EXPONENTS else NOTHING


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


def works_constants(network: Network, layout: Layout) -> int:
    """How many numbers and words the lists hold that nothing computes."""
    places = inspector_places(network, layout)
    words = places.key_names.height + places.mark_names.height
    return places.table.size + places.counting.height + words
