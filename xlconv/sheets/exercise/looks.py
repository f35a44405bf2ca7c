"""The `Exercise` sheet: what is to be filled in, and whether it is right yet; on Works, the checks.

The right answer is not in it: two checks add up the cells, each times a number of its own, and
compare the sums with those that are right. On the board: empty cells that are marked, words where
one is chosen, the colours of the states beside the titles. Must not know how a file is written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from xlconv.network.layers.activation import Softmax
from xlconv.network.layers.base import Layer, sources
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.layers.dense import Dense
from xlconv.network.network import INPUT, Network
from xlconv.sheets import styles
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.exercise.formulas import BLOCK
from xlconv.sheets.exercise.hints import hints
from xlconv.sheets.exercise.parts import CELLS, FILLED, HEAD_ROW, LAYER, NOTE, STATE, WORDS, Part
from xlconv.sheets.exercise.places import ExercisePlaces, exercise_places
from xlconv.sheets.shown import Shown, rule_block
from xlconv.sheets.styles import QUIET
from xlconv.sheets.works.looks import Part as Works
from xlconv.sheets.works.places import HEAD_ROWS
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
from xlconv.state.exercise import CHECKS, WAITING, Exercise, State, check_key
from xlconv.state.sheet_names import BOARD, EXERCISE, GUIDE, MODEL, WORKS

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
_WAITING = Style(size=10, horizontal="left")
_NOTE = Style(size=10, horizontal="left", colour=QUIET)
_MARK = Style(size=12, bold=True, number_format='"✓";;[Red]"✗"', colour="1E7B45")
_WIDTHS = {1: 16, LAYER: 190, WORDS: 520, CELLS: 70, FILLED: 70, STATE: 130, NOTE: 290}
_GAP_PIXELS = 24
_KEY_PIXELS, _CHECK_PIXELS = 30, 84
# A state, the colour of its letters, and of the cell where it stands by itself.
STATE_COLOURS = ((State.RIGHT, "1E7B45", "DDF3E4"), (State.CLOSE, "8A6100", "FFF3C4"))


def sheet(shown: Shown) -> Sheet | None:
    """The sheet of a workbook whose layout leaves layers open."""
    layout, network = shown.layout, shown.network
    places = exercise_places(network, layout)
    if places is None or layout.exercise is None:
        return None
    blocks = [
        *_words(layout.exercise),
        *_heads(),
        *_lines(network, places),
        *_hints(shown, places),
        *_computed_cells(shown, EXERCISE),
        *_given_words(places),
    ]
    return Sheet(
        EXERCISE,
        tuple(blocks),
        rules=tuple(_state_rules(places)),
        row_height=22,
        widths=_WIDTHS,
        heights={1: 40, HEAD_ROW: 36},
        folds={
            row: step
            for steps in places.hints.values()
            for step, lines in enumerate(steps, 1)
            for row in lines
        },
        freeze=Cell(HEAD_ROW + 1, 1),
        tab_colour=styles.EXERCISE_COLOUR,
        pages=Pages(1, 0, area=Range(1, 1, max(places.given.values()) + 1, NOTE)),
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
        "others: what must not move with it needs a $. Stuck? + at the left unfolds a hint.",
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
    for column, text in heads.items():
        yield one_cell(Cell(HEAD_ROW, column), text, styles.TABLE_HEAD)


def _lines(network: Network, places: ExercisePlaces) -> Iterator[Block]:
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


def _hints(shown: Shown, places: ExercisePlaces) -> Iterator[Block]:
    """Three steps below each layer's parts, of which each unfolds the next."""
    first = {rule.key: rule for rule in reversed(shown.rules_of(BOARD))}
    for name, steps in places.hints.items():
        layer, parts = shown.network.layer(name), places.of_layer(name)
        texts = hints(layer, shown.network, shown.layout, parts, first)
        for step, (rows, lines) in enumerate(zip(steps, texts, strict=True), 1):
            for number, (row, text) in enumerate(zip(rows, lines, strict=True)):
                head = "" if number else f"   hint {step} of {len(steps)}"
                yield one_cell(Cell(row, LAYER), head, _NOTE)
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


def _computed_cells(shown: Shown, sheet: str) -> Iterator[Block]:
    for rule in (one for one in shown.rules_of(sheet) if one.block == BLOCK):
        looks = {**_STYLES, **_LAYER_STYLES} if rule.tensor else _STYLES
        yield rule_block(rule, shown.values[rule.key], looks[rule.role])


