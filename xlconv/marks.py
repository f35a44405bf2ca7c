"""Marks: what `grade` finds in a learner's workbook, as data, and as CSV and JSON.

Must not know how anything was checked.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

COLUMNS = (
    *("file", "student", "block", "cells", "right", "formulas", "typed", "empty", "mark"),
    *("first_wrong", "what"),
)
WHOLE = "all"  # the line of a workbook as a whole


@dataclass(frozen=True)
class BlockMarks:
    """The cells of one layer that was left open.

    `formulas` are those that hold a formula which gives what NumPy computes, for other pictures
    and weights, too; `typed` those that hold a number which is right now. `empty` cells hold
    nothing. `first_wrong` is the first other cell, as in "Board!AO7" ("" if there is none), and
    `what` says what is wrong with it.
    """

    block: str
    cells: int
    formulas: int
    typed: int
    empty: int
    first_wrong: str = ""
    what: str = ""

    @property
    def right(self) -> int:
        """Cells that are right, however they were filled in."""
        return self.formulas + self.typed

    def mark(self, typed: bool) -> float:
        """The share of cells that are right, from 0 to 1; typed numbers count only if asked."""
        return (self.right if typed else self.formulas) / self.cells


@dataclass(frozen=True)
class Marks:
    """One workbook. `student` is the name that it was made for, else the file's; `error` says, in
    a line, why it could not be marked. `typed` says whether typed numbers count."""

    file: str
    student: str
    blocks: tuple[BlockMarks, ...] = ()
    error: str = ""
    typed: bool = False

    @property
    def mark(self) -> float:
        """The mean of the blocks' marks, from 0 to 1."""
        marks = [block.mark(self.typed) for block in self.blocks]
        return sum(marks) / len(marks) if marks else 0.0

    def as_json(self) -> dict[str, Any]:
        """The marks as plain data; the README describes it."""
        blocks = [
            {**asdict(block), "right": block.right, "mark": block.mark(self.typed)}
            for block in self.blocks
        ]
        return {
            **{"file": self.file, "student": self.student, "mark": self.mark},
            **{"error": self.error, "blocks": blocks},
        }


def marks_csv(marked: Iterable[Marks]) -> str:
    """A line a block, and one for each workbook as a whole."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for marks in marked:
        for block in marks.blocks:
            writer.writerow(map(_field, _line(marks, block)))
        writer.writerow(map(_field, _whole(marks)))
    return out.getvalue()


def _line(marks: Marks, block: BlockMarks) -> list[object]:
    counts = [block.cells, block.right, block.formulas, block.typed, block.empty]
    share = f"{block.mark(marks.typed):.4f}"
    return [marks.file, marks.student, block.block, *counts, share, block.first_wrong, block.what]


def _whole(marks: Marks) -> list[object]:
    counts = [
        sum(getattr(block, key) for block in marks.blocks)
        for key in ("cells", "right", "formulas", "typed", "empty")
    ]
    return [marks.file, marks.student, WHOLE, *counts, f"{marks.mark:.4f}", "", marks.error]


def _field(value: object) -> object:
    """A field that no spreadsheet takes for a formula when it opens the file, nor a part of it:
    where a comma is for decimals, a semicolon ends a field."""
    return _FORMULA.sub(r"\g<0>'", value) if isinstance(value, str) else value


_FORMULA = re.compile(r"(?:^|[;\t\r\n])\s*(?=[=+\-@\uff1d\uff0b\uff0d\uff20])|^(?=[\t\r])")


def gradescope(marks: Marks, points: float) -> dict[str, Any]:
    """The marks as an autograder of Gradescope's writes them (results.json), each block a test of
    so many points."""
    if marks.error:
        return {"score": 0.0, "output": marks.error, "tests": []}
    tests = [
        {
            "name": block.block,
            "score": round(points * block.mark(marks.typed), 4),
            "max_score": points,
            "output": _output(block),
        }
        for block in marks.blocks
    ]
    return {"output": f"{marks.student}: {marks.mark:.0%}", "tests": tests}


def _output(block: BlockMarks) -> str:
    lines = [f"{block.right} of {block.cells} cells right, {block.formulas} of them by formula"]
    if block.empty:
        lines.append(f"{block.empty} cells are empty")
    if block.first_wrong:
        lines.append(f"{block.first_wrong}: {block.what}")
    return "\n".join(lines)


def mean_mark(marked: Sequence[Marks]) -> float:
    """The mean of those that could be marked, 0 if none could."""
    marks = [one.mark for one in marked if not one.error]
    return sum(marks) / len(marks) if marks else 0.0
