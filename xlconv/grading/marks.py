"""Marks: what `grade` finds in a learner's workbook, as data, and as CSV and JSON.

Must not know how anything was checked, nor how points are earned.
"""

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any

from xlconv.grading.rubric import POINTS

COUNTS = ("cells", "right", "formulas", "typed", "empty", "unjudged")  # of a block, and summed up
WORTH = ("points", "earned", "mark")
COLUMNS = ("file", "student", "block", *COUNTS, *WORTH, "slip", "also", "first_wrong", "what")
WHOLE = "all"  # the line of a workbook as a whole
_DIGITS = 4  # behind the point of marks


@dataclass(frozen=True)
class BlockMarks:
    """The cells of one layer that was left open, and what they earn.

    `formulas` are those that hold a formula which gives what NumPy computes, for other pictures
    and weights, too; `typed` those that hold a number which is right now. `empty` cells hold
    nothing. `first_wrong` is the first other cell, as in "Board!AO7" ("" if there is none), and
    `what` says what is wrong with it; `also` is where a second, different mistake is, and what.
    `unjudged` counts the cells whose formulas the engine cannot evaluate, right or wrong. `points`
    are the full mark, of which the block earned the share `mark`, from 0 to 1; None if nothing of
    it could be judged. `slip` is the name of the slip that earned a share of its own, "" if none.
    """

    block: str
    cells: int
    formulas: int
    typed: int
    empty: int
    first_wrong: str = ""
    what: str = ""
    unjudged: int = 0
    points: float = POINTS
    mark: float | None = 0.0
    slip: str = ""
    also: str = ""

    @property
    def right(self) -> int:
        """Cells that are right, however they were filled in."""
        return self.formulas + self.typed

    @property
    def earned(self) -> float | None:
        """The points that it earned; None if nothing of it could be judged."""
        return None if self.mark is None else self.points * self.mark


