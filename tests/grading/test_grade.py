"""`grade`: what is right is right however it is written, and what is wrong is named."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName
from support.books import random_model
from support.edits import cell_element, edited
from support.golden import held, sha, steady
from support.learners import (
    IMAGE,
    LAYERS,
    MISTAKES,
    MODEL,
    PITCH,
    Change,
    build_exercise,
    filled_in,
    only,
    places_of,
    right_formulas,
    substituted,
)
from typer.testing import CliRunner

import xlconv
from xlconv import AvgPool2D, BatchNorm2D, Conv2D, Dense, Exercise, Model, Network, grade
from xlconv.commands.app import app
from xlconv.errors import BookError, EngineError
from xlconv.grading.marks import BlockMarks, Marks, csv_encoding, gradescope, marks_csv
from xlconv.grading.rubric import Rubric
from xlconv.grading.submissions import Terms, marks_as_they_come, submitted_files
from xlconv.network.layers.activation import LeakyReLU, Sigmoid
from xlconv.sheets.exercise.parts import Part


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("task") / "task.xlsx"
    return build_exercise(path, MODEL, IMAGE, *LAYERS, student="ada")


def one_layer(task: Path, tmp_path: Path, layer: str, change: Change) -> Marks:
    return grade(filled_in(task, tmp_path / "done.xlsx", only(layer, change)))


def test_untouched_exercise_is_all_empty(task: Path) -> None:
    marks = grade(task)
    assert (marks.student, marks.mark, [b.block for b in marks.blocks]) == ("ada", 0.0, [*LAYERS])
    for block in marks.blocks:
        assert (block.right, block.empty) == (0, block.cells)
        assert block.what == "is empty"
    cells = {block.block: block.cells for block in marks.blocks}
    assert cells == {
        **{"conv1": 128, "relu1": 128, "conv2": 128, "pool": 32, "dense": 3},
        "softmax": 1 + 3 + 3 + 1 + 3,
    }


def test_right_formulas_are_all_right(engine: str, task: Path, tmp_path: Path) -> None:
    marks = grade(filled_in(task, tmp_path / "done.xlsx"), engine)
    assert marks.mark == 1.0
    assert all((b.formulas, b.first_wrong, b.what) == (b.cells, "", "") for b in marks.blocks)


OTHERWISE: dict[str, tuple[str, Change]] = {
    "one argument": ("conv1", substituted(r"SUMPRODUCT\(([^,]*),([^)]*)\)", r"SUMPRODUCT(\1*\2)")),
    "bias first": ("conv1", substituted(r"=(.*)\+(\$\w+\$\d+)$", r"=\2+\1")),
    "if instead of max": ("relu1", substituted(r"=MAX\(0,(.*)\)", r"=IF(\1>0,\1,0)")),
    "blanks and small letters": ("pool", lambda f, p, r, c: f.lower().replace("(", "( ")),
    "two and two": ("pool", substituted(r"=MAX\((\w+):(\w+)\)", r"=MAX(MAX(\1:\2),\1)")),
    "all in one": (
        "softmax",
        lambda f, p, r, c: f.replace("MAX(", "LARGE(").replace(")", ",1)") if "MAX" in f else f,
    ),
    "never negative": ("pool", lambda f, p, r, c: f.replace("MAX(", "MAX(0,")),
    "a window that is made": (
        "pool",
        substituted(r"=MAX\((\w+):\w+\)", r"=MAX(OFFSET(\1,0,0,2,2))"),
    ),
    "without the steps": ("softmax", lambda f, p, r, c: _at_once(f) if p.key == "softmax" else f),
}


def _at_once(formula: str) -> str:
    """A probability without a look at the steps: exp by exp, from the logits."""
    row = int(re.findall(r"\d+", formula)[0])
    logits = [f"DU{number}" for number in (9, 10, 11)]
    return f"=EXP(DU{row})/({'+'.join(f'EXP({logit})' for logit in logits)})"


@pytest.mark.parametrize("way", OTHERWISE)
def test_what_is_right_may_be_written_otherwise(way: str, task: Path, tmp_path: Path) -> None:
    layer, change = OTHERWISE[way]
    written = filled_in(task, tmp_path / "done.xlsx", only(layer, change))
    before = right_formulas(task)
    assert any(change(f, *key) != f for key, f in before.items() if key[0].layer == layer)
    marks = grade(written)
    assert marks.mark == 1.0, [block for block in marks.blocks if block.what]


def test_names_and_cells_of_a_learner_are_followed(task: Path, tmp_path: Path) -> None:
    """A name for the kernel, and half of the work in cells below the board or on a new sheet."""

    def change(formula: str, part: Part, row: int, column: int) -> str:
        bias = formula.rpartition("+")[2]
        here = part.open.cell(row, column)
        if part.channel == 0:
            return formula.replace("$AI$10:$AK$12", "mine")
        return f"={here.shifted(100, 0).a1}+{bias}" if row < 4 else f"=mine!{here.a1}"

    done = filled_in(task, tmp_path / "done.xlsx", only("conv1", change))
    workbook = openpyxl.load_workbook(done)
    workbook.defined_names["mine"] = DefinedName("mine", attr_text="Board!$AI$10:$AK$12")
    board, sheet = workbook["Board"], workbook.create_sheet("mine")
    for (part, row, column), formula in right_formulas(task).items():
        if (part.layer, part.channel) == ("conv1", 1):
            here = part.open.cell(row, column)
            board[here.shifted(100, 0).a1] = formula.rpartition("+")[0]
            sheet[here.a1] = re.sub(r"(\$?[A-Z]+\$?\d+(:\$?[A-Z]+\$?\d+)?)", r"Board!\1", formula)
    workbook.save(done)
    assert grade(done).mark == 1.0
    # With another kernel in half of them, what is wrong is said of what they read in the end.
    for (part, row, column), formula in right_formulas(task).items():
        if (part.layer, part.channel) == ("conv1", 1):
            cell = board[part.open.cell(row, column).shifted(100, 0).a1]
            cell.value = formula.rpartition("+")[0].replace("$AI$24:$AK$26", "$AI$10:$AK$12")
    workbook.save(done)
    block = grade(done).blocks[0]
    assert (block.formulas, block.cells) == (96, 128)
    assert "reads the kernel of map 1 instead of map 2" in block.what


@pytest.mark.usefixtures("libreoffice")
def test_what_the_embedded_engine_cannot_evaluate_is_asked_elsewhere(
    task: Path, tmp_path: Path
) -> None:
    change = only("softmax_sum", lambda f, p, r, c: "=SUM(MMULT({1,1,1},$EF$9:$EF$11))")
    done = filled_in(task, tmp_path / "done.xlsx", change)
    assert grade(done).mark == 1.0


@pytest.mark.usefixtures("libreoffice")
def test_the_result_of_explain_is_no_answer(tmp_path: Path) -> None:
    """It is right for the cell that Explain takes apart, also when other numbers stand there."""
    task = build_exercise(tmp_path / "t.xlsx", MODEL, IMAGE, "relu1", first=1)
    workbook = openpyxl.load_workbook(task)
    board = workbook["Board"]
    chosen = xlconv.read_book(task).layout.panel.chosen
    for cell, value in zip(chosen, ("relu1", 1, 1, 1), strict=True):
        board[cell.a1] = value
    [first, second] = (part.open for part in places_of(xlconv.read_book(task)).parts)
    board[first.a1], board[second.a1] = (
        "=Explain!C11",
        right_formulas(task)[places_of(xlconv.read_book(task)).parts[1], 0, 0],
    )
    workbook.save(task)
    for engine in ("formualizer", "libreoffice"):
        [block] = grade(task, engine).blocks
        assert (block.formulas, block.first_wrong) == (1, f"Board!{first.a1}")
        assert "reads Explain!C11, another sheet" in block.what


@pytest.fixture(scope="module")
def mistaken(task: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Marks]:
    """The marks of a file in which a mistake of a kind is made."""
    folder = tmp_path_factory.mktemp("mistaken")

    @cache
    def marks(kind: str) -> Marks:
        layer, change, _ = MISTAKES[kind]
        return one_layer(task, folder, layer, change)

    return marks


@pytest.mark.parametrize("kind", MISTAKES)
def test_mistakes_are_named_at_their_first_cell(
    kind: str, task: Path, mistaken: Callable[[str], Marks]
) -> None:
    (layer, _, words), marks = MISTAKES[kind], mistaken(kind)
    for block in marks.blocks:
        if block.block != layer:
            assert (block.formulas, block.what) == (block.cells, ""), "only one layer is wrong"
    [block] = [block for block in marks.blocks if block.block == layer]
    assert words in block.what
    assert block.right < block.cells
    parts = places_of(xlconv.read_book(task)).of_layer(layer)
    assert any(
        block.first_wrong == f"Board!{cell.a1}" for part in parts for cell in part.open.cells()
    )


def test_marks_are_what_was_written_down_of_them(
    task: Path, mistaken: Callable[[str], Marks], tmp_path: Path
) -> None:
    """As tests/test_golden.py holds books: all that is said of each file."""
    found = {"task": grade(task), "right": grade(filled_in(task, tmp_path / "right.xlsx"))}
    found |= {f"mistake {number}": mistaken(kind) for number, kind in enumerate(MISTAKES)}
    said = {name: marks.as_json() | {"file": name} for name, marks in found.items()}
    held("marks", {name: sha(steady(json.dumps(said[name])).encode()) for name in sorted(said)})


def test_pitch_of_the_maps_is_what_these_tests_take_it_for(task: Path) -> None:
    maps = xlconv.read_book(task).layout.tensors["conv1"].maps
    assert maps[1].row - maps[0].row == PITCH


def test_a_mistake_in_one_cell_costs_one_cell(task: Path, tmp_path: Path) -> None:
    def one(formula: str, part: Part, *place: int) -> str:
        return "=1+1" if (part.channel, *place) == (1, 2, 3) else formula

    marks = one_layer(task, tmp_path, "conv1", one)
    [block] = [block for block in marks.blocks if block.block == "conv1"]
    place = xlconv.read_book(task).layout.tensors["conv1"].maps[1].cell(2, 3)
    assert (block.cells - block.formulas, block.first_wrong) == (1, f"Board!{place.a1}")


def test_layers_are_marked_whatever_those_before_them_hold(task: Path, tmp_path: Path) -> None:
    """conv1 is empty and relu1 wrong: conv2 and all others are right all the same."""

    def change(formula: str, part: Part, row: int, column: int) -> str | None:
        return {"conv1": None, "relu1": "=1"}.get(part.layer, formula)

    marks = {b.block: b for b in grade(filled_in(task, tmp_path / "done.xlsx", change)).blocks}
    assert (marks["conv1"].empty, marks["relu1"].right) == (128, 0)
    assert all(marks[name].formulas == marks[name].cells for name in LAYERS[2:])


def test_typed_numbers_are_told_from_formulas(task: Path, tmp_path: Path) -> None:
    book = xlconv.read_book(task)
    truth = xlconv.forward(book.model, book.image)["conv1"]

    def typed(formula: str, part: Part, row: int, column: int) -> float | str:
        return float(truth[part.channel or 0, row, column]) if row < 4 else formula

    path = filled_in(task, tmp_path / "done.xlsx", only("conv1", typed))
    block = grade(path).blocks[0]
    assert (block.formulas, block.typed, block.right) == (64, 64, 128)
    assert block.first_wrong == "Board!AV9"
    assert "is right, but no formula" in block.what
    assert grade(path).blocks[0].mark == 0.5
    assert grade(path, typed=True).mark == 1.0
    assert grade(path, typed=True).blocks[0].what == ""


@pytest.mark.parametrize(
    "network",
    [
        Network(
            "other",
            (2, 6, 6),
            (
                Conv2D("conv", 2, 3, stride=2, padding=1, bias=False),
                BatchNorm2D("norm"),
                LeakyReLU("leaky"),
                AvgPool2D("mean", 3, stride=1, padding=1),
                Dense("dense", 4),
                Sigmoid("sigmoid"),
            ),
            ("a", "b", "c", "d"),
        )
    ],
)
def test_other_kinds_of_layers_are_marked(network: Network, tmp_path: Path) -> None:
    names = [layer.name for layer in network.layers]
    image = np.random.default_rng(4).random(network.input_shape)
    task = build_exercise(tmp_path / "task.xlsx", random_model(network, 3, 0.2, 0.5), image, *names)
    assert grade(task).mark == 0.0
    assert grade(filled_in(task, tmp_path / "done.xlsx")).mark == 1.0
    for name in names:
        wrong = filled_in(task, tmp_path / "wrong.xlsx", only(name, lambda f, p, r, c: f"{f}+0.01"))
        blocks = {block.block: block for block in grade(wrong).blocks}
        assert blocks[name].right == 0
        assert all(blocks[one].right == blocks[one].cells for one in names if one != name)


def test_first_cells_are_marked_alone(tmp_path: Path) -> None:
    task = build_exercise(tmp_path / "t.xlsx", MODEL, IMAGE, "conv1", "dense", first=2)
    assert [block.cells for block in grade(task).blocks] == [4, 2]
    done = filled_in(task, tmp_path / "done.xlsx")
    assert grade(done).mark == 1.0


def test_a_workbook_without_an_exercise_is_refused(tmp_path: Path) -> None:
    xlconv.build(tmp_path / "plain.xlsx", MODEL, np.zeros((1, 8, 8)))
    with pytest.raises(BookError, match="holds no exercise"):
        grade(tmp_path / "plain.xlsx")
    with pytest.raises(EngineError):
        grade(tmp_path / "plain.xlsx", "excel")


@pytest.fixture
def folder(task: Path, tmp_path: Path) -> Path:
    """A class: right, wrong, empty, in a folder of its own, broken, and no workbooks."""
    place = tmp_path / "handed in"
    (place / "cy").mkdir(parents=True)
    filled_in(task, place / "ada 2.xlsx")
    filled_in(task, place / "ada 10.xlsx", only("relu1", lambda f, p, r, c: f"={f[7:-1]}"))
    (place / "cy" / "hw.xlsx").write_bytes(task.read_bytes())
    (place / "broken.xlsx").write_bytes(task.read_bytes()[:5000])
    (place / "notes.txt").write_text("hello")
    (place / "~$ada 2.xlsx").write_text("a lock")
    return place


NAMES = ["ada 2.xlsx", "ada 10.xlsx", "broken.xlsx", "cy/hw.xlsx"]


def test_a_folder_is_marked_in_natural_order(folder: Path) -> None:
    files = submitted_files(folder)
    assert [path.relative_to(folder).as_posix() for path in files] == NAMES
    coming = list(marks_as_they_come(files, Terms()))
    assert sorted(path for path, _ in coming) == sorted(files)
    marked = [dict(coming)[path] for path in files]
    assert [round(marks.mark, 3) for marks in marked] == [1.0, round(5.5 / 6, 3), 0.0, 0.0]
    assert [bool(marks.error) for marks in marked] == [False, False, True, False]
    assert "cut short" in marked[2].error


def test_command_writes_csv_json_and_results(folder: Path, tmp_path: Path) -> None:
    out, results = tmp_path / "marks.csv", tmp_path / "results"
    arguments = ["grade", str(folder), "--out", str(out), "--json", "--gradescope", str(results)]
    done = CliRunner().invoke(app, arguments)
    assert (done.exit_code, done.stdout[:1]) == (1, "["), done.exception
    data = json.loads(done.stdout)
    assert [marks["file"] for marks in data] == [str(Path(name)) for name in NAMES]
    keys = ["file", "student", "mark", "points", "earned", "error", "blocks", "remarks"]
    assert list(data[0]) == keys
    assert list(data[0]["blocks"][0]) == [
        *("block", "cells", "formulas", "typed", "empty", "first_wrong", "what", "unjudged"),
        *("points", "mark", "slip", "also", "right", "earned"),
    ]
    lines = list(csv.DictReader(out.read_text().splitlines()))
    assert [line["block"] for line in lines[:7]] == [*LAYERS, "all"]
    assert lines[6]["mark"] == "1.0000"
    wrong = next(line for line in lines if line["what"].startswith("ReLU"))
    assert (wrong["student"], wrong["block"], wrong["right"]) == ("ada", "relu1", wrong["formulas"])
    result = json.loads((results / "ada 10.json").read_text())
    assert [test["name"] for test in result["tests"]] == [*LAYERS]
    assert all(test["score"] <= test["max_score"] == 10 for test in result["tests"])
    assert json.loads((results / "broken.json").read_text())["score"] == 0.0
    again = CliRunner().invoke(app, ["grade", str(folder), "--out", str(out)])
    assert again.exit_code != 0


def test_one_file_and_exit_codes(task: Path, folder: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["grade", str(folder / "ada 2.xlsx")])
    assert (done.exit_code, "100%" in done.stdout) == (0, True)
    assert CliRunner().invoke(app, ["grade", str(folder / "broken.xlsx")]).exit_code == 2


def test_places_without_workbooks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BookError, match="no workbook in this folder"):
        submitted_files(tmp_path)


def test_a_place_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BookError, match="no such file or folder; give a workbook"):
        submitted_files(tmp_path / "handed-in")


def test_marks_in_the_folder_are_no_submission(task: Path, tmp_path: Path) -> None:
    (tmp_path / "ada.xlsx").write_bytes(task.read_bytes())
    out = tmp_path / "marks.csv"
    for _ in range(2):
        done = CliRunner().invoke(app, ["grade", str(tmp_path), "--out", str(out), "--force"])
        assert done.exit_code == 0
    assert {line["file"] for line in csv.DictReader(out.read_text().splitlines())} == {"ada.xlsx"}


def test_files_of_one_name_keep_their_results_apart(task: Path, tmp_path: Path) -> None:
    handed_in, results = tmp_path / "in", tmp_path / "results"
    handed_in.mkdir()
    (handed_in / "hw.xlsx").write_bytes(task.read_bytes())
    (handed_in / "hw.ods").write_text("none")
    arguments = ["grade", str(handed_in), "--gradescope", str(results)]
    assert CliRunner().invoke(app, arguments).exit_code == 1
    assert sorted(path.name for path in results.iterdir()) == ["hw.ods.json", "hw.xlsx.json"]
    assert json.loads((results / "hw.xlsx.json").read_text())["tests"]


def test_a_file_that_cannot_be_marked_is_called_by_its_name(folder: Path) -> None:
    done = CliRunner().invoke(app, ["grade", str(folder)])
    [line] = [line for line in done.stdout.splitlines() if "cut short" in line]
    assert line.startswith("broken.xlsx: damaged")


@pytest.mark.parametrize(("student", "mark"), [("ada", b""), ("Zoë", b"\xef\xbb\xbf")])
def test_excel_reads_every_name_in_the_marks(student: str, mark: bytes) -> None:
    text = marks_csv([Marks("hw.xlsx", student)])
    written = text.encode(csv_encoding(text))
    assert written.startswith(mark + b"file,student")
    assert written.decode("utf-8-sig").splitlines()[1].startswith(f"hw.xlsx,{student},")


def test_excel_reads_every_letter_of_what_is_wrong() -> None:
    """The learner's own text, too: =SUMME("größer")."""
    told = BlockMarks("conv", 1, 0, 0, 0, "Board!B2", "gives the text 'größer', no number")
    text = marks_csv([Marks("hw.xlsx", "ada", (told,))])
    assert text.encode(csv_encoding(text)).startswith(b"\xef\xbb\xbffile,")


