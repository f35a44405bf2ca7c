"""What the engines that are programs of their own share: how one is started, a run with a time
limit, and the values in the file that such a program saved.

Must not know which program it is.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from xlconv.engines.engine import Grid, Place
from xlconv.errors import EngineError, MissingEngineError
from xlconv.system.signals import signals_held
from xlconv.xlsx.reader import open_package


def saved_values(path: Path, places: Sequence[Place]) -> list[Grid]:
    """The values that a file was saved with."""
    package = open_package(path)
    sheets = {name: package.sheet(name) for name in dict.fromkeys(n for n, _ in places)}
    return [
        sheets[name].block([place]).values.reshape(place.height, place.width)
        for name, place in places
    ]


def find_program(programs: Sequence[str], missing: str) -> str:
    """Where one of some programs is; EngineError, saying what is `missing`, if none is there."""
    found = next(filter(None, map(shutil.which, programs)), None)
    if found is None:
        raise MissingEngineError(f"{missing}, or use --engine formualizer")
    return found


def run_saving(
    made: Path,
    command: list[str],
    seconds: float,
    path: Path,
    name: str,
    folder: Path,
    **environment: str,
) -> None:
    """`run_limited`; EngineError if it did not save the file that it should have `made`."""
    output = run_limited(command, seconds, path, name, folder, **environment)
    if not made.is_file():
        told = output.strip()[-200:]
        raise EngineError(f"{path}: {name} could not load it ({told}); try --engine formualizer")


def run_limited(
    command: list[str],
    seconds: float,
    path: Path,
    name: str,
    folder: Path,
    **environment: str,
) -> str:
    """Run a program and all that it starts, for so long at the most; its output. What it writes
    for a while is in `folder`: a program that is stopped leaves it there."""
    process: subprocess.Popen[str] | None = None
    try:
        with signals_held():
            process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                errors="replace",
                env={**os.environ, "TMPDIR": str(folder), **environment},
                start_new_session=True,
            )
        return process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        raise EngineError(
            f"{path}: {name} took longer than {seconds:g} s and was stopped; "
            "try --engine formualizer"
        ) from None
    finally:
        if process is not None and process.poll() is None:
            _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    """End the program with its children: soffice is a script that starts the real one."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):  # it came to its end as we were told to come to ours
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.communicate()
