"""The real application: LibreOffice Calc, without a window, in a profile of its own.

The profile is told to recalculate every formula on loading: left to itself, LibreOffice
may show the values that a file was saved with.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from xlconv.engines import Grid, Place
from xlconv.errors import EngineError
from xlconv.reader import EMPTY, open_package

TIME_LIMIT = 180.0  # seconds
PROGRAMS = ("soffice", "libreoffice", "/Applications/LibreOffice.app/Contents/MacOS/soffice")

_ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="ODFRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""


class LibreOffice:
    """Evaluates a file by having LibreOffice load it, recalculate it and save a copy."""

    name = "libreoffice"

    def __init__(self, time_limit: float | None = None) -> None:
        self.time_limit = TIME_LIMIT if time_limit is None else time_limit

    def evaluate(self, path: Path, places: Sequence[Place]) -> list[Grid]:
        with tempfile.TemporaryDirectory(prefix="xlconv-") as folder:
            package = open_package(self.recalculated(path, Path(folder)))
            sheets = {name: package.sheet(name) for name in dict.fromkeys(n for n, _ in places)}
        return [
            [
                [sheets[name].get((row, column), EMPTY).value for column in columns]
                for row in range(place.row, place.bottom + 1)
            ]
            for name, place in places
            for columns in (range(place.column, place.right + 1),)
        ]

    def recalculated(self, path: Path, folder: Path) -> Path:
        """A copy of a workbook in `folder`, as LibreOffice saves it after recalculating."""
        profile = make_profile(folder / "profile")
        source = folder / "in" / "book.xlsx"
        source.parent.mkdir()
        shutil.copyfile(path, source)
        command = [
            *(find_program(), f"-env:UserInstallation={profile.as_uri()}", "--headless"),
            *("--norestore", "--convert-to", "xlsx:Calc MS Excel 2007 XML"),
            *("--outdir", str(folder / "out"), str(source)),
        ]
        output = run_limited(command, self.time_limit, path)
        made = folder / "out" / source.name
        if not made.is_file():
            raise EngineError(f"{path}: LibreOffice could not load it ({output.strip()[-200:]})")
        return made


def find_program() -> str:
    """Where LibreOffice is; EngineError, saying what to do, if it is not installed."""
    for program in PROGRAMS:
        found = shutil.which(program)
        if found is not None:
            return found
    raise EngineError(
        "LibreOffice is not installed (no soffice on the PATH); install LibreOffice Calc, "
        "or use --engine formualizer"
    )


def make_profile(folder: Path) -> Path:
    """A profile of LibreOffice's that recalculates every file when it is loaded."""
    (folder / "user").mkdir(parents=True)
    (folder / "user" / "registrymodifications.xcu").write_text(_ALWAYS_RECALCULATE)
    return folder


def run_limited(command: list[str], seconds: float, path: Path) -> str:
    """Run a program and all that it starts, for so long at the most; its output."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        return process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        raise EngineError(
            f"{path}: LibreOffice took longer than {seconds:g} s and was stopped; "
            "try --engine formualizer"
        ) from None
    finally:
        if process.poll() is None:
            _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    """End the program with its children: soffice is a script that starts the real one."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.communicate()
