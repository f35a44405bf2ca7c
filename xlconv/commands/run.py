"""How a command ends: with an exit code and at most one line, whatever happens to it.

Owns signals and the streams that a command prints to. Must not know commands.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from xlconv.errors import XlconvError
from xlconv.system.signals import SIGNALS
from xlconv.system.terminal_text import one_line

COULD_NOT = 2
_MOST_CHARACTERS, _LAST_CHARACTERS = 1_000, 300


class Stopped(SystemExit):
    """Somebody asked the program to stop: what it began is taken back on the way out.

    No KeyboardInterrupt, which parsers of command lines catch for themselves."""


def run(command: Callable[[], object]) -> None:
    """A command to its end: SystemExit with its code unless it is 0."""
    _lenient_streams()
    try:
        with _stopping():
            _run_and_flush(command)
    except XlconvError as error:
        _fail(str(error))
    except BrokenPipeError:
        _give_up_output()
    except KeyboardInterrupt:
        sys.exit(130)
    except RecursionError:
        _fail("a file is nested too deeply; give a simpler one")
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "new thread" not in str(error):
            raise  # the one that threads lack memory for has no type of its own
        _fail("not enough memory; give smaller files or a smaller network")
    except OSError as error:
        _give_up_output()
        _fail(f"{error.filename or 'the output'}: {error.strerror or error}; check place and disk")


def shortened(text: str) -> str:
    """A text in one line, the middle of a long one left out."""
    plain = one_line(text)
    if len(plain) > _MOST_CHARACTERS:
        begin = plain[: _MOST_CHARACTERS - _LAST_CHARACTERS]
        plain = f"{begin} ... {plain[-_LAST_CHARACTERS:]}"
    return plain


def _run_and_flush(command: Callable[[], object]) -> None:
    """Run a command; what it printed is written before it ends, so that an error is not lost."""
    try:
        command()
    finally:
        if sys.stdout is not None and not isinstance(sys.exc_info()[1], OSError):
            sys.stdout.flush()


def print_error(text: str) -> None:
    """The one line of what went wrong."""
    from rich.markup import escape

    from xlconv.commands.console import ERR

    ERR.print(f"[bold red]error:[/] {escape(shortened(text))}")


def _fail(text: str) -> NoReturn:
    print_error(text)
    sys.exit(COULD_NOT)


def _lenient_streams() -> None:
    """Letters that a terminal cannot show become question marks, not errors."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _give_up_output() -> None:
    """Nobody reads what is printed, or it cannot be written: Python need not try it again."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _stopping() -> Iterator[None]:
    """Signals to end become `Stopped`, once: what is taken back then is taken back undisturbed."""
    before = {n: signal.getsignal(n) for n in SIGNALS if signal.getsignal(n) != signal.SIG_IGN}
    stopped: list[int] = []

    def stop(number: int, _: object) -> NoReturn:
        for caught in before:
            signal.signal(caught, signal.SIG_IGN)
        stopped.append(128 + number)
        raise Stopped(128 + number)

    try:
        for number in before:
            signal.signal(number, stop)
    except ValueError:  # not in the main thread, which alone is told of signals
        before = {}
    try:
        yield
    except Stopped:  # the end is near: asking twice must not disturb it
        raise
    except BaseException:
        if stopped:  # where it was raised, Python made another exception of it
            raise Stopped(stopped[0]) from None
        _restore(before)
        raise
    _restore(before)


def _restore(handlers: Mapping[int, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