def test_csv_fields_cannot_be_formulas() -> None:
    marks = Marks("=cmd|' /C calc'!A0.xlsx", "@ada", error="-1")
    [_, line] = csv.reader(marks_csv([marks]).splitlines())
    assert (line[0], line[1], line[-1]) == ("'=cmd|' /C calc'!A0.xlsx", "'@ada", "'-1")


def test_results_for_gradescope_add_up(task: Path) -> None:
    result = gradescope(grade(task, rubric=Rubric().with_points("4")))
    assert [test["max_score"] for test in result["tests"]] == [4] * len(LAYERS)
    assert "is empty" in result["tests"][0]["output"]


def test_what_was_handed_out_must_be_open(task: Path, tmp_path: Path) -> None:
    same = Exercise(tuple(reversed(LAYERS)))
    assert grade(task, handed_out=same).mark == 0.0
    for other in (Exercise(LAYERS[:2]), Exercise(LAYERS, first=1)):
        with pytest.raises(BookError, match="not what was handed out"):
            grade(task, handed_out=other)
    done = CliRunner().invoke(app, ["grade", str(task), "--exercise", "conv1"])
    assert done.exit_code == 2
    done = CliRunner().invoke(app, ["grade", str(task), "--exercise", ", ".join(LAYERS)])
    assert done.exit_code == 0
    done = CliRunner().invoke(app, ["grade", str(task), "--first", "3"])
    assert "--first belongs to --exercise" in str(done.exception)


