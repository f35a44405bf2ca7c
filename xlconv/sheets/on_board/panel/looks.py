"""The panel's words and yellow cells, the legends' zeros, notes beside the loss, and its part of
the sheet Works: blocks.

Must not know mathematics, nor how a file is written.
"""

from collections.abc import Iterator
from dataclasses import replace

from xlconv.network.borders import outside_cell, outside_of
from xlconv.network.layers.convolution import OUTSIDES
from xlconv.network.network import INPUT, Network
from xlconv.sheets import styles
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.originals.places import original_places
from xlconv.sheets.on_board.panel.formulas import tensor_names
from xlconv.sheets.on_board.panel.places import (
    CELL,
    CHANGED,
    COLUMNS,
    EXPLAINED,
    LISTS,
    OUTLINED,
    OUTSIDE,
    PIXEL,
    SCALE,
    SHIFT,
    TITLE,
    WINNERS,
)
from xlconv.sheets.shown import Shown, rule_block
from xlconv.sheets.styles import QUIET, REACHES, READS
from xlconv.sheets.works.looks import Part
from xlconv.sheets.works.places import HEAD_ROWS
from xlconv.spreadsheet.blocks import Block, Choice, Style, TextBlock, one_cell
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.choices import SCALES, Display
from xlconv.state.sheet_names import BOARD, EXPLAIN, IMAGES, WORKS


def panel_blocks(display: Display, layout: Layout) -> Iterator[Block]:
    """What stands on the panel besides computed cells."""
    yield from _choice_blocks(display, layout)
    yield from _words(display.network, layout)
    yield from _verdict(display, layout)
    yield from _loss_notes(layout, display.network.answers == "several")
    for legends in layout.legends.values():
        for legend in legends:
            if legend.width > 1:
                yield one_cell(legend.cell(0, legend.width - 2), 0.0, styles.LEGEND)


def _choice_blocks(display: Display, layout: Layout) -> Iterator[Block]:
    """The cells in which something is chosen, as it is now."""
    panel, choices = layout.panel, display.choices
    if panel.picture is not None:
        yield one_cell(panel.picture.first, choices.picture, styles.CONTROL)
        before = panel.picture.first.shifted(0, -9)
        yield one_cell(before, "choose a picture (0: your own)", styles.BIAS_CAPTION)
        behind = panel.picture.first.shifted(0, 4)
        yield one_cell(behind, "see them all →", styles.LINK, f"{IMAGES}!A1")
    layer, *cell = panel.chosen
    explained = choices.explained
    yield one_cell(layer, explained.layer, styles.CHOSEN)
    for spot, number in zip(cell, (explained.map, explained.row, explained.column), strict=True):
        yield one_cell(spot, number, styles.CONTROL)
    yield one_cell(panel.outlined.first, choices.outlined, styles.CONTROL)
    pixel = (panel.pixel_row, panel.pixel_column)
    for place, number in zip(pixel, choices.pixel or (), strict=False):
        yield one_cell(place.first, number, styles.CONTROL)
    yield one_cell(panel.scale.first, choices.scale, styles.CHOSEN)
    if panel.outside is not None:
        held = outside_cell(outside_of(display.network))
        yield one_cell(panel.outside.first, held, styles.CONTROL)
    if panel.winners is not None:
        yield one_cell(panel.winners.first, choices.winners, styles.CONTROL)
    if panel.invert is not None:
        yield one_cell(panel.invert.first, choices.invert, styles.CONTROL)
    yield one_cell(panel.reveal.first, choices.last_shown(display.network), styles.FROZEN_CHOICE)
    numbers = "on" if choices.numbers else "off"
    yield one_cell(panel.numbers.first, numbers, styles.FROZEN_CHOICE)
    moved = (panel.shift_down, panel.shift_right)
    for control, by in zip(moved, choices.shift, strict=True):
        if control is not None:
            yield one_cell(control.first, float(by), styles.CONTROL)


def empty_controls(display: Display, layout: Layout) -> list[Range]:
    """Controls that hold nothing now."""
    pixel = [layout.panel.pixel_row, layout.panel.pixel_column]
    return [] if display.choices.pixel else [Range.of(place.first) for place in pixel]


