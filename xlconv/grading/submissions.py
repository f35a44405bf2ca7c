"""Submissions: a folder of learners' workbooks, marked side by side.

One broken file spoils nothing: what cannot be marked becomes marks with an error. Must not know
how a workbook is marked, nor how marks are written.
"""

import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, TimeoutError, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from multiprocessing import resource_tracker
from pathlib import Path

from xlconv.errors import BookError, XlconvError
from xlconv.grading.grade import grade
from xlconv.grading.marks import Marks
from xlconv.grading.rubric import Rubric
from xlconv.state.exercise import Exercise
from xlconv.system.files import is_file, is_folder, natural_order
from xlconv.system.signals import signals_blocked, temporary_folder

SPREADSHEETS = {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers", ".csv"}
MOST_FILES = 100_000  # of any kind
TIME_LIMIT = 120.0  # seconds for one workbook
Progress = Callable[[int], None]  # told how many are done


def submitted_files(place: Path, but: Path | None = None) -> list[Path]:
    """The workbooks of a folder and its sub-folders in natural order, or the one file; BookError
    if there is none. `but` is a file that is none: the marks of an earlier run."""
    if is_file(place):
        return [place]
    if not is_folder(place):
        raise BookError(f"{place}: no such file or folder; give a workbook, or a folder of them")
    marks = but.resolve() if but is not None else None
    found = [
        path
        for path in _files_under(place)
        if _is_submission(path, place) and path.resolve() != marks
    ]
    if not found:
        raise BookError(f"{place}: no workbook in this folder; give a folder of .xlsx files")
    return sorted(found, key=lambda path: natural_order(str(path.relative_to(place))))


def _files_under(place: Path) -> Iterator[Path]:
    """The files of a folder and of those in it; BookError for far more than any class hands in."""
    seen = 0
    for folder, _, files in os.walk(place):  # what may not be looked at holds none
        seen += len(files)
        if seen > MOST_FILES:
            raise BookError(
                f"{place}: more than {MOST_FILES:,} files in this folder; name the one that holds "
                "the workbooks"
            )
        yield from (Path(folder, file) for file in files)


def _is_submission(path: Path, place: Path) -> bool:
    """Whether a file is a spreadsheet, and neither hidden nor a program's lock file."""
    names = path.relative_to(place).parts
    hidden = any(name.startswith((".", "~$")) for name in names)
    return not hidden and path.suffix.lower() in SPREADSHEETS and path.is_file()


@dataclass(frozen=True)
class Terms:
    """How workbooks are marked: by which engine, whether typed numbers count, what must be open,
    None if that is not known, and what is worth how much."""

    engine: str = "formualizer"
    typed: bool = False
    handed_out: Exercise | None = None
    rubric: Rubric = field(default_factory=Rubric)


def mark_all(
    files: Sequence[Path],
    place: Path,
    terms: Terms,
    progress: Progress,
    workers: int | None = None,
) -> list[Marks]:
    """The marks of files, in their order, named as they are called within `place`."""
    called = [str(path.relative_to(place)) if path != place else path.name for path in files]
    if len(files) == 1:
        marked = [mark_one(files[0], terms)]
        progress(1)
    else:
        marked = _marked_in_parallel(files, terms, progress, workers or _cores())
    return [replace(marks, file=name) for marks, name in zip(marked, called, strict=True)]


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def mark_one(path: Path, terms: Terms) -> Marks:
    """The marks of one file, or why there are none."""
    try:
        return grade(path, terms.engine, terms.typed, terms.handed_out, terms.rubric)
    except XlconvError as error:
        reason = " ".join(str(error).split())
    except (MemoryError, RecursionError) as error:
        reason = f"too much to read ({type(error).__name__})"
    return _failed_marks(path, reason.removeprefix(f"{path}: "), terms.typed)


def _failed_marks(path: Path, reason: str, typed: bool) -> Marks:
    return Marks(str(path), path.stem, error=reason, typed=typed)


def _marked_in_parallel(
    files: Sequence[Path], terms: Terms, progress: Progress, workers: int
) -> list[Marks]:
    """All marks. A file that ends its process, or takes too long, is marked alone, for then it is
    known which of them it was."""
    marked: dict[Path, Marks] = {}
    waiting, together = list(dict.fromkeys(files)), min(workers, len(files))
    while waiting:
        before = len(marked)
        for path, marks in _round(waiting, terms, together):
            marked[path] = marks
            progress(len(marked))
        waiting = [path for path in waiting if path not in marked]
        if waiting and together == 1 and len(marked) == before:
            lost = waiting[0]
            reason = f"could not be marked in {TIME_LIMIT:g} s and the memory there is"
            marked[lost] = _failed_marks(lost, reason, terms.typed)
            progress(len(marked))
            waiting = waiting[1:]
        elif waiting:
            together = 1
    return [marked[path] for path in files]


def _round(files: Sequence[Path], terms: Terms, workers: int) -> Iterator[tuple[Path, Marks]]:
    """Those marks that a pool of processes gives before one of them is lost or is too slow."""
    # A process of its own from the start: none of this one's threads and locks are copied.
    context = multiprocessing.get_context("spawn")
    # What a process that is ended leaves behind is in a folder of ours.
    with temporary_folder() as folder:
        pool = ProcessPoolExecutor(
            workers, mp_context=context, initializer=_prepare, initargs=(str(folder),)
        )
        yield from _marks_until_lost(pool, files, terms)


def _marks_until_lost(
    pool: ProcessPoolExecutor, files: Sequence[Path], terms: Terms
) -> Iterator[tuple[Path, Marks]]:
    futures: dict[Future[Marks], Path] = {}
    try:
        with signals_blocked():
            if sys.platform != "win32":
                resource_tracker.ensure_running()  # which lets signals through again
            with signals_blocked():
                futures = {pool.submit(mark_one, path, terms): path for path in files}
        left = set(futures)
        while left:
            done, left = wait(left, timeout=TIME_LIMIT, return_when="FIRST_COMPLETED")
            if not done:
                raise TimeoutError
            for future in done:
                yield futures[future], future.result()
    except (BrokenProcessPool, TimeoutError):
        _end(pool)
    except BaseException:  # whoever stops the command stops them all
        _end(pool)
        raise
    finally:
        # Its thread has ended then: at the end of Python, both would close the same pipe.
        pool.shutdown(cancel_futures=True)


def _prepare(folder: str) -> None:
    """A process writes what it needs for a while into a folder. It started without an ear for
    signals: a terminal's Ctrl-C is for the process that everyone waits for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = folder


def _end(pool: ProcessPoolExecutor) -> None:
    """End the processes of a pool, whatever they are doing."""
    processes = list((pool._processes or {}).values())
    for process in processes:
        process.kill()
    for process in processes:
        process.join()
