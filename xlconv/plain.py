"""A workbook as every engine can read it: in UTF-8, with the names of transitional Open XML, and
without what only the newest programs write in formulas (`spills`).

Excel reads other encodings and Strict Open XML, and so does `reader`; not every engine does. Must
not know what parts mean, nor engines.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from xlconv.container import Container, opened
from xlconv.errors import EngineError
from xlconv.markup import STRICT
from xlconv.reader import open_package
from xlconv.spills import Names, needs_respelling, respelled_sheet

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
    with opened(path) as container:
        if all(_is_plain(container, part, names) for part in _markup(container)):
            yield path
            return
        with tempfile.TemporaryDirectory(prefix="xlconv-") as folder:
            copy = Path(folder) / "book.xlsx"
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


def _encoding(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
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
                content = respelled_sheet(content, names[part])
            target.writestr(part, content)


def _plain(content: bytes) -> bytes:
    text = content.decode(_encoding(content[:_HEAD]), "replace").lstrip("\ufeff")
    for strict, common in STRICT:
        text = text.replace(strict, common)
    return _DECLARATION.sub("", text, count=1).encode()
