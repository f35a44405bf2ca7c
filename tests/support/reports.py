"""What `verify` says of a book, in the words that most tests ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import xlconv
from xlconv.errors import BookError


def found(path: Path, engine: str = "formualizer", random: int = 1) -> list[tuple[str, str]]:
    """The kind and the cell of each finding."""
    return [(one.kind, one.cell) for one in xlconv.verify(path, engine, random).findings]


def check_agrees(
    path: Path, engine: str = "formualizer", stored: str | None = None, random: int = 1
) -> Any:
    """The report of a book in which nothing is wrong, with stored values in such a state."""
    report = xlconv.verify(path, engine, random)
    assert (report.verdict, report.findings) == ("agrees", ()), engine
    assert stored in (None, report.stored_state), engine
    return report


def check_refused(path: Path, words: str | None = None, engine: str = "formualizer") -> str:
    """The one line with which a book is refused, in which the words are found, if there are any."""
    with pytest.raises(BookError, match=words) as caught:
        xlconv.verify(path, engine)
    assert "\n" not in str(caught.value)
    return str(caught.value)
