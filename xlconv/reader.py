"""An .xlsx file as cells: constants, formulas and stored values, and its defined names.

Reads a formula and its stored value in one pass, and shared formulas as what they are
(openpyxl gives one or the other, and writes shared formulas out one by one). Must not
know networks, nor judge what it finds.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree

from xlconv.errors import BookError
from xlconv.grid import Cell, Range, moved_formula, relative_form

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAX_UNPACKED = 2 << 30
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")

Value = float | str | bool | None


@dataclass(frozen=True, slots=True)
class FoundFormula:
    """A formula as the file spells it, and the cell that its text is written for: the first
    cell of a shared formula, else the cell itself. `array` is true for {=...}."""

    text: str
    anchor: Cell
    array: bool = False

    @property
    def relative(self) -> str:
        """The relative form, by which formulas are compared."""
        form = relative_form(self.text, self.anchor)
        return f"{{{form}}}" if self.array else form

    def at(self, cell: Cell) -> str:
        """The text as a spreadsheet shows it in a cell."""
        rows, columns = cell.row - self.anchor.row, cell.column - self.anchor.column
        text = f"={moved_formula(self.text, rows, columns) if rows or columns else self.text}"
        return f"{{{text}}}" if self.array else text


@dataclass(frozen=True, slots=True)
class FoundCell:
    """What a cell holds: a constant, or a formula and the value stored with it (None if none
    is). Error values are texts such as "#VALUE!"."""

    value: Value
    formula: FoundFormula | None = None

    def shown(self, cell: Cell) -> Value:
        """The formula as a spreadsheet shows it in a cell, or the constant."""
        return self.formula.at(cell) if self.formula else self.value

    def told(self, cell: Cell) -> str:
        """What it holds, for an error."""
        return f"the formula {self.formula.at(cell)}" if self.formula else repr(self.value)


FoundSheet = Mapping[tuple[int, int], FoundCell]
EMPTY = FoundCell(None)


@dataclass(frozen=True)
class Package:
    """A workbook's sheets, by the names that people see, and its names of single ranges."""

    path: Path
    parts: Mapping[str, str]
    names: Mapping[str, tuple[str, Range]]

    def sheet(self, name: str) -> FoundSheet:
        """The cells of a sheet that are not empty, by row and column from 1."""
        with _opened(self.path) as archive:
            return dict(_cells(archive, self.parts[name], self._shared))

    @cached_property
    def _shared(self) -> list[str]:
        """The texts that all sheets share, read once."""
        with _opened(self.path) as archive:
            return _strings(archive)


def open_package(path: Path) -> Package:
    """A workbook without its cells. Raises BookError, in a line, for what is not a workbook."""
    with _opened(path) as archive:
        root = _root(archive)
        workbook = ElementTree.fromstring(archive.read(root))
        targets = _relations(archive, root)
        sheets = {
            element.get("name", ""): targets.get(element.get(_RELATION_ID, ""), "")
            for element in workbook.iter(f"{_MAIN}sheet")
        }
        names = dict(_names(workbook))
    return Package(path, sheets, names)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    _check_kind(path)
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > _MAX_UNPACKED:
                raise BookError(f"{path}: unpacks to {unpacked:,} bytes, too much for a workbook")
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise BookError(f"{path}: damaged or cut short ({error}); get a whole copy") from error
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise BookError(f"{path}: not a workbook that can be read ({error})") from error
    except RuntimeError as error:  # zipfile's word for an encrypted member
        raise BookError(f"{path}: encrypted; save it without a password") from error
    except OSError as error:
        raise BookError(f"{path}: cannot be read ({error.strerror or error})") from error