def test_an_array_formula_is_one_in_all_its_cells(task: Path, tmp_path: Path) -> None:
    """As Excel saves what spills: the first cell has the formula, the others numbers."""
    book = xlconv.read_book(task)
    values, logits = book.layout.tensors["softmax"].maps[0], book.layout.tensors["dense"].maps[0]

    def spilled(xml: str) -> str:
        for number, cell in enumerate(values.cells()):
            formula = f'<f t="array" ref="{values.a1}">EXP({logits.a1})</f>' if not number else ""
            edit = cell_element(cell.a1, lambda _, f=formula: f"{f}<v>0.25</v>")  # type: ignore[misc]
            xml = edit(xml)
        return xml

    path = edited(task, tmp_path / "spilled.xlsx", spilled)
    found = xlconv.read_book(path)
    told = {found.cell("Board", values, row).words(values.cell(row, 0)) for row in range(3)}
    assert told == {f"the formula {{=EXP({logits.a1})}}"}
    [block] = [block for block in grade(path).blocks if block.block == "softmax"]
    assert block.typed == 0


def with_exercise(source: Path, target: Path, old: str, new: str) -> None:
    """A copy whose manifest says something else of the exercise."""
    workbook = openpyxl.load_workbook(source)
    cells = [cell for row in workbook["Model"].iter_rows() for cell in row]
    [line] = [cell for cell in cells if str(cell.value).startswith("exercise = ")]
    line.value = line.value.replace(old, new)
    workbook.save(target)


