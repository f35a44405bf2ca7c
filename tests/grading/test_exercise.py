"""Exercises: what is left open, that the file does not hold the answer, and what the checks say."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from support.books import TemplateBook, found, random_model, xml_cells
from support.learners import (
    Change,
    Content,
    build_exercise,
    filled_in,
    only,
    places_of,
    right_formulas,
    without_bias,
)
from support.libreoffice import UnoSession, converted
from typer.testing import CliRunner

import xlconv
from xlconv import Conv2D, Dense, Dropout, MaxPool2D, Model, Network, ReLU, Softmax, varied
from xlconv.commands.app import app
from xlconv.engines.engine import Grid
from xlconv.engines.programs import saved_values
from xlconv.engines.registry import engine_named
from xlconv.errors import NetworkError
from xlconv.importers.gallery import template_gallery
from xlconv.importers.template import template_names
from xlconv.sheets.exercise.parts import Part
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.spreadsheet.formula import moved_formula, relative_form
from xlconv.state.exercise import CHECKS, check_sums, exercise_of
from xlconv.xlsx.reader import open_package

Evaluate = Callable[[Path, list[tuple[str, Range]]], list[Grid]]
CLOSE, RIGHT, NOT_YET, TO_DO, OTHER = "close", "right", "not yet", "to do", "other numbers"

LESSON = xlconv.load_template("lesson3")


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lesson's network with three layers left open."""
    path = tmp_path_factory.mktemp("task") / "task.xlsx"
    return build_exercise(path, LESSON, LESSON.image, "conv1", "pool", "softmax")


def open_layers(network: Network) -> list[str]:
    return [layer.name for layer in network.layers if not isinstance(layer, Dropout)]


def disagreements(path: Path, evaluate: Evaluate) -> list[tuple[str, str, object, object]]:
    """The formula cells of all sheets whose stored value is not what a program computes."""
    package = open_package(path)
    # On Images stands no formula.
    sheets = {name: package.sheet(name, 10**7) for name in package.parts if name != "Images"}
    places = [
        (name, Range(1, 1, max(r for r, _ in cells), max(c for _, c in cells)))
        for name, cells in sheets.items()
    ]
    grids = evaluate(path, places)
    wrong = []
    for (name, _), grid in zip(places, grids, strict=True):
        for (row, column), cell in sheets[name].items():
            found = grid[row - 1][column - 1]
            if cell.formula is None or (cell.value == "" and found is None):
                continue
            if isinstance(found, float) and isinstance(cell.value, float):
                same = abs(found - cell.value) <= 1e-9 * max(1.0, abs(found))
            else:
                same = found == cell.value
            if not same:
                wrong.append((name, Cell(row, column).a1, cell.value, found))
    return wrong


@pytest.mark.parametrize("name", sorted({*template_names()} - {"lenet5", "resnet", "rgb"}))
def test_every_template_can_be_an_exercise(name: str, tmp_path: Path) -> None:
    """What the file was saved with is what an engine computes around empty cells. Those left out
    have larger layers."""
    template = xlconv.load_template(name)
    layers = open_layers(template.network)
    path = build_exercise(tmp_path / "task.xlsx", template, template.image, *layers)
    if not template.network.random_shapes:  # of which every engine draws its own
        assert disagreements(path, engine_named("formualizer").evaluate) == []
    report = xlconv.verify(path)
    assert (report.verdict, report.exit_code, report.findings) == ("unfinished", 1, ())


def test_stored_values_are_those_of_libreoffice(libreoffice: str, tmp_path: Path) -> None:
    layers = ("conv1", "relu2", "dense", "softmax")
    books = [
        build_exercise(tmp_path / f"{first}.xlsx", LESSON, LESSON.image, *layers, first=first)
        for first in (None, 3)
    ]
    saved = converted(libreoffice, books, tmp_path, anew=True)
    for book in books:
        computed = saved / book.name
        assert disagreements(book, lambda _, places, at=computed: saved_values(at, places)) == []
        report = xlconv.verify(computed, "none")
        assert (report.verdict, report.findings) == ("unfinished", ())
    report = xlconv.verify(books[1], "libreoffice")  # with other numbers, too
    assert (report.verdict, report.findings) == ("unfinished", ())


