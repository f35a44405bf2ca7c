"""`xlconv grade`: parse, mark, write, print, exit code.

The rest of the package is imported inside the command, so that --help answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xlconv.commands.run import COULD_NOT, print_error
from xlconv.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlconv.grading.marks import Marks


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
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
) -> None:
    """Mark what learners filled in.

    Exit code 0: all workbooks were marked, 1: some could not be, 2: none."""
    from xlconv.commands.marks import marking_bar, print_marks
    from xlconv.engines.registry import engine_named
    from xlconv.grading.marks import csv_encoding, marks_csv
    from xlconv.grading.rubric import Rubric, rubric_file
    from xlconv.grading.submissions import Terms, mark_all, submitted_files
    from xlconv.state.exercise import Exercise
    from xlconv.system.files import check_target
    from xlconv.system.terminal_text import as_json as spelled

    engine_named(engine)
    files = submitted_files(place, out)
    if out is not None:
        check_target(out, force, "marks.csv")
    if gradescope is not None and not place.is_dir():
        check_target(gradescope, force, "results.json")
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
    with marking_bar(len(files)) as progress:
        marked = mark_all(files, place, terms, progress)
    if out is not None:
        _write(out, marks_csv(marked), csv_encoding(marked))
    if gradescope is not None:
        _write_gradescope(gradescope, marked, place.is_dir(), force)
    if as_json:
        typer.echo(spelled([marks.as_json() for marks in marked]))
    elif place.is_dir() or not marked[0].error:
        print_marks(marked, out)
    raise typer.Exit(_exit_code(marked, place))


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


def _write_gradescope(place: Path, marked: Sequence[Marks], folder: bool, force: bool) -> None:
    from xlconv.grading.marks import gradescope, results_names
    from xlconv.system.files import check_target
    from xlconv.system.terminal_text import as_json as spelled

    targets = [place]
    if folder:
        if place.exists() and not place.is_dir():
            raise OutputError(f"{place} is a file; give a folder for the results of a folder")
        place.mkdir(parents=True, exist_ok=True)
        targets = [place / name for name in results_names([marks.file for marks in marked])]
    for target in targets:
        target.parent.mkdir(parents=True, exist_ok=True)
        check_target(target, force, "results.json")
    for target, marks in zip(targets, marked, strict=True):
        _write(target, spelled(gradescope(marks)) + "\n")


def _write(target: Path, text: str, encoding: str = "utf-8") -> None:
    from xlconv.system.files import replacing

    with replacing(target) as stream:
        # Names of files may be no text at all.
        stream.write(text.encode(encoding, errors="replace"))
