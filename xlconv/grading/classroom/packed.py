"""Zip archives that students hand in: the one workbook of an archive, unpacked within bounds.

What an archive says of names and sizes is never trusted: the file gets a name of our own, and no
more is unpacked than a workbook may have. Must not know workbooks.
"""

import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from xlconv.errors import BookError
from xlconv.grading.submissions import SPREADSHEETS
from xlconv.xlsx.archive import check_directory

MOST_BYTES = 64 << 20  # of an archive, and of the workbook in it
_MOST_MEMBERS = 4_096
_CHUNK = 1 << 20
_WORKBOOK = "[Content_Types].xml"  # in an archive that is itself one


def unpacked_workbook(path: Path, folder: Path) -> Path:
    """The workbook in an archive, unpacked into a folder; the archive itself, if it is one whose
    name has another ending. BookError, in a line, for any other."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BookError(f"{path}: an archive of more than {MOST_BYTES >> 20} MB")
        check_directory(path)
        with zipfile.ZipFile(path) as archive:
            if _WORKBOOK in archive.NameToInfo:
                return path
            entry = _only_workbook(path, archive)
            target = folder / f"book{PurePosixPath(entry.filename).suffix.lower()}"
            _unpack(path, archive, entry, target)
            return target
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error) as error:
        raise BookError(f"{path}: an archive that is damaged or cut short ({error})") from error
    except (NotImplementedError, UnicodeDecodeError, ValueError) as error:
        raise BookError(f"{path}: an archive packed in a way of its own ({error})") from error
    except RuntimeError as error:  # zipfile's word for an encrypted member
        raise BookError(f"{path}: an archive with a password") from error
    except OSError as error:
        raise BookError(f"{path}: cannot be read ({error.strerror or error})") from error


def _only_workbook(path: Path, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    entries = archive.infolist()
    if len(entries) > _MOST_MEMBERS:
        raise BookError(f"{path}: an archive of {len(entries):,} files; hand in the workbook alone")
    found = [entry for entry in entries if _is_workbook(entry)]
    if len(found) == 1:
        if found[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BookError(f"{path}: an archive packed in a way of its own; make a plain .zip")
        return found[0]
    if not found:
        raise BookError(f"{path}: an archive without a workbook")
    names = ", ".join(PurePosixPath(entry.filename).name[:60] for entry in found[:3])
    more = ", .." if len(found) > 3 else ""
    raise BookError(f"{path}: an archive of {len(found)} workbooks ({names}{more}); hand in one")


def _is_workbook(entry: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    hidden = any(part.startswith((".", "~$", "__MACOSX")) and part != ".." for part in parts)
    suffix = PurePosixPath(entry.filename).suffix.lower()
    return not entry.is_dir() and not hidden and suffix in SPREADSHEETS - {".csv"}


def _unpack(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    left = MOST_BYTES
    with archive.open(entry) as source, target.open("xb") as stream:
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise BookError(f"{path}: unpacks to more than {MOST_BYTES >> 20} MB")
            stream.write(chunk)
