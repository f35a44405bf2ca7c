"""The texts of the board: titles, captions, arrows, lines of skip connections.

A learner reads the network from these alone. Must not know values or colours.
"""

from collections.abc import Iterator

import numpy as np

from xlconv.network.borders import bordered
from xlconv.network.layers.base import Layer, source, sources
from xlconv.network.network import INPUT, Network
from xlconv.network.shapes import NO_MARGIN, map_count
from xlconv.sheets import styles
from xlconv.sheets.board.furniture import (
    GAP,
    TITLE_ROWS,
    Look,
    Piece,
    arrow,
    furniture,
    vector_columns,
)
from xlconv.sheets.board.layout import Band, Layout
from xlconv.sheets.board.pitch import HEAD_ROWS, Pitches
from xlconv.spreadsheet.blocks import Block, ConstantBlock, Style, TextBlock, one_cell
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.sheet_names import BOARD, GUIDE

ANSWER_TITLE = 20  # columns of the title of the answer
_AGAIN = 48  # columns after which the words on a line come again


def captions(network: Network, layout: Layout) -> Iterator[Block]:
    """Every text of the board that is not computed."""
    yield from _to_guide()
    for band in layout.bands:
        yield from _title(network, band)
        yield from _arrows(network, layout, band)
    for wing in layout.wings:
        yield from _wing_title(network, wing)
    rows, wings = Pitches(network), {wing.tensor: wing for wing in layout.wings}
    for layer, band in zip(network.layers, layout.bands[1:], strict=True):
        first = wings.get(layer.name, band).first
        for number in range(map_count(network.shapes[layer.name])):
            pieces = furniture(layer, network, rows, number, first).pieces
            yield from (_words(piece, layout) for piece in pieces if piece.text)
    yield from _rulers(layout)
    yield from _border_notes(network, layout)
    yield from _lanes(layout)
    yield from _channel_names(layout)
    for tensor, shape in network.shapes.items():
        if len(shape) == 1:
            yield from _vector_heads(network.layer(tensor), network, layout)
    yield from _answer(network, layout)


def _title(network: Network, band: Band) -> Iterator[Block]:
    yield one_cell(Cell(1, band.first), band.tensor, styles.LAYER_TITLE)
    yield TextBlock(_words_row(band), network.words(band.tensor), styles.LAYER_WORDS)


def _wing_title(network: Network, wing: Band) -> Iterator[Block]:
    read = source(network.layer(wing.tensor))
    what = "classes" if len(network.labels) == network.shapes[wing.tensor][0] else "units"
    yield one_cell(Cell(1, wing.first), f"{wing.tensor}: weights", styles.LAYER_TITLE)
    words = f"what each of its {what} looks for in {read}"
    yield TextBlock(_words_row(wing), words, styles.LAYER_WORDS)


def _words_row(band: Band) -> Range:
    """Where it is said what a layer does, above all of its columns."""
    return Range(HEAD_ROWS, band.first, 1, band.last + 1 - band.first)


def _to_guide() -> Iterator[Block]:
    """The way back to the Guide, in the corner that is always seen."""
    yield one_cell(Cell(1, 1), "←", styles.CORNER_ARROW, f"{GUIDE}!A1")
    yield one_cell(Cell(2, 1), "Guide", styles.CORNER, f"{GUIDE}!A1")


def _rulers(layout: Layout) -> Iterator[Block]:
    """The numbers of each map's rows and columns, by which a cell is named."""
    for rulers in layout.rulers.values():
        for ruler in rulers:
            for place in (ruler.rows, ruler.columns):
                counted = np.arange(1.0, place.size + 1).reshape(place.height, place.width)
                yield ConstantBlock(place, counted, styles.RULER)


def _words(piece: Piece, layout: Layout) -> Block:
    """The words above a piece, or in it if it is nothing else."""
    place = piece.place
    if piece.holds != "words":
        place = Range.of(place.first.shifted(-1, 0))
    link = None
    if piece.link is not None:
        tensor, number = piece.link
        link = f"{BOARD}!{layout.tensors[tensor].maps[number].first.a1}"
    return TextBlock(place, piece.text, _LOOKS[piece.look], link=link)


_LOOKS: dict[Look, Style] = {
    "heading": styles.MAP_TITLE,
    "title": styles.HEAD,
    "lead": styles.MAP_LEAD,
    "narrow": styles.NARROW_TITLE,
    "head": styles.COLUMN_HEAD,
    "caption": styles.NOTE,
    "control": styles.BIAS_CAPTION,
    "arrow": styles.ARROW,
    "link": styles.LINK,
}


