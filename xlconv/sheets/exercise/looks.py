"""The `Exercise` sheet: what is to be filled in, and whether it is right yet.

The right answer is not in it: two checks add up the cells, each times a number of its own, and
compare the sums with those that are right. On the board: empty cells that are marked, words where
one is chosen, the colours of the states beside the titles. Must not know how a file is written.
"""

from collections.abc import Iterator

import numpy as np

from xlconv.network.layers.activation import Softmax
from xlconv.network.layers.base import Layer, sources
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.layers.dense import Dense
from xlconv.network.network import INPUT, Network
from xlconv.sheets import styles
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.exercise.hints import copying_hints
from xlconv.sheets.exercise.places import (
    CELLS,
    CHECK,
    CHECK_COLUMNS,
    FILLED,
    HEAD_ROW,
    KEY_COLUMN,
    LAYER,
    MAGNITUDE,
    NOTE,
    RIGHT,
    STATE,
    WORDS,
    ExercisePlaces,
    Part,
    exercise_places,
)
from xlconv.sheets.shown import Shown, rule_block
from xlconv.sheets.styles import QUIET
from xlconv.spreadsheet.blocks import (
    BlankBlock,
    Block,
    Choice,
    ConstantBlock,
    Highlight,
    Pages,
    Sheet,
    Style,
    Values,
    one_cell,
)
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.choices import Display
from xlconv.state.exercise import CHECKS, Exercise, State, check_key
from xlconv.state.sheet_names import BOARD, EXERCISE, GUIDE, MODEL

_LEAD = Style(size=12, horizontal="left", colour=QUIET)
_TEXT = Style(size=12, horizontal="left")
_LINK = Style(size=12, bold=True, horizontal="left", colour="1F5F99")
_LAYER = Style(size=12, bold=True, horizontal="left", colour="1F5F99", fill="F5F1FB")
_LAYER_WORDS = Style(size=12, horizontal="left", fill="F5F1FB")
_LAYER_COUNT = Style(size=12, bold=True, number_format="#,##0", fill="F5F1FB")
_PART = Style(size=12, horizontal="left", border="E1E6EB")
_PART_LINK = Style(size=12, horizontal="left", colour="1F5F99", border="E1E6EB")
_COUNT = Style(size=12, number_format="#,##0", border="E1E6EB")
_STATE = Style(size=12, bold=True, border="E1E6EB", colour="6B21A8")
_LAYER_STATE = Style(size=12, bold=True, fill="F5F1FB", colour="6B21A8")
_NUMBER = Style(size=10, number_format="0.000000", colour=QUIET)
_KEY = Style(size=8, number_format="0.00", colour=styles.FAINT, shrink=True)
_NOTE = Style(size=10, horizontal="left", colour=QUIET)
_MARK = Style(size=12, bold=True, number_format='"✓";;[Red]"✗"', colour="1E7B45")
_WIDTHS = {1: 16, LAYER: 190, WORDS: 520, CELLS: 70, FILLED: 70, STATE: 130, NOTE: 290}
_CHECK_WIDTHS = dict.fromkeys(range(CHECK, KEY_COLUMN - 1), 110)
_GAP_PIXELS = 24
_KEY_PIXELS = 30
# A state, the colour of its letters, and of the cell where it stands by itself.
STATE_COLOURS = ((State.RIGHT, "1E7B45", "DDF3E4"), (State.CLOSE, "8A6100", "FFF3C4"))


def sheet(shown: Shown) -> Sheet | None:
    """The sheet of a workbook whose layout leaves layers open."""
    display, layout, network = shown.display, shown.layout, shown.network
    places = exercise_places(network, layout)
    if places is None or layout.exercise is None:
        return None
    blocks = [
        *_words(layout.exercise),
        *_heads(),
        *_lines(network, layout, places),
        *_computed_cells(shown),
        *_check_constants(display, places),
        *_given_words(places),
        *_keys(places),
    ]
    last = max(place.right for both in places.keys.values() for place in both)
    keys = dict.fromkeys(range(KEY_COLUMN, last + 1), _KEY_PIXELS)
    gaps = dict.fromkeys((CHECK - 1, KEY_COLUMN - 1), _GAP_PIXELS)
    return Sheet(
        EXERCISE,
        tuple(blocks),
        rules=tuple(_state_rules(places)),
        row_height=22,
        widths={**_WIDTHS, **_CHECK_WIDTHS, **gaps, **keys},
        heights={1: 40, HEAD_ROW: 36},
        freeze=Cell(HEAD_ROW + 1, 1),
        tab_colour=styles.EXERCISE_COLOUR,
        pages=Pages(1, 0, area=Range(1, 1, max(places.given.values()) + 2, NOTE)),
    )


