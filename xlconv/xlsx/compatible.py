"""A workbook as every engine can read it: in UTF-8, with the names of transitional Open XML, in a
zip archive without specialities, and without what only the newest programs write in formulas
(`spills`).

Excel reads other encodings, Strict Open XML and archives of programs that write them as they go,
and so does `reader`; not every engine does. Must not know what parts mean, nor engines.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from xlconv.errors import EngineError
from xlconv.system.signals import temporary_folder
from xlconv.xlsx.archive import Container, open_container
from xlconv.xlsx.dynamic_arrays import Names, needs_respelling, plain_sheet
from xlconv.xlsx.markup import STRICT
from xlconv.xlsx.reader import open_package

_HEAD = 512
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["'][^>]*\?>""")
_DECLARATION = re.compile(r"^\s*<\?xml.*?\?>", re.DOTALL)
_STRICT_SIGN = b"http://purl.oclc.org/ooxml/"


@contextmanager
def plain_copy(path: Path, learners: str | None = None) -> Iterator[Path]:
    """The workbook itself if it is plain, else a copy that is, for as long as it is used.

    `learners` is the sheet on which people write formulas of their own, if there is one.
    """
    names = {} if learners is None else _names(path, learners)
    with open_container(path) as container:
        plain = _is_simple(container) and all(
            _is_plain(container, part, names) for part in _markup(container)
        )
    if plain:
        yield path
        return
    with temporary_folder() as folder:
        copy = folder / "book.xlsx"
        with open_container(path) as container:
            _write(container, copy, names)
        try:
            yield copy
        except EngineError as error:
            raise EngineError(str(error).replace(str(copy), str(path))) from error


def _names(path: Path, sheet: str) -> dict[str, Names]:
    """By a sheet's part, the names of ranges on it, in small letters."""
    package = open_package(path)
    own = {name.lower(): place for name, (on, place) in package.names.items() if on == sheet}
    return {package.parts[sheet]: own}


def _markup(container: Container) -> list[str]:
    return [part for part in container.members if part.endswith((".xml", ".rels", ".vml"))]


def _is_simple(container: Container) -> bool:
    """Whether the archive begins and ends with the file, and its parts are no longer than they
    need say, under one name each."""
    entries = container.members.values()
    with container.path.open("rb") as stream:
        stream.seek(-_END, 2)
        whole = stream.read(4) == b"PK\5\6" and not container.archive.comment
        return (
            whole
            and min(entry.header_offset for entry in entries) == 0
            and not any(entry.flag_bits & ~_USUAL_FLAGS for entry in entries)
            and not any(_kinds_beside(stream, entry) & _SPECIAL_FIELDS for entry in entries)
        )


def _kinds_beside(stream: IO[bytes], entry: zipfile.ZipInfo) -> set[int]:
    """The kinds of what is said of a part beside the usual: in the directory, before its data."""
    stream.seek(entry.header_offset + 26)
    name, extra = struct.unpack("<HH", stream.read(4))
    stream.seek(name, 1)
    return _extra_fields(entry.extra) | _extra_fields(stream.read(extra))


_END = 22  # bytes of the record that ends an archive
_USUAL_FLAGS = 0x80E  # how hard was compressed, sizes behind the data, names in UTF-8
_SPECIAL_FIELDS = {0x0001, 0x7075}  # sizes of 64 bits, another name


def _extra_fields(extra: bytes) -> set[int]:
    kinds, at = set(), 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        kinds.add(kind)
        at += 4 + length
    return kinds


def _encoding(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head[:2] in (b"<\0", b"\0<"):  # without the sign that tells the order of bytes
        return "utf-16-le" if head[1] == 0 else "utf-16-be"
    declared = _DECLARED.match(head.removeprefix(b"\xef\xbb\xbf"))
    return declared[1].decode().lower() if declared else "utf-8"


def _is_plain(container: Container, part: str, names: Mapping[str, Names]) -> bool:
    with container.archive.open(container.members[part]) as stream:
        head = stream.read(_HEAD)
        rest = stream.read() if part in names else b""
    if _encoding(head) not in ("utf-8", "us-ascii", "ascii") or _STRICT_SIGN in head:
        return False
    return part not in names or not needs_respelling(head + rest, names[part])


def _write(container: Container, copy: Path, names: Mapping[str, Names]) -> None:
    markup = set(_markup(container))
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for part in container.members:
            content = container.archive.read(part)
            if part in markup:
                content = _plain(content)
            if part in names and needs_respelling(content, names[part]):
                content = plain_sheet(content, names[part])
            target.writestr(part, content)


def _plain(content: bytes) -> bytes:
    text = content.decode(_encoding(content[:_HEAD]), "replace").lstrip("\ufeff")
    for strict, common in STRICT:
        text = text.replace(strict, common)
    return _DECLARATION.sub("", text, count=1).encode()