def _channel_names(layout: Layout) -> Iterator[Block]:
    """The colours of a colour picture, beside the titles of its maps."""
    if len(layout.rulers[INPUT]) == len(CHANNELS):
        for name, ruler in zip(CHANNELS, layout.rulers[INPUT], strict=True):
            yield one_cell(ruler.rows.first.shifted(-1, 0), name, styles.CHANNEL)


CHANNELS = ("red", "green", "blue")


def _border_notes(network: Network, layout: Layout) -> Iterator[Block]:
    """Below the first map of each convolution that reads over the edge of maps, where the stripe
    that it may show at its border comes from."""
    if layout.panel.outside is None:
        return
    there = bordered(network)
    for layer in network.layers:
        over = layer.margin(network.read_shapes(layer)[0]) != NO_MARGIN
        if over and source(layer) in there and not layer.rectifies:  # else a count stands there
            for legend in layout.legends[layer.name][:1]:
                text = "a stripe at the border? see “outside is”"
                yield one_cell(Cell(legend.row, legend.column + 4), text, styles.BORDER_NOTE)


def _lanes(layout: Layout) -> Iterator[Block]:
    """The lines of skip connections, with their words again and again."""
    for lane in layout.lanes:
        place, words = lane.range, f"{lane.source} → {lane.reader}"
        link = f"{BOARD}!{layout.tensors[lane.reader].maps[0].first.a1}"
        for column in range(place.column, place.right + 1, _AGAIN):
            width = min(_AGAIN, place.right + 1 - column)
            part = Range(place.row, column, 1, width)
            yield TextBlock(part, words, styles.LANE, link=link)


def _vector_heads(layer: Layer, network: Network, layout: Layout) -> Iterator[Block]:
    """The headings of a vector's columns."""
    name = layer.name
    places = {"labels": layout.labels[name], "values": layout.tensors[name].maps[0]}
    if name in layout.weights and "bias" in layout.weights[name].arrays:
        places["bias"] = layout.weights[name].array_range("bias")
    steps = layout.steps.get(name)
    if steps is not None:
        places |= {"shifted": steps.shifted, "exp": steps.exp}
    for key, head in vector_columns(layer, network):
        yield _head(places[key], head)
    if steps is not None:
        yield _head(Range.of(steps.maximum), "largest logit")
        yield _head(Range.of(steps.total), "sum of exp")


def _head(column: Range, text: str) -> Block:
    return one_cell(column.first.shifted(-1, 0), text, styles.COLUMN_HEAD)


def _arrows(network: Network, layout: Layout, band: Band) -> Iterator[Block]:
    """An arrow into each map of a layer from the one before, in the middle of its height."""
    tensors = list(layout.tensors)
    before = tensors[tensors.index(band.tensor) - 1]
    if band.tensor == INPUT or before not in sources(network.layer(band.tensor)):
        return
    maps = layout.tensors[band.tensor].maps
    if len(network.shapes[band.tensor]) == 1:
        maps = layout.tensors[before].maps
    for place in maps:
        yield TextBlock(arrow(place.row, band.first - GAP, place.height, GAP), "→", styles.ARROW)


def _answer(network: Network, layout: Layout) -> Iterator[Block]:
    answer = layout.answer
    if answer is None:
        return
    title = Range(answer.title.row, answer.title.column, TITLE_ROWS, ANSWER_TITLE)
    yield TextBlock(title, "the network's answer", styles.MAP_TITLE)
    what = "this is a" if answer.labels else "the output is"
    what = "here I see" if answer.ticks else what
    over = answer.large
    yield TextBlock(Range(over.row - 1, over.column, 1, over.width), what, styles.ANSWER_LEAD)
    target = layout.tensors[network.output].maps[0]
    under = answer.small
    if answer.threshold is not None:
        above = answer.threshold.first.shifted(-1, -2)
        text = "found from this probability on:"
        yield TextBlock(Range(above.row, above.column, 1, under.width), text, styles.BIAS_CAPTION)
    row = (answer.threshold or under).bottom + 1
    yield TextBlock(
        Range(row, under.column, 1, under.width),
        f"see how: {network.output} →",
        styles.ANSWER_LINK,
        link=f"{BOARD}!{target.first.a1}",
    )
