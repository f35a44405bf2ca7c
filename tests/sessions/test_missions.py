"""Somebody works through the Guide in LibreOffice: what a card says turns its own tick on and no
other, what is undone turns it off; a wrong answer is told, a right one ticks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.books import TemplateBook
from support.libreoffice import UnoSession
from support.sessions import Step, verifies

from xlconv.book.book import FoundBook, read_book
from xlconv.importers.template import template_names
from xlconv.network.layers.convolution import KernelDemo
from xlconv.network.layers.settings import setting_cell
from xlconv.network.shapes import as_maps
from xlconv.sheets.guide.mission import AGAIN, DONE, Explains
from xlconv.sheets.guide.places import ANSWER, TICK, Card, guide_places
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.sheet_names import BOARD, GUIDE

Set = tuple[str, object]  # a cell and what to type


def target(card: Card) -> str:
    """The cell that a card's link leads to."""
    return card.mission.link


def held(book: FoundBook, place: str) -> object:
    """What a cell holds now."""
    sheet, _, cell = place.partition("!")
    return book.cell(sheet, Range.of(Cell.parse(cell))).value


def explained(book: FoundBook, layer: str) -> Iterator[Set]:
    """Choose a cell of a layer: the first, or, if that is taken apart already, the last."""
    chosen = book.display.choices.explained
    sizes = as_maps(book.network.shapes[layer])
    first = chosen.within(book.network) != (1, 1, 1) or chosen.layer != layer
    place = (1, 1, 1) if first else sizes
    cells = [f"{BOARD}!{cell.a1}" for cell in book.layout.panel.chosen]
    yield from zip(cells, (layer, *place), strict=True)


def doing(card: Card, book: FoundBook) -> list[Set]:
    """What a card says, as cells and what to type; nothing where it is done by answering."""
    mission, network = card.mission, book.network
    if mission.done is None:
        return []
    if isinstance(mission.done, Explains):
        return list(explained(book, mission.done.layer))
    match mission.key:
        case "kernel":
            demo = next((one for one in network.layers if isinstance(one, KernelDemo)), None)
            other = "blur" if demo and demo.chosen != "blur" else "outline"
            return [(target(card), other if demo else 5.0)]
        case "border" | "pool" | "ink":
            return [(target(card), 1.0)]
        case "softmax":
            assert book.layout.laboratory is not None
            off = book.layout.laboratory.minus_max.first
            return [(target(card), 1000.0), (f"{BOARD}!{off.a1}", 0.0)]
        case "parameters":
            return [(target(card), 100.0)]
        case "norm":
            return [(target(card), 0.0)]
        case "dropout":
            layer = next(one for one in network.layers if one.random)
            return [(target(card), 1.0 - setting_cell(layer.active))]  # type: ignore[attr-defined]
        case "sigmoid":
            return [(target(card), 0.05)]
        case "mistake":
            return [(target(card), 2.0 if book.display.choices.picture != 2 else 3.0)]
        case "pixel":
            panel = book.layout.panel
            places = (panel.pixel_row.first, panel.pixel_column.first)
            return [(f"{BOARD}!{place.a1}", 5.0) for place in places]
    raise AssertionError(f"how is {mission.key} done?")


def typing(sets: list[Set]) -> list[Step]:
    return [["set", place, value] for place, value in sets]


@pytest.mark.parametrize("name", template_names())
def test_a_card_is_done_by_what_it_says_and_by_nothing_else(
    session: UnoSession, template_book: TemplateBook, name: str
) -> None:
    path = template_book(name).path
    book = read_book(path)
    places = guide_places(book.network, book.layout)
    assert places.ticks is not None
    everything = ["read", f"{GUIDE}!{places.ticks.a1}"]
    expected: list[tuple[object, set[str]]] = [("fresh", set())]
    steps: list[Step] = [everything]
    for card in places.cards:
        sets = doing(card, book)
        assert sets or card.mission.options, card.mission.key
        if sets:
            undone = [(place, held(book, place)) for place, _ in sets]
            steps += [*typing(sets), everything, *typing(undone), everything]
            expected += [(f"{card.mission.key} done", {card.mission.key}), ("undone", set())]
        if card.mission.options:
            answer = f"{GUIDE}!{card.cell(ANSWER).a1}"
            wrong = next(one for one in card.mission.options if one != card.mission.right)
            for value, ticks in ((wrong, set()), (card.mission.right, {card.mission.key})):
                steps += [["set", answer, value], everything]
                expected.append((f"{card.mission.key}: {value}", ticks))
            steps += [["set", answer, None], everything]
            expected.append(("not answered", set()))
    answers = [one for one in session.run(path, *steps) if one is not None]
    rows = {card.row - places.cards[0].row: card.mission.key for card in places.cards}
    found = [{rows[n] for n, [tick] in enumerate(grid) if tick == DONE} for grid in answers]
    assert list(zip((what for what, _ in expected), found, strict=True)) == expected


@pytest.mark.parametrize("name", ["dropout", "lenet5", "lesson3", "resnet", "rgb"])
def test_what_the_card_of_softmax_promises_is_seen(
    session: UnoSession, template_book: TemplateBook, name: str
) -> None:
    """Also for a first picture of which the network is not sure, whose logits are small."""
    path = template_book(name).path
    book = read_book(path)
    places, laboratory = guide_places(book.network, book.layout), book.layout.laboratory
    card = next(card for card in places.cards if card.mission.key == "softmax")
    assert laboratory is not None
    assert card.mission.right == "an overflow"
    [*_, exps, shares] = session.run(
        path,
        *typing(doing(card, book)),
        ["read", laboratory.exp.a1],
        ["read", laboratory.softmax.a1],
    )
    assert ["overflow"] in exps
    assert shares == [["overflow"]] * len(shares)


def test_answers_progress_and_reasons(
    session: UnoSession, template_book: TemplateBook, tmp_path: Path
) -> None:
    path = template_book("edges").path
    book = read_book(path)
    places = guide_places(book.network, book.layout)
    kernel = next(card for card in places.cards if card.mission.key == "kernel")
    answer, why = (f"{GUIDE}!{cell.a1}" for cell in (kernel.cell(ANSWER), kernel.why))
    again, progress = (f"{GUIDE}!{cell.a1}" for cell in (kernel.again, places.progress))
    steps = [["read", again], ["read", progress], ["read", why]]
    wrong, right = kernel.mission.options[1], kernel.mission.options[0]
    answers: list[Any] = session.run(
        path,
        *steps,
        *(["set", answer, wrong], *steps),
        *(["set", answer, right.upper()], *steps),
        ["save", (tmp_path / "saved.xlsx").as_uri()],
    )
    said = [grid[0][0] for grid in answers if grid is not None]
    count = len(places.cards)
    waiting = "why: appears when it is done"
    assert said == [
        *("", f"0 of {count} done", waiting),
        *(AGAIN, f"0 of {count} done", waiting),
        *("", f"1 of {count} done", kernel.mission.why),
    ]
    verifies(tmp_path / "saved.xlsx", random=1)
    now = read_book(tmp_path / "saved.xlsx").display.choices.answers
    assert now == {"kernel": right.upper()}
    assert TICK == ANSWER + 1
