"""What a terminal shows while a command takes long: what it does, on stderr, from the third second
on; nothing where that is no terminal.

Must not know commands. Rich is imported when there is something to show.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Timer
from typing import TYPE_CHECKING

from xlconv.system.progress import listening
from xlconv.system.terminal_text import one_line

if TYPE_CHECKING:
    from rich.status import Status

PATIENCE = 2.0  # seconds without a word


@contextmanager
def shown_while_waiting() -> Iterator[None]:
    """Shows what is told of work that takes longer than people wait without a word."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    shown = _Shown()
    try:
        with listening(shown.tell):
            yield
    finally:
        shown.end()


class _Shown:
    """What is told last; shown once there was time enough to wonder."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.told = "starting"
        self.status: Status | None = None
        self.ended = False
        self.timer = Timer(PATIENCE, self.begin)
        self.timer.daemon = True
        self.timer.start()

    def tell(self, what: str) -> None:
        with self.lock:
            self.told = one_line(what)
            if self.status is not None:
                self.status.update(self._line())

    def begin(self) -> None:
        from xlconv.commands.console import ERR

        with self.lock:
            if not self.ended:
                self.status = ERR.status(self._line(), spinner="line")
                self.status.start()

    def end(self) -> None:
        self.timer.cancel()
        with self.lock:
            self.ended = True
            if self.status is not None:
                self.status.stop()

    def _line(self) -> str:
        from xlconv.commands.console import markup

        return f"[dim]{markup(self.told)} ..[/]"
