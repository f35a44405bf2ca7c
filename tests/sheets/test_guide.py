"""The Guide: which missions fit which network, what their ticks compute, where they lead, and that
every text fits its cells."""

from functools import cache
from math import ceil
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont
from support import books
from support.sessions import MIXED, SKIPPED

import xlconv
from xlconv import AvgPool2D, Conv2D, Dense, Flatten, MaxPool2D, Network, ReLU, Sigmoid, Softmax
from xlconv.compiler import compile_book
from xlconv.importers.template import template_names
from xlconv.network.network import INPUT
from xlconv.sheets.board.places import plan
from xlconv.sheets.guide.missions.cells import AXES
from xlconv.sheets.guide.missions.course import course
from xlconv.sheets.guide.missions.sight import sight
from xlconv.sheets.guide.places import guide_places
from xlconv.sheets.on_board.receptive.numbers import read_box
from xlconv.spreadsheet.blocks import Book, FormulaBlock, Sheet, Style, TextBlock
from xlconv.spreadsheet.cells import Cell
from xlconv.state.exercise import exercise_of

FONTS = Path("/usr/share/fonts/truetype/crosextra")


def keys(network: Network, pictures: int | None = None) -> list[str]:
    return [one.key for one in course(network, plan(network, pictures))]


@cache
def book(name: str) -> Book:
    template = xlconv.load_template(name)
    return compile_book(template, template.image)


@cache
def guide(name: str) -> Sheet:
    return book(name).sheets[0]


def test_the_guide_is_the_first_sheet() -> None:
    assert [sheet.name for sheet in book("lesson3").sheets][:2] == ["Guide", "Board"]


# What belongs to each template, beside what every one has.
TEMPLATES = {
    "edges": {"kernel", "relu", "field", "pool", "mistake", "pixel"},
    "rgb": {"kernel", "colour", "depth", "dense", "softmax", "parameters"},
    "multilabel": {"kernel", "sigmoid", "depth", "dense"},
    "resnet": {"kernel", "norm", "skip", "depth", "parameters"},
    "lesson3": {"kernel", "relu", "depth", "field", "pool", "dense", "softmax", "sigmoid"},
    "dropout": {"dropout", "softmax"},
    "lenet5": {"depth", "parameters", "pool"},
    "conv-example": {"kernel", "depth", "pool"},
}
FOREIGN = {
    "edges": {"depth", "softmax", "colour"},
    "lesson3": {"colour", "norm", "skip", "dropout"},
}


@pytest.mark.parametrize("name", template_names())
def test_missions_fit_the_template(name: str) -> None:
    found = keys(xlconv.load_template(name).network, 12)
    assert TEMPLATES[name] <= set(found)
    assert not FOREIGN.get(name, set()) & set(found)
    assert len(set(found)) == len(found)


def test_missions_follow_from_the_network_and_not_from_its_name() -> None:
    shades = Network(
        "resnet",
        (1, 8, 8),
        (Conv2D("up", 2, 3), ReLU("off"), AvgPool2D("half"), Dense("two", 2), Softmax("shares")),
    )
    assert keys(shades) == [
        *("kernel", "relu", "field", "pool", "dense", "softmax", "sigmoid", "parameters", "pixel")
    ]
    several = Network("n", (3, 6, 6), (Conv2D("conv", 1, 3), Flatten("flat"), Sigmoid("found")))
    assert "colour" in keys(several)
    assert "sigmoid" in keys(several)
    assert "dense" not in keys(several)
    points = Network("n", (1, 4, 4), (Conv2D("point", 1, 1),))
    assert keys(points) == []


def test_an_exercise_comes_first() -> None:
    network = xlconv.load_template("lesson3").network
    exercise = exercise_of(network, ["conv1", "softmax"])
    first, *_ = course(network, plan(network, 12, exercise))
    assert (first.key, first.link) == ("exercise", "Exercise!A1")
    assert "conv1, softmax" in first.action


