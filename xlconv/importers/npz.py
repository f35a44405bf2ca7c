"""Arrays of weights in a file: .npz archives, whoever made them.

Owns the archive's format and its dangers: what an array is, is read from its head, and only
what has a right to its size is read at all; objects are never unpickled. Must not know networks
beyond the shapes of their weights.

.npz: a zip archive of .npy files; .npy: a magic string, the version, the length of a head, the
head (a Python dictionary of type, order and shape), the numbers (NumPy, "numpy.lib.format").
"""

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from xlconv.errors import WeightsError
from xlconv.network.shapes import Shape, shape_text
from xlconv.system.files import open_stream

MAX_NUMBERS = 20_000_000  # of a whole file: more than any workbook can hold
_MAX_MEMBERS = 10_000
_MAX_LISTING = 2_000_000  # bytes of an archive's list of members
_MAX_HEAD = 10_000
_TAIL = 22 + 65_535  # bytes: the end of an archive with the longest comment
_NOT_AN_ARCHIVE = (
    "not an .npz file of plain arrays (pickled objects are never loaded); "
    "save one with numpy.savez or `xlconv train`"
)
Check = Callable[[Mapping[str, Shape]], None]


@dataclass(frozen=True)
class _Head:
    """What the head of an array says, and how many bytes it is."""

    shape: Shape
    dtype: np.dtype[Any]
    length: int


def read_arrays(path: Path, check: Check | None = None) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz file by name, all of them numbers.

    `check` is told the shapes before any number is read, to refuse what does not fit. Raises
    WeightsError, in one line that names the file, for what is no such file.
    """
    try:
        with open_stream(path) as stream:
            return _read_members(path, stream, check)
    except FileNotFoundError as error:
        raise WeightsError(f"{path}: no such file; make it with `xlconv train`") from error
    except IsADirectoryError as error:
        raise WeightsError(f"{path}: a folder; name an .npz file in it") from error
    except OSError as error:
        reason = error.strerror or "cut short"
        raise WeightsError(f"{path}: cannot be read ({reason}); give an .npz file") from error


def _read_members(path: Path, stream: IO[bytes], check: Check | None) -> dict[str, NDArray[Any]]:
    first = stream.read(len(np.lib.format.MAGIC_PREFIX))
    if not first:
        raise WeightsError(f"{path}: empty; {_NOT_AN_ARCHIVE}")
    if first == np.lib.format.MAGIC_PREFIX:
        raise WeightsError(f"{path}: one array, not an .npz archive; save with numpy.savez")
    _check_listing(path, stream)
    try:
        with zipfile.ZipFile(stream) as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is odd in a head, and said by what it gives
            members = _members(path, archive.infolist())
            heads = {name: _head(path, name, archive, info) for name, info in members.items()}
            if check is not None:
                check({name: head.shape for name, head in heads.items()})
            _check_count(path, heads)
            return {
                name: _array(path, name, archive, info, heads[name])
                for name, info in members.items()
            }
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OverflowError) as error:
        raise WeightsError(f"{path}: {_NOT_AN_ARCHIVE}") from error


def _check_listing(path: Path, stream: IO[bytes]) -> None:
    """The list of members stands in memory as a whole: its length is looked at before."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(size - _TAIL, 0))
    tail = stream.read()
    at = tail.rfind(b"PK\5\6")
    listing = struct.unpack_from("<L", tail, at + 12)[0] if 0 <= at <= len(tail) - 22 else None
    # 64-bit ends of archives, whose listings are longer than any that is wanted.
    if listing is None or listing > min(_MAX_LISTING, size) or b"PK\6\7" in tail[at - 20 : at]:
        raise WeightsError(f"{path}: {_NOT_AN_ARCHIVE}")
    stream.seek(0)


def _members(path: Path, infos: Iterable[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = info.filename.removesuffix(".npy")
        if name in members:
            raise WeightsError(f"{path}: holds {name!r} twice; save each array once")
        if info.flag_bits & 1:
            raise WeightsError(f"{path}: is encrypted; save it without a password")
        members[name] = info
        if len(members) > _MAX_MEMBERS:
            raise WeightsError(f"{path}: holds more than {_MAX_MEMBERS:,} arrays; leave some out")
    return members


def _head(path: Path, name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Head:
    where = f"{path}: {name!r}"
    try:
        with archive.open(info) as member:
            head = _head_of(io.BytesIO(member.read(_MAX_HEAD + 12)))
    except (zlib.error, zipfile.BadZipFile) as error:
        raise WeightsError(f"{where} is damaged; make the file again") from error
    except Exception as error:  # NumPy raises whatever a broken head leads it to
        raise WeightsError(
            f"{where} is not an array as NumPy saves them; save with numpy.savez"
        ) from error
    if head.dtype.hasobject:
        raise WeightsError(f"{where} is a pickled object, which is never loaded; save numbers")
    if head.dtype.kind not in "fiu" or head.dtype.subdtype is not None:
        raise WeightsError(f"{where} holds {head.dtype}; save numbers: floats or whole numbers")
    return head


def _head_of(stream: io.BytesIO) -> _Head:
    """The head of an array; ValueError and others for what is none."""
    read = {  # version 3 is that of fields with names beyond Latin
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[np.lib.format.read_magic(stream)]
    shape, _, dtype = read(stream, max_header_size=_MAX_HEAD)
    if not all(length >= 0 for length in shape):
        raise ValueError("a negative length")
    return _Head(tuple(shape), dtype, stream.tell())


def _check_count(path: Path, heads: Mapping[str, _Head]) -> None:
    total = 0
    for name, head in heads.items():
        total += prod(head.shape)
        if total > MAX_NUMBERS:
            raise WeightsError(
                f"{path}: more than {MAX_NUMBERS:,} numbers in all with {name!r} "
                f"({shape_text(head.shape)}), which no workbook can hold; leave arrays out"
            )


def _array(
    path: Path, name: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo, head: _Head
) -> NDArray[Any]:
    size = prod(head.shape) * head.dtype.itemsize
    if info.file_size != head.length + size:
        raise WeightsError(
            f"{path}: {name!r} has {info.file_size - head.length:,} bytes where its head "
            f"({shape_text(head.shape) or 'one number'} of {head.dtype}) calls for {size:,}; "
            "make the file again"
        )
    try:
        with archive.open(info) as member:
            array = np.lib.format.read_array(member, allow_pickle=False, max_header_size=_MAX_HEAD)
            member.read()  # nothing more: the check of the sum is at the end
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise WeightsError(f"{path}: {name!r} is damaged; make the file again") from error
    return array
