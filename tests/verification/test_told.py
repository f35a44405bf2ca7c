"""What findings say happened, and what a report says of how a file was saved."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from openpyxl.formula.translate import Translator
from openpyxl.workbook import Workbook
from support.books import random_image, random_model
from support.edits import BOARD_PART, edited_parts
from support.libreoffice import UnoSession
from typer.testing import CliRunner

import xlconv
from xlconv import Conv2D, Dense, MaxPool2D, Network, ReLU, Softmax
from xlconv.commands.app import app
from xlconv.commands.findings import finding_words
from xlconv.network.network import INPUT
from xlconv.sheets.board.places import plan
from xlconv.spreadsheet.cells import Cell, Range

LAYERS = (
    Conv2D("conv", 2, 3, padding="same", dilation=2),
    ReLU("relu"),
    MaxPool2D("pool", 3, stride=1, padding="same"),
    Dense("dense", 3),
    Softmax("softmax"),
)
NETWORK = Network("told", (1, 5, 5), LAYERS, ("cat", "7", "a dog"))
LAYOUT = plan(NETWORK)
CONV, RELU = LAYOUT.tensors["conv"].maps[0], LAYOUT.tensors["relu"].maps[0]
KERNEL = LAYOUT.weights["conv"].arrays["weight"][0]
LABELS = LAYOUT.labels["softmax"]
Edit = Callable[[Workbook], None]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("told") / "book.xlsx"
    xlconv.build(path, random_model(NETWORK, 1), random_image(NETWORK, 1))
    return path


def filled(place: Range, right: bool) -> Edit:
    """A map that was filled one column, or one row, too far."""

    def edit(workbook: Workbook) -> None:
        sheet = workbook["Board"]
        for number in range(place.height if right else place.width):
            last = place.cell(number, place.width - 1) if right else place.cell(-1, number)
            last = last if right else Cell(place.bottom, last.column)
            next_ = last.shifted(0, 1) if right else last.shifted(1, 0)
            formula = Translator(sheet[last.a1].value, last.a1).translate_formula(next_.a1)
            sheet[next_.a1].value = formula

    return edit


def typed(cell: Cell, value: object) -> Edit:
    def edit(workbook: Workbook) -> None:
        workbook["Board"][cell.a1].value = value

    return edit


TOLD: dict[str, tuple[Edit, Cell, str]] = {
    "a column too far": (
        filled(RELU, right=True),
        RELU.cell(0, RELU.width),
        "holds =MAX(0,{0}), as relu was filled too far: clear it",
    ),
    "a row too far": (
        filled(RELU, right=False),
        RELU.cell(RELU.height, 0),
        "holds =MAX(0,{1}), as relu was filled too far: clear it",
    ),
    "another number in the ring": (
        typed(RELU.cell(0, RELU.width), 3),
        RELU.cell(0, RELU.width),
        "holds 3, but padding must stay empty",
    ),
    "in a dilated kernel": (
        typed(KERNEL.cell(0, 1), 5),
        KERNEL.cell(0, 1),
        "holds 5 between the numbers of a dilated kernel, where nothing may stand: clear it",
    ),
    "a label that is a text": (
        typed(LABELS.cell(1, 0), "7"),
        LABELS.cell(1, 0),
        "holds the label '7', which is a text where the number 7 belongs",
    ),
    "a label with a blank": (
        typed(LABELS.cell(0, 0), "cat "),
        LABELS.cell(0, 0),
        "holds the label 'cat ' where 'cat' belongs",
    ),
    "a label with another blank": (
        typed(LABELS.cell(2, 0), "a\u00a0dog"),
        LABELS.cell(2, 0),
        r"holds the label 'a\xa0dog' where 'a dog' belongs",
    ),
    "a text over a formula": (
        typed(RELU.cell(1, 1), "0.5"),
        RELU.cell(1, 1),
        "holds '0.5', which is a text where the formula =MAX(0,{2}) belongs",
    ),
}


@pytest.mark.parametrize("what", TOLD)
def test_a_finding_says_what_happened(what: str, book: Path, tmp_path: Path) -> None:
    edit, cell, words = TOLD[what]
    workbook = openpyxl.load_workbook(book)
    edit(workbook)
    workbook.save(tmp_path / "told.xlsx")
    first = xlconv.verify(tmp_path / "told.xlsx", "none").findings[0]
    read = CONV.cell(0, CONV.width), CONV.cell(CONV.height, 0), CONV.cell(1, 1)
    assert first.cell == f"Board!{cell.a1}"
    assert finding_words(first) == words.format(*(one.a1 for one in read))


def test_a_data_table_is_told(book: Path, tmp_path: Path) -> None:
    """Excel's What-If Analysis: the cells of its result hold no formula of their own."""
    cell = RELU.cell(1, 1).a1
    table = f'<f t="dataTable" ref="{cell}:{cell}" dt2D="0" dtr="0" r1="C7"/>'

    def edit(xml: str) -> str:
        found = re.search(rf'<c r="{cell}"[^>]*>(<f[^>]*?/>|<f[^>]*>.*?</f>)', xml)
        assert found is not None
        return xml.replace(found[0], found[0].replace(found[1], table))

    path = edited_parts(book, tmp_path / "table.xlsx", {BOARD_PART: edit})
    finding = xlconv.verify(path, "none").findings[0]
    called_for = f"=MAX(0,{CONV.cell(1, 1).a1})"
    told = f"holds a data table, {{=TABLE(,C7)}}, where {called_for} belongs"
    assert (finding.cell, finding_words(finding)) == (f"Board!{cell}", told)