_STYLES = {
    "check": _NUMBER,
    "given": _MARK,
    "note": _NOTE,
    "waiting": _WAITING,
    "explained": _WAITING,
    "chart": _WAITING,
    "state": _STATE,
    "filled": _COUNT,
}
_LAYER_STYLES = {"state": _LAYER_STATE, "filled": _LAYER_COUNT}


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


# ---- on Works


def works(shown: Shown) -> Works | None:
    """The checks with their keys, and what waits."""
    places = exercise_places(shown.network, shown.layout)
    if places is None:
        return None
    blocks = (
        *_computed_cells(shown, WORKS),
        *_check_words(places),
        *_check_constants(shown.display, places),
        *_waiting_words(places),
        *_keys(places),
    )
    first = next(iter(places.keys.values()))[0].column
    widths = dict.fromkeys(range(first, places.right + 1), _KEY_PIXELS)
    widths |= {places.left: 150, first - 1: _GAP_PIXELS}
    checks = range(places.left + 1, first - 1)
    widths |= dict.fromkeys(checks, _CHECK_PIXELS)
    return Works("exercise: the checks", places.left, blocks, widths)


def _check_words(places: ExercisePlaces) -> Iterator[Block]:
    """What the lines of the checks are for, and their columns."""
    heads = ("check number", "is right at", "measured by")
    for check in range(CHECKS):
        for cell, text in zip(places.check(0, check).cells(), heads, strict=True):
            yield one_cell(Cell(HEAD_ROWS[1], cell.column), text, _NOTE)
    for number, part in enumerate(places.parts):
        row = places.check(number, 0).row
        yield one_cell(Cell(row, places.left), f"{part.layer}: {part.title}", _NOTE)
    for tensor in places.given:
        yield one_cell(Cell(places.sums(tensor).row, places.left), f"{tensor}, as given", _NOTE)


def _check_constants(display: Display, places: ExercisePlaces) -> Iterator[Block]:
    """What the checks know: constants."""
    for number, both in enumerate(display.checks.parts):
        for check, known in enumerate(both):
            place = places.check(number, check)
            right = Range(place.row, place.column + 1, 1, 2)
            yield ConstantBlock(right, known.reshape(1, 2), _NUMBER)
    for tensor, known in zip(places.given, display.checks.given, strict=True):
        yield ConstantBlock(places.sums(tensor), known.reshape(1, 2), _NUMBER)


def _waiting_words(places: ExercisePlaces) -> Iterator[Block]:
    """The tensors of which it is said for what they wait."""
    for tensor in places.needs:
        yield one_cell(places.waiting(tensor).shifted(0, -1), tensor, _NOTE)
    yield one_cell(places.explained.shifted(0, -1), "the explained cell", _NOTE)
    yield one_cell(places.chart_head.shifted(0, -1), "the chart", _NOTE)


def _keys(places: ExercisePlaces) -> Iterator[Block]:
    note = "the keys: each cell counts with another number"
    first = next(iter(places.keys.values()))[0]
    yield one_cell(Cell(HEAD_ROWS[1], first.column), note, _NOTE)
    for (height, width), both in places.keys.items():
        for check, place in enumerate(both):
            yield one_cell(place.first.shifted(-1, 0), f"{height} × {width}", _NOTE)
            yield ConstantBlock(place, check_key(check, height, width), _KEY)


def chart_head(
    network: Network, layout: Layout, values: Mapping[str, Values]
) -> tuple[Cell, str] | None:
    """The cell on Works that says what the answer's chart is called, where it may wait, and what
    it says now."""
    places = exercise_places(network, layout)
    if places is None or network.output not in places.needs:
        return None
    return places.chart_head, str(values["exercise:chart"].reshape(-1)[0])


# ---- the states


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


def waiting_maps(
    places: ExercisePlaces, layout: Layout, values: Mapping[str, Values]
) -> Iterator[Highlight]:
    """Grey over what waits for cells to be filled in, as the title of its layer says.

    Each names its cells in other ranges than the maps' own colours do: of such rules LibreOffice
    draws the look alone, and no colour scale with it."""
    bands = {band.tensor: band for band in layout.bands}
    for tensor in places.needs:
        if tensor in places.layers:
            continue  # its own cells are open, and violet
        title = Cell(2, bands[tensor].first)
        first, *others = layout.tensors[tensor].maps
        halves = (replace(first, height=1), *first.rest(replace(first, height=1)))
        areas = (*halves, *others, *layout.legends[tensor])
        waits = values[f"exercise:waiting_{tensor}"].tolist() != [""]
        formula = f'LEFT({title:$},{len(WAITING)})="{WAITING}"'
        yield Highlight(areas, formula, GREY, GREY, ";;;", last=True, now=areas if waits else ())


GREY = "E3E7EB"


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
