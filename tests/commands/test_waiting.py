"""What a terminal shows while a command takes long."""

import os
import pty
import subprocess
import sys
from pathlib import Path

from support.books import TINY, TemplateBook
from support.learners import filled_in, random_exercise

AT_ONCE = (
    "import sys, xlconv.commands.waiting as waiting; waiting.PATIENCE = 0.0;"
    "from xlconv.__main__ import main; main()"
)


def on_a_terminal(*arguments: str) -> tuple[str, str]:
    """What a command prints, and what it shows on the terminal that its errors go to."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", AT_ONCE, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
        os.close(theirs)
        shown = b""
        try:
            while read := os.read(ours, 4096):
                shown += read
        except OSError:  # the other end is closed
            pass
        assert process.stdout is not None
        printed = process.stdout.read()
    os.close(ours)
    assert process.returncode == 0, shown
    return printed, shown.decode()


def test_a_terminal_sees_what_takes_so_long(template_book: TemplateBook, tmp_path: Path) -> None:
    made = template_book("lesson3").path
    printed, shown = on_a_terminal("verify", str(made), "--json")
    assert printed.startswith("{")
    assert f"reading {made.name}" in shown or "looking at" in shown
    assert "evaluates it" in shown
    printed, shown = on_a_terminal("build", str(tmp_path / "out.xlsx"))
    assert "wrote" in printed
    assert "writing " in shown
    assert ", row 0 of " in shown


def test_whoever_marks_one_workbook_sees_what_takes_so_long(tmp_path: Path) -> None:
    task = random_exercise(tmp_path / "task.xlsx", TINY, "conv")
    done = tmp_path / "done.xlsx"
    filled_in(task, done, lambda formula, part, row, column: f"{formula}+0")
    printed, shown = on_a_terminal("grade", str(done))
    assert "100%" in printed
    assert "formualizer evaluates conv with random numbers (2 of 2)" in shown


def test_no_terminal_sees_nothing_of_it(template_book: TemplateBook) -> None:
    command = [sys.executable, "-c", AT_ONCE, "verify", str(template_book("lesson3").path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
