"""What somebody chose after the last calculation makes a book stale, not wrong; and one wrong cell
of the panel or of the inspector is one finding, at that cell."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from support import edits
from support.books import BuiltBook, check_agrees, found, random_image, random_model, sheet_parts

import xlconv
from xlconv import Conv2D, Dense, Gallery, MaxPool2D, Network, ReLU, Sigmoid, Softmax
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.board.places import plan
from xlconv.sheets.guide.places import ANSWER, HEAD_ROW
from xlconv.spreadsheet.cells import Cell
from xlconv.state.choices import Explained
from xlconv.state.sheet_names import BOARD, GUIDE, IMAGES
from xlconv.verification.structure import ComputedCell, computed_cells

ONE = Network(
    "one",
    (1, 5, 4),
    (
        *(Conv2D("conv", 2, 2), ReLU("relu"), MaxPool2D("pool", (1, 2), stride=1)),
        *(Dense("dense", 3), Softmax("softmax")),
    ),
    ("cat", "7", "dog"),
)
SEVERAL = Network(
    "several",
    (1, 4, 4),
    (
        Conv2D("conv", 2, 2, padding="same", activation="relu"),
        Dense("dense", 3),
        Sigmoid("sigmoid"),
    ),
    ("cat", "7", "dog"),
)
PICTURES = 12
Books = Callable[[Network, bool], BuiltBook]


def gallery_of(network: Network) -> Gallery:
    pixels = np.random.default_rng(3).random((PICTURES, *network.input_shape)).round(3)
    labels = tuple(network.labels[number % 3] for number in range(PICTURES))
    return Gallery(pixels, labels, ("",) * PICTURES, 2)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """Builds the book of a network once, with a gallery or without one."""
    folder = tmp_path_factory.mktemp("books")

    @cache
    def build(network: Network, chosen: bool) -> BuiltBook:
        path = folder / f"{network.name} {chosen}.xlsx"
        gallery = gallery_of(network) if chosen else None
        model = random_model(network, 1)
        image = gallery.image if gallery else random_image(network, 1)
        xlconv.build(path, model, image, gallery=gallery)
        return BuiltBook(path, model, image)

    return build


def changed(book: BuiltBook, sheet: str, edit: edits.Edit, folder: Path) -> Path:
    return edits.edited(book.path, folder / "changed.xlsx", edit, sheet_parts(book.path)[sheet])


def chosen_picture(layout: Layout) -> str:
    assert layout.panel.picture is not None
    return layout.panel.picture.first.a1


def pixel_of_picture(layout: Layout, number: int) -> str:
    assert layout.gallery is not None
    return layout.gallery.maps(number)[0].cell(2, 2).a1


def label_of_picture(layout: Layout, number: int) -> str:
    assert layout.gallery is not None
    return layout.gallery.label(number).first.a1


# What somebody chooses, by a script that calculates nothing: the sheet, and the edit there.
CHOICES: dict[str, tuple[str, Callable[[Layout], edits.Edit]]] = {
    "another picture": (BOARD, lambda at: edits.with_value(chosen_picture(at), 11)),
    "one's own drawing": (BOARD, lambda at: edits.with_value(chosen_picture(at), 0)),
    "a pixel of the picture": (IMAGES, lambda at: edits.with_value(pixel_of_picture(at, 2), 0.125)),
    "what the picture shows": (IMAGES, lambda at: edits.with_text(label_of_picture(at, 2), "dog")),
    "that nobody knows it": (IMAGES, lambda at: edits.with_text(label_of_picture(at, 2), "?")),
    "the scale": (BOARD, lambda at: edits.with_text(at.panel.scale.first.a1, "map")),
    "the explained layer": (BOARD, lambda at: edits.with_text(at.panel.chosen[0].a1, "dense")),
    "a pixel to follow": (
        BOARD,
        lambda at: edits.all_of(
            [
                edits.with_constant(at.panel.pixel_row.first.a1, 2),
                edits.with_constant(at.panel.pixel_column.first.a1, 3),
            ]
        ),
    ),
    "what is hidden": (BOARD, lambda at: edits.with_text(at.panel.reveal.first.a1, "conv")),
    "logits of the laboratory": (
        BOARD,
        lambda at: edits.with_constant(at.laboratory.times.first.a1, 50),
    ),
    "an answer": (
        GUIDE,
        lambda _: edits.with_text(Cell(HEAD_ROW + 1, ANSWER).a1, "look alike"),
    ),
    "a weight of the explained layer": (
        BOARD,
        lambda at: edits.with_value(at.weights["conv"].kernels(1)[0].cell(0, 0).a1, 0.625),
    ),
}


@pytest.mark.parametrize("network", [ONE, SEVERAL], ids=["one", "several"])
@pytest.mark.parametrize("what", CHOICES)
def test_a_choice_of_a_script_makes_a_book_stale(
    what: str, network: Network, books: Books, tmp_path: Path
) -> None:
    book, (sheet, edit) = books(network, True), CHOICES[what]
    path = changed(book, sheet, edit(xlconv.read_book(book.path).layout), tmp_path)
    check_agrees(path, stored="stale")
    assert xlconv.verify(path, "none").verdict == "unchecked"


@pytest.mark.parametrize("axis", ["map", "row", "column"])
def test_another_cell_explained_makes_a_book_stale(axis: str, books: Books, tmp_path: Path) -> None:
    """Whatever was chosen first, another one is chosen now."""
    book, number = books(ONE, True), 1 + ["map", "row", "column"].index(axis)
    before = getattr(xlconv.read_book(book.path).display.choices.explained, axis)
    cell = xlconv.read_book(book.path).layout.panel.chosen[number]
    edit = edits.with_value(cell.a1, 1.0 if before > 1 else 2.0)
    check_agrees(changed(book, BOARD, edit, tmp_path), stored="stale")


@pytest.mark.parametrize("what", ["another picture", "the explained layer"])
def test_one_s_own_drawing_and_the_last_layer_were_chosen_before(what: str, tmp_path: Path) -> None:
    model, gallery = random_model(ONE, 1), gallery_of(ONE)
    last = Explained("softmax", 1.0, 1.0, 1.0)
    path = tmp_path / "book.xlsx"
    edits.build_chosen(path, model, gallery.image, gallery, picture=0, explained=last)
    book, (sheet, edit) = BuiltBook(path, model, gallery.image), CHOICES[what]
    edited_book = changed(book, sheet, edit(xlconv.read_book(path).layout), tmp_path)
    check_agrees(edited_book, stored="stale")


@pytest.mark.parametrize("network", [ONE, SEVERAL], ids=["one", "several"])
@pytest.mark.parametrize("actual", ["cat", "dog", "nothing of it"])
def test_an_actual_class_typed_by_a_script_makes_a_book_stale(
    actual: str, network: Network, books: Books, tmp_path: Path
) -> None:
    book = books(network, False)
    verdict = plan(network).verdict
    assert verdict is not None
    path = changed(book, BOARD, edits.with_text(verdict.actual.first.a1, actual), tmp_path)
    check_agrees(path, stored="stale")


def test_a_typed_pixel_makes_a_book_of_pictures_stale(books: Books, tmp_path: Path) -> None:
    """Over the formula that looks it up: the largest of the picture, so that its scale follows."""
    book = books(ONE, True)
    layout = xlconv.read_book(book.path).layout
    cell = layout.tensors["input"].maps[0].cell(2, 2).a1
    check_agrees(changed(book, BOARD, edits.with_constant(cell, 7), tmp_path), stored="stale")


@pytest.mark.parametrize("gallery", [True, False], ids=["pictures", "one picture"])
def test_a_wrong_value_beside_a_choice_is_found(
    gallery: bool, books: Books, tmp_path: Path
) -> None:
    book = books(ONE, gallery)
    layout = xlconv.read_book(book.path).layout
    stale = changed(book, BOARD, edits.with_text(layout.panel.scale.first.a1, "map"), tmp_path)
    cell = layout.tensors["pool"].maps[1].cell(1, 1).a1
    both = edits.edited(stale, tmp_path / "both.xlsx", edits.with_value(cell, 55.5))
    assert found(both) == [("stored", f"Board!{cell}")]


@cache  # each block, fault and cell asks for them
def last_cells(path: Path) -> dict[str, ComputedCell]:
    return {key: cells[-1] for key, cells in computed_cells(xlconv.read_book(path)).items()}


def learned(book: BuiltBook, block: str) -> list[ComputedCell]:
    """A cell of each kind that a block of the panel computes, and of every third of the
    inspector's: none that others copy."""
    last = [one for key, one in last_cells(book.path).items() if key.startswith(f"{block}:")]
    assert last
    return last[:: 3 if block == "explain" else 1]


