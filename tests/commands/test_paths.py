"""Whatever is given as a path: one clear line, exit code 2, nothing written; and commands that are
printed can be copied."""

import shlex
import subprocess
from pathlib import Path

import pytest
from support.books import TINY, TemplateBook
from support.learners import random_exercise
from typer.testing import CliRunner

from xlconv.commands.app import app
from xlconv.errors import XlconvError
from xlconv.system.terminal_text import shell_word

ODD = {
    "this folder": ".",
    "the root": "/",
    "nothing": "",
    "the folder above": "..",
    "a long name": "x" * 300,
    "a long name with an ending": "x" * 295 + ".xlsx",
    "a line break": "a\nb",
    "a zero": "a\0b",
    "in no folder": "none/out",
    "below a file": "file/out",
    "a folder": "folder/",
}
# Each with the path in its place; the rest is right.
COMMANDS: dict[str, list[str]] = {
    "build": ["build", "{}", "--template", "edges"],
    "build by force": ["build", "{}", "--template", "edges", "--force"],
    "template": ["build", "out.xlsx", "--template", "{}"],
    "weights": ["build", "out.xlsx", "--template", "edges", "--weights", "{}"],
    "image": ["build", "out.xlsx", "--template", "edges", "--image", "{}"],
    "images": ["build", "out.xlsx", "--template", "edges", "--images", "{}"],
    "opened when built": ["build", "{}", "--template", "edges", "--open"],
    "open": ["open", "{}"],
    "verify": ["verify", "{}"],
    "grade": ["grade", "{}"],
    "marks": ["grade", "task.xlsx", "--out", "{}"],
    "marks by force": ["grade", "task.xlsx", "--out", "{}", "--force"],
    "gradescope": ["grade", "task.xlsx", "--gradescope", "{}"],
    "rubric": ["grade", "task.xlsx", "--rubric", "{}"],
    "list of a class": ["build", "--students", "{}", "--out-dir", "new", "--exercise", "conv1"],
    "class": ["build", "--students", "list.csv", "--out-dir", "{}", "--exercise", "conv1"],
    "list of marks": ["grade", "task.xlsx", "--students", "{}", "--out", "marks.csv"],
    "feedback": ["grade", "task.xlsx", "--feedback", "{}"],
    "render": ["render", "{}", "out.png"],
    "picture": ["render", "book.xlsx", "{}"],
    "picture by force": ["render", "book.xlsx", "{}", "--force"],
    "show": ["show", "{}"],
    "templates": ["templates", "{}"],
    "train": ["train", "{}", "--out", "out.npz"],
    "trained": ["train", "lesson3", "--out", "{}"],
    "data": ["train", "lesson3", "--out", "out.npz", "--data", "{}"],
    "from": ["train", "lesson3", "--out", "out.npz", "--from", "{}"],
}
# What may well be given there: folders of workbooks, and names for new files.
FITTING = {
    *(("grade", odd) for odd in ("this folder", "nothing", "the folder above", "the root")),
    *(
        (what, odd)
        for what in ("class", "feedback")
        for odd in ("this folder", "the root", "nothing", "the folder above", "a folder")
    ),
    *((what, odd) for what in ("class", "feedback") for odd in ("in no folder", "a line break")),
    *((what, "a line break") for what in ("marks", "marks by force", "gradescope", "trained")),
}


@pytest.fixture(scope="module")
def folder(template_book: TemplateBook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("paths") / "within"
    (folder / "folder").mkdir(parents=True)
    (folder / "file").write_text("no workbook")
    (folder / "list.csv").write_text("name,id\nAda,1\n")
    (folder / "book.xlsx").write_bytes(template_book("edges").path.read_bytes())
    random_exercise(folder / "task.xlsx", TINY, "conv")
    return folder


def contents(folder: Path) -> set[str]:
    return {str(path) for path in folder.parent.rglob("*")}


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_path_is_one_clear_line(
    odd: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    before = contents(folder)
    for what, words in COMMANDS.items():
        if (what, odd) in FITTING:
            continue
        result = CliRunner().invoke(app, [ODD[odd] if word == "{}" else word for word in words])
        told = f"{what}, {odd}: {result.output} {result.exception!r}"
        assert result.exit_code != 0, told
        # What else ends a command is told in one line by `run`; tests of it are beside this.
        assert isinstance(result.exception, SystemExit | XlconvError), told
        assert str(result.exception) or result.output, told
    assert contents(folder) == before


def test_a_folder_of_far_too_many_files_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xlconv.grading.submissions.MOST_FILES", 2)
    result = CliRunner().invoke(app, ["grade", str(folder)])
    assert "more than 2 files in this folder; name the one that holds" in str(result.exception)


NAMES = ("out.xlsx", "my book.xlsx", "a  b.xlsx", "it's.xlsx", "$HOME.xlsx", "-x.xlsx", "ü(1).xlsx")


@pytest.mark.parametrize("name", [*NAMES, "a\nb.xlsx", "a\tb\\.xlsx", "\u2028.xlsx"])
def test_a_word_of_a_command_can_be_copied(name: str) -> None:
    word = shell_word(name)
    assert word.isprintable()
    printed = subprocess.run(
        ["bash", "-c", f"LC_ALL=C.UTF-8; printf %s {word}"], capture_output=True, check=True
    )
    assert printed.stdout.decode() == (f"./{name}" if name.startswith("-") else name)


@pytest.mark.parametrize("name", NAMES)
def test_the_command_that_build_prints_is_for_this_book(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    built = CliRunner().invoke(app, ["build", "--template", "edges", "--", name])
    assert built.exit_code == 0, built.output
    command = built.stdout.partition("prove it with  ")[2].partition("\n")[0]
    _, *words = shlex.split(command)
    assert CliRunner().invoke(app, [*words, "--engine", "none"]).exit_code == 0