def test_what_the_guide_computes_as_the_file_spells_it(network_book: books.NetworkBook) -> None:
    cells = books.xml_cells(network_book(books.LITERAL, 1).path, "Guide")
    layout = plan(books.LITERAL)
    panel, places = layout.panel, guide_places(books.LITERAL, layout)
    rows = {card.mission.key: card.row for card in places.cards}
    assert rows == {
        **{"kernel": 5, "relu": 8, "depth": 11, "field": 14, "border": 17, "pool": 20},
        **{"dense": 23, "softmax": 26, "sigmoid": 29, "parameters": 32, "pixel": 35},
    }
    used = [f"Works!{cell:$}" for cell in panel.used.cells()]
    built = [f"Works!{cell:$}" for cell in places.built.values()]
    assert list(places.built) == ["sums_edges", *(f"explain:{one}" for one in AXES)]
    other = ",".join(f"{now}<>{then}" for now, then in zip(used, built[1:], strict=True))
    edges = f"{layout.tensors['edges'].maps[0]:Board}"
    apart = f"Board!{panel.pixel_row.first:$},Board!{panel.pixel_column.first:$}"
    assert panel.outside is not None
    assert layout.laboratory is not None
    changed = ",".join(f"Board!{one.first:$}<>1" for one in layout.laboratory.choices)
    expected = {
        # 2 kernels of 3 x 3 and their biases, summed on Model beside their layer
        "G5": f"IF(OR(ABS(Model!$U$8-{built[0]})>0.000000001*(1+ABS({built[0]})),"
        '$F$5="look alike"),"✓","")',
        "G8": 'IF($F$8="negative numbers","✓","")',
        "G11": f'IF(OR(AND({used[0]}=3,OR({other})),$F$11="2 windows"),"✓","")',
        # one cell of pool: 1 x 2 of fused, 2 x 4 of edges' ReLU, 4 x 6 pixels
        "G14": f'IF(OR(AND({used[0]}=4,OR({other})),$F$14="4 × 6"),"✓","")',
        "G17": f'IF(OR(Board!{panel.outside.first:$}<>0,$F$17="the rim"),"✓","")',
        "G23": f'IF(OR(AND({used[0]}=5,OR({other})),$F$23="for the class"),"✓","")',
        "G26": f'IF(OR(OR({changed}),$F$26="an overflow"),"✓","")',
        # 2 * 9 + 2 numbers of edges, 13 of fused, 3 * 2 * 2 + 3 of dense
        "G32": 'IF($F$32="edges","✓","")',
        "G35": f'IF(OR(COUNT({apart})=2,$F$35="3 × 3"),"✓","")',
        "B3": 'COUNTIF($G$5:$G$35,"✓")&" of 11 done"',
        "F8": None,
        "F9": 'IF(OR($F$8="",$F$8="negative numbers"),"","look again")',
        "E8": f'COUNTIF({edges},"<-1E-9")&" of "&ROWS({edges})*COLUMNS({edges})'
        '&" cells of edges map 1 are negative. What is gone?"',
        "C21": 'IF($G$20="✓","It keeps one number of 2: how strong, but no longer exactly where. '
        "So a picture that moves by a pixel changes pool less than fused, and what comes behind "
        'has fewer numbers to read.","why: appears when it is done")',
    }
    assert {place: cells[place].formula for place in expected} == expected


