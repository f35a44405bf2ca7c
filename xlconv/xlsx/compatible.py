"""Whether a workbook's file is plain: in UTF-8, with the names of transitional Open XML, in a zip
archive without specialities.

Excel reads other encodings, Strict Open XML and archives of programs that write them as they go,
and so does `reader`; not every engine does. Must not know what parts mean, nor engines.
"""

import re
import struct
import zipfile
from pathlib import Path
from typing import IO

from xlconv.xlsx.archive import Container, open_container

_HEAD = 512
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["'][^>]*\?>""")
_STRICT_SIGN = b"http://purl.oclc.org/ooxml/"
_END = 22  # bytes of the record that ends an archive
_USUAL_FLAGS = 0x80E  # how hard was compressed, sizes behind the data, names in UTF-8
_SPECIAL_FIELDS = {0x0001, 0x7075}  # sizes of 64 bits, another name


def is_plain(path: Path) -> bool:
    """Whether every engine reads the file of a workbook that was read."""
    with open_container(path) as container:
        markup = (part for part in container.members if part.endswith((".xml", ".rels", ".vml")))
        return _is_simple(container) and all(_is_usual(container, part) for part in markup)


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


def _extra_fields(extra: bytes) -> set[int]:
    kinds, at = set(), 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        kinds.add(kind)
        at += 4 + length
    return kinds


def _is_usual(container: Container, part: str) -> bool:
    """Whether a part is in UTF-8, and not in Strict Open XML."""
    with container.archive.open(container.members[part]) as stream:
        head = stream.read(_HEAD)
    declared = _DECLARED.match(head.removeprefix(b"\xef\xbb\xbf"))
    encoding = declared[1].lower() if declared else b"utf-8"
    wide = b"\0" in head or head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return not wide and encoding in (b"utf-8", b"us-ascii", b"ascii") and _STRICT_SIGN not in head
