"""A workbook as every engine can read it: in UTF-8, with the names of transitional Open XML.

Excel reads other encodings and Strict Open XML, and so does `reader`; not every engine does. Must
not know what parts mean, nor engines.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xlconv.container import Container, opened
from xlconv.errors import EngineError
from xlconv.interrupts import temporary_folder
from xlconv.markup import STRICT

_HEAD = 512
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["'][^>]*\?>""")
_DECLARATION = re.compile(r"^\s*<\?xml.*?\?>", re.DOTALL)
_STRICT_SIGN = b"http://purl.oclc.org/ooxml/"


@contextmanager
def plain_copy(path: Path) -> Iterator[Path]:
    """The workbook itself if it is plain, else a copy that is, for as long as it is used."""
    with opened(path) as container:
        plain = all(_is_plain(container, part) for part in _markup(container))
    if plain:
        yield path
        return
    with temporary_folder() as folder:
        copy = folder / "book.xlsx"
        with opened(path) as container:
            _write(container, copy)
        try:
            yield copy
        except EngineError as error:
            raise EngineError(str(error).replace(str(copy), str(path))) from error


def _markup(container: Container) -> list[str]:
    return [part for part in container.members if part.endswith((".xml", ".rels", ".vml"))]


def _encoding(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    declared = _DECLARED.match(head.removeprefix(b"\xef\xbb\xbf"))
    return declared[1].decode().lower() if declared else "utf-8"


def _is_plain(container: Container, part: str) -> bool:
    with container.archive.open(container.members[part]) as stream:
        head = stream.read(_HEAD)
    return _encoding(head) in ("utf-8", "us-ascii", "ascii") and _STRICT_SIGN not in head


def _write(container: Container, copy: Path) -> None:
    markup = set(_markup(container))
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for part in container.members:
            content = container.archive.read(part)
            target.writestr(part, _plain(content) if part in markup else content)


def _plain(content: bytes) -> bytes:
    text = content.decode(_encoding(content[:_HEAD]), "replace").lstrip("\ufeff")
    for strict, common in STRICT:
        text = text.replace(strict, common)
    return _DECLARATION.sub("", text, count=1).encode()
