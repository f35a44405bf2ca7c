"""What `xlconv grade` writes: marks, results for Gradescope. Looked at before anything is marked,
written when it is, or when that came to an early end.

Must not know how marks come about.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xlconv.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence, Sized

    from xlconv.grading.marks import Marks

_RESULTS = "results.json"


@dataclass(frozen=True)
class Targets:
    """The files that were asked for: `out` for marks, `gradescope` a file or, for a folder of
    workbooks, a folder; `feedback` a folder for workbooks that go back."""

    out: Path | None
    gradescope: Path | None
    feedback: Path | None
    force: bool
    quiet: bool = False  # as where marks are printed as JSON

    def check(self, place: Path) -> None:
        """OutputError for what cannot be written."""
        from xlconv.system.files import check_no_folder, check_target, is_folder

        if self.out is not None:
            check_target(self.out, self.force, "marks.csv")
        if self.gradescope is not None:
            if self._is_one_file(place):
                check_no_folder(self.gradescope, _RESULTS)
                check_target(self.gradescope, self.force, _RESULTS)
            elif self.gradescope.exists() and not is_folder(self.gradescope):
                raise OutputError(
                    f"{self.gradescope} is a file; give a folder for the results of a folder, or a "
                    "name that ends in .json for one workbook"
                )
        if self.feedback is not None:
            self._check_feedback(place)

    def _check_feedback(self, place: Path) -> None:
        from xlconv.system.files import check_target, is_folder

        assert self.feedback is not None
        folder = place if is_folder(place) else place.parent
        if self.feedback.resolve() == folder.resolve():
            raise OutputError(
                f"{self.feedback}: what was handed in stands there; give another folder for the "
                "feedback"
            )
        if not is_folder(self.feedback):
            check_target(self.feedback, False, "feedback")

    def _is_one_file(self, place: Path) -> bool:
        """Whether Gradescope gets one file: also of a folder, which is what its autograders see."""
        from xlconv.system.files import is_folder

        assert self.gradescope is not None
        named = self.gradescope.suffix.lower() == ".json" and not is_folder(self.gradescope)
        return named or not is_folder(place)

    def write_nothing_to_mark(self, place: Path, reason: str) -> None:
        """Gradescope's results where there is no workbook: a score of 0, and why."""
        if self.gradescope is None:
            return
        from xlconv.system.files import check_target, is_folder

        target = self.gradescope
        if not self._is_one_file(place) or is_folder(target):
            target.mkdir(parents=True, exist_ok=True)
            target = target / _RESULTS
        check_target(target, self.force, _RESULTS)
        _write(target, _results_text({"score": 0.0, "output": reason, "tests": []}))

    def gradescope_files(self, place: Path, files: Sequence[str]) -> dict[str, Path]:
        """Where Gradescope's results of each file go, none where one file is for several;
        OutputError if one of them cannot be written."""
        from xlconv.grading.marks import results_names

        if self.gradescope is None:
            return {}
        if self._is_one_file(place):
            return dict.fromkeys(files, self.gradescope) if len(files) == 1 else {}
        folder = self.gradescope
        found = {
            file: folder / name for file, name in zip(files, results_names(files), strict=True)
        }
        for target in found.values():
            self._check_results(target)
        return found

    def _check_results(self, target: Path) -> None:
        """OutputError for what cannot be written, in a folder that is still to be made."""
        from xlconv.system.files import check_no_folder, is_folder

        there = next(parent for parent in target.parents if os.path.lexists(parent))
        if not is_folder(there):
            raise OutputError(f"{there} is a file; give another folder for Gradescope's results")
        check_no_folder(target, _RESULTS)
        if os.path.lexists(target) and not self.force:
            raise OutputError(f"{target} exists; give another name, or --force to replace it")

    def write_gradescope(
        self, place: Path, marked: Sequence[Marks], places: Mapping[str, Path]
    ) -> None:
        """Gradescope's results of all workbooks, where `gradescope_files` says."""
        from xlconv.grading.marks import gradescope

        if self.gradescope is None:
            return
        if not places:
            files = ", ".join(marks.file for marks in marked[:5])
            reason = f"{len(marked)} workbooks ({files}); hand in one"
            self.write_nothing_to_mark(place, reason)
        by_file = {marks.file: marks for marks in marked}
        for file, target in places.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(target, _results_text(gradescope(by_file[file])))

    def feedback_files(self, files: Sequence[str]) -> dict[str, Path]:
        """Where the workbooks of files go back; OutputError if one is there already."""
        from xlconv.grading.classroom.feedback import feedback_files

        if self.feedback is None:
            return {}
        found = feedback_files(self.feedback, files)
        there = [path for path in found.values() if path.exists()]
        if there and not self.force:
            raise OutputError(
                f"{there[0]} exists; give another folder for the feedback, or --force to replace it"
            )
        return found

    def write_feedback(
        self, books: Mapping[str, Path], marked: Sequence[Marks], places: Mapping[str, Path]
    ) -> bool:
        """The workbooks that could be marked, for their students; whether all of them could be
        written: why others are none is said."""
        if self.feedback is None:
            return True
        from xlconv.commands.console import ERR, OUT, markup
        from xlconv.commands.marking.marks import marking_bar
        from xlconv.grading.classroom.feedback import Returned, write_feedback

        returned = [
            Returned(books[marks.file], marks, places[marks.file])
            for marks in marked
            if not marks.error
        ]
        self.feedback.mkdir(exist_ok=True)
        with marking_bar(len(returned), "writing feedback") as progress:
            failed = write_feedback(returned, progress)
        out = ERR if self.quiet else OUT
        for path, reason in failed.items():
            out.print(f"{markup(path)}: {markup(reason)}", style="red", soft_wrap=True)
        if not self.quiet:
            count = len(returned) - len(failed)
            OUT.print(f"wrote {count} workbooks with feedback into {markup(self.feedback)}")
        return not failed

    def write_marks(self, text: str, encoding: str) -> None:
        """The marks, if they were asked for."""
        if self.out is not None:
            _write(self.out, text, encoding)


@contextmanager
def kept_when_stopped(
    marked: Sized, count: int, targets: Targets, write: Callable[[], None]
) -> Iterator[None]:
    """Who stops the command keeps what is marked, and so does whom a fault of ours stops: it is
    written, and that is said."""
    try:
        yield
    except BaseException as end:
        if len(marked) and targets.out is not None:
            from xlconv.commands.console import ERR, markup

            write()
            stopped = "stopped: " if isinstance(end, KeyboardInterrupt | SystemExit) else ""
            told = f"{stopped}{markup(targets.out)} holds the marks of {len(marked)} of {count}"
            ERR.print(f"{told} workbooks", soft_wrap=True)
        raise


def _results_text(results: dict[str, object]) -> str:
    from xlconv.system.terminal_text import as_json

    return as_json(results) + "\n"


def _write(target: Path, text: str, encoding: str = "utf-8") -> None:
    from xlconv.system.files import replacing

    with replacing(target) as stream:
        # Names of files may be no text at all.
        stream.write(text.encode(encoding, errors="replace"))
