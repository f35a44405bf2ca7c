"""The `Explain` sheet: how one cell of the board came about; and its lists on the sheet Works.

Gives the inspector's rules their values and looks. Must not know mathematics, nor how a file is
written.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from xlconv.formulas.text import one_of
from xlconv.sheets import styles
from xlconv.sheets.explain.colours import MARKS, OUTSIDE, SHOWN_COLUMNS, SHOWN_ROWS, screen_colours
from xlconv.sheets.explain.places import MARKS as MARK_NAMES
from xlconv.sheets.explain.places import InspectorPlaces, inspector_places, numbers_to, table_column
from xlconv.sheets.explain.screen import (
    BAND_COLUMNS,
    BAND_ROWS,
    FIRST,
    HEADS,
    LEFT,
    RULERS,
    TINY_PIXELS,
    Screen,
)
from xlconv.sheets.on_board.panel.places import LISTS, USED
from xlconv.sheets.shown import Shown, rule_block
from xlconv.sheets.styles import QUIET
from xlconv.sheets.works.looks import Part
from xlconv.sheets.works.places import HEAD_ROWS
from xlconv.spreadsheet.blocks import Block, ConstantBlock, Pages, Sheet, Style, TextBlock, one_cell
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.sheet_names import BOARD, EXPLAIN, GUIDE, WORKS

_CELL_PIXELS = 36
_BESIDE_PIXELS = (58, 46, 18, 46, 190)
_AGAINST = "B03A2E"

_LIST = Style(size=8, colour=QUIET, number_format="General", shrink=True)
_LIST_NAME = Style(size=8, colour=QUIET, horizontal="left")
_NUMBER = Style(size=10, number_format="0.00", shrink=True)
_PLACE = Style(size=10, horizontal="left", colour=QUIET)
_SIGN = Style(size=10, colour=QUIET)
_PRODUCT = replace(_NUMBER, bold=True)
_LIST_HEAD = Style(size=11, bold=True, horizontal="left")
_STYLES = {
    "title": Style(size=20, bold=True, horizontal="left"),
    "sentence": Style(size=14, bold=True, horizontal="left", colour=styles.BLUE),
    "more": Style(size=10, horizontal="left", colour=QUIET),
    "captions": Style(size=10, bold=True, horizontal="left", colour=styles.GREEN),
    "rulers": Style(size=9, horizontal="right", colour=QUIET, shrink=True),
    "heads": Style(size=8, bold=True, colour=QUIET, shrink=True),
    "canvas": Style(size=9, number_format="0.00", colour=QUIET, shrink=True),
    "labels": Style(size=11, horizontal="left"),
    "values": Style(size=11, bold=True, number_format="0.00##", shrink=True),
    "told": Style(size=10, horizontal="left", colour=styles.GREEN),
    "thumbnail": Style(number_format=";;;"),
    **{f"{key}_head": _LIST_HEAD for key in ("favour", "against")},
    **dict.fromkeys(("favour_value", "favour_weight"), _NUMBER),
    **dict.fromkeys(("against_value", "against_weight"), replace(_NUMBER, colour=_AGAINST)),
    **dict.fromkeys(("favour_sign", "against_sign"), _SIGN),
    **dict.fromkeys(("favour_place", "against_place"), _PLACE),
    "favour": _PRODUCT,
    "against": replace(_PRODUCT, colour=_AGAINST),
}


def sheet(shown: Shown) -> Sheet:
    """The sheet."""
    places = inspector_places(shown.network, shown.layout)
    screen = places.screen
    rules = shown.rules_of(EXPLAIN)
    blocks = [rule_block(rule, shown.values[rule.key], _STYLES[rule.role]) for rule in rules]
    return Sheet(
        EXPLAIN,
        (*_words(screen, shown.layout.panel.chosen[0]), *blocks),
        rules=tuple(screen_colours(shown, places)),
        merges=(screen.title, screen.sentence),
        column_width=_CELL_PIXELS,
        row_height=24,
        widths=_widths(screen),
        heights={1: 8, **dict.fromkeys(range(FIRST, HEADS), TINY_PIXELS), HEADS: 22},
        tab_colour=shown.colours.accent,
        pages=Pages(1, 1, None, screen.area),
    )


def _widths(screen: Screen) -> dict[int, int]:
    tiny = dict.fromkeys(range(FIRST, FIRST + BAND_COLUMNS), TINY_PIXELS)
    canvas = dict.fromkeys(range(LEFT, LEFT + screen.columns), _CELL_PIXELS)
    beside = dict(enumerate(_BESIDE_PIXELS, screen.beside))
    return {1: 12, **tiny, RULERS - 1: 10, RULERS: 54, **canvas, screen.beside - 1: 24, **beside}


def _words(screen: Screen, chosen: Cell) -> Iterator[Block]:
    line, words = screen.band(BAND_ROWS - 9, 5), f"choose another cell on the {BOARD} →"
    wide = screen.beside - line.column
    yield TextBlock(replace(line, width=wide), words, styles.LINK, f"{BOARD}!{chosen.a1}")
    rest = Range(line.row, screen.beside, line.height, line.width - wide)
    yield TextBlock(rest, f"← {GUIDE}", styles.LINK, f"{GUIDE}!A1")


# ---- on the sheet Works


def works(shown: Shown) -> Part:
    """The lists from which the sheet is drawn."""
    places = inspector_places(shown.network, shown.layout)
    used = [Range.of(cell) for cell in USED.cells()]
    blocks = [
        *_list_words(places),
        *_table_blocks(places),
        *(
            rule_block(rule, shown.values[rule.key], _LIST)
            for rule in shown.rules_of(WORKS)
            if rule.block == "explain" and rule.range not in used
        ),
    ]
    widths = {places.left: 110, places.mark_names.column: 80, places.slot_list(0).column: 90}
    return Part("how a cell is taken apart", places.left, tuple(blocks), widths)


def _list_words(places: InspectorPlaces) -> Iterator[Block]:
    """What the lists are."""
    lists = {
        "every layer: where it stands on the board": places.table,
        "numbers": places.mark_names,
        "window": places.window,
        "beside it": places.fact_names,
        "told": places.results,
        "strongest terms": places.strongest(0),
        "shown": places.order,
        "slots: a window of a map each": places.slot_list(0),
        "terms: every cell that is read": places.term_list(0),
        "rows of the canvas": places.line_list(0),
        "its columns": places.column_list(0),
        "counting": places.counting,
    }
    for text, place in lists.items():
        yield one_cell(Cell(HEAD_ROWS[0], place.column), text, _LIST_NAME)
    heads = {
        places.chosen_column: ("chosen",),
        places.window: ("first",),
        places.strongest(0): ("for", "against"),
        places.order: ("slot",),
        places.slot_list(0): _SLOT_HEADS,
        places.term_list(0): _TERM_HEADS,
        places.line_list(0): ("slot", "row", "before", "tint"),
        places.column_list(0): ("shows", "place"),
    }
    for place, texts in heads.items():
        for column, text in enumerate(texts):
            yield one_cell(Cell(HEAD_ROWS[1], place.column + column), text, _LIST)
    for row, text in enumerate(("map", "row", "column", "tensor")):
        cell = places.window.cell(row, 0).shifted(0, -1)
        yield one_cell(cell, text, _LIST_NAME)
    for row, key in enumerate(MARK_NAMES):
        yield one_cell(places.mark_names.cell(row, 0), key.replace("_", " "), _LIST_NAME)


_SLOT_HEADS = (
    *("map", "number", "row", "column", "weights", "column"),
    *("labels", "tint", "sum", "order"),
)
_TERM_HEADS = ("slot", "row", "column", "value", "weight", "product", "outside", "order")


def _table_blocks(places: InspectorPlaces) -> Iterator[Block]:
    """The table of the layers' numbers, and the numbers of the drop-down lists."""
    for row, key in enumerate(places.keys):
        yield one_cell(places.key_names.cell(row, 0), key.replace("_", " "), _LIST_NAME)
    for column, line in enumerate(places.lines):
        for row, held in enumerate(table_column(line, places)):
            if held != "":
                yield one_cell(places.table.cell(row, column), held, _LIST)
    numbers = np.arange(places.numbers + 1, dtype=np.float64)[:, None]
    yield ConstantBlock(places.counting, numbers, _LIST)


