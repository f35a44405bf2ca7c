"""`annotated_copy`: somebody's workbook with notes on cells of one sheet, which are framed and
filled, and lines of text on another.

    book.xlsx -> parts -> sheets, styles, notes and what links them, anew -> copy.xlsx

Every other part is copied as it is: stored values, and what nobody here knows, stay. Must not know
what the notes say.
"""

import posixpath
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xlconv.errors import BookError
from xlconv.spreadsheet.cells import Cell
from xlconv.system.files import replacing
from xlconv.xlsx.archive import Container, open_container
from xlconv.xlsx.editing.notes import Note, drawing_part, texts_part, with_shapes, with_texts
from xlconv.xlsx.editing.sheet_part import SheetPart
from xlconv.xlsx.editing.style_part import with_marks
from xlconv.xlsx.editing.tags import additions, check_whole, tags, utf8, with_cuts
from xlconv.xlsx.markup import MarkupError

_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_COMMENTS = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_VML = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_MOST_BYTES = 256 << 20  # unpacked: more than any book that was read and marked
_CONTENTS = "[Content_Types].xml"


@dataclass(frozen=True)
class Words:
    """Lines of text in a column of a sheet's part: the first of them in a cell, if that is free;
    all below what stands in some columns."""

    part: str
    title: Cell
    columns: range
    lines: tuple[str, ...]


@dataclass
class _Parts:
    """The parts of a book as they are, and as they are changed."""

    container: Container
    new: dict[str, bytes] = field(default_factory=dict)

    def read(self, part: str) -> bytes:
        if part not in self.new:
            return utf8(b"".join(self.container.chunks(part)))
        return self.new[part]

    def has(self, part: str) -> bool:
        return part in self.new or part in self.container.members


def annotated_copy(
    source: Path, target: Path, sheet: str, notes: Sequence[Note], words: Words | None
) -> None:
    """Write a copy of a workbook with notes on cells of a sheet's part, and lines of text. Raises
    BookError for a book that cannot be read or changed, OutputError if the copy cannot be written.
    """
    with open_container(source) as container:
        container.left = _MOST_BYTES
        parts = _Parts(container)
        try:
            _annotate(parts, sheet, notes, words)
            for data in parts.new.values():
                check_whole(data)
        except (MarkupError, LookupError, ValueError) as error:
            told = str(error).partition("\n")[0]
            raise BookError(f"{source}: cannot be changed: {told}") from error
        with replacing(target) as stream, zipfile.ZipFile(stream, "w") as out:
            for entry in container.archive.infolist():
                _copy(parts, entry, out)
            for name, data in parts.new.items():
                out.writestr(_entry(name), data)


def _copy(parts: _Parts, entry: zipfile.ZipInfo, out: zipfile.ZipFile) -> None:
    """Write a part as it is, or as it was changed."""
    name, own = entry.filename, _entry(entry.filename, entry)
    if name in parts.new:
        out.writestr(own, parts.new.pop(name))
        return
    with parts.container.archive.open(entry) as old, out.open(own, "w") as new:
        shutil.copyfileobj(old, new)


