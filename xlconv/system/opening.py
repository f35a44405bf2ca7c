"""Files shown to people, in the program that the system has for them or in one by name.

Owns how the systems do that. No shell reads a name. Must not know what stands in a file.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

_PATIENCE = 3.0  # seconds in which a program that cannot start has said so
_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY")
_GOING_ON: list[subprocess.Popen[bytes]] = []  # remembered: Python warns of those forgotten


class NoScreenError(Exception):
    """There is no screen on which a program could show anything."""


def show_file(path: Path, programs: Sequence[str]) -> bool:
    """Show a file in the system's own program for it, or else in the first of `programs` that is
    there; whether one was started. The program goes on by itself.

    Raises NoScreenError where a program would have nowhere to draw."""
    whole = path.resolve()  # a name that begins with a minus would be an option
    if sys.platform == "win32":
        with suppress(OSError):  # no program is known for such files
            os.startfile(whole)
            return True
    elif sys.platform != "darwin" and not any(map(os.environ.get, _SCREENS)):
        raise NoScreenError
    return any(_starts([*command, str(whole)]) for command in _commands(programs))


def _commands(programs: Sequence[str]) -> Iterator[list[str]]:
    """The beginnings of commands that may show a file, the system's own first."""
    own = {"darwin": "open", "win32": None}.get(sys.platform, "xdg-open")
    for program in (own, *programs):
        if program is not None and (found := shutil.which(program)) is not None:
            yield [found]


def _starts(command: Sequence[str]) -> bool:
    """Start a program in a session of its own; whether it goes on, or ended well."""
    quiet = subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
        )
        return process.wait(_PATIENCE) == 0
    except subprocess.TimeoutExpired:
        _GOING_ON.append(process)
        return True
    except OSError:  # no program after all
        return False
