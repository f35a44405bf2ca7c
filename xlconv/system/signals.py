"""Signals to end, and what must be taken back whenever they come: a folder for a while, a program
that was started. Must not know commands.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@contextmanager
def signals_held() -> Iterator[None]:
    """Signals that come meanwhile are told afterwards: a program that was started, but that nobody
    knows yet, would be left running, and a folder half removed."""
    held: list[tuple[int, FrameType | None]] = []
    in_main = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in SIGNALS if in_main}
    told = {number: handler for number, handler in before.items() if callable(handler)}
    for number in told:
        signal.signal(number, lambda *caught: held.append(caught))
    try:
        yield
    finally:
        for number, handler in told.items():
            signal.signal(number, handler)
        for caught in held:
            told[caught[0]](*caught)


@contextmanager
def signals_blocked() -> Iterator[None]:
    """Signals that come meanwhile reach us afterwards, and never the processes that are started
    meanwhile, which would say what they think of it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder of our own that goes away with all that is in it."""
    from tempfile import TemporaryDirectory  # it imports much, and --help runs without a folder

    folder: TemporaryDirectory[str] | None = None
    try:
        with signals_held():
            folder = TemporaryDirectory(prefix="xlconv-")
        yield Path(folder.name)
    finally:
        if folder is not None:
            with signals_held():
                folder.cleanup()
