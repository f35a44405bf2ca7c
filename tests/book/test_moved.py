"""Books whose sheets, rows, columns and ranges LibreOffice renamed, inserted, deleted and moved:
verified where they are now, or refused in a line that says what moved."""

from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from support.books import check_refused, found, random_image, random_model
from support.edits import edited, typed_by_script, with_constant
from support.libreoffice import UnoSession
from support.sessions import verifies

import xlconv
from xlconv import Conv2D, Dense, Gallery, MaxPool2D, Network, ReLU, Softmax
from xlconv.book.sheet_names import SheetNames
from xlconv.sheets.board.places import plan
from xlconv.spreadsheet.cells import Cell

NETWORK = Network(
    "small",
    (1, 6, 6),
    (
        Conv2D("conv", 2, 3, padding="same"),
        ReLU("relu"),
        MaxPool2D("pool", 2),
        Dense("dense", 2),
        Softmax("softmax"),
    ),
    ("a", "b"),
)
LAYOUT = plan(NETWORK, 2)  # of a book with two pictures
Steps = list[list[Any]]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("books") / "book.xlsx"
    pictures = np.stack([random_image(NETWORK, 2), random_image(NETWORK, 3)])
    gallery = Gallery(pictures, ("a", "b"), ("one", "two"))
    xlconv.build(path, random_model(NETWORK, 1), random_image(NETWORK, 1), gallery=gallery)
    return path


ARRANGED: dict[str, Steps] = {
    "renamed": [
        *(["rename", "Board", "My board"], ["rename", "Explain", "Ada's view"]),
        *(
            ["rename", "Guide", "Board"],
            ["rename", "Images", "pics"],
            ["rename", "Model", "Explain"],
        ),
    ],
    "swapped": [["rename", "Board", "x"], ["rename", "Guide", "Board"], ["rename", "x", "Guide"]],
    "reordered": [["order", "Board", 5], ["order", "Model", 0], ["add", "Mine", 1]],
    "a row behind everything": [["insert rows", "Board", 500, 1]],
}


@pytest.mark.parametrize("how", ARRANGED)
def test_what_was_renamed_and_reordered_is_verified_where_it_is(
    how: str, session: UnoSession, book: Path, tmp_path: Path
) -> None:
    saved = session.saved(book, tmp_path, *ARRANGED[how])
    verifies(saved, random=1)
    before, now = xlconv.read_book(book), xlconv.read_book(saved)
    np.testing.assert_allclose(now.image, before.image, rtol=1e-14)


def test_findings_and_errors_name_sheets_as_they_are_called_now(
    session: UnoSession, book: Path, tmp_path: Path
) -> None:
    place = LAYOUT.tensors["relu"].maps[1].cell(2, 3).a1
    renaming = ["rename", "Board", "My board"]
    saved = session.saved(book, tmp_path, ["set", place, 5], renaming)
    [finding] = xlconv.verify(saved).findings
    assert (finding.kind, finding.cell, finding.found) == ("typed", f"'My board'!{place}", 5.0)
    pixel = LAYOUT.weights["conv"].array_range("bias").first.a1
    session.saved(book, tmp_path, ["set", pixel, "ink"], renaming)
    check_refused(saved, rf"'My board'!{pixel} \(conv\) holds 'ink'")


INSERTED: dict[str, tuple[list[Any], str]] = {
    "above everything": (["insert rows", "Board", 1, 1], "a row was inserted into Board at row 1;"),
    "through maps": (["insert rows", "Board", 9, 2], "2 rows were inserted into Board at row 9;"),
    "through the answer": (["insert rows", "Board", 20, 1], "inserted into Board at row 20;"),
    "left of everything": (["insert columns", "Board", 1, 1], "a column was inserted into Board "),
    "through a map": (
        ["insert columns", "Board", LAYOUT.tensors["conv"].maps[0].column + 3, 3],
        "3 columns were inserted into Board",
    ),
    "a row less": (["delete rows", "Board", 10, 1], "a row was deleted from Board at row 10;"),
    "columns less": (
        ["delete columns", "Board", LAYOUT.tensors["relu"].maps[0].column + 2, 2],
        "2 columns were deleted from Board",
    ),
    "through Explain": (["insert rows", "Explain", 12, 1], "a row was inserted into Explain"),
    "across Explain": (["insert columns", "Explain", 6, 1], "a column was inserted into Explain "),
    "Explain's head": (["delete rows", "Explain", 3, 1], "a row was deleted from Explain"),
    "the Model's table": (["insert rows", "Model", 7, 1], "a row was inserted into Model "),
    "the network's text": (["insert rows", "Model", 40, 1], "a row was inserted into Model "),
    "the Model's columns": (["insert columns", "Model", 4, 1], "into Model at column D;"),
    "the Guide's checks": (["insert rows", "Guide", 6, 1], "a row was inserted into Guide"),
    "the Guide's margin": (["delete columns", "Guide", 1, 1], "a column was deleted from Guide"),
    "the gallery": (["insert rows", "Images", 18, 1], "a row was inserted into Images"),
    "the gallery's columns": (["insert columns", "Images", 4, 1], "inserted into Images"),
}


