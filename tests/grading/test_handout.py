"""A workbook for each student of a class: as `build --student` makes it, whole or not there."""

from pathlib import Path

import numpy as np
import pytest
from support.command_line import command, refused

import xlconv

LIST = "name,id,email\nAda,1,a@x.org\nBen,2,b@x.org\nada,3,c@x.org\n"
TASK = ("--template", "conv-example", "--exercise", "conv1")


def class_folder(tmp_path: Path, text: str = LIST) -> Path:
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = class_folder(tmp_path_factory.mktemp("class"))
    arguments = ("build", "--students", "list.csv", "--out-dir", "out", *TASK)
    done = command(*arguments, folder=folder)
    assert done.code == 0, done.err
    assert "wrote 3 workbooks into out" in done.out
    assert "line 2: another 'Ada'; called 'Ada (1)'" in done.out
    return folder


def test_each_student_gets_the_workbook_that_build_makes_for_them(built: Path) -> None:
    files = sorted(path.name for path in (built / "out").iterdir())
    assert files == ["Ada (1).xlsx", "Ben.xlsx", "ada (3).xlsx"]
    assert command("build", "ben.xlsx", *TASK, "--student", "Ben", folder=built).code == 0
    assert (built / "ben.xlsx").read_bytes() == (built / "out" / "Ben.xlsx").read_bytes()
    books = [xlconv.read_book(built / "out" / name) for name in files]
    assert [book.manifest.exercise.student for book in books] == ["Ada (1)", "Ben", "ada (3)"]
    kernels = [np.round(book.model.weights["conv1.weight"], 6).tobytes() for book in books]
    assert len({*kernels}) == 3


def test_files_that_exist_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    folder = class_folder(tmp_path)
    (folder / "out").mkdir()
    (folder / "out" / "Ben.xlsx").write_bytes(b"mine")
    arguments = ["build", "--students", "list.csv", "--out-dir", "out", *TASK]
    refused(folder, arguments, "Ben.xlsx exists", "--force")
    assert [path.name for path in (folder / "out").iterdir()] == ["Ben.xlsx"]
    assert command(*arguments, "--force", folder=folder).code == 0
    assert (folder / "out" / "Ben.xlsx").read_bytes() != b"mine"
    assert len(list((folder / "out").iterdir())) == 3


def test_an_exercise_that_cannot_be_leaves_no_folder(tmp_path: Path) -> None:
    folder = class_folder(tmp_path)
    arguments = ["build", "--students", "list.csv", "--out-dir", "out", "--exercise", "nix"]
    refused(folder, arguments, "'nix' is no layer")
    assert not (folder / "out").exists()


WRONG = {
    "give --out-dir DIR": ["--students", "list.csv"],
    "a class has a folder": ["x.xlsx", "--students", "list.csv", "--out-dir", "out"],
    "needs an exercise": ["--students", "list.csv", "--out-dir", "out"],
    "--out-dir is for a class": ["x.xlsx", "--out-dir", "out"],
    "there is no folder": ["--students", "list.csv", "--out-dir", "no/out", *TASK],
    "no such file": ["--students", "none.csv", "--out-dir", "out", *TASK],
    "give one of them": [
        *("--students", "list.csv", "--out-dir", "out", "--student", "Ben"),
        *TASK,
    ],
}


@pytest.mark.parametrize("word", WRONG)
def test_options_that_do_not_go_together_are_one_line(word: str, tmp_path: Path) -> None:
    refused(class_folder(tmp_path), ["build", *WRONG[word]], word)
