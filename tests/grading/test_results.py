"""What `grade` writes where something goes wrong: looked at before anything is marked, and
nothing that was marked is lost."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.books import TINY, random_image, random_model
from support.command_line import command
from support.learners import build_exercise, filled_in

from xlconv.grading import submissions
from xlconv.grading.classroom import feedback
from xlconv.grading.marks import Marks
from xlconv.grading.resemblance import resemblances
from xlconv.grading.submissions import Terms, mark_one
from xlconv.system.workers import made_side_by_side


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("task")
    model, image = random_model(TINY, 1), random_image(TINY, 1)
    task = build_exercise(folder / "task.xlsx", model, image, "conv")
    return filled_in(task, folder / "right.xlsx")


@pytest.fixture
def folder(right: Path, tmp_path: Path) -> Path:
    """A folder with a class's workbooks in `in`, and the list of the class."""
    (tmp_path / "in").mkdir()
    for name in ("a", "ba"):
        (tmp_path / "in" / f"{name}.xlsx").write_bytes(right.read_bytes())
    (tmp_path / "list.csv").write_text("name,id\nA,1\nBa,2\n", encoding="utf-8")
    return tmp_path


def test_a_remark_is_for_the_files_that_it_is_about() -> None:
    """One file's name is part of another's."""
    same = frozenset(("Board!B2: =1+SQRT(4)",))
    marked = [Marks("a.xlsx", "a"), *(Marks(f"{n}.xlsx", n, unusual=same) for n in ("ba", "c"))]
    [found] = resemblances(marked)
    assert found.files == ("ba.xlsx", "c.xlsx")
    assert found.text == ("ba.xlsx and c.xlsx hold the same unusual formula: Board!B2: =1+SQRT(4)")


def test_as_json_each_workbook_has_its_own_remarks(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "in" / "c.xlsx").write_bytes(b"PK")

    def alone(path: Path, terms: Terms) -> Marks:
        odd = frozenset(("=1+SQRT(4)",)) if path.stem != "a" else frozenset[str]()
        return Marks(str(path), path.stem, unusual=odd)

    monkeypatch.setattr(submissions, "made_side_by_side", one_by_one)
    monkeypatch.setattr(submissions, "mark_one", alone)
    data = json.loads(command("grade", "in", "--json", folder=folder).out)
    told = "ba.xlsx and c.xlsx hold the same unusual formula: =1+SQRT(4)"
    assert [(one["file"], one["remarks"]) for one in data] == [
        *(("a.xlsx", []), ("ba.xlsx", [told]), ("c.xlsx", [told]))
    ]


def one_by_one(make: Callable[..., Marks], things: list[Path], shared: tuple[Terms], *_: object):  # type: ignore[no-untyped-def]
    """As workers do it, in this process."""
    for thing in things:
        yield thing, make(thing, *shared)


