"""XML as a stream of events, within bounds: no DTD, no depths, no endless names or numbers of
elements. Names are those of the transitional Open XML, whichever of the two a file uses.

Must not know files, nor what elements mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from xml.parsers import expat

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT = (
    ("http://purl.oclc.org/ooxml/spreadsheetml/main", MAIN),
    ("http://purl.oclc.org/ooxml/officeDocument/relationships", RELATIONS),
)
DEEPEST = 200
MOST_ELEMENTS = 2_000_000
_LONGEST_TOKEN = 1 << 20  # a tag with its attributes, or a comment
_MOST_CHUNK = 1 << 16

Attributes = dict[str, str]


class MarkupError(ValueError):
    """XML that is not well formed, or beyond the bounds; what it says goes into a line."""


@dataclass
class Markup:
    """What to call for each start (with the depth, from 1), text and end.

    Names are "namespace}name", or the name alone where there is no namespace.
    """

    start: Callable[[str, Attributes, int], None]
    end: Callable[[str], None]
    text: Callable[[str], None]
    most: int = MOST_ELEMENTS
    depth: int = 0
    count: int = 0

    def parse(self, chunks: Iterable[bytes]) -> None:
        """Parse a part. Raises MarkupError."""
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self.text
        parser.StartDoctypeDeclHandler = _refuse_dtd
        fed = 0
        try:
            for chunk in chunks:
                for at in range(0, len(chunk), _MOST_CHUNK):
                    parser.Parse(chunk[at : at + _MOST_CHUNK], False)
                fed += len(chunk)
                if fed - parser.CurrentByteIndex > _LONGEST_TOKEN:
                    raise MarkupError("a tag or a comment of more than a million characters")
                if self.count > self.most:
                    raise MarkupError(f"more than {self.most:,} elements")
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise MarkupError(f"its XML is damaged: {error}") from error

    def _start(self, name: str, attributes: Attributes) -> None:
        self.depth += 1
        self.count += 1
        if self.depth > DEEPEST:
            raise MarkupError(f"elements nested more than {DEEPEST} deep")
        self.start(name, attributes, self.depth)

    def _end(self, name: str) -> None:
        self.depth -= 1
        self.end(name)


def _refuse_dtd(*_: object) -> None:
    raise MarkupError("its XML declares entities or a document type, which no workbook does")


def transitional(name: str) -> str:
    """A name of Strict Open XML as the transitional one.

    >>> transitional("http://purl.oclc.org/ooxml/spreadsheetml/main}c") == f"{MAIN}}}c"
    True
    """
    for strict, common in _STRICT:
        if name.startswith(strict):
            return common + name[len(strict) :]
    return name


def local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


@dataclass(frozen=True)
class Element:
    """An element of a small part: its name, attributes and own text."""

    name: str
    attributes: Attributes
    text: str


def elements(chunks: Iterable[bytes], most: int = MOST_ELEMENTS) -> list[Element]:
    """The elements of a small part, as they end. Raises MarkupError."""
    found: list[Element] = []
    opened: list[tuple[str, Attributes, list[str]]] = []

    def start(name: str, attributes: Attributes, _: int) -> None:
        named = {transitional(key): value for key, value in attributes.items()}
        opened.append((transitional(name), named, []))

    def text(data: str) -> None:
        opened[-1][2].append(data)

    def end(_: str) -> None:
        name, attributes, texts = opened.pop()
        found.append(Element(name, attributes, "".join(texts)))

    Markup(start, end, text, most).parse(chunks)
    return found
