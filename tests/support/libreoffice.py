"""LibreOffice as the tests drive it: many files converted at once, or a session by UNO.

Every process has a time limit and a profile of its own, and is gone when what started it is.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.edits import emptied

from xlconv.engines.libreoffice import make_profile

WORKER = Path(__file__).with_name("libreoffice_worker.py")
BATCH = 33  # books
FILTER = "Calc MS Excel 2007 XML"
START_LIMIT = 240.0  # seconds until LibreOffice answers
RUN_LIMIT = 120.0  # seconds for one list of steps
CONVERT_LIMITS = (120.0, 600.0)  # a start that hangs is tried again, with patience


@contextlib.contextmanager
def _office(program: str, *arguments: str, anew: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """LibreOffice with a new profile, and nothing of it left behind; `anew` lets it calculate
    every file that it loads, as it does whatever is edited in it."""
    with tempfile.TemporaryDirectory(prefix="xlconv-test-") as profile:
        if anew:
            make_profile(Path(profile))
        command = [program, f"-env:UserInstallation={Path(profile).as_uri()}", "--headless"]
        process = subprocess.Popen(
            [*command, "--norestore", "--nologo", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            # soffice is a script: what it starts is in its group, and ends with it.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)


def converted(program: str, books: list[Path], folder: Path, anew: bool = False) -> Path:
    """A folder with copies of workbooks as LibreOffice loads, computes and saves them; `anew`
    makes it compute all, else it takes over stored values."""
    out = folder / "converted"
    arguments = ["--convert-to", f"xlsx:{FILTER}", "--outdir", str(out), *map(str, books)]
    missing = [book.name for book in books]
    for limit in CONVERT_LIMITS:
        with (
            contextlib.suppress(subprocess.TimeoutExpired),
            _office(program, *arguments, anew=anew) as process,
        ):
            process.wait(timeout=limit)
            missing = [book.name for book in books if not (out / book.name).is_file()]
        if not missing:
            break
    assert not missing, f"LibreOffice did not convert {missing}"
    return out


class CaseBooks:
    """The books of cases, each built by `build` when a test first asks for it; also without stored
    values, and as LibreOffice then computes it."""

    def __init__(
        self, names: Sequence[str], folder: Path, build: Callable[[str, Path], object]
    ) -> None:
        self.names, self.folder, self.build = names, folder, build
        (folder / "empty").mkdir()

    def built(self, name: str) -> Path:
        path = self.folder / f"{name}.xlsx"
        if not path.exists():
            self.build(name, path)
        return path

    def empty(self, name: str) -> Path:
        path = self.folder / "empty" / f"{name}.xlsx"
        return path if path.exists() else emptied(self.built(name), path)

    def recalculated(self, name: str, program: str) -> Path:
        """Converted at once with the books beside it: one by one takes many starts, and all at
        once takes every worker as long as the whole."""
        first = self.names.index(name) // BATCH * BATCH
        folder = self.folder / str(first)
        if not folder.exists():
            books = [self.empty(other) for other in self.names[first : first + BATCH]]
            converted(program, books, folder)
        return folder / "converted" / f"{name}.xlsx"


@dataclass(frozen=True)
class UnoSession:
    """A running LibreOffice, with the settings of someone who just installed it."""

    python: str
    pipe: str

    def run(self, book: Path, *steps: list[Any]) -> list[Any]:
        """Open a copy of a workbook, take steps, close it; the answer of each step.

        ["set", cell, value]        type a value; None empties the cell
        ["formulas", sheet, {cell: formula}]
                                    type formulas, with commas; {=..} is an array formula
        ["insert", cell, count]     insert so many rows above it, through the whole sheet
        ["read", range]             its values, row by row
        ["save", path]
        ["precision as shown", ""]  turn this option of the document on, and calculate
        ["refused", cell, values]   those that the cell's list does not offer
        ["painted", range]          the colours other than white in which it is printed
        ["shown rows", range]       whether each of them is seen
        ["unfold", cell, level]     show the rows of its sheet that are folded up to a level
        ["insert rows", sheet, first, count], and so with columns, and with delete
        ["move", range, cell]       cut it and paste it there
        ["rename", sheet, name], ["add", name, position], ["order", sheet, position],
        ["remove", sheet]
        ["edited", cell, values, count, ranges, everything]
                                    the seconds of one of so many edits, until ranges were read,
                                    or until everything was calculated

        Cells and ranges are those of the sheet `Board` in A1 text, or defined names, or name their
        sheet: "Explain!C5".
        """
        with tempfile.TemporaryDirectory(prefix="xlconv-test-") as folder:
            # A copy: two LibreOffices that open one file at once may meet half a lock beside it.
            own = shutil.copyfile(book, Path(folder) / book.name)
            job = {"pipe": self.pipe, "book": own.as_uri(), "wait": START_LIMIT, "steps": steps}
            done = subprocess.run(
                [self.python, str(WORKER)],
                input=json.dumps(job),
                capture_output=True,
                text=True,
                timeout=START_LIMIT + RUN_LIMIT,
                check=False,
            )
        assert done.returncode == 0, f"exit {done.returncode}: {done.stderr}"
        answers = json.loads(done.stdout)
        assert isinstance(answers, list)
        return answers

    def saved(self, book: Path, folder: Path, *steps: list[Any]) -> Path:
        """The workbook as it was saved into a folder after some steps."""
        target = folder / "saved.xlsx"
        self.run(book, *steps, ["save", target.as_uri()])
        return target


@contextlib.contextmanager
def uno_session(program: str, python: str) -> Iterator[UnoSession]:
    """Starts LibreOffice without a window and stops it again."""
    pipe = f"xlconv{uuid.uuid4().hex}"
    with _office(program, f"--accept=pipe,name={pipe};urp;") as process:
        yield UnoSession(python, pipe)
        assert process.poll() is None, "LibreOffice ended by itself"
