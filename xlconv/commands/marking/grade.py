"""`xlconv grade`: parse, mark, write, print, exit code.

The rest of the package is imported inside the command, so that --help answers at once.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xlconv.commands.run import COULD_NOT, print_error
from xlconv.errors import BookError, OutputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlconv.commands.marking.results import Targets
    from xlconv.grading.marks import Marks
    from xlconv.grading.resemblance import Resemblance
    from xlconv.grading.submissions import Terms


def grade(
    place: Annotated[
        Path, typer.Argument(help="A workbook with an exercise, or a folder of them.")
    ],
    out: Annotated[Path | None, typer.Option(help="Write the marks as CSV.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the marks as JSON.")] = False,
    gradescope: Annotated[
        Path | None,
        typer.Option(
            help="Write results for Gradescope: a file, or a folder of one for each workbook."
        ),
    ] = None,
    points: Annotated[
        str | None,
        typer.Option(
            help="What blocks are worth, as in conv1=6,softmax=4; a number is for all others "
            "(default 10)."
        ),
    ] = None,
    rubric: Annotated[
        Path | None,
        typer.Option(help="What points, slips and the border are worth, as TOML."),
    ] = None,
    typed: Annotated[
        bool, typer.Option("--typed", help="Right numbers count, too, that are no formulas.")
    ] = False,
    engine: Annotated[
        str, typer.Option(help="What evaluates the formulas: formualizer, libreoffice or gnumeric.")
    ] = "formualizer",
    exercise: Annotated[
        str | None,
        typer.Option(
            help="The layers that were handed out: a workbook that leaves others open is not "
            "marked."
        ),
    ] = None,
    first: Annotated[
        int | None, typer.Option(help="With --exercise: as it was handed out.")
    ] = None,
    students: Annotated[
        Path | None,
        typer.Option(
            help="A list of students as CSV: the marks are a line for each, as Moodle and Canvas "
            "import them."
        ),
    ] = None,
    assignment: Annotated[
        str, typer.Option(help="With --students: what the column of all points is called.")
    ] = "total",
    feedback: Annotated[
        Path | None,
        typer.Option(
            help="A folder for the workbooks that go back, with what is wrong marked in them."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
) -> None:
    """Mark what learners filled in.

    Exit code 0: all workbooks were marked, 1: some could not be, or not their feedback, 2: none."""
    from xlconv.commands.marking.results import Targets
    from xlconv.engines.registry import engine_named
    from xlconv.grading.rubric import Rubric, rubric_file
    from xlconv.grading.submissions import Terms
    from xlconv.state.exercise import Exercise

    engine_named(engine)
    targets = Targets(out, gradescope, feedback, force, quiet=as_json)
    targets.check(place)
    worth = Rubric() if rubric is None else rubric_file(rubric)
    if points is not None:
        worth = worth.with_points(points)
    task = None
    if exercise is not None:
        task = Exercise(tuple(name.strip() for name in exercise.split(",")), first)
    elif first is not None:
        raise OutputError(
            "--first belongs to --exercise; give the layers that were handed out, too"
        )
    terms = Terms(engine, typed, task, worth)
    if students is not None:
        from xlconv.commands.marking.class_marks import grade_class

        raise typer.Exit(grade_class(place, students, terms, targets, assignment, as_json))
    raise typer.Exit(_grade_files(place, terms, targets, as_json))


def _grade_files(place: Path, terms: Terms, targets: Targets, as_json: bool) -> int:
    """Mark a workbook, or a folder of them; the exit code."""
    from xlconv.commands.marking.marks import marking_bar, print_marks
    from xlconv.commands.marking.results import kept_when_stopped
    from xlconv.grading.classroom.class_marks import STOPPED
    from xlconv.grading.marks import csv_encoding, marks_csv
    from xlconv.grading.resemblance import resemblances
    from xlconv.grading.submissions import (
        failed_marks,
        marks_as_they_come,
        name_within,
        submitted_files,
    )
    from xlconv.system.terminal_text import as_json as spelled

    try:
        files = submitted_files(place, targets.out, targets.feedback)
    except BookError as error:
        targets.write_nothing_to_mark(place, str(error))
        raise
    books = {name_within(path, place): path for path in files}
    places = targets.feedback_files([*books])
    results = targets.gradescope_files(place, [*books])
    marked: dict[Path, Marks] = {}

    def all_marks() -> list[Marks]:
        missing = {p: failed_marks(p, STOPPED, excused=True) for p in files if p not in marked}
        return [replace((marked | missing)[one], file=name_within(one, place)) for one in files]

    def write() -> None:
        text = marks_csv(all_marks())
        targets.write_marks(text, csv_encoding(text))

    with (
        kept_when_stopped(marked, len(files), targets, write),
        marking_bar(len(files)) as progress,
        closing(marks_as_they_come(files, terms)) as coming,
    ):
        for path, marks in coming:
            marked[path] = marks
            progress(len(marked))
    found = all_marks()
    write()
    targets.write_gradescope(place, found, results)
    alike = resemblances(found)
    if as_json:
        typer.echo(spelled([one.as_json() | {"remarks": _remarks(one, alike)} for one in found]))
    elif place.is_dir() or not found[0].error:
        print_marks(found, [one.text for one in alike], targets.out)
    whole = targets.write_feedback(books, found, places)
    return _exit_code(found, place) or (0 if whole else 1)


def _remarks(marks: Marks, alike: Sequence[Resemblance]) -> list[str]:
    """What is said of a workbook and others that it is like."""
    return [one.text for one in alike if marks.file in one.files]


def _exit_code(marked: Sequence[Marks], place: Path) -> int:
    """Where nothing could be marked, there is an error, too, as of any other command."""
    failed = [marks for marks in marked if marks.error]
    if len(failed) < len(marked):
        return 1 if failed else 0
    told = f"{place}: {failed[0].error}"
    if place.is_dir():
        first = f"{failed[0].file}: {failed[0].error}"
        told = f"{place}: none of {len(failed)} workbooks could be marked; the first: {first}"
    print_error(told)
    return COULD_NOT
