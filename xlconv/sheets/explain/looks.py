"""The `Explain` sheet: how one cell of the board came about, chosen from lists.

Gives the inspector's rules their values and looks. Must not know mathematics, nor how a file is
written.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from xlconv.formulas.text import largest_magnitude
from xlconv.sheets import styles
from xlconv.sheets.explain.places import (
    LABELS,
    ROWS_AT,
    SENTENCE,
    TOP,
    TYPED,
    InspectorPlaces,
    inspector_places,
    numbers_to,
    table_column,
)
from xlconv.sheets.explain.table import OPERATIONS
from xlconv.sheets.panel.places import LISTS
from xlconv.sheets.shown import Shown, rule_block
from xlconv.sheets.styles import FAINT, QUIET, Palette
from xlconv.spreadsheet.blocks import (
    Block,
    ColourScale,
    ConstantBlock,
    Highlight,
    Pages,
    Sheet,
    Style,
    Values,
    one_cell,
)
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.sheet_names import BOARD, EXPLAIN, GUIDE

_MAP_PIXELS, _BEHIND_PIXELS = 34, 62
_SCREEN_PIXELS = 1340  # that a laptop shows of a sheet beside each other
_PLACE = Style(size=9, number_format="0", colour=QUIET)
_CELL = Style(size=9, number_format="0.00", shrink=True)
_BEHIND = Style(size=8, colour=QUIET, number_format="General", shrink=True)
_BEHIND_NAME = Style(size=8, colour=QUIET, horizontal="left")

_STYLES = {
    "unit": styles.NOTE,
    "sentence": Style(size=15, bold=True, horizontal="left", colour="1F5F99"),
    "board": styles.RESULT,
    "result": styles.RESULT,
    "then": styles.RESULT,
    "then_name": styles.TEXT,
    "equal": Style(size=14, bold=True, colour="1E7B45"),
    "fact_names": styles.TEXT,
    "facts": styles.FRACTION,
    "strongest_for": styles.FRACTION,
    "strongest_against": styles.FRACTION,
    "strongest_for_term": _PLACE,
    "strongest_against_term": _PLACE,
    "strongest_for_words": styles.TEXT,
    "strongest_against_words": styles.TEXT,
    "captions": styles.LIST_NAME,
    "heads": Style(size=8, number_format="0", colour=QUIET),
    "reads": _CELL,
    "weights": _CELL,
    "products": _CELL,
    "sums": Style(size=11, bold=True, number_format="0.00", shrink=True),
}


def sheet(shown: Shown) -> Sheet:
    """The sheet."""
    values, colours = shown.values, shown.colours
    places = inspector_places(shown.network, shown.layout)
    blocks = [
        *_word_blocks(places, shown.layout.panel.chosen[0]),
        *_table_blocks(places),
        *(
            rule_block(rule, values[rule.key], _STYLES.get(rule.role, _BEHIND))
            for rule in shown.rules_of(EXPLAIN)
        ),
    ]
    widths = {1: 12, LABELS: 100, TYPED: 90, TYPED + 1: 46, ROWS_AT - 1: 16, ROWS_AT: 92}
    drawn = (places.reads, places.weights, places.products)
    widths |= {c: _MAP_PIXELS for p in drawn for c in range(p.column, p.right + 1)}
    widths |= {places.reads.right + 1: 20, places.weights.right + 1: 20}
    strongest = places.favour
    widths |= {places.products.right + 1: 20, places.sums.column: 60, strongest.column: 70}
    widths |= {strongest.column + 1: 46, strongest.column + 2: 330, places.behind: 110}
    return Sheet(
        EXPLAIN,
        tuple(blocks),
        rules=tuple(_colours(values, places, colours)),
        column_width=_BEHIND_PIXELS,
        row_height=24,
        widths=widths,
        heights={1: 40, SENTENCE.row: 32},
        freeze=Cell(4, 1),
        zoom=_zoom(places, widths),
        tab_colour=colours.accent,
        pages=Pages(1, None, (1, SENTENCE.row), _printed(places)),
    )


def _printed(places: InspectorPlaces) -> Range:
    """What is printed: all but the lists."""
    bottom = max(places.sums.bottom, places.against.bottom)
    return Range(1, 1, bottom, places.words_of(places.favour).column)


def _zoom(places: InspectorPlaces, widths: Mapping[int, int]) -> int:
    """The zoom, in steps of 5 %, at which the products stand on a laptop's screen."""
    wide = sum(widths.get(column, _BEHIND_PIXELS) for column in range(1, places.products.right + 1))
    return max(50, min(100, int(_SCREEN_PIXELS / wide * 20) * 5))


def _word_blocks(places: InspectorPlaces, chosen: Cell) -> Iterator[Block]:
    yield one_cell(Cell(1, LABELS), "How one cell came about", styles.SHEET_TITLE)
    lead = f"choose a layer and one of its cells on the {BOARD} →"
    yield one_cell(Cell(2, LABELS), lead, styles.LINK, f"{BOARD}!{chosen.a1}")
    yield one_cell(Cell(2, places.reads.column), f"← {GUIDE}", styles.LINK, f"{GUIDE}!A1")
    to_board = f"its window is outlined on the {BOARD} →"
    yield one_cell(Cell(2, ROWS_AT + 4), to_board, styles.LINK, f"{BOARD}!A1")
    yield one_cell(Cell(places.board.row, LABELS), "on the board", styles.TEXT)
    yield one_cell(Cell(places.result.row, LABELS), "computed here", styles.TEXT)
    yield one_cell(Cell(places.equal.row, LABELS), "equal", styles.TEXT)
    yield one_cell(Cell(places.facts.row - 1, LABELS), "beside the window", styles.HEAD)
    for strongest, text in (
        (places.favour, "the five strongest for a large result"),
        (places.against, "the five strongest against it"),
    ):
        yield one_cell(Cell(strongest.row - 2, strongest.column), text, styles.HEAD)
        for column, head in enumerate(("product", "term", "value × weight: where")):
            yield one_cell(Cell(strongest.row - 1, strongest.column + column), head, styles.NOTE)
    yield from _map_heads(places)
    yield from _behind_heads(places)


