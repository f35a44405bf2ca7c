"""Sheets, names and text that somebody removed or copied: the line says what happened, and the way
out; and what is the same in other letters is the same."""

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from openpyxl import Workbook
from openpyxl.workbook.defined_name import DefinedName
from support.books import check_refused, random_image, random_model
from support.libreoffice import UnoSession

import xlconv
from xlconv import Conv2D, Dense, Gallery, Network, ReLU, Softmax
from xlconv.sheets.board.places import plan

LAYERS = (
    Conv2D("conv", 2, 3, padding="same", dilation=2),
    ReLU("relu"),
    Dense("dense", 3),
    Softmax("softmax"),
)
NETWORK = Network("small", (1, 5, 5), LAYERS, ("cat", "7", "a dog"))
LAYOUT = plan(NETWORK, 1)
RELU = LAYOUT.tensors["relu"].maps[0]
KERNEL = LAYOUT.weights["conv"].arrays["weight"][0]
LABELS = LAYOUT.labels["softmax"]
Edit = Callable[[Workbook], object]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lost") / "book.xlsx"
    pictures = np.stack([random_image(NETWORK, 1)])
    gallery = Gallery(pictures, ("cat",), ("",))
    xlconv.build(path, random_model(NETWORK, 1), pictures[0], gallery=gallery)
    return path


def edited(book: Path, target: Path, edit: Edit) -> Path:
    workbook = openpyxl.load_workbook(book)
    edit(workbook)
    workbook.save(target)
    return target


def without_names(hidden: bool) -> Edit:
    def edit(workbook: Workbook) -> None:
        for name, defined in [*workbook.defined_names.items()]:
            if defined.hidden or not hidden:
                del workbook.defined_names[name]

    return edit


def copied(workbook: Workbook) -> None:
    """As Excel copies a sheet: names of its own for the copy."""
    sheet = workbook.copy_worksheet(workbook["Board"])
    sheet.title = "Board (2)"
    for name, defined in workbook.defined_names.items():
        if defined.attr_text.startswith("Board!"):
            own = copy.copy(defined)
            own.attr_text = defined.attr_text.replace("Board!", "'Board (2)'!")
            sheet.defined_names[name] = own


def copied_and_deleted(workbook: Workbook) -> None:
    copied(workbook)
    workbook.remove(workbook["Board"])


def cleared(workbook: Workbook) -> None:
    sheet, _, place = workbook.defined_names["xlconv_network"].attr_text.partition("!")
    for row in workbook[sheet][place.replace("$", "")]:
        row[0].value = None


def two_ranges(workbook: Workbook) -> None:
    workbook.defined_names["relu_1"].attr_text = "Board!$A$1:$B$2,Board!$D$1:$E$2"


LOST: dict[str, tuple[Edit, str]] = {
    "names": (without_names(hidden=False), "'xlconv_network' was removed.*Document Inspector"),
    "hidden names": (without_names(hidden=True), "hidden name .* was removed.*Document Inspector"),
    "the board, copied": (copied_and_deleted, r"'Board \(2\)' is a copy of it.* copy from before"),
    "the text": (cleared, "Model!B.*: these cells were cleared, in which the network.* undo that"),
    "a name's range": (
        two_ranges,
        "'relu_1' stands for .*, which is no single range; define it as",
    ),
    "a sheet": (
        lambda book: book.remove(book["Explain"]),
        "the sheet 'Explain' is missing.*deleted",
    ),
}


@pytest.mark.parametrize("what", LOST)
def test_what_was_lost_is_said_with_the_way_out(what: str, book: Path, tmp_path: Path) -> None:
    edit, words = LOST[what]
    check_refused(edited(book, tmp_path / "lost.xlsx", edit), words)


@pytest.mark.parametrize("sheet", ["Board", "Images", "Explain", "Guide", "Model"])
def test_a_sheet_that_libreoffice_deleted(
    sheet: str, session: UnoSession, book: Path, tmp_path: Path
) -> None:
    saved = session.saved(book, tmp_path, ["remove", sheet])
    check_refused(saved, f"the sheet '{sheet}' is missing: it was deleted, there are .*; undo that")


def test_a_copy_beside_the_board_is_the_readers(book: Path, tmp_path: Path) -> None:
    report = xlconv.verify(edited(book, tmp_path / "copied.xlsx", copied), random=0)
    assert (report.findings, report.copies) == ((), ("Board (2)",))
    assert xlconv.verify(book, "none").copies == ()


def test_names_in_other_letters_are_the_same(book: Path, tmp_path: Path) -> None:
    def edit(workbook: Workbook) -> None:
        for name in ("relu_1", "xlconv_network", "xlconv_board"):
            text = workbook.defined_names[name].attr_text
            del workbook.defined_names[name]
            workbook.defined_names[name.title()] = DefinedName(name.title(), attr_text=text)

    assert xlconv.verify(edited(book, tmp_path / "Case.xlsx", edit), random=0).findings == ()


@pytest.mark.parametrize(
    ("cell", "held", "words"),
    [
        (KERNEL.first, "0.5", r"\(conv\) holds '0.5', which is a text where a number belongs"),
        (KERNEL.first, "ink", r"\(conv\) holds 'ink' where a number belongs"),
        (LAYOUT.panel.pixel_row.first, "1", "holds '1', which is a text; type a number"),
    ],
)
def test_a_number_that_is_a_text_is_told_as_one(
    cell: object, held: object, words: str, book: Path, tmp_path: Path
) -> None:
    def edit(workbook: Workbook) -> None:
        workbook["Board"][cell.a1].value = held  # type: ignore[attr-defined]

    check_refused(edited(book, tmp_path / "text.xlsx", edit), words)
