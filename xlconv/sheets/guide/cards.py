"""The cards of the Guide as blocks: question, action, what to look at, answer, tick, reason.

Must not know which missions there are, nor what a tick computes.
"""

from collections.abc import Iterator
from dataclasses import replace

from xlconv.sheets.guide.mission import DONE
from xlconv.sheets.guide.places import (
    ACTION,
    ANSWER,
    HEAD_ROW,
    NUMBER,
    QUESTION,
    SEE,
    TICK,
    Card,
    GuidePlaces,
)
from xlconv.sheets.styles import BLUE, GREEN, QUIET
from xlconv.spreadsheet.blocks import (
    BlankBlock,
    Block,
    Choice,
    Highlight,
    Style,
    TextBlock,
    one_cell,
)
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.choices import Choices

_CARD, _DONE = "F5F7FA", "F0F8F3"  # the grounds of a card, and of one that is done
_AMBER = "8A6100"
_HEAD = Style(size=10, colour=QUIET, horizontal="left", vertical="bottom")
_NUMBER = Style(size=16, bold=True, colour=BLUE, fill=_CARD)
_QUESTION = Style(size=14, bold=True, horizontal="left", fill=_CARD, wrap=True)
_ACTION = Style(size=11, colour=BLUE, horizontal="left", fill=_CARD, wrap=True)
_SEE = Style(size=11, horizontal="left", fill=_CARD, wrap=True)
_ANSWER = Style(size=11, bold=True, fill="FFF3C4", border="E0C36A", shrink=True, locked=False)
_GROUND = Style(fill=_CARD)
STYLES = {
    "guide see": _SEE,
    "guide tick": Style(size=18, bold=True, colour=GREEN, fill=_CARD),
    "guide again": Style(size=10, bold=True, colour=_AMBER, fill=_CARD, vertical="top"),
    "guide why": Style(
        size=10, italic=True, colour=QUIET, horizontal="left", vertical="top", fill=_CARD, wrap=True
    ),
    "guide progress": Style(size=14, bold=True, colour=GREEN, horizontal="left"),
}
HEIGHTS = {0: 40, 1: 34, 2: 6}  # of a card's rows, in pixels


def card_blocks(places: GuidePlaces, choices: Choices) -> Iterator[Block]:
    """What stands on the cards besides computed cells."""
    if places.cards:
        for column, head in (
            (QUESTION, "the question"),
            (ACTION, "do this"),
            (SEE, "what do you see?"),
            (ANSWER, "choose an answer"),
        ):
            yield one_cell(Cell(HEAD_ROW, column), head, _HEAD)
        yield one_cell(Cell(HEAD_ROW, TICK), "done", replace(_HEAD, horizontal="center"))
    for card in places.cards:
        yield from words(card)
        if card.mission.options:
            yield _answer(card, choices)
        yield from _ground(card)


def words(card: Card) -> Iterator[TextBlock]:
    """A card's texts that no formula makes."""
    mission = card.mission
    yield TextBlock(Range.of(card.cell(QUESTION)), mission.question, _QUESTION)
    yield TextBlock(Range.of(card.cell(ACTION)), mission.action, _ACTION, mission.link)
    if isinstance(mission.see, str):
        yield TextBlock(Range.of(card.cell(SEE)), mission.see, _SEE)


def _answer(card: Card, choices: Choices) -> Block:
    """What was answered, or an empty cell."""
    held = choices.answers.get(card.mission.key)
    place = card.cell(ANSWER)
    return BlankBlock(Range.of(place), _ANSWER) if held is None else one_cell(place, held, _ANSWER)


def _ground(card: Card) -> Iterator[Block]:
    """The number, and the card's cells that hold nothing."""
    yield one_cell(card.cell(NUMBER), float(card.number), replace(_NUMBER, number_format="0"))
    yield BlankBlock(Range.of(Cell(card.row + 1, NUMBER)), _GROUND)
    if not card.mission.options:
        yield BlankBlock(Range.of(card.cell(ANSWER)), _GROUND)
        yield BlankBlock(Range.of(card.again), _GROUND)
    yield BlankBlock(Range(card.row + 1, ACTION, 1, SEE - ACTION + 1), _GROUND)
    yield BlankBlock(Range.of(Cell(card.row + 1, TICK)), _GROUND)
    yield BlankBlock(Range.of(Cell(card.row + 2, NUMBER)), Style())  # a row of its own height


def card_merges(places: GuidePlaces) -> tuple[Range, ...]:
    """The reasons run over three columns."""
    return tuple(Range(card.row + 1, QUESTION, 1, SEE - QUESTION + 1) for card in places.cards)


def card_highlights(places: GuidePlaces) -> tuple[Highlight, ...]:
    """A card that is done is green."""
    return tuple(
        Highlight(_without_answer(card), f'{card.cell(TICK):$}="{DONE}"', fill=_DONE)
        for card in places.cards
    )


def _without_answer(card: Card) -> tuple[Range, ...]:
    """A card's cells but the yellow one."""
    above, below = card.area
    if not card.mission.options:
        return above, below
    left = Range(card.row, NUMBER, 1, ANSWER - NUMBER)
    return left, Range.of(card.cell(TICK)), below


def card_choices(places: GuidePlaces) -> Iterator[Choice]:
    """The lists of answers."""
    for card in places.cards:
        if card.mission.options:
            place = Range.of(card.cell(ANSWER))
            yield Choice((place,), "what do you see?", "Choose an answer.", card.mission.options)


def row_heights(places: GuidePlaces) -> dict[int, int]:
    return {card.row + row: height for card in places.cards for row, height in HEIGHTS.items()}