@pytest.mark.parametrize("network", [books.LITERAL, MIXED, SKIPPED], ids=lambda one: one.name)
def test_what_a_cell_sees_is_what_it_reads(network: Network) -> None:
    """The arithmetic of the Guide's answer, against marks that follow window after window."""
    for layer in network.layers:
        shape = network.shapes[layer.name]
        size = sight(network, layer.name)
        if size is None:
            continue
        cell = (1, shape[1] // 2 + 1, shape[2] // 2 + 1)
        boxes: dict[str, books.Array] = {}
        for tensor in reversed(list(network.shapes)):
            boxes[tensor] = np.array(read_box(network, tensor, layer.name, cell, boxes))
        top, bottom, left, right = boxes[INPUT][2:]
        assert (bottom - top + 1, right - left + 1) == size, layer.name


def test_sights_that_are_known() -> None:
    lesson3 = xlconv.load_template("lesson3").network
    assert [sight(lesson3, name) for name in ("conv1", "conv2", "pool", "dense")] == [
        *((3, 3), (5, 5), (6, 6), None)
    ]


@pytest.mark.parametrize("name", template_names())
def test_cards_lead_to_a_cell_and_their_lists_can_be_chosen_from(name: str) -> None:
    places = {sheet.name: sheet.used_range for sheet in book(name).sheets}
    network = xlconv.load_template(name).network
    cards = guide_places(network, plan(network, 12)).cards
    for card in cards:
        sheet, _, cell = card.mission.link.partition("!")
        assert Cell.parse(cell) in places[sheet]
        assert "!" not in card.mission.action
        assert "$" not in card.mission.action
        if card.mission.options:
            assert card.mission.right in card.mission.options
            assert not any("," in one or '"' in one for one in card.mission.options)
            assert len(",".join(card.mission.options)) <= 255
            assert len(set(map(str.casefold, card.mission.options))) >= 2


@cache
def font(style: Style) -> ImageFont.FreeTypeFont:
    names = {(False, False): "Regular", (True, False): "Bold", (False, True): "Italic"}
    path = FONTS / f"Carlito-{names[style.bold, style.italic]}.ttf"
    if not path.is_file():
        pytest.skip("Carlito is not installed")
    return ImageFont.truetype(str(path), style.size * 96 / 72)


def lines(text: str, style: Style, width: float) -> int:
    """The lines that a text takes in a width, broken between words."""
    count, line = 1, ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if font(style).getlength(longer) > width and line:
            count, line = count + 1, word
        else:
            line = longer
    assert font(style).getlength(line) <= width or style.shrink, text
    return count


@pytest.mark.parametrize("name", template_names())
def test_every_text_of_the_cards_fits_its_cells(name: str) -> None:
    check_texts(guide(name), xlconv.load_template(name).network)


def test_long_names_fit_their_cells() -> None:
    """Of a network that names layers and classes as nobody should."""
    network = Network(
        "long",
        (3, 12, 12),
        (
            Conv2D("w" * 90, 8, 3, padding="same"),
            ReLU("m" * 90),
            Conv2D("the_second_convolution_of_this_network", 2, 3),
            MaxPool2D("w" * 60 + "_pool"),
            Dense("m" * 80, 3),
            Softmax("w" * 70),
        ),
        ("W" * 400, "a", "b"),
    )
    model = books.random_model(network, 1)
    check_texts(compile_book(model, np.ones(network.input_shape)).sheets[0], network)


def check_texts(sheet: Sheet, network: Network) -> None:
    cards = guide_places(network, plan(network, 12)).cards
    last = cards[-1].row + 1
    merged = {place.first: place for place in sheet.merges}
    checked = 0
    for block in sheet.blocks:
        texts: tuple[str, ...] = ()
        if isinstance(block, TextBlock):
            texts = (block.text,)
        elif isinstance(block, FormulaBlock):
            texts = (str(block.values.reshape(-1)[0]),)
        place = merged.get(block.range.first, block.range)
        if not texts or not 2 <= place.row <= last or place.column > 7 or not block.style.wrap:
            continue
        reasons = [card.mission.why for card in cards if card.why == place.first]
        for text in (*texts, *reasons):
            columns = range(place.column, place.right + 1)
            width = sum(sheet.widths.get(one, sheet.column_width) for one in columns) - 6
            height = sheet.heights.get(place.row, sheet.row_height)
            needed = lines(text, block.style, width) * ceil(block.style.size * 96 / 72 * 1.22)
            assert needed <= height + 1, (text, needed, height)
            checked += 1
    assert checked >= 3 * len(cards)