def _words(exercise: Exercise) -> Iterator[Block]:
    """What to do, in a few lines."""
    yield one_cell(Cell(1, LAYER), "Exercise", styles.TITLE)
    who = f"for {exercise.student}" if exercise.student is not None else "fill in what is left open"
    seed = "" if exercise.seed is None else f" · seed {exercise.seed}"
    yield one_cell(Cell(2, LAYER), f"{who}{seed}", _LEAD)
    what = "the first cells of each map or column" if exercise.first else "whole maps and columns"
    lines = (
        f"1. On the {BOARD}, the violet cells are yours: {what}. Click a name below to go there.",
        "2. Write the first cell as a formula that reads its neighbours, then copy it to the "
        "others: what must not move with it needs a $.",
        "3. Only formulas count: pictures, maps, kernels, weights and biases are read from their "
        "cells; a number that is typed earns nothing, even where it is right now.",
        f"4. Beside each title on the {BOARD}, and here, stands how far you are: {State.TO_DO}, "
        f"{State.NOT_YET}, {State.CLOSE} (within 1 %), {State.RIGHT}; {State.CHANGED} if you "
        "changed a given one.",
        "5. Work from left to right: a layer that reads another can only be right when that is.",
    )
    for row, text in enumerate(lines, 3):
        yield one_cell(Cell(row, LAYER), text, _TEXT)
    yield one_cell(Cell(8, LAYER), f"to the {BOARD} →", _LINK, f"{BOARD}!A1")
    yield one_cell(Cell(8, WORDS), f"{GUIDE}: what is where, what to try →", _LINK, f"{GUIDE}!A1")


def _heads() -> Iterator[Block]:
    heads = {
        LAYER: "what is left open",
        WORDS: "what each cell holds",
        CELLS: "cells",
        FILLED: "filled",
        STATE: "state",
    }
    for check in range(CHECKS):
        first = check * CHECK_COLUMNS
        heads[CHECK + first] = "check number"
        heads[RIGHT + first] = "is right at"
        heads[MAGNITUDE + first] = "measured by"
    for column, text in heads.items():
        yield one_cell(Cell(HEAD_ROW, column), text, styles.TABLE_HEAD)


def _lines(network: Network, layout: Layout, places: ExercisePlaces) -> Iterator[Block]:
    for name, row in places.layers.items():
        layer, parts = network.layer(name), places.of_layer(name)
        link = f"{BOARD}!{parts[0].open.first.a1}"
        yield one_cell(Cell(row, LAYER), name, _LAYER, link)
        yield one_cell(Cell(row, WORDS), layer.words(), _LAYER_WORDS)
        count = sum(part.open.size for part in parts)
        yield one_cell(Cell(row, CELLS), count, _LAYER_COUNT)
        for part in parts:
            title, link = f"   {part.title}: {part.open.a1}", f"{BOARD}!{part.open.first.a1}"
            yield one_cell(Cell(part.row, LAYER), title, _PART_LINK, link)
            yield one_cell(Cell(part.row, WORDS), part_words(layer, part), _PART)
            yield one_cell(Cell(part.row, CELLS), part.open.size, _COUNT)
        hints = copying_hints(layer, network, layout)
        for row, text in zip(places.hints[name], hints, strict=True):
            yield one_cell(Cell(row, LAYER), "   hint", _NOTE)
            yield one_cell(Cell(row, WORDS), text, _NOTE)


def part_words(layer: Layer, part: Part) -> str:
    """What the cells of a part are made of."""
    if isinstance(layer, Softmax):
        return _SOFTMAX_WORDS[part.title]
    reads = ", ".join(sources(layer))
    if isinstance(layer, Conv2D):
        return f"reads {reads}, and the kernels{' and the bias' if layer.bias else ''} to the left"
    if isinstance(layer, Dense):
        return f"reads {reads}, and the weights{' and the bias' if layer.bias else ''} to the left"
    return f"reads {reads}"


_SOFTMAX_WORDS = {
    "largest logit": "the largest of the logits",
    "logit − max": "each logit minus the largest, so that exp cannot be too large",
    "exp": "e to the power of that",
    "sum of exp": "the sum of all of these",
    "probability": "the share of each: all of them together are 1",
}


