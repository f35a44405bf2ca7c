"""Conditional formats of a sheet, as far as they bring number formats.

Owns where they stand in a sheet's XML (ECMA-376 Part 1, 18.3.1.10 and 18.3.1.18) and in Excel's
extension of it. Must not know which of them hold, nor what a number format shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from xlconv.spreadsheet.cells import Range
from xlconv.xlsx.markup import Attributes

MOST_RULES = 100_000
_FORMULAS, PLACES = ("formula", "f"), "sqref"


@dataclass(frozen=True)
class FormatRule:
    """A rule for the cells of some ranges: its kind ("expression", "cellIs", ..), comparison and
    formulas, the number of the look that it brings, and the number format spelled with it."""

    ranges: tuple[Range, ...]
    kind: str
    comparison: str
    formulas: tuple[str, ...]
    look: int | None
    number_format: str | None


@dataclass
class FormatRules:
    """The rules of a sheet while it is read: told of each element that is none of a cell's."""

    found: list[FormatRule] = field(default_factory=list)
    _open: list[Attributes] = field(default_factory=list)
    _formulas: list[list[str]] = field(default_factory=list)
    _formats: list[str | None] = field(default_factory=list)
    _places: str = ""

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "conditionalFormatting":
            self._open, self._formulas, self._formats = [], [], []
            self._places = attributes.get(PLACES, "")
        elif name == "cfRule":
            self._open.append(attributes)
            self._formulas.append([])
            self._formats.append(None)
        elif name == "numFmt" and self._open:
            self._formats[-1] = attributes.get("formatCode")

    def text(self, name: str, text: str) -> None:
        if name in _FORMULAS and self._open:
            self._formulas[-1].append(text)
        elif name == PLACES:
            self._places = text

    def end(self, name: str) -> None:
        if name != "conditionalFormatting" or len(self.found) > MOST_RULES:
            return
        ranges = _ranges(self._places)
        for told, formulas, number_format in zip(
            self._open, self._formulas, self._formats, strict=True
        ):
            look = told.get("dxfId", "")
            rule = FormatRule(
                ranges=ranges,
                kind=told.get("type", ""),
                comparison=told.get("operator", ""),
                formulas=tuple(formulas),
                look=int(look) if look.isascii() and look.isdecimal() else None,
                number_format=number_format,
            )
            if ranges and (rule.look is not None or number_format is not None):
                self.found.append(rule)
        self._open = []


def _ranges(places: str) -> tuple[Range, ...]:
    """The ranges of a list of them, without what is none."""
    found = []
    for place in places.split():
        try:
            found.append(Range.parse(place))
        except ValueError:
            continue
    return tuple(found)
