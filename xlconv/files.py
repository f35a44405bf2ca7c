"""Files that are written whole or not at all. Must not know what is written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from xlconv.errors import OutputError


def check_target(path: Path, overwrite: bool, example: str) -> None:
    """OutputError for a path that names a folder, or a file that must not be replaced. `example`
    is a file's name for the message."""
    if os.path.isdir(path):  # noqa: PTH112 - pathlib raises where the folder may not be read
        raise OutputError(f"{path} is a folder; give the name of a file, as in {path / example}")
    if os.path.lexists(path) and not overwrite:
        raise OutputError(f"{path} exists; give another name, or --force to replace it")


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A stream to a new file beside `path`, which takes its place when, and only when, all
    went well. Raises OutputError, naming the target, if it cannot be written."""
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.absolute().parent, prefix=f".{path.name}.", delete=False
        ) as stream:
            temporary = Path(stream.name)
            try:
                yield stream
                stream.close()
                temporary.chmod(0o666 & ~_umask())  # as any new file's, not a temporary one's
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}; choose another place, or "
            "close it where it is open"
        ) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
