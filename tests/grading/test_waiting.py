"""What waits for open cells: grey, with words, wherever it shows, and neither once they are filled;
the sheet on which an exercise opens, and hints that are folded away."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from support.books import random_model, sheet_parts
from support.command_line import printed
from support.learners import build_exercise, places_of, right_formulas
from support.libreoffice import UnoSession

import xlconv
from xlconv import Add, Conv2D, Dense, MaxPool2D, Network, ReLU, Sigmoid, Softmax
from xlconv.book.book import FoundBook
from xlconv.rendering.stored import stored_sheet
from xlconv.rendering.view import View
from xlconv.sheets.exercise.looks import GREY
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.sheet_names import EXERCISE

NETWORK = Network(
    "branches",
    (1, 8, 9),
    (
        Conv2D("first", 2, 3, padding="same"),
        ReLU("relu"),
        Conv2D("second", 2, 3, padding="same"),
        Conv2D("beside", 2, 1, inputs=("input",)),
        Add("sum", inputs=("second", "beside")),
        MaxPool2D("pool", 2),
        Dense("dense", 3),
        Softmax("softmax"),
    ),
    ("a", "b", "c"),
)
IMAGE = np.random.default_rng(2).uniform(0, 1, (1, 8, 9))


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("waiting") / "task.xlsx"
    return build_exercise(path, random_model(NETWORK, 4), IMAGE, "first", "second")


def said(book: FoundBook) -> dict[str, str]:
    """What the title of each tensor says, beside what the workbook's own list does."""
    bands = {band.tensor: Cell(2, band.first) for band in book.layout.bands}
    return {tensor: str(book.sheets["Board"][cell].value) for tensor, cell in bands.items()}


def test_what_follows_from_open_cells_says_what_it_waits_for(task: Path) -> None:
    """The first layer that is to be filled in, also behind the second; what does not follow from
    one has its shape."""
    titles = said(xlconv.read_book(task))
    waits = "waiting for first"
    assert titles == {
        "input": "1 × 8 × 9",
        "first": "2 × 8 × 9 · to do",
        "relu": waits,
        "second": "2 × 8 × 9 · to do",
        "beside": "2 × 8 × 9",
        **dict.fromkeys(("sum", "pool", "dense", "softmax"), waits),
    }
    book = xlconv.read_book(task)
    for number, place in enumerate(book.layout.titles["pool"], 1):
        text = book.cell("Board", place).value
        assert text == f"pool map {number} · 4 × 4 · waiting for first"
    assert book.layout.answer is not None
    assert book.cell("Board", book.layout.answer.label).value == "?"
    assert book.cell("Board", book.layout.answer.value).value == waits
    shares = {book.cell("Board", place).value for place in book.layout.answer.values}
    assert shares == {""}


