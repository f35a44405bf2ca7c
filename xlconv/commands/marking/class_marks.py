"""`xlconv grade --students`: mark what a class handed in, write a line a student, print.

Must not know how a workbook is marked, nor whose a file is.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import typer
from rich.table import Table

from xlconv.commands.console import ERR, OUT, markup, print_note
from xlconv.commands.marking.marks import marking_bar
from xlconv.commands.marking.results import Targets, kept_when_stopped
from xlconv.errors import BookError
from xlconv.grading.classroom.class_marks import NOTHING, ClassMarks, StudentMarks, class_marks
from xlconv.grading.classroom.gradebook import (
    class_json,
    comment,
    gradebook_csv,
    points_of,
    total_of,
)
from xlconv.grading.classroom.handed_in import HandedIn, handed_in_files
from xlconv.grading.marks import Marks, csv_encoding
from xlconv.grading.submissions import Terms, marks_as_they_come
from xlconv.importers.students.roster import Student, read_students
from xlconv.system.signals import temporary_folder
from xlconv.system.terminal_text import as_json as spelled


def grade_class(
    place: Path, listed: Path, terms: Terms, targets: Targets, total: str, as_json: bool
) -> int:
    """Mark a class; the exit code: 0 if all that was handed in was marked, and all feedback
    written, else 1."""
    students = read_students(listed, partial(print_note, out=ERR if as_json else OUT))
    with temporary_folder() as folder:
        ours = (listed, targets.out, targets.gradescope, targets.feedback)
        try:
            files = handed_in_files(place, folder, [path for path in ours if path is not None])
        except BookError as error:
            targets.write_nothing_to_mark(place, str(error))
            raise
        books = {one.file: one.book for one in files if one.book is not None}
        places = targets.feedback_files([*books])
        results = targets.gradescope_files(place, [*books])
        marked = _marked(files, students, terms, targets, total)
        found = class_marks(students, files, marked)
        _write(found, targets, total)
        counted = [line.marks for line in found.lines if line.marks is not None]
        whole = targets.write_feedback(books, counted, places)
    if marked:
        targets.write_gradescope(place, [*marked.values()], results)
    else:
        targets.write_nothing_to_mark(place, f"{place}: no workbook was handed in")
    if as_json:
        typer.echo(spelled(class_json(found)))
    else:
        print_class_marks(found, targets.out)
    failed = any(line.reason not in ("", NOTHING) for line in found.lines)
    return 1 if failed or not whole or not any(line.is_marked for line in found.lines) else 0


def _marked(
    files: Sequence[HandedIn],
    students: Sequence[Student],
    terms: Terms,
    targets: Targets,
    total: str,
) -> dict[str, Marks]:
    """The marks of all workbooks, by what they are called in the folder."""
    books = {one.book: one for one in files if one.book is not None}
    marked: dict[str, Marks] = {}
    if not books:
        return marked

    def write() -> None:
        _write(class_marks(students, files, marked), targets, total)

    with (
        kept_when_stopped(marked, len(books), targets, write),
        marking_bar(len(books)) as progress,
        closing(marks_as_they_come([*books], terms)) as coming,
    ):
        for path, marks in coming:
            marked[books[path].file] = replace(marks, file=books[path].file)
            progress(len(marked))
    return {one.file: marked[one.file] for one in books.values()}


def _write(found: ClassMarks, targets: Targets, total: str) -> None:
    text = gradebook_csv(found, total)
    targets.write_marks(text, csv_encoding(text))


def print_class_marks(found: ClassMarks, out: Path | None) -> None:
    """A line a student, what is to be looked at, and where the marks are."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("student", style="bold")
    for name in [*found.blocks, "total"]:
        table.add_column(markup(name), justify="right", no_wrap=True)
    table.add_column("file", style="dim")
    for line in found.lines:
        points = points_of(line)
        file = line.marks.file if line.marks is not None else line.reason
        cells = [points.get(block, "–" if line.is_marked else "") for block in found.blocks]
        table.add_row(markup(line.student.name), *cells, total_of(line), markup(file))
    OUT.print(table)
    _print_lines("", [_reason(line) for line in found.lines if _is_shown(line, out)], "red")
    _print_lines("files that do not count:", found.files, "yellow")
    _print_lines("for the teacher:", found.remarks, "yellow")
    marked = [line for line in found.lines if line.is_marked]
    OUT.print(f"\n{len(marked)} of {len(found.lines)} students were marked", soft_wrap=True)
    if out is not None:
        OUT.print(f"wrote {markup(out)}, with the reasons as comments", soft_wrap=True)


def _is_shown(line: StudentMarks, out: Path | None) -> bool:
    """Whether is printed what is wrong: of the few, or where no file says it."""
    if line.marks is None:
        return False
    return bool(line.marks.error) or (out is None and line.marks.mark != 1.0)


def _reason(line: StudentMarks) -> str:
    """What is wrong, and with whose workbook."""
    return f"{line.student.name}: {comment(line)}"


def _print_lines(title: str, lines: Sequence[str], colour: str) -> None:
    if lines:
        OUT.print(f"\n{title}" if title else "", style=colour)
    for text in lines:
        OUT.print(markup(text), style=colour, soft_wrap=True)
