"""The tags of a part, each with its place in the bytes: what is changed is cut in there, and all
around it stays as whoever wrote it.

Must not know what elements mean.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from xlconv.xlsx.markup import MarkupError

Cut = tuple[int, int, str]  # what stands from here to there becomes that
_TAG = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=>]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*/?>""")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["'][^>]*\?>""")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


@dataclass
class Tag:
    """An element: its name as it is spelled, and where it begins, where its content does, where its
    end tag begins (both behind it, if it has no content and no end tag), and where it is over."""

    name: str
    attributes: dict[str, str]
    depth: int
    start: int
    inner: int
    end: int = 0
    after: int = 0
    content: bool = field(default=False)  # whether something stands in it

    @property
    def local(self) -> str:
        return self.name.rpartition(":")[2]

    @property
    def prefix(self) -> str:
        """What its namespace is called, with a colon."""
        return self.name[: -len(self.local)]

    @property
    def is_closed(self) -> bool:
        """Whether it is one tag that ends itself."""
        return self.inner == self.after


def utf8(data: bytes) -> bytes:
    """A part in UTF-8, whichever encoding it is in."""
    declared = _DECLARED.match(data.removeprefix(b"\xef\xbb\xbf"))
    encoding = declared[1].decode() if declared else "utf-8"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    if encoding.lower() in ("utf-8", "ascii", "us-ascii"):
        return data.removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode(encoding)
    except (LookupError, UnicodeDecodeError) as error:
        raise MarkupError(f"its XML is damaged: {error}") from error
    return _DECLARATION.sub("", text.removeprefix("\ufeff")).encode()


def tags(data: bytes) -> list[Tag]:
    """The elements of a part in UTF-8, in their order. Raises MarkupError."""
    found: list[Tag] = []
    opened: list[Tag] = []
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        at = parser.CurrentByteIndex
        whole = _TAG.match(data, at)
        if whole is None:
            raise MarkupError(f"its XML is damaged at {at}")
        if opened:
            opened[-1].content = True
        tag = Tag(name, attributes, len(opened), at, whole.end())
        found.append(tag)
        opened.append(tag)

    def end(name: str) -> None:
        tag = opened.pop()
        closed = data[tag.inner - 2 : tag.inner] == b"/>"
        tag.end = tag.inner if closed else parser.CurrentByteIndex
        tag.after = tag.inner if closed else data.index(b">", tag.end) + 1

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise MarkupError(f"its XML is damaged: {error}") from error
    return found


def with_cuts(data: bytes, cuts: Iterable[Cut]) -> bytes:
    """A part with what was cut in: what only comes in stands before what is replaced there, and of
    two at the same place the first stands first. Raises MarkupError for two that replace the
    same."""
    parts, at = [], 0
    for start, end, text in sorted(cuts, key=lambda cut: cut[:2]):
        if start < at:
            raise MarkupError(f"two changes of the same element at {start}")
        parts += [data[at:start], text.encode()]
        at = end
    return b"".join([*parts, data[at:]])


def start_tag(tag: Tag, changes: Mapping[str, str | None], closed: bool = False) -> str:
    """The start tag of an element with other attributes, without those that are None."""
    named = {**tag.attributes, **changes}
    texts = [f" {name}={quoteattr(value)}" for name, value in named.items() if value is not None]
    return f"<{tag.name}{''.join(texts)}{'/' if closed else ''}>"


def additions(tag: Tag, text: str, changes: Mapping[str, str | None] | None = None) -> list[Cut]:
    """An element with more behind what it holds, and with other attributes."""
    if tag.is_closed:
        return [(tag.start, tag.after, f"{start_tag(tag, changes or {})}{text}</{tag.name}>")]
    return [
        (tag.start, tag.inner, start_tag(tag, changes or {})),
        (tag.end, tag.end, text),
    ]


def check_whole(data: bytes) -> None:
    """Raise MarkupError for what is no whole XML."""
    try:
        expat.ParserCreate(namespace_separator=" ").Parse(data, True)
    except expat.ExpatError as error:
        raise MarkupError(f"its XML would be damaged: {error}") from error


def plain(text: str) -> str:
    """A text as it stands between tags."""
    return escape("".join(c if c.isprintable() or c == "\n" else " " for c in text))