def _words(network: Network, layout: Layout) -> Iterator[Block]:
    panel = layout.panel
    top, left = panel.area.first
    yield one_cell(Cell(top + TITLE, left), "where does it look?", styles.SECTION)
    yield one_cell(Cell(top + EXPLAINED, left), "take a cell apart: its layer", styles.TEXT)
    behind = panel.explained[0].last.shifted(0, 2)
    yield one_cell(behind, f"see how on {EXPLAIN} →", styles.LINK, f"{EXPLAIN}!A1")
    yield one_cell(Cell(top + CELL, left), "its map, row and column", styles.TEXT)
    words = "outline what it reads"
    yield one_cell(Cell(top + OUTLINED, left), words, styles.TEXT)
    yield one_cell(Cell(top + PIXEL, left), "follow a pixel: its row", styles.TEXT)
    yield one_cell(Cell(top + PIXEL, left + 16), "column", styles.TEXT)
    yield one_cell(Cell(top + SCALE, left), "one colour scale for each", styles.TEXT)
    if panel.outside is not None:
        yield one_cell(Cell(top + OUTSIDE, left), "outside of the maps is", styles.TEXT)
        words = "0: nothing; a conv sees a false edge there where its maps are not 0"
        yield one_cell(Cell(top + OUTSIDE, left + 18), words, styles.NOTE)
    for place, words in ((panel.reveal, "show up to"), (panel.numbers, "numbers")):
        yield one_cell(place.first.shifted(0, -5), words, styles.FROZEN_CAPTION)
    if panel.shift_down is not None:
        yield one_cell(Cell(top + SHIFT, left), "move the picture down by", styles.TEXT)
        yield one_cell(Cell(top + SHIFT, left + 16), "right", styles.TEXT)
    if panel.winners is not None:
        yield one_cell(Cell(top + WINNERS, left), "mark what pools keep", styles.TEXT)
    if panel.invert is not None:
        yield one_cell(panel.invert.first.shifted(0, -3), "invert", styles.TEXT)
    yield one_cell(Cell(top + CHANGED, left), "typed over: pixels", styles.TEXT)
    yield one_cell(Cell(top + CHANGED, left + 16), "weights", styles.TEXT)
    was = original_places(network, layout).picture[0].original.first
    behind = panel.changed_weights.last.shifted(0, 2)
    yield one_cell(behind, "as it was →", styles.LINK, f"{WORKS}!{was.a1}")


# ---- on the sheet Works


def works(shown: Shown) -> Part:
    """What follows from what is chosen, on the sheet Works."""
    panel, made = shown.layout.panel, []
    used = [Range.of(cell) for cell in panel.used.cells()]
    for rule in shown.rules_of(WORKS):
        if (rule.block in _BLOCKS and rule.role != "original") or Range.of(
            rule.range.first
        ) in used:
            made.append(rule_block(rule, shown.values[rule.key], _style(rule.role)))
    left = panel.used.column - 1
    names = panel.lines[INPUT].shown.column - 1
    blocks = (*_works_words(shown.layout), *made)
    widths = {left: 260, names: 90, left + 2: 20}
    return Part("what is chosen, and what follows", left, blocks, widths)


_BLOCKS = ("picture", "scales", "looks", "shown")


def hidden_names(shown: Shown) -> dict[str, tuple[str, Range]]:
    """The name by which the board's colours read the table."""
    names = tensor_names(shown.layout)
    table = shown.layout.panel.table
    columns = {
        name: (WORKS, Range(table.row, table.column + first, table.height, count))
        for name, (first, count) in COLUMNS.items()
    }
    return {**columns, LISTS["tensor"]: (WORKS, names)}


def _style(role: str) -> Style:
    return {"reads": _READS, "reaches": _REACHES, "end": _END, "network": _END}.get(role, _COUNT)


def captions(display: Display, layout: Layout) -> Iterator[tuple[str, Block]]:
    """The words on Works."""
    for block in _works_words(layout):
        yield WORKS, block


def _works_words(layout: Layout) -> Iterator[Block]:
    """The names of what is computed there."""
    panel = layout.panel
    names = {
        cell: f"explained: {what}" for cell, what in zip(panel.used.cells(), _WHAT, strict=True)
    }
    if panel.line is not None and panel.place is not None:
        names[panel.line] = "rows of the gallery before the picture"
        names[panel.place] = "columns before it"
    names[panel.scale_number] = "one scale for each: 1 map, 2 layer, 3 network"
    names[panel.network_limit] = "the network's scale ends at"
    names[panel.revealed] = "layers that are shown, with the picture"
    for cell, words in names.items():
        yield one_cell(cell.shifted(0, -1), words, _NAME)
    first = panel.lines[INPUT]
    for place, words in (
        (first.reads, "the explained cell reads"),
        (first.reaches, "the followed pixel reaches"),
    ):
        yield one_cell(Cell(HEAD_ROWS[0], place.column), words, _NAME)
        for number, (axis, end) in enumerate(_ENDS):
            yield one_cell(Cell(HEAD_ROWS[1], place.column + number), f"{axis} {end}", _HEAD)
    yield one_cell(Cell(HEAD_ROWS[1], first.shown.column), "shown", _HEAD)
    yield one_cell(Cell(HEAD_ROWS[1], first.limit.column), "scale to", _HEAD)
    yield one_cell(Cell(HEAD_ROWS[1], first.weights.column), "weights to", _HEAD)
    if panel.charted is not None:
        yield one_cell(Cell(HEAD_ROWS[1], panel.charted.column), "the chart shows", _HEAD)
    for tensor, line in panel.lines.items():
        cell = line.shown.shifted(0, -1)
        link = f"{BOARD}!{layout.tensors[tensor].maps[0].first.a1}"
        yield one_cell(cell, tensor, styles.PANEL_LINK, link)


