"""What the tests of hostile files share: the command line in this process or in one of its own, and
what must hold of a refusal: one line, exit code 2, and not a file more or less than before."""

import io
import os
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from xlconv.commands.app import main
from xlconv.importers.template import template_folder
from xlconv.importers.weights.load import load_weights

MOST_MEMORY = 500_000  # kB that a command may need to refuse a file
measures_memory = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for the memory")


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str
    memory: int = 0  # kB at most


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def command(*arguments: object, folder: Path) -> Outcome:
    """A command of xlconv in this process."""
    out, err = io.StringIO(), io.StringIO()
    argv = ["xlconv", *map(str, arguments)]
    with (
        inside(folder),
        redirect_stdout(out),
        redirect_stderr(err),
        patch.object(sys, "argv", argv),
    ):
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Outcome(code, out.getvalue(), err.getvalue())


# What the system says of a child's memory begins with its parent's: the command tells its own.
MEASURED = """
import sys
place = sys.argv.pop(1)
from xlconv.commands.app import main
try:
    main()
finally:
    with open("/proc/self/status") as status, open(place, "w") as told:
        told.write(status.read().partition("VmHWM:")[2].split()[0])
"""


def process(*arguments: object, folder: Path, **environment: str) -> Outcome:
    """A command of xlconv in a process of its own, with the memory that it needed."""
    told = folder.parent / "memory.txt"
    begin = ["-c", MEASURED, str(told)] if sys.platform == "linux" else ["-m", "xlconv"]
    done = subprocess.run(
        [sys.executable, *begin, *map(str, arguments)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )
    printed, said = (text.decode(errors="replace") for text in (done.stdout, done.stderr))
    memory = int(told.read_text()) if told.exists() else 0
    return Outcome(done.returncode, printed, said, memory)


def printed(*arguments: object, folder: Path, quiet: bool = True) -> str:
    """What a command prints that succeeds, with no other word but perhaps of its progress."""
    outcome = command(*arguments, folder=folder)
    assert outcome.code == 0, outcome.err
    assert not quiet or outcome.err == "", outcome.err
    return outcome.out


def contents(folder: Path) -> dict[str, object]:
    """Every file of a folder with what identifies it."""
    return {
        str(path.relative_to(folder)): (
            state.st_mode,
            state.st_size,
            state.st_mtime_ns,
            state.st_ino,
        )
        for path in sorted(folder.rglob("*"))
        for state in (path.lstat(),)
        if not path.is_dir() or path.is_symlink()
    }


def check_refusal(outcome: Outcome, *words: str) -> str:
    """The one line on stderr, which has all the words."""
    assert outcome.code == 2, outcome
    assert outcome.err.startswith("error: "), outcome.err
    assert outcome.err.count("\n") == 1, outcome.err
    assert outcome.err.endswith("\n")
    assert len(outcome.err) < 2_000, outcome.err[:3_000]
    assert outcome.err.rstrip("\n").isprintable(), ascii(outcome.err)
    for word in words:
        assert word in outcome.err, outcome.err
    return outcome.err


def refused(folder: Path, arguments: list[object], *words: str) -> str:
    """The line with which a command refuses what stands in `folder`, where nothing changes."""
    before = contents(folder)
    outcome = command(*arguments, folder=folder)
    line = check_refusal(outcome, *words)
    assert contents(folder) == before
    return line


def refused_cheaply(folder: Path, arguments: list[object], *words: str) -> None:
    """As `refused`, in a process of its own, which needs little memory."""
    before = contents(folder)
    outcome = process(*arguments, folder=folder)
    check_refusal(outcome, *words)
    assert contents(folder) == before
    assert 0 < outcome.memory < MOST_MEMORY


# What can stand where a file belongs; a test says what is said of it.
NO_FILES: dict[str, Callable[[Path], object]] = {
    "a folder": Path.mkdir,
    "nothing": lambda path: None,
    "a pipe": lambda path: os.mkfifo(path),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a terminal": lambda path: path.symlink_to("/dev/tty"),
    "a dangling link": lambda path: path.symlink_to("nowhere"),
    "a ring of links": lambda path: path.symlink_to(path.name),
}
has_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes among files")


# ---- weights


def npy(array: Any, **options: Any) -> bytes:
    """The bytes of an .npy file."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asanyarray(array), **options)
    return stream.getvalue()


def npy_header(shape: object, descr: str = "'<f8'", version: tuple[int, int] = (1, 0)) -> bytes:
    """The head of an .npy file alone, whatever it claims."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    length = struct.pack("<H" if version[0] == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes(version) + length + text


def zipped(members: Mapping[str, bytes], deflated: bool = False) -> bytes:
    """The bytes of a zip archive."""
    stream = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    with zipfile.ZipFile(stream, "w", kind) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


def npz(arrays: Mapping[str, Any]) -> bytes:
    return zipped({f"{name}.npy": npy(array) for name, array in arrays.items()})


def own_weights() -> dict[str, Any]:
    """Those of the template `lesson3`."""
    return dict(load_weights(template_folder() / "lesson3" / "weights.npz"))


def changed_weights(change: Callable[[dict[str, Any]], object]) -> bytes:
    """An .npz file of `lesson3`'s weights in which something was changed."""
    arrays = own_weights()
    change(arrays)
    return npz(arrays)


Result = subprocess.CompletedProcess[str]


def run(*arguments: str | Path, folder: Path) -> Result:
    """A command in this process, which takes a fraction of the time; see `started`."""
    done = command(*arguments, folder=folder)
    return subprocess.CompletedProcess(arguments, done.code, done.out, done.err)


def started(*arguments: str | Path, folder: Path) -> Result:
    """A command in a process of its own, as from a shell: one of each kind is tested so."""
    command = [sys.executable, "-m", "xlconv", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def python(script: str, *arguments: object, folder: Path | None = None, **more: str) -> Result:
    """A script in a Python of its own, with more in its environment."""
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **more},
        check=False,
    )


def words(text: str) -> str:
    """Text without the line breaks of a narrow terminal."""
    return " ".join(text.split())


def refusal(result: subprocess.CompletedProcess[str], folder: Path, *files: str) -> str:
    """The one line of an error, after which there are no files but those before."""
    assert sorted(path.name for path in folder.iterdir()) == sorted(files)
    return check_refusal(Outcome(result.returncode, result.stdout, result.stderr))
