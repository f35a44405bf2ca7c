"""What the sheets of a book are called now, and what they were called when it was built.

Rules and findings know sheets by their first names, files and people by those of today. Must not
know files, nor what stands on a sheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

# A string, or a sheet before its "!": quoted, or a word. Quotes that nobody closed end with the
# text, so that no text takes long.
_SHEET = re.compile(r"""("(?:[^"]|"")*+"?)|('(?:[^']|'')*+'?)(!?)|(?<![\w.'])([\w.]++)!""")


def quoted(sheet: str) -> str:
    """A sheet's name as formulas spell it.

    >>> quoted("Board"), quoted("Ada's board")
    ('Board', "'Ada''s board'")
    """
    plain = sheet.isascii() and sheet.isalpha()
    return sheet if plain else "'" + sheet.replace("'", "''") + "'"


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
    def _first(self) -> dict[str, str]:
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
        return _replaced(formula, self._first) if "!" in formula else formula

    def current(self, formula: str) -> str:
        """A formula with the sheets' names of today."""
        if all(first == name for first, name in self.now.items()):
            return formula
        spelled = {first.casefold(): quoted(name) for first, name in self.now.items()}
        return _replaced(formula, spelled)

    def place(self, spot: str) -> str:
        """A place such as Board!A1 by the name that its sheet has now."""
        sheet, _, cell = spot.rpartition("!")
        name = self.now.get(sheet, sheet)
        return spot if name == sheet else f"{quoted(name)}!{cell}"


def _replaced(formula: str, names: Mapping[str, str]) -> str:
    def name(match: re.Match[str]) -> str:
        if match[4] is not None:
            return names.get(match[4].casefold(), match[4]) + "!"
        if match[2] is not None and match[3]:
            spelled = match[2][1:-1].replace("''", "'").casefold()
            return names.get(spelled, match[2]) + "!"
        return match[0]

    return _SHEET.sub(name, formula)
