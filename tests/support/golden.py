"""Golden hashes: what is built, reported, marked and drawn stays as it is unless a change means it.

Numbers are compared in their first eight digits, since the last ones follow from the processor.
XLCONV_WRITE_GOLDEN=1 writes the hashes anew.
"""

import hashlib
import json
import os
import re
from pathlib import Path

import xlconv

FOLDER = Path(__file__).resolve().parent.parent / "golden"
WRITE = "XLCONV_WRITE_GOLDEN"
_NUMBER = re.compile(r"-?\d+\.\d+(?:[eE][-+]?\d+)?|-?\d+[eE][-+]?\d+")
_VERSION = re.compile(r"(xlconv(?: = )?[ \"]*)\d+\.\d+\.\d+")
SMALLEST = 1e-12  # what is nearer to 0 is rounding


def steady(text: str) -> str:
    """A text with the first eight digits of its numbers, and without xlconv's own version."""

    def rounded(match: re.Match[str]) -> str:
        value = float(match[0])
        return "0" if abs(value) < SMALLEST else f"{value:.8g}"

    return _NUMBER.sub(rounded, _VERSION.sub(r"\1", text)).replace(xlconv.__version__, "")


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def held(name: str, found: object) -> None:
    """That something is what was written down of it; with the variable set, it is written down."""
    path = FOLDER / f"{name}.json"
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get(WRITE):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(text)