@dataclass(frozen=True)
class Marks:
    """One workbook. `student` is the name that it was made for, else the file's; `error` says, in
    a line, why it could not be marked. `typed` says whether typed numbers count. `kernels` is the
    same for workbooks with the same kernels, "" where kernels were not varied. `made_for` is the
    student that the workbook names, "" if none; `unusual` are formulas that are neither those that
    the network calls for nor slips with a name, each with its cell. An error that is `excused` is
    no fault of the student's: then there is no mark, not even 0."""

    file: str
    student: str
    blocks: tuple[BlockMarks, ...] = ()
    error: str = ""
    typed: bool = False
    kernels: str = ""
    made_for: str = ""
    unusual: frozenset[str] = frozenset()
    excused: bool = False

    @property
    def points(self) -> float:
        """The full mark of the blocks that could be judged."""
        return sum(block.points for block in self._judged)

    @property
    def earned(self) -> float:
        """The points that these earned."""
        return sum(block.earned or 0.0 for block in self._judged)

    @property
    def mark(self) -> float | None:
        """The share of the points that it earned, from 0 to 1, 0 of a file that cannot be marked;
        None if nothing could be judged, or that was no fault of the student's."""
        if self.error:
            return None if self.excused else 0.0
        return self.earned / self.points if self._judged else None

    @property
    def worth(self) -> dict[str, float | None]:
        """Points, earned points and mark as they are written; None where nothing was judged."""
        points, earned = (self.points, self.earned) if self._judged else (None, None)
        return {"points": points, "earned": earned, "mark": self.mark}

    @property
    def _judged(self) -> list[BlockMarks]:
        return [block for block in self.blocks if block.mark is not None]

    def as_json(self) -> dict[str, Any]:
        """The marks as plain data; docs/exercises.md describes it."""
        blocks = [
            {**asdict(block), "right": block.right, "earned": block.earned} for block in self.blocks
        ]
        return {
            "file": self.file,
            "student": self.student,
            "mark": self.worth["mark"],
            "points": self.worth["points"],
            "earned": self.worth["earned"],
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
            writer.writerow(map(csv_field, _line(marks, block)))
        writer.writerow(map(csv_field, _whole(marks)))
    return out.getvalue()


def csv_encoding(text: str) -> str:
    """UTF-8, with a byte order mark where a letter needs it: without one, Excel misreads it."""
    return "utf-8" if text.isascii() else "utf-8-sig"


def _line(marks: Marks, block: BlockMarks) -> list[object]:
    counts = [getattr(block, key) for key in COUNTS]
    worth = map(decimals, (block.points, block.earned, block.mark))
    told = (block.slip, block.also, block.first_wrong, block.what)
    return [marks.file, marks.student, block.block, *counts, *worth, *told]


def _whole(marks: Marks) -> list[object]:
    counts = [sum(getattr(block, key) for block in marks.blocks) for key in COUNTS]
    worth = [decimals(marks.worth[key]) for key in WORTH]
    return [marks.file, marks.student, WHOLE, *counts, *worth, "", "", "", marks.error]


def decimals(value: float | None) -> str:
    """A number of points, or a share, rounded down; "" for none.

    >>> decimals(1.0), decimals(0.999999), decimals(1 - 1e-16), decimals(None)
    ('1.0000', '0.9999', '1.0000', '')
    """
    return "" if value is None else f"{rounded_down(value, _DIGITS):.{_DIGITS}f}"


def per_cent(share: float | None) -> str:
    """A share in per cent, rounded down: only all is all; a dash for none.

    >>> per_cent(1567 / 1568), per_cent(1.0), per_cent(0.29), per_cent(None)
    ('99%', '100%', '29%', '–')
    """
    return "–" if share is None else f"{rounded_down(100 * share, 0):.0f}%"


def rounded_down(value: float, digits: int) -> float:
    """A number rounded down, but for what is an error of its last digit."""
    scale: float = 10.0**digits
    nearest = round(value * scale)
    near = abs(value * scale - nearest) <= 1e-9
    return (nearest if near else math.floor(value * scale)) / scale


def csv_field(value: object) -> object:
    """A field that no spreadsheet takes for a formula when it opens the file, nor a part of it:
    where a comma is for decimals, a semicolon ends a field."""
    return _FORMULA.sub(r"\g<0>'", value) if isinstance(value, str) else value


_FORMULA = re.compile(r"(?:^|[;\t\r\n])\s*(?=[=+\-@\uff1d\uff0b\uff0d\uff20])|^(?=[\t\r])")


def gradescope(marks: Marks) -> dict[str, Any]:
    """The marks as an autograder of Gradescope's writes them (results.json), each block a test.
    One of which nothing could be judged has no score; as Gradescope then wants one of the whole, it
    is that of the others, and 0 if there are none."""
    if marks.error:
        return {"score": 0.0, "output": marks.error, "tests": []}
    tests = [
        {"name": block.block, **_score(block), "output": _output(block)} for block in marks.blocks
    ]
    told = f"{marks.student}: {per_cent(marks.mark)}"
    by_hand = [block.block for block in marks.blocks if block.earned is None]
    if not by_hand:
        return {"output": told, "tests": tests}
    told += f"; could not be judged, to be marked by hand: {', '.join(by_hand)}"
    return {"score": rounded_down(marks.earned, _DIGITS), "output": told, "tests": tests}


def _score(block: BlockMarks) -> dict[str, float]:
    if block.earned is None:
        return {}
    return {"score": rounded_down(block.earned, _DIGITS), "max_score": block.points}


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
    if block.earned is None:
        lines = ["could not be judged; it is marked by hand"]
    if block.slip:
        lines.append(f"earned as a slip: {block.slip}")
    if block.empty:
        lines.append(f"{block.empty} cells are empty")
    if block.unjudged:
        lines.append(f"{block.unjudged} cells could not be judged")
    if block.first_wrong:
        lines.append(f"{block.first_wrong}: {block.what}")
    if block.also:
        lines.append(f"also {block.also}")
    return "\n".join(lines)


def mean_mark(marked: Sequence[Marks]) -> float | None:
    """The mean of those that could be marked and judged, None if none could."""
    marks = [one.mark for one in marked if not one.error and one.mark is not None]
    return sum(marks) / len(marks) if marks else None