def test_what_reads_an_open_cell_is_explained_in_libreoffice(
    session: UnoSession, tmp_path: Path
) -> None:
    """Which takes an empty cell that a formula hands on for a text, so that no term has a key."""
    book = build_exercise(tmp_path / "task.xlsx", LESSON, LESSON.image, "conv1")
    chosen = {"layer": "relu1", "map": 2, "row": 3, "column": 4}
    steps = [["set", f"explained_{what}", value] for what, value in chosen.items()]
    *_, explained, works = session.run(
        book, *steps, ["read", "Explain!A1:BH70"], ["read", "Works!A1:OZ60"]
    )
    assert not [value for row in (*explained, *works) for value in row if isinstance(value, list)]


def test_the_answer_is_not_in_the_file(task: Path) -> None:
    """Neither the formulas of open cells, nor their numbers, wherever in the file."""
    book = xlconv.read_book(task)
    truth = xlconv.forward(book.model, book.image)
    opened = {(p.open.cell(r, c), formula) for (p, r, c), formula in right_formulas(task).items()}
    board = xml_cells(task)
    for cell, _ in opened:
        assert board[cell.a1].formula is None
        assert board[cell.a1].value is None
    forms = {relative_form(formula, cell) for cell, formula in opened}
    held = {
        found.formula.relative
        for cells in book.sheets.values()
        for found in cells.values()
        if found.formula is not None
    }
    assert not held & forms
    numbers = {
        found.value
        for sheet in ("Board", "Exercise", "Model", "Guide")
        for found in book.sheets[sheet].values()
        if isinstance(found.value, float)
    }
    answers = {value for value in truth["conv1"].reshape(-1).tolist() if value != 0}
    # Where the picture is empty a convolution is its bias, which is given.
    assert answers & numbers <= set(book.model.weights["conv1.bias"].tolist())


def test_other_cells_hold_what_they_always_hold(task: Path, template_book: TemplateBook) -> None:
    """The maps, that is: behind them the columns differ, as an open softmax has no laboratory."""
    plain, exercise = xml_cells(template_book("lesson3").path), xml_cells(task)
    bands = xlconv.read_book(task).layout.bands
    maps = next(band.first for band in bands if band.tensor == "dense")
    opened = {p.open.cell(r, c).a1 for p, r, c in right_formulas(task)}
    changed = {
        name
        for name, cell in plain.items()
        if name not in opened
        and Cell.parse(name).column < maps
        and cell.formula is not None
        and (exercise[name].formula, exercise[name].attributes.get("t"))
        != (cell.formula, cell.attributes.get("t"))
    }
    texts = {name: plain[name].formula or "" for name in changed}
    titles = {
        name
        for name, text in texts.items()
        if text.startswith(('"', "ROWS")) and "keeps" not in text
    }
    # A state, or for what a cell waits; a formula that says so reads another sheet, and is not
    # shared: the cells below its first have texts of their own.
    for name in changed:
        assert re.search("Exercise!|Works!", exercise[name].formula or ""), name
    assert len(titles) == 5 * 2 + 5  # the maps of conv1 and those that follow, and their layers
    assert {name for name, cell in plain.items() if cell.formula} >= titles


def states(path: Path, engine: str = "formualizer") -> dict[str, str]:
    """What the sheet says of each part, by an engine."""
    book = xlconv.read_book(path)
    places = places_of(book)
    cells = [Range.of(Cell(part.row, 6)) for part in places.parts]
    grids = engine_named(engine).evaluate(path, [("Exercise", cell) for cell in cells])
    return {
        f"{part.layer} {part.title}": str(grid[0][0])
        for part, grid in zip(places.parts, grids, strict=True)
    }


def test_states_follow_what_is_filled_in(task: Path, tmp_path: Path) -> None:
    assert set(states(task).values()) == {TO_DO}

    def change(formula: str, part: Part, row: int, column: int) -> Content:
        if part.layer == "conv1":
            return formula if part.channel == 0 else formula.rpartition("+")[0]
        if part.layer == "pool":
            return formula if (part.channel, row) != (1, 3) else None
        return formula

    found = states(filled_in(task, tmp_path / "done.xlsx", change))
    assert (found["conv1 map 1"], found["conv1 map 2"]) == (RIGHT, NOT_YET)
    assert (found["pool map 1"], found["pool map 2"]) == (NOT_YET, NOT_YET)
    done = states(filled_in(task, tmp_path / "right.xlsx"))
    assert set(done.values()) == {RIGHT}


