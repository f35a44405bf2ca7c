"""`--feedback`: a learner's workbook back, with what is wrong marked where it is.

The first wrong cells are framed, with a note that says why; the sheet `Exercise` has the points and
the reasons. It is a copy of what was handed in. Must not know how marks come about.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePath

from xlconv.book.location import sheet_names
from xlconv.errors import XlconvError
from xlconv.grading.classroom.gradebook import block_words
from xlconv.grading.grade import NEEDLESS
from xlconv.grading.marks import Marks, rounded_down
from xlconv.sheets.exercise.parts import HEAD_ROW, LAYER, NOTE
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.sheet_names import BOARD, EXERCISE
from xlconv.system.workers import cores, made_side_by_side
from xlconv.xlsx.editing.annotate import Words, annotated_copy
from xlconv.xlsx.editing.notes import Note
from xlconv.xlsx.reader import open_package


@dataclass(frozen=True)
class Returned:
    """A workbook that goes back: the one that was handed in, its marks, and where it goes."""

    book: Path
    marks: Marks
    target: Path


def feedback_files(folder: Path, files: Sequence[str]) -> dict[str, Path]:
    """Where the workbooks of files go: as they are called where they were handed in, so that a
    platform knows whose they are."""
    found: dict[str, Path] = {}
    taken = set[str]()
    for file in files:
        path = PurePath(file)
        name = path if path.suffix.lower() != ".zip" else path.with_suffix(".xlsx")
        number = 1
        while str(name).casefold() in taken:
            number += 1
            name = path.with_name(f"{path.stem} ({number}).xlsx")
        taken.add(str(name).casefold())
        found[file] = folder / name
    return found


def write_feedback(
    returned: Sequence[Returned], progress: Callable[[int], None], workers: int | None = None
) -> dict[Path, str]:
    """Write workbooks that go back; of those that could not be written, why, by their targets."""
    failed: dict[Path, str] = {}
    if not returned:
        return failed
    together = min(workers or cores(), len(returned))
    left = {one.target for one in returned}
    with closing(made_side_by_side(write_back, returned, (), together)) as written:
        for done, (one, reason) in enumerate(written, 1):
            left.discard(one.target)
            if reason:
                failed[one.target] = reason
            progress(done)
    return failed | dict.fromkeys(left, "a process was ended, perhaps for want of memory")


def write_back(returned: Returned) -> str:
    """Write a workbook that goes back; why that could not be, "" if it could."""
    try:
        package = open_package(returned.book)
        names = sheet_names(package, NEEDLESS).now
        parts: Mapping[str, str] = package.parcel.sheets
        notes = _notes(returned.marks)
        page = parts.get(names.get(EXERCISE, ""))
        words = None
        if page is not None:
            columns = range(LAYER, NOTE + 1)
            words = Words(page, Cell(HEAD_ROW - 1, LAYER), columns, _lines(returned.marks))
        returned.target.parent.mkdir(parents=True, exist_ok=True)
        annotated_copy(returned.book, returned.target, parts[names[BOARD]], notes, words)
    except (XlconvError, OSError) as error:
        return " ".join(str(error).split())
    return ""


def _notes(marks: Marks) -> list[Note]:
    """What is said of the first wrong cell of each block, and of a second mistake."""
    said: dict[Cell, str] = {}
    for block in marks.blocks:
        also = block.also.partition(": ")
        for place, text in ((block.first_wrong, block.what), (also[0], also[2])):
            sheet, _, cell = place.rpartition("!")
            if sheet == BOARD:
                said.setdefault(Range.parse(cell).first, f"{block.block}: {text}")
    return [Note(cell, text) for cell, text in said.items()]


def _lines(marks: Marks) -> tuple[str, ...]:
    earned = f"{rounded_down(marks.earned, 2):g} of {marks.points:g} points"
    if marks.mark is None:
        earned = "by hand"
    return (f"Marked: {earned}", *(f"   {block_words(block)}" for block in marks.blocks))
