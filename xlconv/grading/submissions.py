"""Submissions: a folder of learners' workbooks, marked side by side.

One broken file spoils nothing: what cannot be marked becomes marks with an error. Must not know
how a workbook is marked, nor how marks are written.
"""

import os
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xlconv.errors import BookError, MissingEngineError, XlconvError
from xlconv.grading.grade import grade
from xlconv.grading.marks import Marks
from xlconv.grading.rubric import Rubric
from xlconv.state.exercise import Exercise
from xlconv.system.files import is_file, is_folder, natural_order
from xlconv.system.workers import cores, made_side_by_side

SPREADSHEETS = {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers", ".csv"}
MOST_FILES = 100_000  # of any kind
TIME_LIMIT = 120.0  # seconds for one workbook
_MOST_TOLD = 300  # letters of an error that nobody foresaw


def submitted_files(place: Path, *but: Path | None) -> list[Path]:
    """The workbooks of a folder and its sub-folders in natural order, or the one file; BookError
    if there is none. What `but` names is none: marks and feedback of an earlier run."""
    if is_file(place):
        return [place]
    if not is_folder(place):
        raise BookError(f"{place}: no such file or folder; give a workbook, or a folder of them")
    found = [path for path in files_under(place, *but) if path.suffix.lower() in SPREADSHEETS]
    if not found:
        raise BookError(f"{place}: no workbook in this folder; give a folder of .xlsx files")
    return sorted(found, key=lambda path: natural_order(str(path.relative_to(place))))


def files_under(place: Path, *but: Path | None) -> Iterator[Path]:
    """The files of a folder and of those in it, but for hidden ones, programs' lock files and what
    is, or is under, one of `but`; BookError for far more than any class hands in."""
    ours = {path.resolve() for path in but if path is not None}
    seen = 0
    for folder, _, files in os.walk(place):  # what may not be looked at holds none
        seen += len(files)
        if seen > MOST_FILES:
            raise BookError(
                f"{place}: more than {MOST_FILES:,} files in this folder; name the one that holds "
                "the workbooks"
            )
        for path in (Path(folder, file) for file in files):
            hidden = any(name.startswith((".", "~$")) for name in path.relative_to(place).parts)
            if hidden or not path.is_file() or ours & {path.resolve(), *path.resolve().parents}:
                continue
            yield path


@dataclass(frozen=True)
class Terms:
    """How workbooks are marked: by which engine, whether typed numbers count, what must be open,
    None if that is not known, and what is worth how much."""

    engine: str = "formualizer"
    typed: bool = False
    handed_out: Exercise | None = None
    rubric: Rubric = field(default_factory=Rubric)


def name_within(path: Path, place: Path) -> str:
    """What a file is called within a folder, or as the file that was named."""
    return str(path.relative_to(place)) if path != place else path.name


def mark_one(path: Path, terms: Terms) -> Marks:
    """The marks of one file, or why there are none: whatever is wrong with it, it spoils no other
    one's marks."""
    excused = False
    try:
        return grade(path, terms.engine, terms.typed, terms.handed_out, terms.rubric)
    except XlconvError as error:
        reason, excused = _line(error), isinstance(error, MissingEngineError)
    except (MemoryError, RecursionError) as error:
        reason = f"too much to read ({type(error).__name__})"
    except OSError as error:
        reason, excused = f"could not be marked: {_line(error)}; check place and disk", True
    except Exception as error:  # a fault of ours
        told = ": ".join(filter(None, (type(error).__name__, _line(error))))
        reason, excused = f"could not be marked: {told[:_MOST_TOLD]}; please report it", True
    return failed_marks(path, reason.removeprefix(f"{path}: "), terms.typed, excused)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def failed_marks(path: Path, reason: str, typed: bool = False, excused: bool = False) -> Marks:
    """The marks of a file of which none could be given; `excused` if that is no fault of the
    student's."""
    return Marks(str(path), path.stem, error=reason, typed=typed, excused=excused)


def marks_as_they_come(
    files: Sequence[Path], terms: Terms, workers: int | None = None
) -> Generator[tuple[Path, Marks], None, None]:
    """The marks of all files, as they are done. A file that ends its process, or takes too long, is
    marked alone, for then it is known which of them it was."""
    if len(files) == 1:
        yield files[0], mark_one(files[0], terms)
        return
    done: set[Path] = set()
    waiting, together = list(dict.fromkeys(files)), min(workers or cores(), len(files))
    while waiting:
        before = len(done)
        for path, marks in made_side_by_side(mark_one, waiting, (terms,), together, TIME_LIMIT):
            done.add(path)
            yield path, marks
        waiting = [path for path in waiting if path not in done]
        if waiting and together == 1 and len(done) == before:
            lost = waiting.pop(0)
            done.add(lost)
            reason = f"could not be marked in {TIME_LIMIT:g} s and the memory there is"
            yield lost, failed_marks(lost, reason, terms.typed)
        elif waiting:
            together = 1
