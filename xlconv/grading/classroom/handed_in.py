"""What a class handed in: the files of a folder, as people or learning platforms put them there.

Owns how Moodle and Canvas call what they give out, and which files are workbooks. Must not know
who the students are, nor how workbooks are marked.
"""

import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from xlconv.errors import BookError
from xlconv.grading.classroom.packed import unpacked_workbook
from xlconv.grading.submissions import SPREADSHEETS, files_under, name_within
from xlconv.system.files import is_file, is_folder, natural_order

MOST_UNPACKED = 4 << 30  # bytes of all workbooks that are unpacked from archives
# Moodle: folders, or files, of "Ada Lovelace_4711_assignsubmission_file_".
_MOODLE = re.compile(r"(?P<name>.+)_(?P<key>\d+)_assignsubmission_[a-z]+(?:_(?P<rest>.*))?")
# Canvas: "lovelaceada_123_456_task-2.xlsx", "lovelaceada_LATE_123_456_task.xlsx".
_CANVAS = re.compile(
    r"(?P<name>\w+?)_(?:late_)?(?P<key>\d+)_(?P<number>\d+)_(?P<rest>.+)", re.IGNORECASE
)


@dataclass(frozen=True)
class HandedIn:
    """A file that was handed in. `file` is what it is called within the folder, `book` the workbook
    (unpacked, if need be), None if it is none, and `reason` says why. `who` is the name by which a
    platform calls whoever handed it in, and `key` the number, "" where none did; `own_name` what
    the student called it. `when` is the file's time, `number` rises from one to the next in Canvas.
    """

    file: str
    path: Path
    book: Path | None
    reason: str = ""
    who: str = ""
    key: str = ""
    own_name: str = ""
    when: float = 0.0
    number: int | None = None


@dataclass
class _Unpacked:
    """Where archives are unpacked to, each into a folder of its own; within bounds in all."""

    folder: Path
    archives: int = 0
    size: int = 0

    def workbook(self, path: Path) -> Path:
        """The workbook in an archive; BookError if there is none, or too much was unpacked."""
        if self.size >= MOST_UNPACKED:
            raise BookError(
                f"{path}: not unpacked: the archives before it hold {MOST_UNPACKED >> 30} GB and "
                "more; grade parts of the folder one by one"
            )
        own = self.folder / str(self.archives)
        self.archives += 1
        own.mkdir()
        try:
            book = unpacked_workbook(path, own)
        except BookError:
            shutil.rmtree(own)  # which holds what was written until then
            raise
        self.size += book.stat().st_size if book != path else 0
        return book


def handed_in_files(place: Path, folder: Path, but: Iterable[Path] = ()) -> list[HandedIn]:
    """The files of a folder and its sub-folders in natural order, or the one file; archives are
    unpacked into `folder`. Hidden files and lock files are none, nor what is under `but`."""
    unpacked = _Unpacked(folder)
    if is_file(place):
        return [_looked_at(place, place, unpacked)]
    if not is_folder(place):
        raise BookError(f"{place}: no such file or folder; give the folder of what was handed in")
    found = [path for path in files_under(place, *but) if not _is_of_macos(path, place)]
    ordered = sorted(found, key=lambda path: natural_order(name_within(path, place)))
    return [_looked_at(path, place, unpacked) for path in ordered]


def _is_of_macos(path: Path, place: Path) -> bool:
    """Whether a file is what macOS puts beside those that it packs."""
    return any(name.startswith("__MACOSX") for name in path.relative_to(place).parts)


def _looked_at(path: Path, place: Path, unpacked: _Unpacked) -> HandedIn:
    file = name_within(path, place)
    book, reason = _workbook(path, unpacked)
    hints = next(_hints(file), {})
    number = hints.get("number")
    return HandedIn(
        file=file,
        path=path,
        book=book,
        reason=reason,
        who=hints.get("name") or "",
        key=hints.get("key") or "",
        own_name=PurePath(hints.get("rest") or path.name).stem,
        when=path.stat().st_mtime,
        number=int(number) if number else None,
    )


def _workbook(path: Path, unpacked: _Unpacked) -> tuple[Path | None, str]:
    """The workbook of a file, or why there is none."""
    suffix = path.suffix.lower()
    if suffix in SPREADSHEETS:
        return path, ""
    if suffix != ".zip":
        return None, f"no workbook but {suffix}" if suffix else "no workbook"
    try:
        return unpacked.workbook(path), ""
    except BookError as error:
        return None, str(error).removeprefix(f"{path}: ")


def _hints(file: str) -> Iterator[dict[str, str | None]]:
    """What a platform says of a file by what it calls the file or one of its folders."""
    parts = PurePath(file).parts
    for part in reversed(parts):
        if match := _MOODLE.fullmatch(part):
            yield match.groupdict()
    if match := _CANVAS.fullmatch(parts[-1]):
        yield match.groupdict()