@pytest.mark.parametrize(
    ("factor", "state"), [(1, RIGHT), (1 + 1e-6, CLOSE), (1.009, CLOSE), (1.02, NOT_YET)]
)
def test_close_is_within_a_hundredth(factor: float, state: str, task: Path, tmp_path: Path) -> None:
    change = only("softmax_exp", lambda f, p, r, c: f"=({f[1:]})*{factor!r}")
    assert states(filled_in(task, tmp_path / "d.xlsx", change))["softmax exp"] == state


@pytest.mark.parametrize(
    "turn",
    [
        lambda x: np.roll(x, 1, 1),
        lambda x: np.roll(x, -1, 0),
        lambda x: x[::-1, ::-1],
        np.transpose,
    ],
    ids=["a column", "a row", "half a turn", "rows for columns"],
)
def test_a_map_that_is_shifted_or_turned_is_not_close(turn: Turn) -> None:
    """It has nearly the same sum as the right one: a check by sums of positive numbers is fooled
    by two of five."""
    gallery = template_gallery(LESSON.about, LESSON.network, LESSON.image)
    judged = []
    for picture in gallery.pictures[::5]:
        for name in ("conv1", "relu1", "conv2", "relu2", "pool"):
            for cells in xlconv.forward(LESSON, picture)[name]:
                checks = zip(
                    (check_sums(check, cells) for check in range(CHECKS)),
                    (check_sums(check, turn(cells)) for check in range(CHECKS)),
                    strict=True,
                )
                judged.append(all(abs(a - b) <= 0.01 * much for (a, much), (b, _) in checks))
    assert len(judged) == 200
    assert sum(judged) <= 10


Turn = Callable[[np.ndarray], np.ndarray]


def test_a_layer_behind_a_wrong_one_says_which(task: Path, tmp_path: Path) -> None:
    """Its formulas are right, but the right numbers cannot come out of them."""
    wrong = filled_in(task, tmp_path / "wrong.xlsx", only("conv1", without_bias))
    assert notes(wrong) == {
        "pool": "cannot be right before conv1 is",
        "softmax": "cannot be right before pool is",
    }
    assert set(notes(task).values()) == {""}
    assert set(notes(filled_in(task, tmp_path / "right.xlsx")).values()) == {""}
    assert not any("note" in finding.tensor for finding in xlconv.verify(wrong).findings)


def notes(path: Path) -> dict[str, str]:
    """What stands beside each layer that has another open one before it."""
    places = places_of(xlconv.read_book(path))
    rows = {name: places.layers[name] for name, before in places.before.items() if before}
    cells = [("Exercise", Range.of(Cell(row, 7))) for row in rows.values()]
    grids = engine_named("formualizer").evaluate(path, cells)
    return {name: str(grid[0][0] or "") for name, grid in zip(rows, grids, strict=True)}


def test_libreoffice_says_the_same_while_a_learner_types(task: Path, session: UnoSession) -> None:
    book = xlconv.read_book(task)
    places = places_of(book)
    maximum = next(part for part in places.parts if part.key == "softmax_max")
    state, cell = f"Exercise!{Cell(maximum.row, 6).a1}", maximum.open.a1
    logits = book.layout.tensors["dense"].maps[0].absolute
    title = f"Board!{Cell(2, book.layout.bands[-1].first).a1}"
    # What softmax reads follows from conv1, which is empty: only the right answer is right.
    right_answer = float(xlconv.forward(book.model, book.image)["dense"].max())
    steps: list[list[object]] = [["read", state], ["read", title]]
    for value in (f"=MAX({logits})", right_answer * 1.001, right_answer, None):
        steps += [["set", cell, value], ["read", state]]
    steps += [["set", cell, right_answer], ["set", "picture", 5], ["read", state], ["read", title]]
    answers = [answer[0][0] for answer in session.run(task, *steps) if answer is not None]
    said = [TO_DO, "10 values · to do", NOT_YET, CLOSE, RIGHT, TO_DO, OTHER]
    assert answers == [*said, f"10 values · {OTHER}"]


