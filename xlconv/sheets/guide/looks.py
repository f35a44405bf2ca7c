"""The sheet Guide: a course of missions, and below it what is where.

Gives every rule its values and its look; cards and lists have modules of their own. Must not know
how a file is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from xlconv.sheets import styles
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.guide.cards import (
    STYLES,
    card_blocks,
    card_choices,
    card_highlights,
    card_merges,
    row_heights,
    words,
)
from xlconv.sheets.guide.lists import what_colours_mean, what_helps, what_is_where
from xlconv.sheets.guide.places import (
    ACTION,
    ANSWER,
    HEAD_ROW,
    LEAD_ROW,
    NUMBER,
    PROGRESS_ROW,
    QUESTION,
    SEE,
    TICK,
    TITLE_ROW,
    GuidePlaces,
    guide_places,
)
from xlconv.sheets.shown import Shown, rule_block
from xlconv.sheets.styles import QUIET, Palette, palette_named
from xlconv.sheets.works.looks import Part
from xlconv.spreadsheet.blocks import Block, Pages, Sheet, Style, TextBlock, one_cell
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.choices import Display
from xlconv.state.sheet_names import GUIDE

WIDTHS = {1: 24, NUMBER: 40, QUESTION: 330, ACTION: 345, SEE: 270, ANSWER: 200, TICK: 70, 8: 24}
_HEIGHTS = {TITLE_ROW: 44, PROGRESS_ROW: 28, HEAD_ROW: 22}
_LEAD = Style(size=11, colour=QUIET, horizontal="left", vertical="top", wrap=True)
_NAME = Style(size=9, colour=QUIET, horizontal="left")
_BUILT = Style(size=9, horizontal="left", shrink=True)
_LEAD_LETTERS = 180  # of a line of the description, at least
_TASK = "Each question is answered by something that you do; yellow cells are yours."
_LEFT = "Guide: as it was built"


def sheet(shown: Shown) -> Sheet:
    """The sheet, for a network with a title and a description."""
    network, layout, display = shown.network, shown.layout, shown.display
    places = guide_places(network, layout)
    computed = [
        rule_block(rule, shown.values[rule.key], STYLES[rule.role])
        for rule in shown.rules_of(GUIDE)
    ]
    return Sheet(
        GUIDE,
        (
            one_cell(Cell(TITLE_ROW, NUMBER), shown.title, styles.TITLE),
            TextBlock(Range(LEAD_ROW, NUMBER, 1, TICK - NUMBER + 1), shown.description, _LEAD),
            *computed,
            *card_blocks(places, display.choices),
            *_lists(display, layout, shown.colours, places),
        ),
        rules=card_highlights(places),
        merges=card_merges(places),
        widths=WIDTHS,
        row_height=22,
        heights={**_HEIGHTS, LEAD_ROW: _lead_height(shown.description), **row_heights(places)},
        tab_colour=styles.BLUE,
        choices=tuple(card_choices(places)),
        pages=Pages(1, None, area=Range(1, 1, places.bottom, TICK)),
    )


def _lead_height(description: str) -> int:
    """The pixels that a description needs, in as many lines as it takes."""
    return 6 + 20 * ceil(len(" ".join(description.split())) / _LEAD_LETTERS)


def captions(display: Display, layout: Layout) -> Iterator[tuple[str, TextBlock]]:
    """The words that tell of the network."""
    places = guide_places(display.network, layout)
    lists = _lists(display, layout, palette_named("lesson"), places)
    for block in (*(one for card in places.cards for one in words(card)), *lists):
        if isinstance(block, TextBlock) and block.text:
            yield GUIDE, block


def _lists(
    display: Display, layout: Layout, colours: Palette, places: GuidePlaces
) -> Iterator[Block]:
    network = display.network
    if places.cards:
        yield one_cell(Cell(PROGRESS_ROW, ACTION), _TASK, styles.LEAD)
    yield from what_is_where(network, layout, places)
    yield from what_colours_mean(network, layout, colours, places)
    yield from what_helps(network, layout, places)


def works(shown: Shown) -> Part | None:
    """What ticks compare with, on the sheet Works."""
    places, blocks = guide_places(shown.network, shown.layout), list[Block]()
    for key, cell in places.built.items():
        blocks.append(one_cell(cell.shifted(0, -1), key, _NAME))
        blocks.append(one_cell(cell, shown.display.built[key], _BUILT))
    return Part(_LEFT, places.left, tuple(blocks), {places.left: 150}) if blocks else None