def hidden_names(shown: Shown) -> dict[str, tuple[str, Range] | str]:
    """The lists from which a layer and its cell are chosen: of its numbers, as many as it has, or
    of a vector's labels; and those by which the canvas is coloured."""
    places = inspector_places(shown.network, shown.layout)
    names: dict[str, tuple[str, Range] | str] = {
        LISTS["layer"]: (WORKS, places.across_layers("name")),
        MARKS: (WORKS, places.marks),
        OUTSIDE: (WORKS, places.term_list(6)),
        SHOWN_ROWS: (WORKS, Range.around(places.line_list(number) for number in range(4))),
        SHOWN_COLUMNS: (WORKS, Range.around(places.column_list(number) for number in range(2))),
    }
    for what, key in (("map", "maps"), ("row", "rows"), ("column", "columns")):
        sizes, first = places.sizes(key), places.counting.cell(1, 0)
        lists = [f"{Range(first.row, first.column, size, 1):{WORKS}}" for size in sizes]
        one = _list_of(f"{places.of(f'{key}_list'):{WORKS}}", lists)
        if what == "row" and places.labelled:
            labels = f"{places.of('labels_list'):{WORKS}}"
            named = _list_of(labels, [f"{place:{BOARD}}" for place in places.labelled])
            one = f"IF({labels}>0,{named},{one})"
        names[LISTS[what]] = one
    if shown.display.count is not None:
        names[LISTS["picture"]] = numbers_to(places, shown.display.count)
    return names


def _list_of(number: str, lists: list[str]) -> str:
    return one_of(number, lists) if lists[1:] else lists[0]
