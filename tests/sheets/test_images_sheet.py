"""The sheet Images: what the network says of each picture, the pen that draws picture 0, pictures
in their colours, and pages on which all of it fits."""

from pathlib import Path

import numpy as np
import openpyxl
import pytest
from support.books import check_agrees, random_model, sheet_parts
from support.edits import edited_parts, with_constant, with_formula
from support.learners import build_exercise
from support.libreoffice import UnoSession

import xlconv
from xlconv import Conv2D, Dense, Gallery, Network, Sigmoid, Softmax
from xlconv.importers.gallery import template_gallery
from xlconv.rendering.stored import stored_sheet
from xlconv.sheets.images.looks import _OLD, _SAID, _UNSURE, _WRONG
from xlconv.sheets.images.places import GalleryPlaces
from xlconv.sheets.images.said import said_of
from xlconv.spreadsheet.blocks import Highlight, PaintedBlock
from xlconv.spreadsheet.cells import Range

LAYERS = (Conv2D("conv", 2, 3, padding="same"), Dense("dense", 3), Softmax("softmax"))
NETWORK = Network("drawn", (1, 8, 10), LAYERS, ("a", "b", "7"))
COLOURS = Network("coloured", (3, 6, 7), LAYERS, ("a", "b", "7"))
RANDOM = np.random.default_rng(8)


def gallery_of(network: Network, count: int = 5) -> Gallery:
    pictures = RANDOM.uniform(0, 1, (count, *network.input_shape))
    labels = [network.labels[number % 3] for number in range(count)]
    return Gallery(pictures, ("", *labels[1:]), ("",) * count)


def built(path: Path, network: Network) -> tuple[Path, Gallery]:
    model, gallery = random_model(network, 2), gallery_of(network)
    xlconv.build(path, model, gallery.image, gallery=gallery)
    return path, gallery


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("images") / "book.xlsx", NETWORK)[0]


@pytest.fixture(scope="module")
def coloured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("images") / "book.xlsx", COLOURS)[0]


def places_of(path: Path) -> GalleryPlaces:
    places = xlconv.read_book(path).layout.gallery
    assert places is not None
    return places


# ---- the pen


def on_images(place: Range) -> str:
    return f"Images!{place.a1}"


def typed(places: GalleryPlaces, cells: dict[tuple[int, int], float]) -> list[list[object]]:
    """The steps that type cells of the pen's first grid."""
    grid = places.pen.grids[0]
    return [["set", f"Images!{grid.cell(*at).a1}", value] for at, value in cells.items()]


DOT = {(1, 1): 1.0}
# A dot of one cell, 2 x 2 pixels: a quarter and three quarters of it down and across, times 4/3.
SIDE = np.array([0.25, 0.75, 0.75, 0.25])
SMOOTHED = np.zeros((8, 10))
SMOOTHED[1:5, 1:5] = np.outer(SIDE, SIDE) * 4 / 3


def test_a_dot_of_the_pen_is_smoothed(book: Path, session: UnoSession) -> None:
    """Worked out by hand; the board's picture 0 is what is drawn."""
    places, layout = places_of(book), xlconv.read_book(book).layout
    assert layout.panel.picture is not None
    board = layout.tensors["input"].maps[0].a1
    answers = session.run(
        book,
        *typed(places, DOT),
        ["read", on_images(places.maps(0)[0])],
        ["set", layout.panel.picture.first.a1, 0],
        ["read", board],
    )
    np.testing.assert_allclose(np.array(answers[1], float), SMOOTHED, atol=1e-12)
    np.testing.assert_allclose(np.array(answers[3], float), SMOOTHED, atol=1e-12)


def test_a_stroke_is_as_dark_as_ink(book: Path, session: UnoSession) -> None:
    """A line of cells: three quarters, times 4/3, in its middle; a block is not darker than 1."""
    places = places_of(book)
    line = {(2, column): 1.0 for column in range(5)}
    *_, found = session.run(book, *typed(places, line), ["read", on_images(places.maps(0)[0])])
    column = np.array(found, float)[:, 4]
    np.testing.assert_allclose(column, [0, 0, 0, 1 / 3, 1, 1, 1 / 3, 0], atol=1e-12)
    block = {**line, **{(1, column): 1.0 for column in range(5)}}
    *_, found = session.run(book, *typed(places, block), ["read", on_images(places.maps(0)[0])])
    assert np.array(found, float).max() == 1.0