@pytest.mark.parametrize("where", INSERTED)
def test_what_was_inserted_or_deleted_is_said_in_a_line(
    where: str, session: UnoSession, book: Path, tmp_path: Path
) -> None:
    step, words = INSERTED[where]
    refused(session, book, [step], words, tmp_path)


def refused(session: UnoSession, book: Path, steps: Steps, words: str, folder: Path) -> None:
    check_refused(session.saved(book, folder, *steps), words)


MOVED = ["map", "part of a map", "rows of a map", "kernel", "bias", "softmax", "labels", "answer"]


@pytest.mark.parametrize("what", MOVED)
def test_what_was_cut_and_pasted_is_said_in_a_line(
    what: str, session: UnoSession, book: Path, tmp_path: Path
) -> None:
    conv, relu = LAYOUT.tensors["conv"].maps[0], LAYOUT.tensors["relu"].maps[1]
    assert LAYOUT.answer is not None
    place, words = {
        "map": (relu.a1, f"'relu_2' is at Board!A200:F205, but belongs at Board!{relu.a1};"),
        "part of a map": (relu.first.a1, f"Board!{relu.first.a1} was moved to Board!A200;"),
        "rows of a map": (f"{conv.first.a1}:{conv.cell(1, 5).a1}", "was moved to Board!A200:F201;"),
        "kernel": (LAYOUT.weights["conv"].kernels(1)[0].a1, "was moved to Board!A200:C202;"),
        "bias": (LAYOUT.weights["conv"].arrays["bias"][1].a1, "was moved to Board!A200;"),
        "softmax": (LAYOUT.tensors["softmax"].maps[0].a1, "'softmax' is at Board!A200:A201, but"),
        "labels": (LAYOUT.labels["softmax"].a1, "was moved to Board!A200:A201;"),
        "answer": (LAYOUT.answer.label.first.a1, "was moved to Board!A200;"),
    }[what]
    refused(session, book, [["move", place, "A200"]], words, tmp_path)


ELSEWHERE: dict[str, tuple[Steps, str]] = {
    "part of Explain": ([["move", "Explain!B12:E14", "Explain!B300"]], "moved to Explain!B300"),
    "to another sheet": (
        [["move", LAYOUT.weights["conv"].kernels(0)[0].a1, "Guide!H150"]],
        "was moved to Guide!H150:J152",
    ),
    "a row for a row": (
        [["insert rows", "Board", 9, 1], ["delete rows", "Board", 12, 1]],
        "is at Board!",
    ),
    "a row for a row of Explain": (
        [["insert rows", "Explain", 11, 1], ["delete rows", "Explain", 20, 1]],
        "was moved to Explain!",
    ),
    "the Guide": ([["remove", "Guide"]], "the sheet 'Guide' is missing"),
}


@pytest.mark.parametrize("what", ELSEWHERE)
def test_what_moved_where_no_name_tells_is_said_in_a_line(
    what: str, session: UnoSession, book: Path, tmp_path: Path
) -> None:
    steps, words = ELSEWHERE[what]
    refused(session, book, steps, words, tmp_path)


def test_an_emptied_cell_beside_ones_own_formulas_is_no_move(book: Path, tmp_path: Path) -> None:
    place = LAYOUT.tensors["relu"].maps[1].cell(1, 1).a1
    emptied = edited(book, tmp_path / "emptied.xlsx", with_constant(place, 0.25))
    typed = {("Board", place): None, ("Board", "A300"): "=SUM(A1:B2)"}
    path = typed_by_script(emptied, tmp_path / "own.xlsx", typed)
    assert found(path) == [("typed", f"Board!{place}")]


def test_a_book_renamed_by_openpyxl_is_said_to_be_broken_where_it_is(
    book: Path, tmp_path: Path
) -> None:
    """openpyxl renames the sheet alone: no name and no formula follows."""
    workbook = openpyxl.load_workbook(book)
    workbook["Board"].title = "My board"
    workbook.save(tmp_path / "renamed.xlsx")
    check_refused(
        tmp_path / "renamed.xlsx", "the sheet 'Board' is missing, there are Guide, My board"
    )


def test_names_of_sheets_in_formulas_are_translated_at_once() -> None:
    names = SheetNames({"Board": "Guide", "Guide": "it's"}, ("Board", "Explain"))
    text = "Guide!A1+'it''s'!B2+board!C3+Explain!D4&\"Guide!A1\"&'open"
    first = "Board!A1+Guide!B2+'Board (added)'!C3+Explain!D4&\"Guide!A1\"&'open"
    assert names.first(text) == first
    assert names.current("=Board!A1+Guide!B2") == "=Guide!A1+'it''s'!B2"
    assert names.place("Guide", Cell(1, 1)) == "'it''s'!A1"
