"""formualizer in a process of its own, within bounds of time and memory: a formula in a strange
file may compute for ever, or fill the machine.

The process starts with the first file, stays for the next ones, and ends with this one. Must not
know what is evaluated.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

from xlconv.engines.engine import Place
from xlconv.errors import EngineError, MissingEngineError
from xlconv.system.signals import signals_held

Array = NDArray[np.float64]

# A twentieth of these is enough for the templates.
_SECONDS, _SECONDS_A_CELL = 4.0, 1e-4  # of computing
_BYTES, _BYTES_A_CELL = 350 << 20, 2_000
_WAITING = 20.0  # times as long as it may compute: the machine may be busy
_MOST_THREADS = 8  # each has a stack, which counts as memory
_PROGRAM = Path(__file__).with_name("evaluator.py")
_ADVICE = "take out the formulas that do not belong to it"


@dataclass(frozen=True)
class Bounds:
    """Seconds of computing, on all cores together, and bytes of memory."""

    seconds: float
    memory: int


def bounds_for(cells: int) -> Bounds:
    """What it may take to evaluate a workbook in which so many cells are computed."""
    return Bounds(_SECONDS + _SECONDS_A_CELL * cells, _BYTES + _BYTES_A_CELL * cells)


Answer = tuple[dict[str, Any], Array]  # a line, and the numbers behind it
Found = Array | list[Any]  # the values of a range, row by row; an array if all are numbers


def evaluate_bounded(path: Path, places: Sequence[Place], computed: int = 0) -> list[Found]:
    """What formualizer gives for ranges of a file, row by row; `computed` is how many cells it
    computes, if more than those of `places`. Raises EngineError if it fails, or goes beyond the
    bounds."""
    bounds = bounds_for(max(computed, sum(place.size for _, place in places)))
    answer, numbers = _ask(path, _question(path, places, bounds), bounds)
    if "missing" in answer:
        raise MissingEngineError(
            "the engine formualizer is not installed; `pip install formualizer`, "
            "or use --engine libreoffice or none"
        )
    if "error" in answer:
        raise EngineError(f"{path}: formualizer could not evaluate it ({answer['error']})")
    found: list[Found] = []
    start = 0
    for values, (_, place) in zip(answer["values"], places, strict=True):
        end = start + (place.size if values is None else 0)
        found.append(numbers[start:end] if values is None else values)
        start = end
    return found


def start_early() -> None:
    """Have a process that waits for the first question: it starts while others work."""
    idle = _idle.setdefault(os.getpid(), [])
    if not idle:
        with suppress(OSError):  # whoever asks is told
            idle.append(_start())


def _question(path: Path, places: Sequence[Place], bounds: Bounds) -> bytes:
    ranges = [[name, p.row, p.column, p.bottom, p.right] for name, p in places]
    asked = {"path": str(path.absolute()), "places": ranges}
    return json.dumps({**asked, "seconds": bounds.seconds, "bytes": bounds.memory}).encode() + b"\n"


# Processes that wait for a question, by the process that may ask: a fork has none of its own.
_idle: dict[int, list[subprocess.Popen[bytes]]] = {}
_served = WeakSet[subprocess.Popen[bytes]]()  # those that answered one


def _start() -> subprocess.Popen[bytes]:
    with signals_held():
        return subprocess.Popen(_command(), **_streams())


def _ask(path: Path, question: bytes, bounds: Bounds) -> Answer:
    """The answer of a process, which waits for the next question then. One that served others may
    lack the memory that they left in pieces: where it fails, a new one is asked."""
    idle = _idle.setdefault(os.getpid(), [])
    process: subprocess.Popen[bytes] | None = None
    try:
        while process is None and idle:
            process = idle.pop()
            if process.poll() is not None:  # somebody ended it
                _end(process)
                process = None
        process = process or _start()
        found = _answer(process, question, _WAITING * bounds.seconds)
        if process in _served and _may_be_spent(process, found):
            _end(process)
            process = _start()
            found = _answer(process, question, _WAITING * bounds.seconds)
        if found is not None:
            _served.add(process)
            idle.append(process)
            process = None
            return found
        raise EngineError(f"{path}: {_reason(process, bounds)}; {_ADVICE}")
    except OSError as error:
        raise EngineError(f"{path}: formualizer cannot be started ({error.strerror})") from error
    finally:
        if process is not None:
            _end(process)


def _answer(process: subprocess.Popen[bytes], question: bytes, seconds: float) -> Answer | None:
    """A line, and the numbers behind it; nothing from a process that came to its end, or was ended
    after so many seconds."""
    assert process.stdin is not None
    assert process.stdout is not None
    clock = threading.Timer(seconds, process.kill)
    clock.daemon = True
    clock.start()
    try:
        with suppress(BrokenPipeError):
            process.stdin.write(question)
            process.stdin.flush()
        line = process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {}
        size = 8 * answer.get("numbers", 0)
        numbers = process.stdout.read(size) if size else b""
        return (answer, np.frombuffer(numbers)) if answer and len(numbers) == size else None
    finally:
        clock.cancel()


def _may_be_spent(process: subprocess.Popen[bytes], found: Answer | None) -> bool:
    """Whether a process failed otherwise than by a clock, the system's or ours."""
    return not _took_too_long(process) if found is None else "error" in found[0]


def _took_too_long(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process that came to its end was ended by a clock."""
    clocks = getattr(signal, "SIGPROF", None), getattr(signal, "SIGKILL", None)
    return -process.wait() in clocks


def _reason(process: subprocess.Popen[bytes], bounds: Bounds) -> str:
    """Why a process ended."""
    if _took_too_long(process):
        return f"formualizer computed for {bounds.seconds:.1f} s and was stopped"
    return f"formualizer failed, or needs more than {bounds.memory >> 20} MB"


def _command() -> list[str]:
    return [sys.executable, "-P", str(_PROGRAM)]


def _streams() -> dict[str, Any]:
    cores = min(os.cpu_count() or 1, _MOST_THREADS)
    own = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "RAYON_NUM_THREADS": f"{cores}"}
    return {
        **dict.fromkeys(("stdin", "stdout"), subprocess.PIPE),
        "stderr": subprocess.DEVNULL,
        "start_new_session": True,  # Ctrl-C is for this process
        "env": {**os.environ, **own, "RUST_BACKTRACE": "0"},
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()


@atexit.register
def _end_all() -> None:
    for process in _idle.pop(os.getpid(), []):
        _end(process)
