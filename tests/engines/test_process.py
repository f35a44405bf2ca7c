"""Formulas without end: what evaluates a file is held in bounds, and serves the next one."""

import io
import os
import signal
import sys
import zipfile
from pathlib import Path

import pytest
from support.books import TINY, NetworkBook
from support.command_line import python
from support.hostile_books import added_rows
from support.learners import filled_in, random_exercise

import xlconv
from xlconv.engines import evaluator
from xlconv.engines import process as engine_process
from xlconv.engines.formualizer import Formualizer
from xlconv.errors import EngineError
from xlconv.grading.submissions import Terms, marks_as_they_come, submitted_files

FOR_EVER = "CUMIPMT(0.01,1E+15,1,1,1E+15,0)"
LARGE = 'SUBSTITUTE(REPT("x",32767),"x",REPT("y",32767))'
DOUBLED = [f"A{2999 + n}&amp;A{2999 + n}" if n else '"xxxxxxxx"' for n in range(40)]
ENDLESS = {
    "a loop": ([FOR_EVER], "computed for .* s and was stopped"),
    "a long text": ([LARGE], "needs more than .* MB"),
    "texts that double": (DOUBLED, "needs more than .* MB"),
}


def rows(formulas: list[str]) -> str:
    return "".join(
        f'<row r="{row}"><c r="A{row}"><f>{formula}</f></c></row>'
        for row, formula in enumerate(formulas, 3000)
    )


@pytest.fixture
def good(network_book: NetworkBook) -> Path:
    return network_book(TINY, 1).path


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are the system's own")
@pytest.mark.parametrize("name", ENDLESS)
def test_a_formula_without_end_is_one_line_of_error(name: str, good: Path, tmp_path: Path) -> None:
    formulas, words = ENDLESS[name]
    path = tmp_path / "book.xlsx"
    path.write_bytes(added_rows(rows(formulas))(good.read_bytes()))
    with pytest.raises(EngineError, match=words) as caught:
        xlconv.verify(path)
    assert str(caught.value).startswith(f"{path}: formualizer")
    assert "\n" not in str(caught.value)
    assert xlconv.verify(good).verdict == "agrees"  # by the next process


def test_a_sheet_may_be_larger_than_the_engine_s_own_limit(good: Path, tmp_path: Path) -> None:
    """128 MB, as of two million formulas: here of blanks between two rows."""
    path, blanks = tmp_path / "wide.xlsx", b" " * (130 << 20)
    with zipfile.ZipFile(good) as own, zipfile.ZipFile(path, "w") as out:
        for part in own.namelist():
            before, row, after = own.read(part).partition(b"<row ")
            between = blanks if part == "xl/worksheets/sheet2.xml" else b""
            out.writestr(part, before + between + row + after, zipfile.ZIP_DEFLATED, 1)
    output = xlconv.read_book(good).layout.tensors["conv"].maps[0]
    places = [("Board", output)]
    large, small = (Formualizer().evaluate(one, places, 10**6) for one in (path, good))
    assert large[0].tolist() == small[0].tolist()


def test_one_process_serves_many_files(good: Path) -> None:
    def processes() -> list[int]:  # other tests may have left several
        return [one.pid for one in engine_process._idle[os.getpid()]]

    xlconv.verify(good)
    before = processes()
    xlconv.verify(good)
    assert processes() == before
    assert before


def test_a_process_that_somebody_ended_is_followed_by_another(good: Path) -> None:
    xlconv.verify(good)
    assert engine_process._idle[os.getpid()]
    for process in engine_process._idle[os.getpid()]:
        os.kill(process.pid, signal.SIGTERM)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert xlconv.verify(good).verdict == "agrees"


SPENT = {
    "says so": 'return {"error": "memory allocation failed"}, b""',
    "dies of it": "os.abort()",
}


@pytest.mark.parametrize("how", SPENT)
def test_a_process_that_others_left_no_memory_is_followed_by_another(
    how: str, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program.py"
    program.write_text(f"""
import os
from xlconv.engines import evaluator

def spent(*question):
    {SPENT[how]}

answers = iter([evaluator._answer])
evaluator._answer = lambda *question: next(answers, spent)(*question)
evaluator.main()
""")
    monkeypatch.setattr(engine_process, "_PROGRAM", program)
    monkeypatch.setattr(engine_process, "_idle", {})
    try:
        for _ in range(3):
            assert xlconv.verify(good).verdict == "agrees"
    finally:
        engine_process._end_all()


def test_larger_workbooks_may_take_longer(good: Path) -> None:
    small, large = engine_process.bounds_for(100), engine_process.bounds_for(400_000)
    assert small.seconds < 5
    assert small.memory < 400_000_000
    assert large.seconds > 40
    assert large.memory > 1_000_000_000


def test_the_program_tells_what_the_engine_says() -> None:
    """A file that is none, and a place that there is not."""
    questions = io.BytesIO(b'{"path": "/none.xlsx", "places": [], "seconds": 0, "bytes": null}\n')
    answers = io.BytesIO()
    evaluator._serve(questions, answers)
    assert answers.getvalue().startswith(b'{"error": ')
    assert answers.getvalue().count(b"\n") == 1


def test_one_endless_workbook_does_not_end_the_others(tmp_path: Path) -> None:
    task = random_exercise(tmp_path / "task.xlsx", TINY, "conv")
    place = tmp_path / "class"
    place.mkdir()
    for name in ("ada", "cy"):
        filled_in(task, place / f"{name}.xlsx", lambda formula, part, row, column: f"{formula}+0")
    filled_in(task, place / "ben.xlsx", lambda formula, part, row, column: f"={FOR_EVER}")
    marked = {path.stem: one for path, one in marks_as_they_come(submitted_files(place), Terms())}
    ada, ben, cy = (marked[name] for name in ("ada", "ben", "cy"))
    assert (ada.mark, ben.mark, cy.mark) == (1.0, 0.0, 1.0)
    assert "was stopped" in ben.error


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize("what", ["SIGINT", "SIGTERM"])
def test_a_signal_in_the_instant_in_which_a_program_is_started(what: str, tmp_path: Path) -> None:
    """Between its start and the moment in which it is known: it is ended all the same."""
    script = f"""
import os, signal, subprocess
from pathlib import Path
from xlconv.commands.run import run
from xlconv.engines.programs import run_limited

class Popen(subprocess.Popen):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        print(self.pid, flush=True)
        os.kill(os.getpid(), signal.{what})
        for _ in range(1000):  # somewhere here the signal is told
            pass

subprocess.Popen = Popen
run(lambda: run_limited(["sleep", "1000"], 1000, Path("x"), "sleep", Path("/tmp")))
"""
    done = python(script)
    assert done.returncode == 128 + getattr(signal, what), done.stderr
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_signal_while_a_folder_is_removed_is_told_afterwards(tmp_path: Path) -> None:
    script = """
import os, shutil, signal, tempfile
from xlconv.commands.run import run
from xlconv.system.signals import temporary_folder

remove = tempfile.TemporaryDirectory.cleanup

def cleanup(self):
    os.kill(os.getpid(), signal.SIGTERM)
    remove(self)

tempfile.TemporaryDirectory.cleanup = cleanup

def work():
    with temporary_folder() as folder:
        (folder / "x").write_text("x")

run(work)
"""
    done = python(script, TMPDIR=str(tmp_path))
    assert done.returncode == 128 + signal.SIGTERM, done.stderr
    assert list(tmp_path.iterdir()) == []
