"""An .xlsx file as sheets of cells and defined names, read within bounds.

Reads a formula and its stored value in one pass, and shared formulas as what they are
(openpyxl gives one or the other, and writes shared formulas out one by one). Must not
know networks, nor judge what it finds.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from xlconv.errors import BookError
from xlconv.spreadsheet.cells import MAX_COLUMNS, MAX_ROWS, Range
from xlconv.xlsx.archive import ALLOWANCE, Container, open_container
from xlconv.xlsx.cells import (
    EMPTY,
    CellError,
    FoundCell,
    FoundFormula,
    FoundSheet,
    ReachError,
    Take,
    Translate,
    Value,
    read_cells,
    read_strings,
)
from xlconv.xlsx.markup import MOST_ELEMENTS, MarkupError
from xlconv.xlsx.package import Parcel, open_parcel, reach_error

__all__ = ["EMPTY", "FoundCell", "FoundFormula", "FoundSheet", "Package", "Value", "open_package"]

_ELEMENTS_A_CELL = 4  # c, f, v, and what else a program may write
_UNPACKED_A_BYTE = 200  # deflated zeros, row by row, are smaller still, but no book is all of them
_MOST_FOREIGN = 200_000  # cells on sheets that are not the book's own


@dataclass(frozen=True)
class Package:
    """A workbook's sheets, by the names that people see, and its names of single ranges; the
    `other_names` stand for something else, as a formula.

    `own_names` are those that one sheet alone has, by the sheet and the name in small letters; None
    for what is no single range. `parcel` is what is known of the file beside its cells.
    """

    path: Path
    parcel: Parcel
    names: Mapping[str, tuple[str, Range]]
    own_names: Mapping[tuple[str, str], tuple[str, Range] | None]
    other_names: frozenset[str]

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
        found: dict[tuple[int, int], FoundCell] = {}
        with open_container(self.path) as container:
            most = None
            if cells is None:
                container.left = max(ALLOWANCE, _UNPACKED_A_BYTE * self.path.stat().st_size)
                most = container.left
            else:
                container.left += unpacked
                most = MOST_ELEMENTS // 4 + _ELEMENTS_A_CELL * cells
            self._read(container, name, found.__setitem__, translate, most)
        return found

    def others(self, own: Collection[str]) -> dict[str, FoundSheet]:
        """The sheets that are not the book's own. BookError if one reaches outside of it, or if
        they are huge."""
        sheets: dict[str, FoundSheet] = {}
        found: dict[tuple[int, int], FoundCell] = {}
        left = _MOST_FOREIGN

        def take(place: tuple[int, int], cell: FoundCell) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise CellError(
                    f"sheets that are not xlconv's hold more than {_MOST_FOREIGN:,} cells together"
                )
            found[place] = cell

        with open_container(self.path) as container:
            for name in self.parts:
                if name not in own:
                    found = {}
                    self._read(container, name, take, None, MOST_ELEMENTS // 2)
                    sheets[name] = found
        return sheets

    def _read(
        self,
        container: Container,
        name: str,
        take: Take,
        translate: Translate | None,
        most: int,
    ) -> None:
        try:
            read_cells(container.chunks(self.parts[name]), self._shared, take, translate, most)
        except ReachError as error:
            raise reach_error(container, f"{name}!{error.where}", error.what) from error
        except (MarkupError, CellError, LookupError, ValueError) as error:
            told = str(error).partition("\n")[0]
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
                return read_strings(container.chunks(self.parcel.strings))
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
    names = {name: place for name, text in parcel.names.items() if (place := _place(text))}
    others = frozenset(parcel.names.keys() - names.keys())
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
    try:
        found = Range.parse(place)
    except ValueError:
        return None
    if not sheet or found.bottom > MAX_ROWS or found.right > MAX_COLUMNS:
        return None
    return sheet.removeprefix("$").strip("'").replace("''", "'"), found
