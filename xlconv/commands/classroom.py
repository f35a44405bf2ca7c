"""`xlconv build --students`: what is asked of the options, the progress bar, what was written.

Must not compute anything; the rest of the package is imported when there is a class.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xlconv.errors import OutputError

if TYPE_CHECKING:
    from xlconv.grading.classroom.handout import Handout
    from xlconv.importers.students.roster import Student
    from xlconv.state.exercise import Exercise


@dataclass(frozen=True)
class ClassTargets:
    """The students of a class, and the folder for their workbooks."""

    students: tuple[Student, ...]
    folder: Path
    listed: Path


def class_targets(
    students: Path | None,
    folder: Path | None,
    out: Path | None,
    exercise: str | None,
    student: str | None,
    force: bool,
) -> ClassTargets | None:
    """The class to build for, None if it is one workbook; OutputError for what does not go
    together, and for files that exist."""
    if students is None:
        if folder is not None:
            raise OutputError("--out-dir is for a class; give --students LIST.csv, too")
        return None
    from xlconv.commands.console import print_note
    from xlconv.grading.classroom.handout import class_files
    from xlconv.importers.students.roster import read_students

    if out is not None:
        raise OutputError(f"{out}: a class has a folder; give --out-dir DIR instead of a file")
    if folder is None:
        raise OutputError("--students needs a folder for the workbooks; give --out-dir DIR")
    if student is not None:
        raise OutputError("--student is for one workbook, --students for a class; give one of them")
    if exercise is None:
        raise OutputError(
            "--students needs an exercise, by which workbooks differ; give --exercise conv1, "
            "for example"
        )
    found = read_students(students, print_note)
    class_files(folder, found, force)
    return ClassTargets(found, folder, students)


def write_class(
    class_: ClassTargets,
    handout: Handout,
    force: bool,
) -> None:
    """Write the workbooks of a class, and say so."""
    from xlconv.commands.marking.marks import marking_bar
    from xlconv.grading.classroom.handout import build_class

    with marking_bar(len(class_.students), "building") as progress:
        build_class(class_.folder, class_.students, handout, overwrite=force, progress=progress)
    _print_class(class_, handout.exercise)


def _print_class(class_: ClassTargets, task: Exercise) -> None:
    """What was written, and how it is marked."""
    from xlconv.commands.console import OUT, command_word, markup

    count, folder = len(class_.students), markup(class_.folder)
    books = "1 workbook" if count == 1 else f"{count} workbooks"
    OUT.print(f"wrote [bold]{books}[/] into {folder}", soft_wrap=True)
    options = f"--students {command_word(class_.listed)} --out marks.csv"
    layers = ", ".join(task.layers)
    OUT.print(
        f"left open: {layers}; mark what is handed in with  xlconv grade DIR {options}",
        soft_wrap=True,
    )