def test_an_edited_manifest_is_refused(task: Path, tmp_path: Path) -> None:
    with_exercise(task, tmp_path / "edited.xlsx", "relu1", "relu9")
    with pytest.raises(BookError, match="'relu9' is no layer"):
        grade(tmp_path / "edited.xlsx")


def test_a_copy_under_another_name_is_told(tmp_path: Path) -> None:
    """Kernels are a student's own: who hands in another's book under a new name has another's."""
    network = Network("own", (1, 6, 6), (Conv2D("conv", 1, 3),), ())
    handed_in = tmp_path / "in"
    handed_in.mkdir()
    for number, name in enumerate(("ada", "ben")):
        made = random_model(network, 3, 0.2, 0.5)
        model = Model(network, {key: array + number for key, array in made.weights.items()})
        path = handed_in / f"{name}.xlsx"
        build_exercise(path, model, np.ones((1, 6, 6)), "conv", student=name)
    done = CliRunner().invoke(app, ["grade", str(handed_in)])
    assert "a copy?" not in done.stdout
    with_exercise(handed_in / "ada.xlsx", handed_in / "cy.xlsx", "ada", "cy")
    done = CliRunner().invoke(app, ["grade", str(handed_in)])
    [line] = [line for line in done.stdout.splitlines() if "a copy?" in line]
    assert line.startswith(
        "ada.xlsx and cy.xlsx have the same kernels, but say that they were made"
    )


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for a program's children")
def test_ctrl_c_is_not_for_the_processes_that_mark(task: Path, tmp_path: Path) -> None:
    """A terminal sends it to all of them, also while they are only beginning: they would print
    what they were doing."""
    for name in "abcd":
        (tmp_path / f"{name}.xlsx").write_bytes(task.read_bytes())
    running = subprocess.Popen(
        [sys.executable, "-m", "xlconv", "grade", str(tmp_path), "--json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    while running.poll() is None and len(children.read_text().split()) < 2:
        time.sleep(0.002)
    time.sleep(0.3)  # one has begun to import, and cannot say yet that it does not listen
    for child in children.read_text().split():
        os.kill(int(child), signal.SIGINT)
    out, err = running.communicate(timeout=100)
    assert (running.returncode, err) == (0, "")
    assert len(json.loads(out)) == 4


def test_what_cannot_be_marked_is_one_line_of_error(folder: Path, tmp_path: Path) -> None:
    """As with every other command: on stderr, though results are written all the same."""
    broken, results = folder / "broken.xlsx", tmp_path / "results.json"
    done = CliRunner().invoke(app, ["grade", str(broken), "--gradescope", str(results)])
    assert (done.exit_code, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith(f"error: {broken}: damaged or cut short")
    assert json.loads(results.read_text())["score"] == 0.0
    for path in folder.rglob("*.xlsx"):
        path.write_bytes(b"PK")
    done = CliRunner().invoke(app, ["grade", str(folder)])
    assert (done.exit_code, "broken.xlsx" in done.stdout) == (2, True)
    [line] = done.stderr.splitlines()
    assert "none of 4 workbooks could be marked" in line


def test_no_part_of_a_csv_field_is_a_formula_where_a_semicolon_ends_fields() -> None:
    marks = Marks("a;=1+1.xlsx", "x; @b", error="\uff1d1\n+2, {1;-2}, a;b")
    [_, line] = csv.reader(io.StringIO(marks_csv([marks]), newline=""))
    assert (line[0], line[1]) == ("a;'=1+1.xlsx", "x; '@b")
    assert line[-1] == "'\uff1d1\n'+2, {1;'-2}, a;b"


def test_names_that_are_no_text_are_written_all_the_same(task: Path, tmp_path: Path) -> None:
    place = tmp_path / "class"
    place.mkdir()
    name = os.fsdecode(b"ad\xff\x1b[2J.xlsx")
    (place / name).write_bytes(task.read_bytes())
    out = tmp_path / "marks.csv"
    results = tmp_path / "results"
    done = CliRunner().invoke(
        app, ["grade", str(place), "--out", str(out), "--gradescope", str(results)]
    )
    assert done.exit_code == 0, done.exception
    assert "\x1b" not in done.stdout
    assert out.read_text().count("ad?") == len(LAYERS) + 1
    assert len(list(results.iterdir())) == 1