def test_what_a_learner_did_is_verified(task: Path, tmp_path: Path) -> None:
    done = filled_in(task, tmp_path / "done.xlsx")
    assert xlconv.verify(done).verdict == "agrees"
    otherwise = only("pool", lambda f, p, r, c: f.replace("MAX(", "MAX(0,"))
    other = filled_in(task, tmp_path / "other.xlsx", otherwise)
    assert xlconv.verify(other).verdict in ("agrees", "differs")
    half = filled_in(task, tmp_path / "half.xlsx", lambda f, p, row, c: f if row < 4 else None)
    report = xlconv.verify(half)
    assert (report.verdict, report.findings) == ("unfinished", ())
    assert report.exercise is not None
    assert report.exercise.cells == 1568 + 392 + 32
    assert report.exercise.empty == 2 * 24 * 28 + 2 * 10 * 14 + 3 * 6


def test_a_wrong_cell_of_a_learner_is_one_finding(task: Path, tmp_path: Path) -> None:
    pool = xlconv.read_book(task).layout.tensors["pool"].maps[1].cell(5, 5).a1
    change = only(
        "pool", lambda f, p, r, c: f.replace("MAX", "MIN") if p.open.cell(r, c).a1 == pool else f
    )
    path = filled_in(task, tmp_path / "wrong.xlsx", change)
    assert found(path) in ([("live", f"Board!{pool}")], [("random", f"Board!{pool}")])


def test_students_get_kernels_and_pictures_of_their_own() -> None:
    gallery = template_gallery(LESSON.about, LESSON.network, LESSON.image)

    def made(seed: int | None, student: str | None) -> tuple[xlconv.Model, int]:
        task = exercise_of(LESSON.network, ["conv1"], None, seed, student)
        model, chosen = varied(LESSON, gallery, task)
        return model, chosen.chosen

    plain, picture = made(None, None)
    assert (plain, picture) == (LESSON, gallery.chosen)
    students = [made(7, name) for name in ("ada", "ben", "cy", "dan", "eve")] + [made(8, "ada")]
    kernels = {tuple(model.weights["conv1.weight"].reshape(-1).tolist()) for model, _ in students}
    assert len(kernels) == 6
    assert len({number for _, number in students}) > 3
    again, same = made(7, "ada")
    assert same == students[0][1]
    for name, array in again.weights.items():
        assert np.array_equal(array, students[0][0].weights[name])
        varied_one = name.startswith("conv")
        assert np.array_equal(array, LESSON.weights[name]) != varied_one
        if varied_one:
            assert np.array_equal(array, np.round(array, 2))
            assert (array != 0).all()
            assert np.corrcoef(array.reshape(-1), LESSON.weights[name].reshape(-1))[0, 1] > 0.8


SLIPS_OF_SOFTMAX: dict[str, tuple[str, str, Change]] = {
    "the last class left out": (
        *("softmax_sum", "softmax sum of exp"),
        lambda f, p, r, c: re.sub(r":(\$?[A-Z]+\$?)(\d+)", _one_less, f),
    ),
    "the first class left out": (
        *("softmax_sum", "softmax sum of exp"),
        lambda f, p, r, c: re.sub(r"(\$?[A-Z]+\$?)(\d+):", _one_more, f),
    ),
    "AVERAGE for MAX": (
        *("softmax_max", "softmax largest logit"),
        lambda f, p, r, c: f.replace("MAX", "AVERAGE"),
    ),
}


def _one_less(match: re.Match[str]) -> str:
    return f":{match[1]}{int(match[2]) - 1}"


def _one_more(match: re.Match[str]) -> str:
    return f"{match[1]}{int(match[2]) + 1}:"