def _computed_cells(shown: Shown) -> Iterator[Block]:
    for rule in shown.rules_of(EXERCISE):
        looks = {**_STYLES, **_LAYER_STYLES} if rule.tensor else _STYLES
        yield rule_block(rule, shown.values[rule.key], looks[rule.role])


_STYLES = {
    "check": _NUMBER,
    "given": _MARK,
    "note": _NOTE,
    "state": _STATE,
    "filled": _COUNT,
}
_LAYER_STYLES = {"state": _LAYER_STATE, "filled": _LAYER_COUNT}


def _check_constants(display: Display, places: ExercisePlaces) -> Iterator[Block]:
    """What the checks know: constants."""
    lines = [
        (part.of_check(check, RIGHT), known)
        for part, both in zip(places.parts, display.checks.parts, strict=True)
        for check, known in enumerate(both)
    ]
    given = (Cell(row, RIGHT) for row in places.given.values())
    for cell, known in [*lines, *zip(given, display.checks.given, strict=True)]:
        yield ConstantBlock(Range(cell.row, cell.column, 1, 2), known.reshape(1, 2), _NUMBER)


def _given_words(places: ExercisePlaces) -> Iterator[Block]:
    row = places.inputs_state.row
    known = "The checks know these numbers alone."
    words = f"{known} While one is changed they say “{State.CHANGED}”: undo it"
    yield one_cell(Cell(row, LAYER), words, _TEXT)
    for tensor, line in places.given.items():
        yield one_cell(Cell(line, LAYER), f"   {tensor}", _TEXT)
        what = "the picture's pixels" if tensor == INPUT else "weights and settings"
        words = f"{what}: their sum (sheet {MODEL}) is what it was"
        yield one_cell(Cell(line, WORDS), words, _TEXT)


def _keys(places: ExercisePlaces) -> Iterator[Block]:
    note = "The keys of the checks: each cell counts with another number"
    yield one_cell(Cell(HEAD_ROW - 1, KEY_COLUMN), note, _NOTE)
    for (height, width), both in places.keys.items():
        for check, place in enumerate(both):
            yield one_cell(Cell(place.row - 1, KEY_COLUMN), f"{height} × {width}", _NOTE)
            yield ConstantBlock(place, check_key(check, height, width), _KEY)


def _state_rules(places: ExercisePlaces) -> Iterator[Highlight]:
    """The colours of the states."""
    first, last = HEAD_ROW + 1, places.parts[-1].row
    column = Range(first, STATE, last - first + 1, 1)
    for word, colour, fill in STATE_COLOURS:
        yield Highlight((column,), f'{column.first.a1}="{word}"', colour=colour, fill=fill)


# ---- on the board


def open_choices(network: Network, places: ExercisePlaces) -> Iterator[Choice]:
    """What is said when a learner chooses an open cell of the board."""
    for layer in places.layers:
        parts = places.of_layer(layer)
        what = network.layer(layer).words()
        words = f"Yours to fill in: {what}. The sheet {EXERCISE} says more."
        yield Choice(tuple(part.open for part in parts), f"{layer}: to do", words)


def open_titles(places: ExercisePlaces, layout: Layout) -> Iterator[Highlight]:
    """The colours of the states beside the titles of the board."""
    bands = {band.tensor: band for band in layout.bands}
    cells = [Range(2, bands[layer].first, 1, 1) for layer in places.layers]
    for part in places.parts:
        if part.channel is not None:
            cells.append(Range.of(layout.titles[part.layer][part.channel].first))
    for word, colour, _ in STATE_COLOURS:
        ends = f'RIGHT({cells[0].a1},{len(word) + 3})=" · {word}"'
        yield Highlight(tuple(cells), ends, colour=colour)


def open_blocks(
    places: ExercisePlaces, key: str, channel: int | None, whole: Values
) -> list[Block] | None:
    """A rule's cells where they are left open: empty ones, and the others as plain numbers; None
    if they are not left open."""
    for part in places.parts:
        if (part.key, part.channel) == (key, channel):
            shaped = np.asarray(whole, dtype=np.float64).reshape(
                part.range.height, part.range.width
            )
            blocks: list[Block] = [BlankBlock(part.open, styles.OPEN)]
            for rest in part.rest:
                down, across = rest.row - part.range.row, rest.column - part.range.column
                numbers = shaped[down : down + rest.height, across : across + rest.width]
                blocks.append(ConstantBlock(rest, numbers, styles.GIVEN))
            return blocks
    return None
