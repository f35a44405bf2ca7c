"""XML as a stream of events, within bounds: no DTD, no depths, no endless names or numbers of
elements. Names are those of the transitional Open XML, whichever of the two a file uses.

Must not know files, nor what elements mean.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from xml.parsers import expat

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT = (
    ("http://purl.oclc.org/ooxml/spreadsheetml/main", MAIN),
    ("http://purl.oclc.org/ooxml/officeDocument/relationships", RELATIONS),
)
DEEPEST = 200
MOST_ELEMENTS = 2_000_000
_LONGEST_TOKEN = 1 << 20  # a tag with its attributes, or a comment
_PIECE = 1 << 16

Attributes = dict[str, str]


class MarkupError(ValueError):
    """XML that is not well formed, or beyond the bounds; what it says goes into a line."""


class Events:
    """What to do at each start, text and end of a part's elements; a kind of part overrides it.

    Names are "namespace}name", or the name alone where there is no namespace. `start` and `end`
    keep `depth`, the elements that are open, and `count`: a call more for each would cost a third
    of the time that a large sheet takes.
    """

    depth = 0
    count = 0
    most = MOST_ELEMENTS

    def start(self, name: str, attributes: Attributes) -> None:
        self.depth += 1
        self.count += 1

    def end(self, name: str) -> None:
        self.depth -= 1

    def text(self, data: str) -> None:
        pass

    def parse(self, chunks: Iterable[bytes]) -> None:
        """Parse a part. Raises MarkupError."""
        parser = Parser(self)
        for chunk in chunks:
            parser.feed(chunk)
        parser.close()


class Parser:
    """A parser of a part that is fed piece by piece, and tells `events` what it finds. Raises
    MarkupError for what is not well formed, or beyond the bounds."""

    def __init__(self, events: Events) -> None:
        self.events = events
        self.fed = 0
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = events.start
        self._parser.EndElementHandler = events.end
        self._parser.CharacterDataHandler = events.text
        self._parser.StartDoctypeDeclHandler = _refuse_dtd

    @property
    def is_within(self) -> bool:
        """Whether a tag or a comment has begun and not ended."""
        return self._parser.CurrentByteIndex < self.fed

    def feed(self, data: bytes) -> None:
        events = self.events
        for at in range(0, len(data), _PIECE):
            self._parse(data[at : at + _PIECE], False)
        self.fed += len(data)
        if self.fed - self._parser.CurrentByteIndex > _LONGEST_TOKEN:
            raise MarkupError("a tag or a comment of more than a million characters")
        if events.count > events.most:
            raise MarkupError(f"more than {events.most:,} elements")
        if events.depth > DEEPEST:
            raise MarkupError(f"elements nested more than {DEEPEST} deep")

    def close(self) -> None:
        self._parse(b"", True)

    def _parse(self, data: bytes, last: bool) -> None:
        try:
            self._parser.Parse(data, last)
        except expat.ExpatError as error:
            raise MarkupError(f"its XML is damaged: {error}") from error


def _refuse_dtd(*_: object) -> None:
    raise MarkupError("its XML declares entities or a document type, which no workbook does")


def transitional(name: str) -> str:
    """A name of Strict Open XML as the transitional one.

    >>> transitional("http://purl.oclc.org/ooxml/spreadsheetml/main}c") == f"{MAIN}}}c"
    True
    """
    for strict, common in STRICT:
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


class _Elements(Events):
    def __init__(self, most: int) -> None:
        self.most = most
        self.found: list[Element] = []
        self.opened: list[tuple[str, Attributes, list[str]]] = []

    def start(self, name: str, attributes: Attributes) -> None:
        super().start(name, attributes)
        named = {transitional(key): value for key, value in attributes.items()}
        self.opened.append((transitional(name), named, []))

    def text(self, data: str) -> None:
        self.opened[-1][2].append(data)

    def end(self, name: str) -> None:
        super().end(name)
        own, attributes, texts = self.opened.pop()
        self.found.append(Element(own, attributes, "".join(texts)))


def elements(chunks: Iterable[bytes], most: int = MOST_ELEMENTS) -> list[Element]:
    """The elements of a small part, as they end. Raises MarkupError."""
    events = _Elements(most)
    events.parse(chunks)
    return events.found
