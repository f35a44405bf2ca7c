"""Arrays in a file: .npz archives, whoever made them.

Owns the archive's format and its dangers: what an array is, is read from its head, and only
what has a right to its size is read at all; objects are never unpickled. Must not know networks,
nor what the arrays are for: who wants them says so in a `Use`.

.npz: a zip archive of .npy files; .npy: a magic string, the version, the length of a head, the
head (a Python dictionary of type, order and shape), the numbers (NumPy, "numpy.lib.format").
"""

import io
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from xlconv.errors import XlconvError
from xlconv.importers.foreign import Foreign, foreign_file, foreign_folder
from xlconv.network.shapes import Shape, shape_text
from xlconv.system.files import open_stream

_MAX_MEMBERS = 10_000
_MAX_LISTING = 2_000_000  # bytes of an archive's list of members
_MAX_HEAD = 10_000
_TAIL = 22 + 65_535  # bytes: the end of an archive with the longest comment


@dataclass(frozen=True)
class Head:
    """What the head of an array says, and how many bytes it is."""

    shape: Shape
    dtype: np.dtype[Any]
    length: int


@dataclass(frozen=True)
class Use:
    """What arrays are wanted for: the error for those that cannot be used, how many bytes there
    may be in all and why no more, and how such a file is made."""

    error: type[XlconvError]
    most_bytes: int
    too_many: str
    remedy: str
    source: str


Check = Callable[[Mapping[str, Head]], Iterable[str]]


def read_arrays(path: Path, use: Use, check: Check) -> dict[str, NDArray[Any]]:
    """Arrays of an .npz file by name, those that `check` asks for.

    It is told the heads of all before any number is read, to refuse what does not fit. Raises
    the use's error, in one line that names the file, for what is no such file.
    """
    try:
        with open_stream(path) as stream:
            return _read_members(path, stream, use, check)
    except (FileNotFoundError, IsADirectoryError) as error:
        foreign = foreign_folder(path)
        if foreign is not None:
            raise use.error(_not_wanted(path, foreign)) from error
        if isinstance(error, FileNotFoundError):
            raise use.error(f"{path}: no such file; {use.source}") from error
        raise use.error(f"{path}: a folder; name an .npz file in it") from error
    except OSError as error:
        reason = error.strerror or "cut short"
        raise use.error(f"{path}: cannot be read ({reason}); give an .npz file") from error


def array_names(path: Path) -> tuple[str, ...]:
    """The names of the arrays in an .npz file; none for what is no such file."""
    try:
        with open_stream(path) as stream:
            _check_listing(path, stream, _ANY)
            with zipfile.ZipFile(stream) as archive:
                return tuple(name.removesuffix(".npy") for name in archive.namelist())
    except (OSError, XlconvError, *_NO_ARCHIVE):
        return ()


_NO_ARCHIVE = (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OverflowError)
_ANY = Use(XlconvError, 0, "", "", "")


def _read_members(path: Path, stream: IO[bytes], use: Use, check: Check) -> dict[str, NDArray[Any]]:
    first = stream.read(len(np.lib.format.MAGIC_PREFIX))
    if not first:
        raise use.error(f"{path}: empty; {_not_an_archive(use)}")
    if first == np.lib.format.MAGIC_PREFIX:
        raise use.error(f"{path}: one array, not an .npz archive; save with numpy.savez")
    stream.seek(0)
    foreign = foreign_file(path, stream)
    if foreign is not None:
        raise use.error(_not_wanted(path, foreign))
    _check_listing(path, stream, use)
    try:
        with zipfile.ZipFile(stream) as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is odd in a head, and said by what it gives
            members = _members(path, archive.infolist(), use)
            heads = {name: _head(path, name, archive, members[name], use) for name in members}
            wanted = list(check(heads))
            _check_size(path, {name: heads[name] for name in wanted}, use)
            return {
                name: _array(path, name, archive, members[name], heads[name], use)
                for name in wanted
            }
    except _NO_ARCHIVE as error:
        raise use.error(f"{path}: {_not_an_archive(use)}") from error


