"""What a learner reads beside the values: captions that tell of others."""

from pathlib import Path

import openpyxl
import pytest
from support.books import NetworkBook, TemplateBook
from support.edits import typed_by_script
from support.libreoffice import converted

import xlconv
from xlconv import Conv2D, Dense, Dropout, Network, ReLU, Softmax
from xlconv.sheets.board.places import plan

NETWORK = Network(
    "seen",
    (1, 6, 6),
    (
        Conv2D("conv", 2, 3, padding="same"),
        ReLU("relu"),
        Dropout("drop"),
        Dense("dense", 3),
        Softmax("softmax"),
    ),
    ("cat", "7", "dog"),
)
LAYOUT = plan(NETWORK)


@pytest.fixture(scope="module")
def book(network_book: NetworkBook) -> Path:
    return network_book(NETWORK, 3).path


def findings(path: Path) -> list[tuple[str, str, object, object]]:
    report = xlconv.verify(path, "none")
    return [(one.kind, one.cell, one.expected, one.found) for one in report.findings]


def place_of(book: Path, sheet: str, text: str) -> str:
    rows = openpyxl.load_workbook(book)[sheet].iter_rows()
    return next(cell.coordinate for row in rows for cell in row if cell.value == text)


FALSE_WORDS = [
    ("Board", "conv", "relu"),
    ("Board", "kernel 1", "kernel 2"),
    ("Board", "for cat", "for dog"),
    ("Board", "for 7", "for 1"),
    ("Board", "for dog", "for nobody"),
    ("Board", "+ bias", "× bias"),
    ("Board", "logit − max", "exp"),
    ("Board", "kernel 1", 5),
    ("Model", "Conv2D", "Dense"),
    ("Model", "relu", "drop"),
    (
        "Guide",
        "2x6x6: max(0, x): what is negative becomes 0",
        "2x6x7: max(0, x): what is negative becomes 0",
    ),
    ("Guide", "positive: here the kernel matches", "zero"),
]


@pytest.mark.parametrize(("sheet", "before", "after"), FALSE_WORDS)
def test_captions_that_tell_of_something_else_are_found(
    sheet: str, before: str, after: object, book: Path, tmp_path: Path
) -> None:
    cell = place_of(book, sheet, before)
    path = typed_by_script(book, tmp_path / "words.xlsx", {(sheet, cell): after})
    found = float(after) if isinstance(after, int) else after
    told = [one for one in findings(path) if one[0] == "caption"]
    assert told == [("caption", f"{sheet}!{cell}", before, found)]


OTHER_WORDS = [
    ("Board", "kernel 1", "Kern 1"),
    ("Board", "for cat", "für cat"),
    ("Board", "the network's answer", "die Antwort"),
    ("Board", "kernel 2", None),
    ("Guide", "zero", "null"),
]


@pytest.mark.parametrize(("sheet", "before", "after"), OTHER_WORDS)
def test_the_same_in_other_words_is_the_readers(
    sheet: str, before: str, after: str | None, book: Path, tmp_path: Path
) -> None:
    cell = place_of(book, sheet, before)
    assert findings(typed_by_script(book, tmp_path / "words.xlsx", {(sheet, cell): after})) == []


def test_the_zero_between_the_ends_of_a_scale_stays_one(book: Path, tmp_path: Path) -> None:
    legend = next(one for places in LAYOUT.legends.values() for one in places if one.width > 1)
    middle = legend.cell(0, legend.width - 2).a1
    path = typed_by_script(book, tmp_path / "zero.xlsx", {("Board", middle): 3})
    assert findings(path) == [("caption", f"Board!{middle}", 0.0, 3.0)]


def test_settings_that_were_changed_leave_words_as_they_are(book: Path, tmp_path: Path) -> None:
    rate = LAYOUT.controls["drop"]["rate"].first.a1
    assert findings(typed_by_script(book, tmp_path / "rate.xlsx", {("Board", rate): 0.25})) == []


def test_templates_look_as_they_are_wherever_they_are_saved(
    libreoffice: str, template_book: TemplateBook, tmp_path: Path
) -> None:
    """Programs write formats, and now and then texts, in ways of their own."""
    paths = [template_book(name).path for name in ("conv-example", "edges", "dropout")]
    saved = converted(libreoffice, paths, tmp_path / "saved")
    for path in paths:
        assert findings(path) == findings(saved / path.name) == []
