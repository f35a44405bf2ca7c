"""Which cells of the board a formula reads, directly or by way of a learner's own cells.

Must not know layers, nor what is right.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from xlconv.spreadsheet.cells import Cell, Range, ranges_in
from xlconv.state.sheet_names import BOARD, EXERCISE, EXPLAIN, GUIDE, IMAGES, MODEL

Cells = frozenset[Cell]
# The formula in a cell of the board, "" if there is none.
FormulaAt = Callable[[Cell], str]
# The ranges that names of the file stand for, in small letters; None for names of anything else.
Names = Mapping[str, Range | None]

OWN_SHEETS = (EXERCISE, EXPLAIN, GUIDE, IMAGES, MODEL)
MOST_CELLS = 20_000  # that are looked at of what a formula reads
MOST_STEPS = 200  # cells with formulas that are followed
_NAME = re.compile(r"(?<![\w.$!'])[A-Za-z_][\w.]*(?![\w.(!])")
_STRING = re.compile(r'"(?:[^"]|"")*"')
_ELSEWHERE = re.compile(
    r"('(?:[^']|'')*+'|(?<![\w.])[A-Za-z_][\w.]*+)!\$?[A-Z]{1,3}\$?\d+(:\$?[A-Z]{1,3}\$?\d+)?"
)
FUNCTION = re.compile(r"(?<![\w.])([A-Za-z_][\w.]*)\(")
# Ranges that are made while calculating, tables, what spilled, whole columns and rows.
_MOVING = re.compile(
    r"\b(?:OFFSET|INDIRECT|INDEX|CHOOSE|ANCHORARRAY)\s*\(|[\[#@]|\)\s*:|:\s*[A-Z]+\("
    r"|(?<![\w:.])\$?[A-Z]{1,3}:\$?[A-Z]{1,3}(?![\w(])|(?<![\w:.$])\$?\d+:\$?\d+(?!\w)",
    re.IGNORECASE,
)
_NO_NAME = re.compile(r"[a-z]{1,3}[1-9][0-9]{0,6}|true|false|_xlpm\..*")


@dataclass(frozen=True)
class Reads:
    """What a formula reads: cells of the board; the first place on another of xlconv's sheets, or
    ""; and whether it may read others that cannot be told from its text."""

    cells: Cells
    elsewhere: str = ""
    unsure: bool = False


def reads_of(formula: str, names: Names) -> Reads:
    """What a formula reads by its text.

    >>> reads_of("=MAX(A1:B1)", {}).cells == {Cell(1, 1), Cell(1, 2)}
    True
    >>> reads_of("=Explain!C3", {}).elsewhere, reads_of("=Mine!C3", {}).unsure
    ('Explain!C3', True)
    >>> texts = "=SUM(A:A)", "=mine", "=MAX(OFFSET(A1,0,0,2,2))", "=MAX(0,A1)+IF(TRUE,$B$2)"
    >>> [reads_of(text, {}).unsure for text in texts]
    [True, True, True, False]
    """
    text, elsewhere, unsure = _STRING.sub("", formula), "", False

    def own(match: re.Match[str]) -> str:
        nonlocal elsewhere, unsure
        sheet = match[1].strip("'")
        if sheet == BOARD:
            return match[0].rpartition("!")[2]
        if sheet in OWN_SHEETS:
            elsewhere = elsewhere or match[0]
        else:
            unsure = True
        return ""

    text = _ELSEWHERE.sub(own, text)
    words = [word.lower() for word in _NAME.findall(text)]
    words = [word for word in words if not _NO_NAME.fullmatch(word)]
    named = [place for word in words if (place := names.get(word)) is not None]
    calls_names = any(word.lower() in names for word in FUNCTION.findall(text))
    unsure = unsure or len(named) < len(words) or calls_names or bool(_MOVING.search(text))
    return Reads(frozenset(_first_cells([*ranges_in(text), *named])), elsewhere, unsure)


def _first_cells(places: Sequence[Range]) -> Iterator[Cell]:
    left = MOST_CELLS
    for place in places:
        for cell in place.cells():
            if not left:
                return
            left -= 1
            yield cell


def followed(reads: Reads, names: Names, own: FormulaAt) -> Reads:
    """What is read in the end, where some cells are a learner's `own`."""
    cells, elsewhere, unsure = set[Cell](), reads.elsewhere, reads.unsure
    waiting, seen = sorted(reads.cells), set[Cell]()
    while waiting:
        cell = waiting.pop()
        formula = own(cell) if len(seen) < MOST_STEPS else ""
        if not formula or cell in seen:
            cells.add(cell)
            continue
        seen.add(cell)
        more = reads_of(formula, names)
        elsewhere, unsure = elsewhere or more.elsewhere, unsure or more.unsure
        waiting += sorted(more.cells)
    return Reads(frozenset(cells), elsewhere, unsure)


def circle(start: Cell, names: Names, formula_at: FormulaAt) -> Cell | None:
    """The first cell on a way by which a cell reads itself; None if it does not, or on no way of
    the MOST_STEPS cells nearest to it."""
    first = sorted(reads_of(formula_at(start), names).cells)
    if start in first:
        return start
    waiting, seen = deque((cell, cell) for cell in first), set(first)
    for _ in range(MOST_STEPS):
        formula = ""
        while waiting and not formula:
            cell, root = waiting.popleft()
            formula = formula_at(cell)
        read = reads_of(formula, names).cells
        if start in read:
            return root
        waiting += [(other, root) for other in sorted(read - seen)]
        seen |= read
    return None