def _check_kind(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            start = stream.read(8)
    except FileNotFoundError:
        raise BookError(f"{path}: no such file; make one with `xlconv build {path.name}`") from None
    except IsADirectoryError:
        raise BookError(f"{path}: a folder, not a workbook") from None
    except OSError as error:
        raise BookError(f"{path}: cannot be read ({error.strerror})") from error
    if start == _OLE_MAGIC:
        raise BookError(
            f"{path}: encrypted, or in the old .xls format; save it as .xlsx without a password"
        )
    if not start.startswith(b"PK"):
        raise BookError(f"{path}: not an .xlsx workbook")


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, str]:
    """The parts that a part refers to, by relation id and by relation type."""
    folder, name = posixpath.split(part)
    relations = posixpath.join(folder, "_rels", f"{name}.rels")
    found = {}
    for element in ElementTree.fromstring(archive.read(relations)).iter(_RELATION):
        target = posixpath.normpath(posixpath.join("/", folder, element.get("Target", "")))
        for key in (element.get("Id", ""), element.get("Type", "").rpartition("/")[2]):
            found[key] = target.lstrip("/")
    return found


def _root(archive: zipfile.ZipFile) -> str:
    root = _relations(archive, "").get("officeDocument")
    if root is None:
        raise KeyError("it has no workbook part")
    return root


def _strings(archive: zipfile.ZipFile) -> list[str]:
    part = _relations(archive, _root(archive)).get("sharedStrings")
    if part is None:
        return []
    items = ElementTree.fromstring(archive.read(part)).iter(f"{_MAIN}si")
    return [_text(item) for item in items]


def _text(item: ElementTree.Element) -> str:
    """A text with its runs of letters joined, and without its phonetic guide."""
    runs = [item.find(f"{_MAIN}t"), *(run.find(f"{_MAIN}t") for run in item.iter(f"{_MAIN}r"))]
    return _unescaped("".join(run.text or "" for run in runs if run is not None))


def _unescaped(text: str) -> str:
    """A cell's text without the escapes that Office writes, such as _x000D_ (ST_Xstring)."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def _names(workbook: ElementTree.Element) -> Iterator[tuple[str, tuple[str, Range]]]:
    for element in workbook.iter(f"{_MAIN}definedName"):
        sheet, _, place = (element.text or "").rpartition("!")
        try:
            found = Range.parse(place)
        except ValueError:
            continue
        if sheet and element.get("localSheetId") is None:
            yield element.get("name", ""), (sheet.strip("'").replace("''", "'"), found)


def _cells(
    archive: zipfile.ZipFile, part: str, strings: list[str]
) -> Iterator[tuple[tuple[int, int], FoundCell]]:
    shared: dict[str, FoundFormula] = {}
    row = column = 0
    with archive.open(part) as stream:
        for event, element in ElementTree.iterparse(stream, ("start", "end")):
            if event == "start":
                if element.tag == f"{_MAIN}row":
                    row, column = int(element.get("r", row + 1)), 0
                continue
            if element.tag == f"{_MAIN}c":
                place = element.get("r")
                cell = Cell.parse(place) if place else Cell(row, column + 1)
                column = cell.column
                found = _cell(element, cell, strings, shared)
                if found != EMPTY:
                    yield (cell.row, cell.column), found
            elif element.tag == f"{_MAIN}row":
                element.clear()


def _cell(
    element: ElementTree.Element, cell: Cell, strings: list[str], shared: dict[str, FoundFormula]
) -> FoundCell:
    formula = element.find(f"{_MAIN}f")
    value = _value(element, strings)
    if formula is None:
        return FoundCell(value)
    group, kind = formula.get("si", ""), formula.get("t")
    if kind == "shared" and not formula.text:
        # A member whose group has no head computes nothing that could be compared.
        return FoundCell(value, shared.get(group, FoundFormula("", cell)))
    found = FoundFormula(formula.text or "", cell, array=kind in ("array", "dataTable"))
    if kind == "shared":
        shared[group] = found
    return FoundCell(value, found)


def _value(element: ElementTree.Element, strings: list[str]) -> Value:
    kind = element.get("t", "n")
    if kind == "inlineStr":
        inline = element.find(f"{_MAIN}is")
        return _text(inline) if inline is not None else None
    stored = element.find(f"{_MAIN}v")
    text = stored.text if stored is not None else None
    if kind == "str" and stored is not None:
        return _unescaped(text or "")
    if text is None:
        return None
    if kind == "s":
        return strings[int(text)]
    if kind == "b":
        return text == "1"
    return text if kind in ("e", "str", "d") else float(text)