def test_typed_pixels_stay_and_the_pen_can_be_turned_off(
    book: Path, session: UnoSession, tmp_path: Path
) -> None:
    """As before there was a pen; the saved book is proved, with typed pixels and without."""
    places = places_of(book)
    drawing = on_images(places.maps(0)[0])
    pixel = f"Images!{places.maps(0)[0].cell(2, 2).a1}"
    switch = f"Images!{places.pen.switch.first.a1}"
    steps = [*typed(places, DOT), ["set", pixel, 0.4]]
    saved = session.saved(book, tmp_path, *steps)
    *_, drawn, _, off = session.run(
        book, *steps, ["read", drawing], ["set", switch, "off"], ["read", drawing]
    )
    expected = SMOOTHED.copy()
    expected[2, 2] = 0.4
    np.testing.assert_allclose(np.array(drawn, float), expected, atol=1e-12)
    alone = np.zeros_like(SMOOTHED)
    alone[2, 2] = 0.4
    np.testing.assert_allclose(np.array(off, float), alone, atol=1e-12)
    check_agrees(saved, stored="present", random=2)
    found = xlconv.read_book(saved).display
    np.testing.assert_allclose(found.pictures[0][0], expected, atol=1e-12)
    assert found.pen.cells.sum() == 1


def test_the_drawing_is_proved(book: Path, tmp_path: Path) -> None:
    """Another formula in it is found; a number that is typed over one is a pixel."""
    place, part = places_of(book).maps(0)[0].cell(3, 3).a1, sheet_parts(book)["Images"]
    check_agrees(book, random=3)
    wrong = edited_parts(book, tmp_path / "wrong.xlsx", {part: with_formula(place, "1-1")})
    [finding] = xlconv.verify(wrong, random=0).findings
    assert (finding.kind, str(finding.place)) == ("formula", f"Images!{place}")
    pixel = edited_parts(book, tmp_path / "typed.xlsx", {part: with_constant(place, 0.5)})
    assert {finding.kind for finding in xlconv.verify(pixel).findings} <= {"stale"}
    assert xlconv.read_book(pixel).display.pictures[0][0, 3, 3] == 0.5


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (1, 32, 56), (1, 5, 9), (2, 64, 100)])
def test_every_pixel_has_all_its_shares(shape: tuple[int, int, int]) -> None:
    """Inside of the grid; at its border a part of them is paper."""
    pen = GalleryPlaces(shape, 3).pen
    assert pen.grids[0].height <= 28
    assert pen.grids[0].width <= 28
    for row in range(shape[1]):
        for column in range(shape[2]):
            touched = list(pen.touches(row, column))
            assert 0 < sum(one.share for one in touched) <= pen.whole
            here = (row // pen.size, column // pen.size)
            assert max(touched, key=lambda one: one.share)[:2] == here
    middle = [shape[1] // 2, shape[2] // 2]
    assert sum(one.share for one in pen.touches(*middle)) == pen.whole


@pytest.mark.parametrize("book_of", ["book", "coloured"])
def test_nothing_on_the_sheet_overlaps(book_of: str, request: pytest.FixtureRequest) -> None:
    places = places_of(request.getfixturevalue(book_of))
    taken = [*places.pen.grids, places.pen.words, places.pen.switch]
    for number in range(places.count + 1):
        taken += [places.number(number), places.label(number), *places.maps(number)]
        taken += [one for one in (places.mosaic(number),) if one is not None]
        taken += [places.said(number), Range.of(places.ink(number))] if number else []
    for index, one in enumerate(taken):
        assert not any(one.overlaps(other) for other in taken[index + 1 :])


# ---- what is said


def said_in(path: Path) -> list[str]:
    places = places_of(path)
    sheet = openpyxl.load_workbook(path)["Images"]
    numbers = range(1, places.count + 1)
    return [str(sheet[places.said(number).first.a1].value or "") for number in numbers]


def test_under_each_picture_stands_what_the_network_says(tmp_path: Path) -> None:
    path, gallery = built(tmp_path / "book.xlsx", NETWORK)
    model = random_model(NETWORK, 2)
    expected = []
    for picture in gallery.pictures:
        output = xlconv.forward(model, picture)["softmax"]
        best = int(output.argmax())
        expected.append(f"says {NETWORK.labels[best]}, {round(100 * output[best])} %")
    assert said_in(path) == expected


def test_several_classes_are_said_together() -> None:
    layers = (Dense("dense", 3), Sigmoid("sigmoid"))
    network = Network("several", (1, 2, 2), layers, ("a", "b", "c"))
    model = random_model(network, 1)
    pictures = RANDOM.normal(0, 3, (20, 1, 2, 2))
    for picture, said in zip(pictures, said_of(model, pictures), strict=True):
        reached = xlconv.forward(model, picture)["sigmoid"] >= 0.5
        names = [label for label, yes in zip(network.labels, reached, strict=True) if yes]
        assert said == f"says {', '.join(names) or 'none'}"


def test_nothing_is_said_where_that_is_asked_or_nothing_can_be(tmp_path: Path) -> None:
    """In an exercise from which the answer follows; where there are no classes."""
    model, gallery = random_model(NETWORK, 2), gallery_of(NETWORK)
    path = tmp_path / "task.xlsx"
    task = xlconv.Exercise(("dense",))
    xlconv.build(path, model, gallery.image, gallery=gallery, exercise=task)
    assert set(said_in(path)) == {""}
    maps = Network("maps", (1, 8, 10), LAYERS[:1])
    xlconv.build(path, random_model(maps, 2), gallery.image, gallery=gallery)
    assert set(said_in(path)) == {""}


def colours_of(path: Path) -> dict[int, set[str]]:
    """The colours that rules give each text now."""
    places, found = places_of(path), {}
    rules = stored_sheet(xlconv.read_book(path), "Images").rules
    for number in range(1, places.count + 1):
        own = places.said(number)
        found[number] = {
            rule.colour for rule in rules if isinstance(rule, Highlight) and own in rule.now
        }
    return found


def test_wrong_ones_are_red_and_old_ones_pale(book: Path, session: UnoSession) -> None:
    """Live, in LibreOffice: when a label is typed, a pixel of the picture or a weight."""
    places, layout = places_of(book), xlconv.read_book(book).layout
    said = said_in(book)
    number = 3
    own = on_images(places.said(number))
    told = said[number - 1].removeprefix("says ").partition(",")[0]
    label = f"Images!{places.label(number).first.a1}"
    pixel = f"Images!{places.maps(number)[0].cell(4, 4).a1}"
    weight = layout.weights["dense"].kernels(0)[0].first.a1
    other = "a" if told == "b" else "b"
    usual = {_SAID.colour, _UNSURE.colour}
    answers = session.run(
        book,
        *(["set", label, told], ["painted", own], ["set", label, other], ["painted", own]),
        *(["set", pixel, 0.123], ["painted", own]),
    )
    right, wrong, changed = answers[1], answers[3], answers[5]
    assert set(right) <= usual
    assert wrong == [_WRONG]
    assert changed == [_OLD]
    answers = session.run(book, ["set", weight, 9], ["painted", own])
    assert answers[1] == [_OLD]


def test_pictures_of_the_sheet_show_what_is_wrong(tmp_path: Path) -> None:
    path, gallery = built(tmp_path / "book.xlsx", NETWORK)
    said = said_in(path)
    for number, colours in colours_of(path).items():
        label = gallery.labels[number - 1]
        wrong = label != "" and not said[number - 1].startswith(f"says {label},")
        assert colours == ({_WRONG} if wrong else set())


@pytest.mark.parametrize("name", ["lesson3", "lenet5", "resnet", "dropout", "rgb", "multilabel"])
def test_a_gallery_holds_mistakes(name: str) -> None:
    """And among a hundred digits, ten of each class, some of which the network is not sure."""
    template = xlconv.load_template(name)
    gallery = template_gallery(template.about, template.network, template.image)
    said = said_of(template, gallery.pictures)
    shown = [one.removeprefix("says ").partition(", ")[0] for one in said]
    if name == "multilabel":
        shown = [one.removeprefix("says ") for one in said]
    wrong = [one for one, label in zip(shown, gallery.labels, strict=True) if one != label]
    assert 1 <= len(wrong) <= 10
    if name not in ("rgb", "multilabel"):
        assert [gallery.labels.count(str(digit)) for digit in range(10)] == [10] * 10
        assert len(wrong) >= 4
        assert any(int(one.rpartition(", ")[2].removesuffix(" %")) < 80 for one in said)


# ---- colours


def test_pictures_are_painted_in_their_colours(coloured: Path) -> None:
    """Each channel is off by half of a sixteenth level at the most; the cell's number is it."""
    found, places = xlconv.read_book(coloured), places_of(coloured)
    sheet = stored_sheet(found, "Images")
    painted = {block.range: block for block in sheet.blocks if isinstance(block, PaintedBlock)}
    workbook = openpyxl.load_workbook(coloured)["Images"]
    for number in range(1, places.count + 1):
        place = places.mosaic(number)
        assert place is not None
        values = np.asarray(painted[place].values, dtype=np.int64)
        colours = np.stack([values >> 16, values >> 8 & 255, values & 255]) / 255
        assert np.abs(colours - found.display.pictures[number]).max() <= 1 / 30 + 1e-9
        for cell, value in zip(place.cells(), values.reshape(-1).tolist(), strict=True):
            held = workbook[cell.a1]
            assert held.value == value
            assert held.fill.fgColor.rgb == f"00{value:06X}"


def test_a_pixel_that_was_typed_over_is_marked(coloured: Path, session: UnoSession) -> None:
    places = places_of(coloured)
    mosaic, maps = places.mosaic(2), places.maps(2)
    assert mosaic is not None
    cell = f"Images!{mosaic.cell(3, 2).a1}"
    pixel = f"Images!{maps[0].cell(3, 2).a1}"
    before, _, after = session.run(
        coloured, ["painted", cell], ["set", pixel, -1], ["painted", cell]
    )
    assert len(before) == 1
    assert before[0] not in after
    assert "B07D00" in after


def test_the_drawing_has_its_colours_at_once(coloured: Path, session: UnoSession) -> None:
    places = places_of(coloured)
    mosaic, maps = places.mosaic(0), places.maps(0)
    assert mosaic is not None
    cell = f"Images!{mosaic.cell(3, 2).a1}"
    steps = [
        ["set", f"Images!{place.cell(3, 2).a1}", value]
        for place, value in zip(maps, (1.0, 0.6, 0.2), strict=True)
    ]
    *_, painted = session.run(coloured, *steps, ["painted", cell])
    assert painted == ["FF9933"]
    check_agrees(coloured, random=2)


# ---- pages

PAGE = 297 - 2 * 0.4 * 25.4  # millimetres between the margins of A4 across
LEAST = 0.12  # the smallest scale that LibreOffice tries before it prints at 6 %


@pytest.mark.parametrize("shape", [(1, 28, 28), (1, 32, 56), (3, 32, 32), (1, 64, 64), (1, 5, 5)])
@pytest.mark.parametrize("count", [1, 9, 100])
def test_a_line_of_pictures_fits_a_page(shape: tuple[int, int, int], count: int) -> None:
    """At the 25.4 pixels that LibreOffice draws for 24, 96 to the inch."""
    places = GalleryPlaces(shape, count)
    wide = places.range.right * 25.4 * 25.4 / 96
    assert wide * LEAST <= PAGE


def test_exercises_keep_their_gallery(tmp_path: Path) -> None:
    """The pen and the pictures of an exercise are proved like all others."""
    path = build_exercise(
        tmp_path / "task.xlsx", random_model(NETWORK, 1), np.ones((1, 8, 10)), "conv"
    )
    assert xlconv.verify(path).findings == ()