def _not_wanted(path: Path, foreign: Foreign) -> str:
    return f"{path}: {foreign.what}, not an .npz file; {foreign.remedy}"


def _not_an_archive(use: Use) -> str:
    return f"not an .npz file of plain arrays (pickled objects are never loaded); {use.remedy}"


def _check_listing(path: Path, stream: IO[bytes], use: Use) -> None:
    """The list of members stands in memory as a whole: its length is looked at before."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(size - _TAIL, 0))
    tail = stream.read()
    at = tail.rfind(b"PK\5\6")
    listing = struct.unpack_from("<L", tail, at + 12)[0] if 0 <= at <= len(tail) - 22 else None
    # 64-bit ends of archives, whose listings are longer than any that is wanted.
    if listing is None or listing > min(_MAX_LISTING, size) or b"PK\6\7" in tail[at - 20 : at]:
        raise use.error(f"{path}: {_not_an_archive(use)}")
    stream.seek(0)


def _members(path: Path, infos: Iterable[zipfile.ZipInfo], use: Use) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = info.filename.removesuffix(".npy")
        if name in members:
            raise use.error(f"{path}: holds {name!r} twice; save each array once")
        if info.flag_bits & 1:
            raise use.error(f"{path}: is encrypted; save it without a password")
        members[name] = info
        if len(members) > _MAX_MEMBERS:
            raise use.error(f"{path}: holds more than {_MAX_MEMBERS:,} arrays; leave some out")
    return members


def _head(path: Path, name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo, use: Use) -> Head:
    where = f"{path}: {name!r}"
    try:
        with archive.open(info) as member:
            begins = member.read(_MAX_HEAD + 12)
    except Exception as error:  # each way of packing has its own, which Python may come without
        raise use.error(f"{where} is damaged; make the file again") from error
    try:
        head = _head_of(io.BytesIO(begins))
    except Exception as error:  # NumPy raises whatever a broken head leads it to
        raise use.error(
            f"{where} is not an array as NumPy saves them; save with numpy.savez"
        ) from error
    if head.dtype.hasobject:
        raise use.error(f"{where} is a pickled object, which is never loaded; save numbers")
    if head.dtype.subdtype is not None:
        raise use.error(f"{where} holds {head.dtype}; save plain numbers")
    return head


def _head_of(stream: io.BytesIO) -> Head:
    """The head of an array; ValueError and others for what is none."""
    read = {  # version 3 is that of fields with names beyond Latin
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[np.lib.format.read_magic(stream)]
    shape, _, dtype = read(stream, max_header_size=_MAX_HEAD)
    if not all(length >= 0 for length in shape):
        raise ValueError("a negative length")
    return Head(tuple(shape), dtype, stream.tell())


def _check_size(path: Path, heads: Mapping[str, Head], use: Use) -> None:
    total = 0
    for name, head in heads.items():
        total += prod(head.shape) * head.dtype.itemsize
        if total > use.most_bytes:
            raise use.error(
                f"{path}: more than {use.most_bytes:,} bytes in all with {name!r} "
                f"({shape_text(head.shape)} of {head.dtype}), {use.too_many}"
            )


def _array(
    path: Path, name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo, head: Head, use: Use
) -> NDArray[Any]:
    size = prod(head.shape) * head.dtype.itemsize
    if info.file_size != head.length + size:
        raise use.error(
            f"{path}: {name!r} has {info.file_size - head.length:,} bytes where its head "
            f"({shape_text(head.shape) or 'one number'} of {head.dtype}) calls for {size:,}; "
            "make the file again"
        )
    try:
        with archive.open(info) as member:
            array = np.lib.format.read_array(member, allow_pickle=False, max_header_size=_MAX_HEAD)
            member.read()  # nothing more: the check of the sum is at the end
    except (OSError, MemoryError):
        raise
    except Exception as error:  # as above
        raise use.error(f"{path}: {name!r} is damaged; make the file again") from error
    return array