@pytest.mark.parametrize(
    ("error", "told", "mark"),
    [
        (
            ZeroDivisionError("by\nzero"),
            "could not be marked: ZeroDivisionError: by zero; please",
            None,
        ),
        (KeyError(), "could not be marked: KeyError; please report it", None),
        (
            OSError(28, "No space left"),
            "could not be marked: [Errno 28] No space left; check",
            None,
        ),
        (RecursionError(), "too much to read (RecursionError)", 0.0),
    ],
)
def test_what_nobody_foresaw_in_one_workbook_is_its_error(
    error: Exception, told: str, mark: float | None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are marked, and there is no 0 for what is no fault of the student's."""
    whole = submissions.grade

    def broken(path: Path, *how: object) -> Marks:
        if path.stem == "ba":
            raise error
        return whole(path, *how)  # type: ignore[arg-type]

    monkeypatch.setattr(submissions, "grade", broken)
    monkeypatch.setattr(submissions, "made_side_by_side", one_by_one)
    done = command("grade", "in", "--out", "marks.csv", "--json", folder=folder)
    assert done.code == 1
    a, ba = json.loads(done.out)
    assert (a["mark"], a["error"], ba["mark"], ba["earned"]) == (1.0, "", mark, None)
    assert ba["error"].startswith(told)
    assert mark_one(folder / "in" / "ba.xlsx", Terms()).mark == mark
    with (folder / "marks.csv").open(encoding="utf-8") as stream:
        wholes = [line for line in csv.DictReader(stream) if line["block"] == "all"]
    assert [line["mark"] for line in wholes] == ["1.0000", "" if mark is None else "0.0000"]


@pytest.mark.parametrize(
    ("end", "told"),
    [(KeyboardInterrupt(), "stopped: marks.csv holds"), (ValueError("lost"), "marks.csv holds")],
)
@pytest.mark.parametrize("more", [(), ("--students", "list.csv")])
def test_marks_are_kept_however_marking_ends(
    end: BaseException,
    told: str,
    more: tuple[str, ...],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def ending(make: Callable[..., Marks], things: list[Path], *rest: object):  # type: ignore[no-untyped-def]
        yield from one_by_one(make, things[:1], *rest)  # type: ignore[arg-type]
        raise end

    monkeypatch.setattr(submissions, "made_side_by_side", ending)
    arguments = ("grade", "in", "--out", "marks.csv", *more)
    if isinstance(end, KeyboardInterrupt):
        done = command(*arguments, folder=folder)
        assert (done.code, told in done.err) == (130, True)
    else:
        with pytest.raises(ValueError, match="lost"):
            command(*arguments, folder=folder)
    text = (folder / "marks.csv").read_text(encoding="utf-8")
    assert "10" in text.splitlines()[1]
    assert "not marked: it was stopped before" in text
    if not more:
        [last] = [line for line in csv.DictReader(text.splitlines()) if line["file"] == "ba.xlsx"]
        assert (last["points"], last["earned"], last["mark"]) == ("", "", "")


@pytest.mark.parametrize("more", [(), ("--students", "list.csv")])
@pytest.mark.parametrize("there", ["file", "folder", "parent"])
def test_results_for_gradescope_are_looked_at_before_marking(
    there: str, more: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("it was marked")

    results = folder / "res"
    if there == "folder":
        (results / "ba.json").mkdir(parents=True)
    elif there == "file":
        results.mkdir()
        (results / "ba.json").write_text("mine")
    else:
        (folder / "in" / "cy").mkdir()
        (folder / "in" / "ba.xlsx").rename(folder / "in" / "cy" / "ba.xlsx")
        results.mkdir()
        (results / "cy").write_text("mine")
    before = sorted(str(path) for path in folder.rglob("*"))
    monkeypatch.setattr(submissions, "made_side_by_side", never)
    arguments = ("grade", "in", "--gradescope", "res", "--out", "marks.csv", *more)
    done = command(*arguments, folder=folder)
    words = {"file": "ba.json exists", "folder": "is a folder", "parent": "cy is a file"}[there]
    assert (done.code, done.out, words in done.err) == (2, "", True)
    assert sorted(str(path) for path in folder.rglob("*")) == before
    if there == "file":
        monkeypatch.setattr(submissions, "made_side_by_side", made_side_by_side)
        assert command(*arguments, "--force", folder=folder).code == 0
        assert json.loads((results / "ba.json").read_text())["tests"][0]["score"] == 10


@pytest.mark.parametrize("quiet", [(), ("--json",)])
@pytest.mark.parametrize("more", [(), ("--students", "list.csv")])
def test_feedback_that_could_not_be_written_is_said(
    quiet: tuple[str, ...], more: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def side_by_side(make: object, things: list[feedback.Returned], *_: object):  # type: ignore[no-untyped-def]
        for one in things:
            yield one, "the disk is full" if one.book.stem == "ba" else ""

    monkeypatch.setattr(feedback, "made_side_by_side", side_by_side)
    done = command("grade", "in", "--feedback", "back", *quiet, *more, folder=folder)
    assert done.code == 1
    said, other = (done.err, done.out) if quiet else (done.out, done.err)
    assert "ba.xlsx: the disk is full" in said.replace("\n", " ")
    assert "the disk is full" not in other


def test_what_is_odd_about_the_list_is_said_beside_json(folder: Path) -> None:
    (folder / "list.csv").write_text("name,id,group\nA,1,\n,,blue\n", encoding="utf-8")
    done = command("grade", "in", "--students", "list.csv", "--json", folder=folder)
    assert [one["name"] for one in json.loads(done.out)["students"]] == ["A"]
    assert "neither name nor id; left out" in done.err
    done = command("grade", "in", "--students", "list.csv", folder=folder)
    assert "neither name nor id; left out" in done.out
