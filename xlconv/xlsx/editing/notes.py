"""Notes on cells: the part of their texts, and the drawing by which programs show them; new ones,
or those that a sheet has, with more.

Must not know which cells, nor what is said of them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from xlconv.spreadsheet.cells import Cell
from xlconv.xlsx.editing.tags import Cut, additions, plain, tags, with_cuts
from xlconv.xlsx.markup import MAIN, MarkupError

AUTHOR = "xlconv"
_COLUMNS, _ROWS = 16, 6  # of the board's cells, that a note covers
_FIRST_SHAPE = 7 * 1024 + 1  # of the block of numbers that the drawing says it uses
_SHAPE_NUMBER = re.compile(rb"_x0000_s(\d+)")


@dataclass(frozen=True)
class Note:
    """What is said of a cell."""

    cell: Cell
    text: str


def texts_part(notes: Iterable[Note]) -> bytes:
    """The texts of notes."""
    each = "".join(_comment(note, 0, "") for note in notes)
    authors = f"<authors><author>{AUTHOR}</author></authors>"
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    return (
        f'{head}<comments xmlns="{MAIN}">{authors}<commentList>{each}</commentList></comments>'
    ).encode()


def with_texts(data: bytes, notes: Iterable[Note]) -> tuple[bytes, list[Note]]:
    """Texts with those of more notes, but for cells that have one; and the notes that are new.
    Raises MarkupError."""
    found = tags(data)
    p = found[0].prefix
    named = {tag.local: tag for tag in found if tag.depth == 1}
    if not {"authors", "commentList"} <= named.keys():
        raise MarkupError("its notes have no list")
    taken = {tag.attributes.get("ref") for tag in found if tag.local == "comment"}
    new = [note for note in notes if note.cell.a1 not in taken]
    author = sum(tag.local == "author" for tag in found)
    cuts: list[Cut] = [
        *additions(named["authors"], f"<{p}author>{AUTHOR}</{p}author>"),
        *additions(named["commentList"], "".join(_comment(note, author, p) for note in new)),
    ]
    return with_cuts(data, cuts), new


def _comment(note: Note, author: int, p: str) -> str:
    run = f'<{p}r><{p}rPr><{p}sz val="9"/></{p}rPr><{p}t xml:space="preserve">'
    text = f"<{p}text>{run}{plain(note.text)}</{p}t></{p}r></{p}text>"
    return f'<{p}comment ref="{note.cell.a1}" authorId="{author}">{text}</{p}comment>'


_SHAPE_TYPE = (
    '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
    'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
    '<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_SPACES = (
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"'
)


def drawing_part(notes: Iterable[Note]) -> bytes:
    """The drawing of notes."""
    layout = '<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="7"/></o:shapelayout>'
    shapes = "".join(_shape(note, number) for number, note in enumerate(notes, _FIRST_SHAPE))
    return f"<xml {_SPACES}>{layout}{_SHAPE_TYPE}{shapes}</xml>".encode()


def with_shapes(data: bytes, notes: Iterable[Note]) -> bytes:
    """A drawing with the shapes of more notes. Raises MarkupError."""
    kind = "" if b'"_x0000_t202"' in data else _SHAPE_TYPE.replace(" ", f" {_SPACES} ", 1)
    taken = [int(number) for number in _SHAPE_NUMBER.findall(data)]
    first = max([_FIRST_SHAPE - 1, *taken]) + 1
    shapes = "".join(_shape(note, at, f"{_SPACES} ") for at, note in enumerate(notes, first))
    return with_cuts(data, additions(tags(data)[0], kind + shapes))


def _shape(note: Note, number: int, spaces: str = "") -> str:
    """The shape of a note; in somebody's drawing it says itself what its prefixes mean."""
    row, column = note.cell.row - 1, note.cell.column - 1
    anchor = f"{column + 1}, 8, {max(0, row - 1)}, 4, {column + 1 + _COLUMNS}, 0, {row + _ROWS}, 0"
    style = "position:absolute;width:240pt;height:80pt;visibility:hidden"
    return (
        f'<v:shape {spaces}id="_x0000_s{number}" type="#_x0000_t202" style="{style}" '
        'fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
        '<v:shadow color="black" obscured="t"/><v:path o:connecttype="none"/>'
        '<v:textbox><div style="text-align:left"/></v:textbox>'
        '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{anchor}</x:Anchor><x:AutoFill>False</x:AutoFill>"
        f"<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
    )
