"""What long work says of itself while it goes on, to whoever listens.

Must not know who listens, nor what is worked on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


def tell(what: str) -> None:
    """Say what begins now, in a few words: "reading out.xlsx"."""
    listener = _listener.get()
    if listener is not None:
        listener(what)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have what is told told to a listener."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)
