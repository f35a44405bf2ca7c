"""What cells of the board a formula reads, from its text and the file's names.

Says whether that is all: some formulas find cells by other means than addresses. Must not know
files, nor what a formula should read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from xlconv.desk import BOARD
from xlconv.grid import Cell, Range, ranges_in

Cells = frozenset[Cell]
Names = Mapping[str, Range | None]

_NAME = re.compile(r"(?<![\w.$!'])[A-Za-z_][\w.]*(?![\w.(!])")
FUNCTION = re.compile(r"(?<![\w.])([A-Za-z_][\w.]*)\(")
_PLACE = re.compile(r"[A-Za-z]{1,3}[1-9][0-9]{0,6}")
_WORDS = frozenset(("true", "false"))
# Cells that are counted off, tables, what spilled, whole rows and columns, ends that are computed.
_BY_OTHER_MEANS = re.compile(
    r"\b(?:OFFSET|INDIRECT)\(|[\[#@]|\bANCHORARRAY\(|\)\s*:|:\s*[A-Za-z]+\("
    r"|(?<![\w.])\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}(?![\w(])|(?<![\w.$:])\$?\d+:\$?\d",
    re.IGNORECASE,
)
_STRING = re.compile(r'"(?:[^"]|"")*"')
_ELSEWHERE = re.compile(
    r"('(?:[^']|'')*+'|(?<![\w.])[A-Za-z_][\w.]*+)!\$?[A-Z]{1,3}\$?\d+(:\$?[A-Z]{1,3}\$?\d+)?"
)
MOST_CELLS = 20_000  # that are looked at of what a formula reads


@dataclass(frozen=True)
class Reads:
    """The cells of the board that a formula reads, and the first place of another sheet, or "".
    They are not the `whole` of it where a formula finds cells by other means than addresses."""

    cells: Cells
    elsewhere: str
    whole: bool


def cells_read(formula: str, names: Names) -> Reads:
    """What a formula reads; `names` are those of the file, in small letters, with the ranges of
    those that are on the board."""
    text = _STRING.sub("", formula)
    elsewhere = ""

    def own(match: re.Match[str]) -> str:
        nonlocal elsewhere
        if match[1].strip("'") == BOARD:
            return match[0].rpartition("!")[2]
        elsewhere = elsewhere or match[0]
        return ""

    text = _ELSEWHERE.sub(own, text)
    words = [word.lower() for word in _NAME.findall(text) if not _PLACE.fullmatch(word)]
    named = [place for word in words if (place := names.get(word)) is not None]
    known = all(word in _WORDS or word.startswith("_xlpm.") or names.get(word) for word in words)
    functions = {word.lower() for word in FUNCTION.findall(text)}
    whole = known and not _BY_OTHER_MEANS.search(text) and functions.isdisjoint(names)
    return Reads(frozenset(_first_cells([*ranges_in(text), *named])), elsewhere, whole)


def _first_cells(places: Sequence[Range]) -> Iterator[Cell]:
    left = MOST_CELLS
    for place in places:
        for cell in place.cells():
            if not left:
                return
            left -= 1
            yield cell