def _map_heads(places: InspectorPlaces) -> Iterator[Block]:
    for place, text in (
        (places.reads, "what it reads"),
        (places.weights, "× weights"),
        (places.products, "= products"),
        (places.sums, "summed"),
    ):
        yield one_cell(Cell(TOP - 2, place.column), text, styles.HEAD)
    softmax = "softmax: minus the largest, then exp"
    yield one_cell(Cell(TOP - 1, places.weights.column), softmax, styles.NOTE)


def _behind_heads(places: InspectorPlaces) -> Iterator[Block]:
    """What the lists to the right are: nothing is hidden."""
    yield one_cell(Cell(TOP - 4, places.behind), "How the sheet finds its numbers", styles.HEAD)
    lists = {
        "numbers of the chosen layer": places.key_names,
        "of every layer: where it stands on the board": places.table,
        "window": places.window,
        "slots: a window of a map each": places.slot_list(0),
        "terms: every cell that is read": places.term_list(0),
        "rows of the maps": places.line_list(0),
        "for the lists": places.counting,
    }
    for text, place in lists.items():
        yield one_cell(Cell(TOP - 2, place.column), text, _BEHIND_NAME)
    heads = {
        places.chosen_column: ("chosen",),
        places.window: ("first",),
        places.slot_list(0): ("map", "number", "row", "column", "weights", "column"),
        places.term_list(0): ("slot", "row", "column", "value", "weight", "product"),
        places.line_list(0): ("slot", "row", "before"),
    }
    for place, texts in heads.items():
        for column, text in enumerate(texts):
            yield one_cell(Cell(TOP - 1, place.column + column), text, _BEHIND)
    for row, text in enumerate(("map", "row", "column", "tensor")):
        yield one_cell(Cell(TOP + row, places.window.column - 1), text, _BEHIND_NAME)


def _table_blocks(places: InspectorPlaces) -> Iterator[Block]:
    """The table of the layers' numbers, and the numbers of the drop-down lists."""
    for row, key in enumerate(places.keys):
        yield one_cell(places.key_names.cell(row, 0), key.replace("_", " "), _BEHIND_NAME)
    for column, line in enumerate(places.lines):
        for row, held in enumerate(table_column(line, places)):
            if held != "":
                yield one_cell(places.table.cell(row, column), held, _BEHIND)
    numbers = np.arange(places.numbers + 1, dtype=np.float64)[:, None]
    yield ConstantBlock(places.counting, numbers, _BEHIND)


def _colours(
    values: Mapping[str, Values], places: InspectorPlaces, colours: Palette
) -> Iterator[ColourScale | Highlight]:
    """Each of the three maps around zero, by its own largest magnitude; lines around its cells."""
    line = places.line_list(1).first
    caption = f"AND(LEN({places.captions.first.a1})>0,{line.a1}=0)"
    yield Highlight((places.captions,), caption, colour=colours.accent)
    for key, place in (
        ("reads", places.reads),
        ("weights", places.weights),
        ("products", places.products),
    ):
        cell, held = place.first.a1, values[f"explain:{key}"].reshape(-1).tolist()
        cells = [one for one, value in zip(place.cells(), held, strict=True) if value != ""]
        filled = tuple(map(Range.of, cells))
        operation, largest = places.of("operation").absolute, OPERATIONS.index("largest") + 1
        winner = (
            f"AND({operation}={largest},ISNUMBER({cell}),{cell}={places.result.first.absolute})"
        )
        if key == "reads":
            yield Highlight((place,), winner, colour="1E7B45", border="1E7B45")
        nothing = f"AND(ISNUMBER({cell}),ABS({cell})<0.005)"
        yield Highlight((place,), nothing, FAINT, number_format="0;0;0", border="E1E6EB")
        yield Highlight((place,), f"ISNUMBER({cell})", border="C5CDD5", now=filled)
        limit = largest_magnitude(place)
        yield ColourScale((place,), limit, colours.negative, colours.zero, colours.positive)


def hidden_names(shown: Shown) -> dict[str, str]:
    """The lists from which a layer and its cell are chosen: of its numbers, as many as it has."""
    places = inspector_places(shown.network, shown.layout)
    names = {LISTS["layer"]: f"{places.across_layers('name'):{EXPLAIN}}"}
    for what, key in (("map", "maps"), ("row", "rows"), ("column", "columns")):
        sizes, first = places.sizes(key), places.counting.cell(1, 0)
        lists = [f"{Range(first.row, first.column, size, 1):{EXPLAIN}}" for size in sizes]
        number = f"{places.of(f'{key}_list'):{EXPLAIN}}"
        names[LISTS[what]] = f"CHOOSE({number},{','.join(lists)})" if lists[1:] else lists[0]
    if shown.display.count is not None:
        names[LISTS["picture"]] = numbers_to(places, shown.display.count)
    return names
