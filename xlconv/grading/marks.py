"""Marks: what `grade` finds in a learner's workbook, as data, and as CSV and JSON.

Must not know how anything was checked.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any

COUNTS = ("cells", "right", "formulas", "typed", "empty", "unjudged")  # of a block, and summed up
COLUMNS = ("file", "student", "block", *COUNTS, "mark", "first_wrong", "what")
WHOLE = "all"  # the line of a workbook as a whole


@dataclass(frozen=True)
class BlockMarks:
    """The cells of one layer that was left open.

    `formulas` are those that hold a formula which gives what NumPy computes, for other pictures
    and weights, too; `typed` those that hold a number which is right now. `empty` cells hold
    nothing. `first_wrong` is the first other cell, as in "Board!AO7" ("" if there is none), and
    `what` says what is wrong with it. `unjudged` counts the cells whose formulas the engine cannot
    evaluate, right or wrong.
    """

    block: str
    cells: int
    formulas: int
    typed: int
    empty: int
    first_wrong: str = ""
    what: str = ""
    unjudged: int = 0

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
    a line, why it could not be marked. `typed` says whether typed numbers count. `kernels` is the
    same for workbooks with the same kernels, "" where kernels were not varied."""

    file: str
    student: str
    blocks: tuple[BlockMarks, ...] = ()
    error: str = ""
    typed: bool = False
    kernels: str = ""

    @property
    def mark(self) -> float:
        """The mean of the blocks' marks, from 0 to 1."""
        marks = [block.mark(self.typed) for block in self.blocks]
        return sum(marks) / len(marks) if marks else 0.0

    def as_json(self) -> dict[str, Any]:
        """The marks as plain data; docs/exercises.md describes it."""
        blocks = [
            {**asdict(block), "right": block.right, "mark": block.mark(self.typed)}
            for block in self.blocks
        ]
        return {
            "file": self.file,
            "student": self.student,
            "mark": self.mark,
            "error": self.error,
            "blocks": blocks,
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


def csv_encoding(marked: Iterable[Marks]) -> str:
    """UTF-8, with a byte order mark where a name needs it: without one, Excel misreads letters."""
    names = [name for marks in marked for name in (marks.file, marks.student)]
    return "utf-8" if all(map(str.isascii, names)) else "utf-8-sig"


def _line(marks: Marks, block: BlockMarks) -> list[object]:
    counts = [getattr(block, key) for key in COUNTS]
    share = f"{block.mark(marks.typed):.4f}"
    return [marks.file, marks.student, block.block, *counts, share, block.first_wrong, block.what]


def _whole(marks: Marks) -> list[object]:
    counts = [sum(getattr(block, key) for block in marks.blocks) for key in COUNTS]
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


def results_names(files: Sequence[str]) -> list[str]:
    """A file of results for each workbook, in the same folders.

    >>> results_names(["ada.xlsx", "cy/hw.xlsx", "cy/hw.ods"])
    ['ada.json', 'cy/hw.xlsx.json', 'cy/hw.ods.json']
    """
    paths = [PurePath(file) for file in files]
    stems = Counter(path.with_suffix("") for path in paths)
    return [
        path.with_suffix(
            ".json" if stems[path.with_suffix("")] == 1 else f"{path.suffix}.json"
        ).as_posix()
        for path in paths
    ]


def _output(block: BlockMarks) -> str:
    lines = [f"{block.right} of {block.cells} cells right, {block.formulas} of them by formula"]
    if block.empty:
        lines.append(f"{block.empty} cells are empty")
    if block.unjudged:
        lines.append(f"{block.unjudged} cells could not be judged")
    if block.first_wrong:
        lines.append(f"{block.first_wrong}: {block.what}")
    return "\n".join(lines)


def copied_groups(marked: Iterable[Marks]) -> list[list[Marks]]:
    """Workbooks with the same kernels that say that they were made for different students: at most
    one of them can be right about that. None where all have the same: there none were varied."""
    groups: dict[str, list[Marks]] = {}
    for marks in (marks for marks in marked if marks.kernels):
        groups.setdefault(marks.kernels, []).append(marks)
    several = [group for group in groups.values() if len({one.student for one in group}) > 1]
    return several if len(groups) > 1 else []


def mean_mark(marked: Sequence[Marks]) -> float:
    """The mean of those that could be marked, 0 if none could."""
    marks = [one.mark for one in marked if not one.error]
    return sum(marks) / len(marks) if marks else 0.0
