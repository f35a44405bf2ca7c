"""An .xlsx file as sheets of cells and defined names, read within bounds.

Reads a formula and its stored value in one pass, and shared formulas as what they are
(openpyxl gives one or the other, and writes shared formulas out one by one). Must not
know networks, nor judge what it finds.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from xlconv.errors import BookError
from xlconv.spreadsheet.cells import MAX_COLUMNS, MAX_ROWS, MAX_TEXT_LENGTH, Range
from xlconv.xlsx.archive import ALLOWANCE, Container, open_container
from xlconv.xlsx.cells import (
    LONGEST_TEXT,
    PHONETIC,
    STRING,
    TAGS,
    TEXT,
    Translate,
    read_cells,
    unescaped,
)
from xlconv.xlsx.markup import MOST_ELEMENTS, Attributes, Events, MarkupError
from xlconv.xlsx.package import Parcel, open_parcel, reach_error
from xlconv.xlsx.sheet import CellError, CrowdedError, FoundSheet, ReachError

_QUOTED = re.compile(r"'(?:[^']|'')*'")
_ELEMENTS_A_CELL = 4  # c, f, v, and what else a program may write
_UNPACKED_A_BYTE = 200  # deflated zeros, row by row, are smaller still, but no book is all of them
_MOST_FOREIGN = 200_000  # cells on sheets that are not the book's own


@dataclass(frozen=True)
class Package:
    """A workbook's sheets, by the names that people see, and its names of single ranges, in small
    letters: for a spreadsheet, names in other letters are the same. The `other_names` stand for
    something else, as a formula.

    `own_names` are those that one sheet alone has, by the sheet and the name in small letters; None
    for what is no single range. `parcel` is what is known of the file beside its cells.
    """

    path: Path
    parcel: Parcel
    names: Mapping[str, tuple[str, Range]]
    own_names: Mapping[tuple[str, str], tuple[str, Range] | None]
    other_names: Mapping[str, str]

    @property
    def parts(self) -> Mapping[str, str]:
        return self.parcel.sheets

    def sheet(
        self,
        name: str,
        cells: int | None = None,
        unpacked: int = 0,
        translate: Translate | None = None,
    ) -> FoundSheet:
        """The cells of a sheet that are not empty, by row and column from 1.

        `cells`, and bytes `unpacked`, are those that it may need, besides what any sheet may
        have; without `cells` there is no such bound. `translate` is applied to formulas.
        """
        with open_container(self.path) as container:
            most = None
            if cells is None:
                container.left = max(ALLOWANCE, _UNPACKED_A_BYTE * self.path.stat().st_size)
                most = container.left
            else:
                container.left += unpacked
                most = MOST_ELEMENTS // 4 + _ELEMENTS_A_CELL * cells
            return self._read(container, name, translate, most)

    def others(self, own: Collection[str]) -> dict[str, FoundSheet]:
        """The sheets that are not the book's own. BookError if one reaches outside of it, or if
        they are huge."""
        sheets: dict[str, FoundSheet] = {}
        left = _MOST_FOREIGN
        with open_container(self.path) as container:
            for name in self.parts:
                if name not in own:
                    sheets[name] = self._read(container, name, None, MOST_ELEMENTS // 2, left)
                    left -= len(sheets[name])
        return sheets

    def _read(
        self,
        container: Container,
        name: str,
        translate: Translate | None,
        most: int,
        most_cells: int | None = None,
    ) -> FoundSheet:
        chunks = container.chunks(self.parts[name])
        try:
            return read_cells(chunks, self._shared, translate, most, most_cells)
        except ReachError as error:
            raise reach_error(container, f"{name}!{error.where}", error.what) from error
        except (MarkupError, CellError, LookupError, ValueError) as error:
            told = str(error).partition("\n")[0]
            if isinstance(error, CrowdedError):
                told = (
                    f"sheets that are not xlconv's hold more than {_MOST_FOREIGN:,} cells together"
                )
            raise BookError(
                f"{self.path}: the sheet {name!r} cannot be read: {told}; get a whole copy"
            ) from error

    @cached_property
    def _shared(self) -> list[str]:
        """The texts that all sheets share, read once."""
        if self.parcel.strings is None:
            return []
        with open_container(self.path) as container:
            try:
                return _read_strings(container.chunks(self.parcel.strings))
            except (MarkupError, CellError, LookupError, ValueError) as error:
                told = str(error).partition("\n")[0]
                raise BookError(
                    f"{self.path}: its shared texts cannot be read: {told}; get a whole copy"
                ) from error


def open_package(path: Path) -> Package:
    """A workbook without its cells. Raises BookError, in a line, for what is not a workbook, and
    for one that reaches outside of itself."""
    with open_container(path) as container:
        parcel = open_parcel(container)
    told = {name.lower(): text for name, text in parcel.names.items()}
    names = {name: place for name, text in told.items() if (place := _place(text))}
    others = {name: text for name, text in told.items() if name not in names}
    own_names = {key: _place(text) for key, text in parcel.own_names.items()}
    return Package(
        path=path,
        parcel=parcel,
        names=names,
        own_names=own_names,
        other_names=others,
    )


def _place(text: str) -> tuple[str, Range] | None:
    """The sheet and the range that a name's text stands for; None if it is no single range."""
    sheet, _, place = text.strip().rpartition("!")
    if "," in _QUOTED.sub("", sheet):  # several ranges
        return None
    try:
        found = Range.parse(place)
    except ValueError:
        return None
    if not sheet or found.bottom > MAX_ROWS or found.right > MAX_COLUMNS:
        return None
    return sheet.removeprefix("$").strip("'").replace("''", "'"), found


class _Strings(Events):
    def __init__(self) -> None:
        self.strings: list[str] = []
        self.texts: list[str] = []
        self.length = 0
        self.open = self.phonetic = False

    def start(self, name: str, attributes: Attributes) -> None:
        super().start(name, attributes)
        tag = TAGS.get(name)
        if tag == STRING:
            self.texts, self.length = [], 0
        elif tag == PHONETIC:
            self.phonetic = True
        elif tag == TEXT:
            self.open = not self.phonetic

    def text(self, data: str) -> None:
        if self.open:
            self.length += len(data)
            if self.length > LONGEST_TEXT:
                raise CellError(f"one has more than {MAX_TEXT_LENGTH:,} characters")
            self.texts.append(data)

    def end(self, name: str) -> None:
        super().end(name)
        tag = TAGS.get(name)
        if tag == STRING:
            self.strings.append(unescaped("".join(self.texts)))
        elif tag == PHONETIC:
            self.phonetic = False
        elif tag == TEXT:
            self.open = False


def _read_strings(chunks: Iterable[bytes]) -> list[str]:
    """The texts that sheets share: runs of letters joined, without phonetic guides."""
    events = _Strings()
    events.parse(chunks)
    return events.strings