_WHAT = ("layer", "map", "row", "column")
_ENDS = tuple((axis, end) for axis in ("map", "row", "column") for end in ("from", "to"))
_NAME = Style(size=10, colour=QUIET, horizontal="left")
_HEAD = Style(size=9, bold=True, colour=QUIET)
_COUNT = Style(size=10, number_format="0", shrink=True, colour=QUIET)
_END = Style(size=10, number_format="0.00", shrink=True, colour=QUIET)
_READS = Style(size=10, number_format='[>99998]"";[=0]"";0', shrink=True, colour=READS)
_REACHES = replace(_READS, colour=REACHES)


def _verdict(display: Display, layout: Layout) -> Iterator[Block]:
    verdict = layout.verdict
    if verdict is None:
        return
    above = verdict.actual
    text = "what it really is" if layout.gallery else "type what it really is"
    place = Range(above.row - 1, above.column, 1, above.width)
    yield TextBlock(place, text, styles.ANSWER_LEAD)
    if layout.gallery is None:
        yield one_cell(verdict.actual.first, display.choices.actual, styles.ACTUAL_TYPED)


def _loss_notes(layout: Layout, several: bool) -> Iterator[Block]:
    loss = layout.loss
    if loss is None:
        return
    for column, text in (
        (loss.truth, "actual: 1" if several else "one-hot"),
        (loss.parts, "loss" if several else "−y × ln p"),
    ):
        yield one_cell(column.first.shifted(-1, 0), text, styles.COLUMN_HEAD)
    yield one_cell(loss.total.shifted(-1, 0), "cross-entropy", styles.LOSS_HEAD)
    beside = loss.total.shifted(0, 1)
    lines = [
        "the mean over the classes: −ln p where it is there, −ln(1 − p) where it is not"
        if several
        else "−ln p of the actual class: 0 if the network is sure and right",
        "ln p = (logit − max) − ln(sum of exp), which no tiny p can spoil"
        if not several
        else "written with ln(1 + exp(−|logit|)), which no large logit can spoil",
    ]
    for row, text in enumerate(lines):
        yield one_cell(beside.shifted(row, 0), text, styles.LEAD)
    yield one_cell(loss.decimal.shifted(-1, 0), "with LOG", styles.LOSS_HEAD)
    beside = loss.decimal.shifted(0, 1)
    for row, text in enumerate(
        (
            "Excel's LOG has base 10: the same loss reads 2.303 (= ln 10) times smaller.",
            "Losses are natural logarithms: use LN, as PyTorch, Keras and this sheet do.",
        )
    ):
        yield one_cell(beside.shifted(row, 0), text, styles.LEAD)


def panel_choices(layout: Layout) -> Iterator[Choice]:
    """What may be typed on the panel, with words."""
    panel = layout.panel
    if panel.picture is not None:
        words = "A number of the sheet Images; 0 is your own drawing there."
        yield Choice((Range.of(panel.picture.first),), "picture", words, listed=LISTS["picture"])
    yield from _explained_choices(layout)
    yield Choice((Range.of(panel.outlined.first),), "outlines", "1 is on, 0 is off.", ("1", "0"))
    scale = "One scale for each map, for each layer, or for all maps of the network."
    yield Choice((Range.of(panel.scale.first),), "colours", scale, SCALES)
    if panel.outside is not None:
        words = "What convolutions read beyond the edge of maps: 0, 1, or the nearest cell."
        yield Choice((Range.of(panel.outside.first),), "outside is", words, OUTSIDES)
    if panel.invert is not None:
        words = "1: ink becomes paper and paper ink; 0: the picture as it is."
        yield Choice((Range.of(panel.invert.first),), "invert", words, ("1", "0"))
    if panel.winners is not None:
        words = "1: in each window of a pool, the number that it keeps is framed; 0: none is."
        yield Choice((Range.of(panel.winners.first),), "winners", words, ("1", "0"))
    words = "The layers behind it are hidden, with what follows from them."
    yield Choice((Range.of(panel.reveal.first),), "show up to", words, listed=LISTS["tensor"])
    words = "Whether the maps show their numbers, or their colours alone."
    yield Choice((Range.of(panel.numbers.first),), "numbers", words, ("on", "off"))
    for place in (panel.shift_down, panel.shift_right):
        if place is not None:
            words = "Rows, or columns, by which the picture is moved; 0: it stays."
            yield Choice((Range.of(place.first),), "move the picture", words)
    pixel = (Range.of(panel.pixel_row.first), Range.of(panel.pixel_column.first))
    words = "A row and a column of the picture, from 1; empty: no pixel is followed."
    yield Choice(pixel, "follow a pixel", words)
    if layout.verdict is not None and layout.gallery is None:
        words = "What the picture really shows, as the network's classes are spelled."
        yield Choice((Range.of(layout.verdict.actual.first),), "actual class", words)


def _explained_choices(layout: Layout) -> Iterator[Choice]:
    """Lists that offer what there is of the chosen layer."""
    for what, place in zip(_WHAT, layout.panel.chosen, strict=True):
        words = f"One of the layer's {what}s, from 1; what lies beyond means the last."
        words = "Choose a layer." if what == "layer" else words
        yield Choice((Range.of(place),), what, words, listed=LISTS[what])