def test_it_is_proved_in_every_state(task: Path, session: UnoSession, tmp_path: Path) -> None:
    """Nothing filled in, all of the first layer, all of both, as LibreOffice saves it."""
    formulas: dict[str, dict[str, str]] = {}
    for (part, row, column), formula in right_formulas(task).items():
        formulas.setdefault(part.layer, {})[part.open.cell(row, column).a1] = formula
    whole = {**formulas["first"], **formulas["second"]}
    for number, (typed, waits) in enumerate(
        (({}, "first"), (formulas["first"], "second"), (whole, None))
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        saved = session.saved(task, folder, ["formulas", "Board", typed])
        report = xlconv.verify(saved)
        assert report.findings == ()
        book = xlconv.read_book(saved)
        expected = "3 values" if waits is None else f"waiting for {waits}"
        assert said(book)["softmax"] == expected
        assert said(book)["relu"] == ("2 × 8 × 9" if number else "waiting for first")
        answer = book.layout.answer
        assert answer is not None
        held = book.cell("Board", answer.label).value
        assert held == ("?" if waits else answer_of(book))


def answer_of(book: FoundBook) -> str:
    output = xlconv.forward(book.model, book.image)["softmax"]
    return NETWORK.labels[int(output.argmax())]


def test_a_cell_that_is_emptied_again_makes_it_wait(task: Path, session: UnoSession) -> None:
    typed = {p.open.cell(r, c).a1: text for (p, r, c), text in right_formulas(task).items()}
    book = xlconv.read_book(task)
    value = book.layout.answer.value.first.a1 if book.layout.answer else ""
    some = places_of(xlconv.read_book(task)).parts[-1].open.last.a1
    answers = session.run(
        task, ["formulas", "Board", typed], ["read", value], ["set", some, None], ["read", value]
    )
    assert isinstance(answers[1][0][0], float)
    assert answers[3] == [["waiting for second"]]


@pytest.mark.parametrize("tensor", ["relu", "pool", "dense"])
def test_it_is_grey_and_then_has_its_colours(task: Path, session: UnoSession, tensor: str) -> None:
    """In LibreOffice as in a picture of the board; maps and vectors."""
    typed = {p.open.cell(r, c).a1: text for (p, r, c), text in right_formulas(task).items()}
    book = xlconv.read_book(task)
    place = book.layout.tensors[tensor].maps[0]
    grey, _, painted = session.run(
        task, ["painted", place.a1], ["formulas", "Board", typed], ["painted", place.a1]
    )
    assert grey == [GREY]
    assert GREY not in painted
    sheet = stored_sheet(book)
    left, top, right, bottom = View(sheet, sheet.used_range, 12).box(place)
    inside = np.asarray(xlconv.render(book, cell=12))[top + 1 : bottom - 1, left + 1 : right - 1]
    assert {tuple(one) for one in inside.reshape(-1, 3).tolist()} == {(0xE3, 0xE7, 0xEB)}


@pytest.mark.parametrize(("last", "label"), [(Sigmoid("sigmoid"), "?"), (Softmax("softmax"), "?")])
def test_other_answers_wait_too(tmp_path: Path, last: xlconv.Layer, label: str) -> None:
    network = Network(
        "ends", (1, 4, 4), (Conv2D("conv", 1, 3), Dense("dense", 2), last), ("a", "b")
    )
    path = build_exercise(
        tmp_path / "task.xlsx", random_model(network, 1), np.ones((1, 4, 4)), "dense"
    )
    book = xlconv.read_book(path)
    answer = book.layout.answer
    assert answer is not None
    assert book.cell("Board", answer.label).value == label
    assert book.cell("Board", answer.value).value == "waiting for dense"
    assert {book.cell("Board", place).value for place in answer.ticks} <= {""}
    assert xlconv.verify(path).findings == ()


def test_the_chart_waits(task: Path, session: UnoSession, tmp_path: Path) -> None:
    """The chart is called by a cell, which is the name of its bars: both programs follow it."""
    typed = {
        part.open.cell(row, column).a1: text
        for (part, row, column), text in right_formulas(task).items()
    }
    saved = session.saved(task, tmp_path, ["formulas", "Board", typed])
    for path, head, total in (
        (task, "waiting for first", 0),
        (saved, "probability of each class", 1),
    ):
        book = openpyxl.load_workbook(path, data_only=True)
        [series] = book["Board"]._charts[0].series
        sheet, _, cell = series.tx.strRef.f.replace("$", "").partition("!")
        assert book[sheet.strip("'")][cell].value == head
        assert series.tx.strRef.strCache.pt[0].v == head
        place = series.val.numRef.f.replace("$", "").partition("!")[2]
        bars = [cell.value for [cell] in book["Works"][place]]
        assert sum(bars) == pytest.approx(total)


def test_what_is_explained_waits(task: Path, session: UnoSession) -> None:
    """Unless it does not follow from open cells."""
    typed = {
        part.open.cell(row, column).a1: text
        for (part, row, column), text in right_formulas(task).items()
    }
    book = xlconv.read_book(task)
    layer = book.layout.panel.chosen[0].a1
    sentence = next(rule.range for rule in book.rules if rule.key == "explain:sentence")
    said = ["read", f"Explain!{sentence.first.a1}"]
    answers = session.run(
        task,
        *(["set", layer, "sum"], said, ["set", layer, "beside"], said),
        *(["formulas", "Board", typed], ["set", layer, "sum"], said),
    )
    waits, other, done = answers[1], answers[3], answers[6]
    assert waits == [["waiting for first"]]
    assert "bias" in other[0][0]
    assert " + " in done[0][0]


def test_nothing_is_predicted_meanwhile(task: Path, session: UnoSession, tmp_path: Path) -> None:
    """Neither by `verify` nor by `show`."""
    typed = {
        part.open.cell(row, column).a1: text
        for (part, row, column), text in right_formulas(task).items()
    }
    saved = session.saved(task, tmp_path, ["formulas", "Board", typed])
    answer = answer_of(xlconv.read_book(saved))
    assert (xlconv.verify(task).prediction, xlconv.verify(saved).prediction) == (None, answer)
    assert "prediction: waiting for first" in printed("show", task, folder=tmp_path)
    assert f"prediction: {answer} (" in printed("show", saved, folder=tmp_path)


def test_frames_are_seen_on_open_cells(task: Path) -> None:
    """Borders of their own would cover those of the frames."""
    board = openpyxl.load_workbook(task)["Board"]
    cell = board[places_of(xlconv.read_book(task)).parts[0].open.first.a1]
    assert cell.fill.fgColor.rgb.endswith("EFE6FD")
    assert not any(side.style for side in (cell.border.left, cell.border.top))


# ---- the sheet


@pytest.mark.parametrize("protect", [False, True])
def test_an_exercise_opens_on_its_sheet(tmp_path: Path, protect: bool) -> None:
    path, model = tmp_path / "task.xlsx", random_model(NETWORK, 4)
    xlconv.build(path, model, IMAGE, protect=protect, exercise=xlconv.Exercise(("first",)))
    book = openpyxl.load_workbook(path)
    assert book.active.title == EXERCISE
    assert [sheet.title for sheet in book if sheet.sheet_view.tabSelected] == [EXERCISE]
    xlconv.build(path, model, IMAGE)
    book = openpyxl.load_workbook(path)
    assert book.active.title == book.sheetnames[0]


def hint_rows(path: Path) -> dict[str, list[range]]:
    return {layer: list(steps) for layer, steps in places_of(xlconv.read_book(path)).hints.items()}


def test_each_layer_has_three_steps_of_hints(task: Path) -> None:
    """What the cells are made of, which ones the first reads, how it is written."""
    book = xlconv.read_book(task)
    lines = {
        layer: [[str(book.sheets[EXERCISE][row, 3].value) for row in rows] for rows in steps]
        for layer, steps in hint_rows(task).items()
    }
    one, two, three = lines["second"]
    first = places_of(xlconv.read_book(task)).of_layer("second")[0].open.first.a1
    layout = book.layout
    window = layout.tensors["relu"].maps[0].first.shifted(-1, -1)
    kernel = layout.weights["second"].kernels(0)[0]
    bias = layout.weights["second"].bias(0)
    assert bias is not None
    assert one == [
        "3 × 3 window × kernel, summed, + bias: a window slides over relu; each cell is made of "
        "the cells that it covers"
    ]
    [read] = two
    spelled = Range(window.row, window.column, 3, 3).a1
    assert read.startswith(
        f"{first} reads {spelled} (relu map 1), {kernel.a1} (the weights of second)"
    )
    assert f"{bias.a1} (the bias of second)" in read
    assert three[0].startswith(f"write {first} with SUMPRODUCT and +; {kernel.a1}, ")
    assert f" and {bias.a1} with $, since every cell reads them, {spelled}" in three[0]
    assert three[-1].startswith("each map has kernels and a bias of its own")


def test_hints_are_folded_one_step_in_the_other(task: Path) -> None:
    """As Excel 2007 and LibreOffice fold rows: by levels, the sign that unfolds above them."""
    with zipfile.ZipFile(task) as archive:
        xml = archive.read(sheet_parts(task)[EXERCISE]).decode()
    assert re.search(r'<outlinePr [^>]*summaryBelow="0"', xml)
    assert re.search(r'<sheetFormatPr [^>]*outlineLevelRow="3"', xml)
    rows = {int(row): attributes for row, attributes in re.findall(r'<row r="(\d+)"([^>]*)>', xml)}
    for steps in hint_rows(task).values():
        for level, lines in enumerate(steps, 1):
            assert 'collapsed="1"' in rows[lines[0] - 1]
            for row in lines:
                assert f'outlineLevel="{level}"' in rows[row]
                assert 'hidden="1"' in rows[row]
    others = rows.keys() - {
        row for steps in hint_rows(task).values() for one in steps for row in one
    }
    assert not any("hidden" in rows[row] or "outlineLevel" in rows[row] for row in others)


def test_each_level_unfolds_the_next_step(task: Path, session: UnoSession) -> None:
    steps = hint_rows(task)["first"]
    place = f"{EXERCISE}!A{steps[0][0]}:A{steps[-1][-1]}"
    answers = session.run(
        task,
        ["shown rows", place],
        *(
            step
            for level in (1, 2, 3)
            for step in (["unfold", place, level], ["shown rows", place])
        ),
    )
    shown = [answers[0], *answers[2::2]]
    lengths = [0, *np.cumsum([len(lines) for lines in steps]).tolist()]
    assert [sum(one) for one in shown] == lengths
    assert all(one == sorted(one, reverse=True) for one in shown)


def test_where_nothing_can_be_unfolded_nothing_is_folded(tmp_path: Path) -> None:
    path, task = tmp_path / "task.xlsx", xlconv.Exercise(("first",))
    xlconv.build(path, random_model(NETWORK, 4), IMAGE, protect=True, exercise=task)
    with zipfile.ZipFile(path) as archive:
        xml = archive.read(sheet_parts(path)[EXERCISE]).decode()
    assert 'hidden="1"' not in xml
    assert "outlineLevel=" not in xml


def test_pictures_leave_out_what_is_folded(task: Path) -> None:
    steps = hint_rows(task)["first"]
    sheet = stored_sheet(xlconv.read_book(task), EXERCISE)
    view = View(sheet, sheet.used_range, sheet.row_height)
    folded = Range(steps[0][0], 1, steps[-1][-1] - steps[0][0] + 1, 1)
    _, top, _, bottom = view.box(folded)
    assert top == bottom