@pytest.fixture(scope="module")
def unsure(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student's softmax, with the picture that is chosen for it."""
    gallery = template_gallery(LESSON.about, LESSON.network, LESSON.image)
    exercise = exercise_of(LESSON.network, ["softmax"], student="ben")
    model, chosen = varied(LESSON, gallery, exercise)
    path = tmp_path_factory.mktemp("unsure") / "task.xlsx"
    xlconv.build(path, model, chosen.image, gallery=chosen, exercise=exercise)
    return path


@pytest.mark.parametrize("slip", SLIPS_OF_SOFTMAX)
def test_the_sheet_sees_slips_of_softmax(slip: str, unsure: Path, tmp_path: Path) -> None:
    key, part, change = SLIPS_OF_SOFTMAX[slip]
    found = states(filled_in(unsure, tmp_path / "done.xlsx", only(key, change)))
    assert found[part] in (NOT_YET, CLOSE)
    # All that follows from it is wrong, too; but for the shares, which do not change with the most.
    behind = {NOT_YET, CLOSE} if key == "softmax_sum" else {RIGHT}
    assert found["softmax probability"] in behind


@pytest.mark.parametrize("name", ["lesson3", "lenet5", "rgb"])
def test_who_fills_in_softmax_gets_a_picture_of_which_the_network_is_not_sure(name: str) -> None:
    template = xlconv.load_template(name)
    gallery = template_gallery(template.about, template.network, template.image)
    for student in (None, "ada", "ben", "cy"):
        exercise = exercise_of(template.network, ["softmax"], student=student)
        model, chosen = varied(template, gallery, exercise)
        shares = xlconv.forward(model, chosen.image)["softmax"]
        # What the sum lacks without the first or the last is far more than a check lets pass.
        assert min(shares[0], shares[-1]) > 1e-8
        assert shares.max() < 0.995
        kept = varied(template, gallery, exercise, keep_picture=True)[1]
        assert kept.chosen == gallery.chosen


def sheet_texts(path: Path) -> list[str]:
    rows = openpyxl.load_workbook(path)["Exercise"].iter_rows()
    return [cell.value for row in rows for cell in row if isinstance(cell.value, str)]


def test_the_sheet_says_that_only_formulas_count(task: Path) -> None:
    [line] = [text for text in sheet_texts(task) if "Only formulas count" in text]
    assert "kernels, weights and biases are read from their cells" in line
    assert "a number that is typed earns nothing" in line


def test_hints_help_where_copying_is_not_enough(tmp_path: Path) -> None:
    """The picture has a ring of one around it, in which the first window begins."""
    layers = (
        Conv2D("conv", 2, 3, padding="same"),
        MaxPool2D("pool"),
        Dense("dense", 2),
        Softmax("softmax"),
    )
    model = random_model(Network("n", (1, 8, 8), layers, ("a", "b")), 1)
    image = np.random.default_rng(1).random((1, 8, 8))
    task = build_exercise(tmp_path / "task.xlsx", model, image, "conv", "pool", "dense")
    book = xlconv.read_book(task)
    conv, pool = (book.layout.tensors[name].maps for name in ("conv", "pool"))
    dense, weights = book.layout.tensors["dense"].maps[0], book.layout.weights["dense"]
    texts = sheet_texts(task)
    assert [texts.count(f"   hint {step} of 3") for step in (1, 2, 3)] == [3, 3, 3]
    corner = book.layout.tensors["input"].maps[0].first.shifted(-1, -1)
    window = Range(corner.row, corner.column, 3, 3).a1
    ring = f"counts as 0: {conv[0].first.a1} reads {window}, which begins in it"
    assert any(text.endswith(ring) for text in texts)
    assert any(f"write the first cell of map 2, {conv[1].first.a1}, anew" in t for t in texts)
    first, second = weights.kernels(0)[0].a1, weights.kernels(1)[0].a1
    cells = dense.cell(0, 0).a1, dense.cell(1, 0).a1
    assert any(f"{cells[0]} reads {first}, {cells[1]} reads {second};" in t for t in texts)
    # Who copies what the hint shows, for each map with its own first window, has it right.
    [stride] = [text for text in texts if "pool's by 2" in text]
    shown = stride.partition("as in ")[2]
    start = conv[0].first
    window = Range(start.row, start.column, 2, 2).absolute
    assert shown.startswith(f"OFFSET({window},2*(ROWS(")

    def copied(formula: str, part: Part, row: int, column: int) -> str:
        down = part.range.row - pool[0].row
        own = moved_formula(shown, row, column)
        moved = Range(start.row + conv[part.channel or 0].row - conv[0].row, start.column, 2, 2)
        own = own.replace(window, moved.absolute)
        return f"=MAX({own})" if down == 0 else formula

    marks = xlconv.grade(filled_in(task, tmp_path / "done.xlsx", only("pool", copied)))
    assert marks.mark == 1.0


def test_command_hands_out_and_says_how_to_go_on(tmp_path: Path) -> None:
    out = tmp_path / "hw.xlsx"
    arguments = ["--exercise", "conv1, softmax", "--seed", "7", "--student", "Ada Lovelace"]
    done = CliRunner().invoke(app, ["build", str(out), *arguments])
    assert done.exit_code == 0
    assert "xlconv grade" in done.stdout
    book = xlconv.read_book(out)
    exercise = book.manifest.exercise
    assert exercise == exercise_of(book.network, ["conv1", "softmax"], None, 7, "Ada Lovelace")
    texts = [
        cell.value for row in openpyxl.load_workbook(out)["Exercise"].iter_rows() for cell in row
    ]
    assert "for Ada Lovelace · seed 7" in texts


def test_the_guide_leads_to_the_violet_cells(task: Path) -> None:
    guide = openpyxl.load_workbook(task)["Guide"]
    said = [cell.value for row in guide.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert any("the violet cells of conv1" in text for text in said)
    assert "violet: yours to fill in (Exercise)" in said


BAD = {
    "--exercise cnv1": "did you mean 'conv1'",
    "--exercise input": "is the picture, which is given",
    "--exercise conv1,conv1": "twice",
    "--exercise dropout --template dropout": "draws random numbers",
    "--exercise ,": "is no layer",
    "--first 3": "belong to an --exercise",
    "--student ada": "belong to an --exercise",
    "--exercise conv1 --first 0": "whole number from 1",
    "--exercise conv1 --seed -1": "whole number from 0",
}


@pytest.mark.parametrize("options", BAD)
def test_what_cannot_be_an_exercise_is_refused(options: str, tmp_path: Path) -> None:
    out = tmp_path / "hw.xlsx"
    done = CliRunner().invoke(app, ["build", str(out), *options.split()])
    assert BAD[options] in str(done.exception)
    assert not out.exists()


@pytest.mark.parametrize(
    "student", ["=1+1", '"', "O'Neill", "李雷", "a\\b", "#{x}", "]] = 1", "@SUM(A1)", "😀"]
)
def test_names_of_students_are_texts(student: str, tmp_path: Path) -> None:
    network, out = Network("n", (1, 2, 2), (ReLU("relu"),)), tmp_path / "hw.xlsx"
    build_exercise(out, Model(network, {}), np.ones((1, 2, 2)), "relu", student=student)
    exercise = xlconv.read_book(out).manifest.exercise
    assert exercise is not None
    assert exercise.student == student
    book = openpyxl.load_workbook(out)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    [shown] = [cell for cell in cells if cell.value == f"for {student}"]
    [noted] = [cell for cell in cells if str(cell.value).startswith("exercise = ")]
    assert (shown.data_type, noted.data_type) == ("s", "s")


@pytest.mark.parametrize("student", ["", " ", "a\nb", " ada", "x" * 101, "\x07"])
def test_what_is_no_name_is_refused(student: str) -> None:
    with pytest.raises(NetworkError, match="student"):
        exercise_of(LESSON.network, ["conv1"], student=student)


def test_marked_cells_can_be_changed_on_a_protected_sheet(tmp_path: Path) -> None:
    out = tmp_path / "hw.xlsx"
    task = exercise_of(LESSON.network, ["dense"])
    xlconv.build(out, LESSON, LESSON.image, exercise=task, protect=True)
    board = openpyxl.load_workbook(out)["Board"]
    cells = {part.open.cell(r, c).a1 for part, r, c in right_formulas(out)}
    assert not any(board[cell].protection.locked for cell in cells)
    assert {board[cell].fill.fgColor.rgb for cell in cells} == {"00EFE6FD"}
    prompts = [rule for rule in board.data_validations.dataValidation if rule.prompt]
    assert any("Yours to fill in" in rule.prompt for rule in prompts)
