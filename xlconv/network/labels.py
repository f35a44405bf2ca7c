"""What a class, and a network, may be called, so that every spreadsheet keeps it.

Must not know networks.
"""

from __future__ import annotations

import re

from xlconv.errors import NetworkError

MAX_LABEL_LENGTH = 1_000
_NO_TEXT = re.compile(r"[\x00\ud800-\udfff\ufffe\uffff]")


def check_title(name: str) -> None:
    """NetworkError for a network's name that no file's properties can hold."""
    wrong = next((c for c in name if not c.isprintable() and not c.isspace()), None)
    if wrong is not None:
        raise NetworkError(f"network {name[:80]!r} holds {wrong!r}, which is no letter; rename it")


def check_label(label: str) -> None:
    """NetworkError, saying why, for a label that no class can have."""
    if _NO_TEXT.search(label):
        raise NetworkError(f"label {label!r} holds what is no character; leave it out")
    if label != label.strip():
        raise NetworkError(
            f"label {label!r} begins or ends with a blank, which spreadsheets lose; leave it out"
        )
    if len(label) > MAX_LABEL_LENGTH:
        raise NetworkError(
            f"label {label[:20]!r}... has {len(label):,} characters; give at most "
            f"{MAX_LABEL_LENGTH:,}"
        )
