"""The panel's words and yellow cells, the legends' zeros, the notes beside the loss: blocks.

Must not know mathematics, nor how a file is written.
"""

from collections.abc import Iterator

from xlconv.network.borders import outside_cell, outside_of
from xlconv.network.layers.convolution import OUTSIDES
from xlconv.sheets import styles
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.panel.places import HEADS, OUTLINED, OUTSIDE, PIXEL, PLACE, SCALE, TITLE
from xlconv.spreadsheet.blocks import Block, Choice, TextBlock, one_cell
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.choices import SCALES, Display
from xlconv.state.sheet_names import BOARD, EXPLAIN, IMAGES


def panel_blocks(display: Display, layout: Layout) -> Iterator[Block]:
    """What stands on the panel besides computed cells."""
    yield from _choice_blocks(display, layout)
    yield from _words(layout)
    yield from _table_heads(layout)
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
        yield one_cell(before, "choose a picture (0: draw your own)", styles.BIAS_CAPTION)
        behind = panel.picture.first.shifted(0, 4)
        yield one_cell(behind, "see them all →", styles.LINK, f"{IMAGES}!A1")
    yield one_cell(panel.outlined.first, choices.outlined, styles.CONTROL)
    pixel = (panel.pixel_row, panel.pixel_column)
    for place, number in zip(pixel, choices.pixel or (), strict=False):
        yield one_cell(place.first, number, styles.CONTROL)
    yield one_cell(panel.scale.first, choices.scale, styles.CHOSEN)
    if panel.outside is not None:
        held = outside_cell(outside_of(display.network))
        yield one_cell(panel.outside.first, held, styles.CONTROL)


def empty_controls(display: Display, layout: Layout) -> list[Range]:
    """Controls that hold nothing now."""
    pixel = [layout.panel.pixel_row, layout.panel.pixel_column]
    return [] if display.choices.pixel else [Range.of(place.first) for place in pixel]


def controls(layout: Layout) -> list[Range]:
    """The cells of the panel in which something is chosen."""
    panel = layout.panel
    places = [panel.outlined, panel.pixel_row, panel.pixel_column, panel.scale]
    return [*(one for one in (panel.picture, panel.outside) if one is not None), *places]


def _words(layout: Layout) -> Iterator[Block]:
    panel = layout.panel
    left = panel.range.column - 6
    top = panel.outlined.row - OUTLINED
    yield one_cell(Cell(top + TITLE, left), "where does it look?", styles.SECTION)
    words = "outline what the explained cell reads"
    yield one_cell(Cell(top + OUTLINED, left), words, styles.TEXT)
    behind = Cell(top + OUTLINED, left + 17)
    yield one_cell(behind, "choose the cell →", styles.LINK, f"{EXPLAIN}!C5")
    yield one_cell(Cell(top + PIXEL, left), "follow a pixel: its row", styles.TEXT)
    yield one_cell(Cell(top + PIXEL, left + 16), "column", styles.TEXT)
    yield one_cell(Cell(top + SCALE, left), "one colour scale for each", styles.TEXT)
    words = "← 1 map, 2 layer, 3 network; the network's end"
    yield one_cell(Cell(top + SCALE, left + 22), words, styles.NOTE)
    if panel.outside is not None:
        yield one_cell(Cell(top + OUTSIDE, left), "outside of the maps is", styles.TEXT)
        words = "0: nothing; a conv sees a false edge there where its maps are not 0"
        yield one_cell(Cell(top + OUTSIDE, left + 18), words, styles.NOTE)
    if panel.line is not None:
        words = "the picture's place in the gallery: row"
        yield one_cell(Cell(top + PLACE, left), words, styles.NOTE)
        yield one_cell(Cell(top + PLACE, left + 16), "column", styles.NOTE)


def _table_heads(layout: Layout) -> Iterator[Block]:
    """The table of tensors: shown, end of the scale, and two boxes."""
    panel = layout.panel
    first = next(iter(panel.lines.values()))
    row = panel.outlined.row - OUTLINED + HEADS
    for place, words in (
        (first.reads, "the explained cell reads"),
        (first.reaches, "the followed pixel reaches"),
    ):
        yield one_cell(Cell(row, place.column), words, styles.PANEL_HEAD_LEFT)
        for number, axis in enumerate(("maps", "rows", "columns")):
            over = Range(row + 1, place.column + 2 * number, 1, 2)
            yield TextBlock(over, axis, styles.PANEL_HEAD)
    yield one_cell(Cell(row + 1, first.shown.column), "on", styles.PANEL_HEAD)
    yield one_cell(first.limit.shifted(-1, 0), "end", styles.PANEL_HEAD)
    for tensor, line in panel.lines.items():
        cell = Cell(line.shown.row, line.shown.column - 6)
        link = f"{BOARD}!{layout.tensors[tensor].maps[0].first.a1}"
        yield one_cell(cell, tensor, styles.PANEL_LINK, link)


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


def panel_choices(display: Display, layout: Layout, counting: str) -> Iterator[Choice]:
    """What may be typed on the panel, with words; `counting` lists the numbers from 0."""
    panel = layout.panel
    if panel.picture is not None:
        words = "A number of the sheet Images; 0 is your own drawing there."
        yield Choice((Range.of(panel.picture.first),), "picture", words, listed=counting)
    yield Choice((Range.of(panel.outlined.first),), "outlines", "1 is on, 0 is off.", ("1", "0"))
    scale = "One scale for each map, for each layer, or for all maps of the network."
    yield Choice((Range.of(panel.scale.first),), "colours", scale, SCALES)
    if panel.outside is not None:
        words = "What convolutions read beyond the edge of maps: 0, 1, or the nearest cell."
        yield Choice((Range.of(panel.outside.first),), "outside is", words, OUTSIDES)
    pixel = (Range.of(panel.pixel_row.first), Range.of(panel.pixel_column.first))
    words = "A row and a column of the picture, from 1; empty: no pixel is followed."
    yield Choice(pixel, "follow a pixel", words)
    if layout.verdict is not None and layout.gallery is None:
        words = "What the picture really shows, as the network's classes are spelled."
        yield Choice((Range.of(layout.verdict.actual.first),), "actual class", words)
