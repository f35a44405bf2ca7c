"""The marks of a class: a line for each student, whatever was or was not handed in, and what a
teacher should look at.

    students, files, marks -> owners -> the file that counts -> a line a student, files, remarks

Must not know how a workbook is marked, nor formats of marks.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from xlconv.grading.classroom.handed_in import HandedIn
from xlconv.grading.classroom.owners import Owners
from xlconv.grading.marks import Marks
from xlconv.grading.resemblance import resemblances
from xlconv.importers.students.roster import Student
from xlconv.system.files import natural_order

NOTHING = "nothing handed in"
STOPPED = "not marked: it was stopped before"
_MOST_NAMES = 5  # of those whose a file may be


@dataclass(frozen=True)
class StudentMarks:
    """What a student gets: the `marks` of the file that counts, or the `reason` why there are
    none."""

    student: Student
    marks: Marks | None = None
    reason: str = ""

    @property
    def is_marked(self) -> bool:
        return self.marks is not None and not self.marks.error


@dataclass(frozen=True)
class ClassMarks:
    """A line a student, in the order of the list; of `files` that do not count it is told why;
    `remarks` are for the teacher alone."""

    lines: tuple[StudentMarks, ...]
    files: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def blocks(self) -> list[str]:
        """The blocks that were open, in their order."""
        marked = [line.marks for line in self.lines if line.marks is not None]
        return list(dict.fromkeys(block.block for marks in marked for block in marks.blocks))


def class_marks(
    students: Sequence[Student], files: Sequence[HandedIn], marked: Mapping[str, Marks]
) -> ClassMarks:
    """The marks of a class, from those of its workbooks by what their files are called; what is not
    `marked` was not reached."""
    owners = Owners(students)
    told, remarks = list[str](), list[str]()
    owned = defaultdict[str, list[HandedIn]](list)
    for one in files:
        marks = marked.get(one.file)
        owner, remark = _owner(owners, one, marks)
        if remark:
            remarks.append(remark)
        if owner is not None:
            owned[owner.name].append(one)
        else:
            told.append(_nobodys(owners, one, marks))
    lines = [_line(student, owned[student.name], marked, told) for student in students]
    owned_files = {one.file for those in owned.values() for one in those}
    compared = [line.marks for line in lines if line.marks is not None]
    compared += [marks for file, marks in marked.items() if file not in owned_files]
    alike = [one.text for one in resemblances(compared)]
    return ClassMarks(tuple(lines), tuple(told), (*remarks, *alike))


def _owner(owners: Owners, one: HandedIn, marks: Marks | None) -> tuple[Student | None, str]:
    """Whose a file is, and what is odd about that."""
    platform = owners.by_platform(one.key, one.who) if one.key or one.who else None
    made_for = marks.made_for if marks is not None else ""
    named = owners.by_name(made_for) if made_for else None
    handed = platform or owners.by_file(one.own_name)
    owner = platform or named or (handed if not made_for else None)
    if handed is not None and made_for and named != handed:
        return owner, f"{one.file} is {handed.name}'s by its name, but was made for {made_for}"
    return owner, ""


def _nobodys(owners: Owners, one: HandedIn, marks: Marks | None) -> str:
    if one.book is None:
        return f"{one.file}: {one.reason}"
    if marks is None:
        return f"{one.file}: {STOPPED}"
    if marks.error:
        return f"{one.file}: {marks.error}"
    if marks.made_for:
        return f"{one.file}: made for {marks.made_for}, who is not on the list"
    maybe = [f"{student.name}'s" for student in owners.candidates(one.own_name)]
    if maybe:
        several = " or ".join(maybe[:_MOST_NAMES]) + (" or .." if len(maybe) > _MOST_NAMES else "")
        return f"{one.file}: may be {several}; call it by the student's name or id alone"
    return f"{one.file}: of somebody who is not on the list"


def _line(
    student: Student, files: Sequence[HandedIn], marked: Mapping[str, Marks], told: list[str]
) -> StudentMarks:
    """A student's marks, of the latest workbook that could be marked."""
    books = [one for one in files if one.book is not None]
    told += [f"{one.file} ({student.name}): {one.reason}" for one in files if one.book is None]
    if not books:
        reason = f"no workbook, but {files[0].file}: {files[0].reason}" if files else NOTHING
        return StudentMarks(student, reason=reason)
    if any(one.file not in marked for one in books):
        return StudentMarks(student, reason=STOPPED)
    ordered = sorted(books, key=_lateness(books), reverse=True)
    counts = next((one for one in ordered if not marked[one.file].error), ordered[0])
    for one in ordered:
        if one is not counts:
            told.append(_uncounted(student, one, counts, marked[one.file]))
    marks = marked[counts.file]
    reason = f"could not be marked: {marks.error}" if marks.error else ""
    return StudentMarks(student, marks, reason)


def _lateness(books: Iterable[HandedIn]) -> Callable[[HandedIn], tuple[int, list[str | int]]]:
    """By what files are later than others: Canvas's numbers, else their times in seconds."""
    if all(one.number is not None for one in books):
        return lambda one: (one.number or 0, natural_order(one.file))
    return lambda one: (int(one.when), natural_order(one.file))


def _uncounted(student: Student, one: HandedIn, counts: HandedIn, marks: Marks) -> str:
    if marks.error:
        return f"{one.file} ({student.name}): {marks.error}; {counts.file} counts"
    if one.number is not None and counts.number is not None:
        return f"{one.file} ({student.name}): the later {counts.file} counts"
    return (
        f"{one.file} ({student.name}), of {_time(one.when)}: {counts.file}, "
        f"of {_time(counts.when)}, counts"
    )


def _time(when: float) -> str:
    return datetime.fromtimestamp(when).strftime("%Y-%m-%d %H:%M")
