"""The zip container of a workbook: which file it is, and its parts as bounded streams.

Owns what an archive may be (how many members, how large, how they lie) and says by name what is
no .xlsx, and whether it is plain: Excel reads other encodings, Strict Open XML and archives of
programs that write them as they go, and so does `reader`; not every engine does. Must not know XML,
nor what a part means. Nothing is unpacked to a folder.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import IO

from xlconv.errors import BookError
from xlconv.system.terminal_text import shell_word

CHUNK = 1 << 16
ALLOWANCE = 32 << 20  # bytes that any workbook may unpack to, whatever it holds
_MOST_MEMBERS = 4096
_LARGEST_DIRECTORY = 2 << 20
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TAIL = 22 + 0xFFFF + 76  # the end record, its longest comment, and zip64's records before it
_LOCAL_HEADER = 30
_HEAD = 512
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["'][^>]*\?>""")
_STRICT_SIGN = b"http://purl.oclc.org/ooxml/"
_END = 22  # bytes of the record that ends an archive
_USUAL_FLAGS = 0x80E  # how hard was compressed, sizes behind the data, names in UTF-8
_SPECIAL_FIELDS = {0x0001, 0x7075}  # sizes of 64 bits, another name
_TEXTS = (
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<table", "an HTML page"),
    (b"<?xml", "an XML file, not packed as a workbook is"),
    (b"%pdf", "a PDF"),
    (b"{\\rtf", "a text in the RTF format"),
)
_FOREIGN_PARTS = (
    ("mimetype", "an OpenDocument file, such as .ods"),
    ("content.xml", "an OpenDocument file, such as .ods"),
    ("xl/workbook.bin", "a workbook in the binary .xlsb format"),
    ("word/document.xml", "a text document, such as .docx"),
    ("ppt/presentation.xml", "a presentation, such as .pptx"),
)


@dataclass
class Container:
    """An open archive whose members were looked at, and how many bytes may still be unpacked."""

    path: Path
    archive: zipfile.ZipFile
    members: Mapping[str, zipfile.ZipInfo]
    left: int = ALLOWANCE
    streams: ExitStack = field(default_factory=ExitStack)  # whoever reads may stop midway

    def chunks(self, part: str) -> Iterator[bytes]:
        """A part, piece by piece; BookError as soon as more is unpacked than may be."""
        if part not in self.members:
            raise BookError(f"{self.path}: damaged: the part {part[:80]!r} is missing; get a copy")
        entry = self.members[part]
        stream = self.streams.enter_context(self.archive.open(entry))
        missing = entry.file_size
        while chunk := stream.read(CHUNK):
            self.left -= len(chunk)
            missing -= len(chunk)
            if self.left < 0:
                raise BookError(
                    f"{self.path}: unpacks to far more than its network needs (stopped in "
                    f"{part[:80]!r}); take out what does not belong to it"
                )
            yield chunk
        if missing:
            raise BookError(f"{self.path}: damaged: {part[:80]!r} is cut short; get a whole copy")


@contextmanager
def open_container(path: Path) -> Iterator[Container]:
    """A workbook's container; BookError, in a line, for what is none or cannot be read."""
    _check_kind(path)
    try:
        check_directory(path)
        with zipfile.ZipFile(path) as archive:
            members = _members(path, archive)
            _check_parts(path, archive, members)
            container = Container(path, archive, members)
            with container.streams:
                yield container
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error) as error:
        raise BookError(f"{path}: damaged or cut short ({error}); get a whole copy") from error
    except (NotImplementedError, UnicodeDecodeError) as error:
        raise BookError(f"{path}: damaged, or packed in a way of its own ({error})") from error
    except RuntimeError as error:  # zipfile's word for an encrypted member
        raise BookError(f"{path}: encrypted; save it without a password") from error
    except MemoryError as error:
        raise BookError(f"{path}: needs more memory than there is") from error
    except OSError as error:
        raise BookError(f"{path}: cannot be read ({error.strerror or error})") from error


def _check_kind(path: Path) -> None:
    try:
        mode = path.stat().st_mode
        if not S_ISREG(mode):
            what = "a folder" if S_ISDIR(mode) else "a device or a pipe"
            raise BookError(f"{path}: {what}, not a workbook")
        with path.open("rb") as stream:
            start = stream.read(4096)
    except FileNotFoundError:
        remedy = f"make one with `xlconv build {shell_word(path.name)}`"
        raise BookError(f"{path}: no such file; {remedy}") from None
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or error
        raise BookError(f"{path}: cannot be read ({told})") from error
    if start.startswith(_OLE_MAGIC):
        raise BookError(
            f"{path}: encrypted, or in the old .xls format; save it as .xlsx without a password"
        )
    if not start.startswith(b"PK"):
        raise BookError(f"{path}: not an .xlsx workbook but {_kind_of(start)}; save it as .xlsx")


def _kind_of(start: bytes) -> str:
    """What a file that is no archive looks like, from its first bytes."""
    if not start:
        return "an empty file"
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for sign, what in _TEXTS:
        if text.startswith(sign):
            return what
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "plain text, such as .csv"
    if all(byte >= 32 or byte in b"\t\r\n\f" for byte in start):
        return "plain text, such as .csv"
    return "data of another kind"


def check_directory(path: Path) -> None:
    """A directory of millions of members is refused before zipfile reads it."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - _TAIL))
        tail = stream.read()
    at = len(tail) - _END
    if tail[at : at + 4] != b"PK\x05\x06" or tail[-2:] != b"\0\0":
        at = tail.rfind(b"PK\x05\x06")
    if not 0 <= at <= len(tail) - _END:
        raise BookError(f"{path}: damaged or cut short (its end is missing); get a whole copy")
    [directory] = struct.unpack_from("<I", tail, at + 12)
    if at >= 76 and tail[at - 20 : at - 16] == b"PK\x06\x07":  # zip64's record is before it
        [directory] = struct.unpack_from("<Q", tail, at - 76 + 40)
    if directory > _LARGEST_DIRECTORY:
        raise BookError(f"{path}: an archive of far more members than a workbook has")


def _members(path: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The members by name; BookError for names and places that no workbook has."""
    entries = archive.infolist()
    if len(entries) > _MOST_MEMBERS:
        raise BookError(f"{path}: an archive of {len(entries):,} members, more than a workbook has")
    found: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for entry in entries:
        name = entry.orig_filename
        if name.casefold() in seen:
            raise BookError(f"{path}: holds the part {name[:80]!r} twice; get another copy")
        seen.add(name.casefold())
        steps = name.rstrip("/").split("/")
        if not name or "\\" in name or ":" in name or {"", ".", ".."} & {*steps}:
            raise BookError(f"{path}: holds a part {name[:80]!r}, a name that no workbook has")
        if entry.flag_bits & 0x1:
            raise BookError(f"{path}: encrypted; save it without a password")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BookError(f"{path}: packed in a way that no workbook is ({name[:80]!r})")
        found[name] = entry
    end, before = 0, ""
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise BookError(
                f"{path}: damaged: the parts {before[:80]!r} and {entry.filename[:80]!r} overlap"
            )
        end = entry.header_offset + _LOCAL_HEADER + len(entry.filename) + entry.compress_size
        before = entry.filename
    return found


def _check_parts(
    path: Path, archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo]
) -> None:
    for name, what in _FOREIGN_PARTS:
        if name in members:
            raise BookError(f"{path}: not an .xlsx workbook but {what}; save it as .xlsx")
    if "[Content_Types].xml" not in members:
        raise BookError(f"{path}: not a workbook but another kind of zip archive, or cut short")


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
