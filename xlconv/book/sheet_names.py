"""What the sheets of a book are called now, and what they were called when it was built.

Rules and findings know sheets by their first names, files and people by those of today. Must not
know files, nor what stands on a sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from xlconv.spreadsheet.cells import Cell, Range, quoted
from xlconv.spreadsheet.formula import with_sheets


@dataclass(frozen=True)
class SheetNames:
    """`now` says what each of the book's own sheets is called, by its first name; `others` are
    the names of the sheets that somebody added."""

    now: Mapping[str, str]
    others: tuple[str, ...] = ()

    @classmethod
    def of(cls, now: Mapping[str, str], every: Iterable[str]) -> SheetNames:
        own = set(now.values())
        return cls(now, tuple(name for name in every if name not in own))

    @cached_property
    def _first_names(self) -> dict[str, str]:
        """First names by today's, in small letters; an added sheet that took one is another."""
        taken = {name.casefold() for name in self.now}
        added = {name.casefold(): name for name in self.others if name.casefold() in taken}
        strangers = {key: quoted(f"{name} (added)") for key, name in added.items()}
        return strangers | {name.casefold(): first for first, name in self.now.items()}

    def first(self, formula: str) -> str:
        """A formula of the file as it was when the book was built.

        >>> SheetNames({"Board": "My board"}).first("SUM('My board'!A1)&\\"'My board'!\\"")
        'SUM(Board!A1)&"\\'My board\\'!"'
        """
        return with_sheets(formula, self._first_names) if "!" in formula else formula

    def current(self, formula: str) -> str:
        """A formula with the sheets' names of today."""
        if all(first == name for first, name in self.now.items()):
            return formula
        spelled = {first.casefold(): quoted(name) for first, name in self.now.items()}
        return with_sheets(formula, spelled)

    def place(self, sheet: str, cells: Cell | Range) -> str:
        """A cell or a range, such as Board!A1, by the name that its sheet has now."""
        return f"{quoted(self.name_now(sheet))}!{cells.a1}"

    def name_now(self, sheet: str) -> str:
        """The name that a sheet has now."""
        return self.now.get(sheet, sheet)