def test_numbers_rounded_as_they_are_shown_are_told(
    session: UnoSession, book: Path, tmp_path: Path
) -> None:
    saved = session.saved(book, tmp_path, ["precision as shown", ""])
    assert xlconv.verify(saved, random=0).rounded
    assert not xlconv.verify(book, random=0).rounded
    out = CliRunner().invoke(app, ["verify", str(saved), "--random", "0"]).stdout
    assert "Turn off LibreOffice's 'Precision as shown'" in " ".join(out.split())


def test_numbers_that_are_round_of_themselves_are_not(tmp_path: Path) -> None:
    network = Network("round", (1, 4, 4), (Conv2D("conv", 1, 1), ReLU("relu")))
    weights = {"conv.weight": np.ones((1, 1, 1, 1)), "conv.bias": np.zeros(1)}
    image = np.arange(16.0).reshape(1, 4, 4) / 10
    xlconv.build(tmp_path / "round.xlsx", xlconv.Model(network, weights), image)
    workbook = openpyxl.load_workbook(tmp_path / "round.xlsx")
    pixel = plan(network).tensors[INPUT].maps[0].first.a1
    workbook["Board"][pixel].value = 0.7
    workbook.save(tmp_path / "script.xlsx")
    for path in (tmp_path / "round.xlsx", tmp_path / "script.xlsx"):
        assert not xlconv.verify(path, random=0).rounded


def test_the_verdict_comes_first(book: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    lines = run(app, ["verify", str(book), "--random", "0"]).stdout.splitlines()
    assert lines[0] == "agrees: every cell computes what NumPy computes"
    assert lines[1].startswith("prediction: ")
    assert "formulas" not in "".join(lines)
    table = run(app, ["verify", str(book), "--random", "0", "--blocks"]).stdout.splitlines()
    assert [line for line in table if line.startswith(("block ", "conv ", "relu "))]
    workbook = openpyxl.load_workbook(book)
    workbook["Board"][RELU.first.a1].value = 5
    workbook.save(tmp_path / "typed.xlsx")
    wrong = run(app, ["verify", str(tmp_path / "typed.xlsx"), "--engine", "none"]).stdout
    assert wrong.splitlines()[0] == "differs: 1 cell is not as the network calls for"
    assert wrong.splitlines()[1].startswith("prediction: ")
    assert wrong.splitlines()[3].startswith(f"Board!{RELU.first.a1}  relu map 1, row 1, column 1: ")