def _entry(name: str, like: zipfile.ZipInfo | None = None) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, like.date_time if like else (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = like.external_attr if like else 0o644 << 16
    return entry


def _annotate(parts: _Parts, sheet: str, notes: Sequence[Note], words: Words | None) -> None:
    board = SheetPart(parts.read(sheet))
    styles_part = _styles_part(parts)
    numbers = {note.cell: board.style(note.cell) for note in notes}
    marked, new, letters = with_marks(parts.read(styles_part), numbers.values())
    parts.new[styles_part] = marked
    styles = {cell: new.get(number, number) for cell, number in numbers.items()}
    drawing = _add_notes(parts, sheet, board, notes) if notes else None
    parts.new[sheet] = board.with_cells(styles, {}, drawing)
    if words is not None:
        page = SheetPart(parts.read(words.part))
        parts.new[words.part] = page.with_cells({}, _lines(page, words, letters))


def _lines(page: SheetPart, words: Words, style: int) -> Mapping[Cell, tuple[str, int]]:
    first, column = page.last_row(words.columns) + 2, words.title.column
    places = [Cell(first + at, column) for at in range(len(words.lines))]
    found = {place: (text, style) for place, text in zip(places, words.lines, strict=True)}
    if page.is_empty(words.title) and words.lines:
        found[words.title] = (f"{words.lines[0]}: see row {first}", style)
    return found


def _styles_part(parts: _Parts) -> str:
    """The workbook's: others may have a part of that name."""
    book = _first_linked(parts, "", "officeDocument")
    styles = _first_linked(parts, book, "styles") if book is not None else None
    if styles is None or not parts.has(styles):
        raise MarkupError("it has no styles")
    return styles


def _first_linked(parts: _Parts, owner: str, kind: str) -> str | None:
    return next((part for of, part in _linked(parts, owner).values() if of == kind), None)


# ---- notes and what links them


def _add_notes(parts: _Parts, sheet: str, board: SheetPart, notes: Sequence[Note]) -> str | None:
    """Write the notes of a sheet; the relationship of their drawing, if it is a new one."""
    linked = _linked(parts, sheet)
    texts = _first_linked(parts, sheet, "comments")
    drawing_id = board.drawing_id
    new: Sequence[Note] = notes
    if texts is None:
        texts = _free_name(parts, "xl/comments{}.xml")
        parts.new[texts] = texts_part(notes)
        _link(parts, sheet, "comments", texts)
        _list(parts, texts, _COMMENTS)
    else:
        parts.new[texts], new = with_texts(parts.read(texts), notes)
    if drawing_id is not None:
        drawing = linked[drawing_id][1]
        parts.new[drawing] = with_shapes(parts.read(drawing), new)
        return None
    drawing = _free_name(parts, "xl/drawings/vmlDrawing{}.vml")
    parts.new[drawing] = drawing_part(new)
    _list(parts, drawing, _VML)
    return _link(parts, sheet, "vmlDrawing", drawing)


def _free_name(parts: _Parts, pattern: str) -> str:
    taken = {part.lower() for part in (*parts.container.members, *parts.new)}
    number = next(n for n in range(1, 10_000) if pattern.format(n).lower() not in taken)
    return pattern.format(number)


def _relations_part(owner: str) -> str:
    folder, file = posixpath.split(owner)
    return posixpath.join(folder, "_rels", f"{file}.rels")


def _linked(parts: _Parts, owner: str) -> dict[str, tuple[str, str]]:
    """What a part, or "" for the whole file, is linked to: kind and part by relationship."""
    part = _relations_part(owner)
    if not parts.has(part):
        return {}
    found = {}
    for tag in tags(parts.read(part)):
        if tag.local == "Relationship":
            target = posixpath.join("/", posixpath.dirname(owner), tag.attributes.get("Target", ""))
            kind = tag.attributes.get("Type", "").rpartition("/")[2]
            found[tag.attributes.get("Id", "")] = (kind, posixpath.normpath(target).lstrip("/"))
    return found


def _link(parts: _Parts, sheet: str, kind: str, target: str) -> str:
    """A relationship more of a sheet."""
    part = _relations_part(sheet)
    if not parts.has(part):
        parts.new[part] = f'<Relationships xmlns="{_RELATIONS}"></Relationships>'.encode()
    data = parts.read(part)
    taken = _linked(parts, sheet)
    name = next(f"rIdNote{n}" for n in range(1, 10_000) if f"rIdNote{n}" not in taken)
    top = tags(data)[0]
    base = _STRICT if _STRICT.encode() in data else _DOCUMENT
    text = f'<{top.prefix}Relationship Id="{name}" Type="{base}/{kind}" Target="/{target}"/>'
    parts.new[part] = with_cuts(data, additions(top, text))
    return name


def _list(parts: _Parts, part: str, kind: str) -> None:
    """A part more in the list of contents."""
    data = parts.read(_CONTENTS)
    top = tags(data)[0]
    text = f'<{top.prefix}Override PartName="/{part}" ContentType="{kind}"/>'
    parts.new[_CONTENTS] = with_cuts(data, additions(top, text))
