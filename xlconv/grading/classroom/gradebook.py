"""The gradebook: the marks of a class as CSV that Moodle and Canvas import, and what is said to a
student.

A line begins with the columns of the list that say who the student is, under the heads that they
have there: so what a platform gave out is what it gets back. Must not know how marks come about.
"""

import csv
import io
from collections.abc import Mapping

from xlconv.grading.classroom.class_marks import ClassMarks, StudentMarks
from xlconv.grading.marks import BlockMarks, Marks, csv_field, rounded_down

TOTAL, COMMENT = "total", "comment"
_DIGITS = 2  # behind the point


def gradebook_csv(marks: ClassMarks, total: str = TOTAL) -> str:
    """A line a student; `total` is what the column of all points is called."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heads = [head for head, _ in marks.lines[0].student.listed]
    blocks = marks.blocks
    taken = {*heads, total, COMMENT}
    titles = [f"{block} points" if block in taken else block for block in blocks]
    writer.writerow(map(csv_field, [*heads, *titles, total, COMMENT]))
    for line in marks.lines:
        listed = [text for _, text in line.student.listed]
        points = points_of(line)
        earned = [points.get(block, "") for block in blocks]
        writer.writerow(map(csv_field, [*listed, *earned, total_of(line), comment(line)]))
    return out.getvalue()


def points_of(line: StudentMarks) -> Mapping[str, str]:
    """The points of each block that could be judged."""
    if line.marks is None or line.marks.error:
        return {}
    return {
        block.block: _points(block.earned)
        for block in line.marks.blocks
        if block.earned is not None
    }


def total_of(line: StudentMarks) -> str:
    """All points; "" where nothing was marked, or a block is still to be marked by hand."""
    if line.marks is None or line.marks.error or _unjudged(line.marks):
        return ""
    return _points(line.marks.earned)


def _unjudged(marks: Marks) -> list[BlockMarks]:
    return [block for block in marks.blocks if block.earned is None]


def _points(value: float) -> str:
    return f"{rounded_down(value, _DIGITS):g}"


def comment(line: StudentMarks) -> str:
    """What is said to a student, in one line."""
    if line.marks is None or line.marks.error:
        return line.reason
    return " | ".join(block_words(block) for block in line.marks.blocks)


def block_words(block: BlockMarks) -> str:
    """The points of a block, and what is wrong first."""
    if block.earned is None:
        return f"{block.block}: could not be judged; it is marked by hand"
    said = [f"{block.block}: {_points(block.earned)} of {block.points:g}"]
    if block.first_wrong:
        said.append(f"{block.first_wrong} {block.what}")
    elif block.mark == 1.0:
        said.append("all right")
    if block.also:
        said.append(f"also {block.also}")
    if block.unjudged:
        said.append(f"{block.unjudged} cells could not be judged")
    return "; ".join(said)


def class_json(marks: ClassMarks) -> dict[str, object]:
    """The marks of a class as plain data; docs/exercises.md describes it."""
    return {
        "students": [_student(line) for line in marks.lines],
        "files": [*marks.files],
        "remarks": [*marks.remarks],
    }


def _student(line: StudentMarks) -> dict[str, object]:
    who = line.student
    marks = line.marks.as_json() if line.marks is not None else None
    return {
        "name": who.name,
        "id": who.id,
        "email": who.email,
        "comment": comment(line),
        "marks": marks,
    }
