"""Files: only plain ones are read, and they are written whole or not at all. Must not know what
stands in them."""

import errno
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from xlconv.errors import OutputError
from xlconv.system.signals import signals_held


def open_stream(path: Path) -> IO[bytes]:
    """A stream from a file. OSError, too, for what would have no end or wait for ever."""
    try:
        # Not waiting: a pipe that nobody writes to would else hold us before we can look at it.
        descriptor = os.open(path, os.O_RDONLY | _NO_WAITING)
    except ValueError as error:  # a name with a zero byte
        raise OSError(errno.EINVAL, "no name of a file") from error
    stream = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        stream.close()
        raise OSError(errno.EINVAL, "a pipe or device, not a file")
    return stream


_NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def is_folder(path: Path) -> bool:
    """Whether a path leads to a folder: pathlib raises for names that are too long."""
    return os.path.isdir(path)  # noqa: PTH112


def is_file(path: Path) -> bool:
    """Whether a path leads to a plain file."""
    return os.path.isfile(path)  # noqa: PTH113


def check_no_folder(path: Path, example: str) -> None:
    """OutputError for a path that names a folder. `example` is a file's name for the message."""
    if is_folder(path):
        raise OutputError(f"{path} is a folder; give the name of a file, as in {path / example}")


def check_target(path: Path, overwrite: bool, example: str) -> None:
    """OutputError for a path that names a folder, or a file that must not be replaced. `example`
    is a file's name for the message."""
    check_no_folder(path, example)
    if os.path.lexists(path) and not overwrite:
        raise OutputError(f"{path} exists; give another name, or --force to replace it")
    folder = _link_target(path).parent
    if not is_folder(folder):
        named = folder if os.path.islink(path) else path.parent  # noqa: PTH114
        raise OutputError(f"{path} cannot be written: there is no folder {named}; make it first")
    _mode(path)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A stream to a new file beside `path`, which takes its place when, and only when, all
    went well. Where `path` is a link, what it leads to is replaced and the link stays. Raises
    OutputError, naming the target, if it cannot be written."""
    try:
        mode = _mode(path)
        target = _link_target(path)
        # A name of our own, short and known before the file is: whatever happens, it goes away.
        temporary = target.parent / f".xlconv-{secrets.token_hex(8)}"
        try:
            with temporary.open("xb") as stream:
                yield stream
            if mode is not None:
                temporary.chmod(mode)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}; choose another place, or "
            "close it where it is open"
        ) from error


@contextmanager
def folder_beside(folder: Path) -> Iterator[Path]:
    """A folder of our own in a folder, in which files are made that take their places by
    `put_in_place`; it goes away with all that is left in it."""
    own = folder / f".xlconv-{secrets.token_hex(8)}"
    try:
        try:
            own.mkdir()
        except OSError as error:
            raise OutputError(
                f"{folder} cannot be written to: {error.strerror or error}; choose another folder"
            ) from error
        yield own
    finally:
        with signals_held():
            shutil.rmtree(own, ignore_errors=True)


def put_in_place(made: Path, path: Path) -> None:
    """Have a file that is whole take the place of another, as `replacing` does."""
    with replacing(path) as stream, made.open("rb") as source:
        shutil.copyfileobj(source, stream)
    made.unlink()


def _link_target(path: Path) -> Path:
    """What is written for a path: what a link leads to, though there may be nothing yet."""
    target = Path(os.path.realpath(path))
    if os.path.islink(target):  # noqa: PTH114
        raise OutputError(f"{path} cannot be written: it is a link that leads back to itself")
    return target


def _mode(path: Path) -> int | None:
    """The permissions of the file that a path leads to, None if there is none; OutputError for a
    pipe or device, and for a name that no file can have."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
            raise OutputError(
                f"{path} cannot be written: {error.strerror}; choose a shorter one"
            ) from error
        return None
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OutputError(f"{path} is a pipe or device; give the name of a file")
    return stat.S_IMODE(mode)


def natural_order(text: str) -> list[str | int]:
    """A key by which "ada 2" comes before "ada 10", whatever the case of letters."""
    # Texts and numbers take turns, so that like is compared with like.
    pieces = re.split(r"(\d+)", text.casefold())
    return [int(piece) if number % 2 else piece for number, piece in enumerate(pieces)]