BLOCKS = ["picture", "loss", "scales", "looks", "shown", "explain"]
BOOKS = {"pictures": (ONE, True), "one picture": (SEVERAL, False)}


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("name", BOOKS)
def test_an_error_is_one_finding(name: str, block: str, books: Books, tmp_path: Path) -> None:
    """Whatever reads it is one, too, and not to blame. Every fourth cell at once: those between
    them are right."""
    book = books(*BOOKS[name])
    for turn in range(4):
        places = [cell.place for cell in learned(book, block)[turn::4]]
        wrong = {place: edits.with_formula(place.cell.a1, "1/0") for place in places}
        path = tmp_path / "changed.xlsx"
        edits.edited_cells(book.path, path, sheet_parts(book.path), wrong)
        expected = [("formula", f"{sheet}!{cell.a1}") for sheet, cell in places]
        assert sorted(found(path, random=0)) == sorted(expected)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("name", BOOKS)
def test_a_wrong_stored_value_is_one_finding(
    name: str, block: str, books: Books, tmp_path: Path
) -> None:
    """Also of a cell that repeats a choice: what reads it was computed with the right one."""
    book = books(*BOOKS[name])
    for cell in learned(book, block)[:: 4 if block == "explain" else 1]:
        (sheet, place), value = cell.place, cell.found.value
        wrong = value + 7 if isinstance(value, float) else "wrong"
        path = changed(book, sheet, edits.with_value(place.a1, wrong), tmp_path)
        assert found(path, "none", random=0) == [("stored", f"{sheet}!{place.a1}")], cell.rule.key


def test_words_of_small_galleries_stand_on_nothing(tmp_path: Path) -> None:
    """Beside the drawing, above the pictures to choose from."""
    for shape in ((1, 1, 1), (1, 2, 3), (2, 2, 2), (1, 8, 8), (3, 5, 4)):
        network = Network("small", shape, (Dense("dense", 2), Softmax("softmax")), ("a", "b"))
        pictures = np.random.default_rng(1).random((11, *shape))
        gallery = Gallery(pictures, ("a",) * 11, ("",) * 11)
        xlconv.build(tmp_path / "book.xlsx", random_model(network, 0), pictures[0], gallery=gallery)
        sheet = openpyxl.load_workbook(tmp_path / "book.xlsx")[IMAGES]
        texts = [cell.value for row in sheet.iter_rows() for cell in row if cell.value]
        assert any("Then choose picture 0" in str(text) for text in texts)
        assert xlconv.verify(tmp_path / "book.xlsx").verdict == "agrees"
