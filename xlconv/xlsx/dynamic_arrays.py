"""Arrays that spill, @ and #, and what a plain formula picks of a range, said in the words that
engines of any age know.

Excel 365 writes a formula that spills into its first cell and numbers into the others, where an
engine that spills finds its way blocked; @ as _xlfn.SINGLE and # as _xlfn.ANCHORARRAY. A formula
that is no array picks the cell of a range that is in its own row or column, which not every engine
does. Must not know files, nor whose formulas these are.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from xlconv.spreadsheet.cells import MAX_COLUMNS, MAX_ROWS, Cell, Range, column_number
from xlconv.spreadsheet.formula import Token, tokens
from xlconv.xlsx.sheet import FoundFormula, FoundSheet

Names = Mapping[str, Range]  # those of ranges on the formula's own sheet, in small letters

# Functions of single numbers: given a range, a plain formula picks one of its cells for them.
_SCALAR = frozenset(
    (
        *("ABS", "ACOS", "ASIN", "ATAN", "CEILING", "COS", "COSH", "EXP", "FLOOR", "IF", "IFERROR"),
        *("INT", "LN", "LOG", "LOG10", "MOD", "NOT", "POWER", "ROUND", "ROUNDDOWN", "ROUNDUP"),
        *("SIGN", "SIN", "SINH", "SQRT", "TAN", "TANH", "TRUNC"),
    )
)
_STRING = re.compile(r'"[^"]*"')
_WORDS = re.compile(r"[^\W\d][\w.]*(?![\w.(!:])")
_COUNTED = re.compile(r"\b(?:ROW|COLUMN)S?\(\s*([$\w:]+)\s*\)", re.IGNORECASE)
# What in a formula may need other words: a look that costs little.
_MARKS = re.compile(
    r"SINGLE\(|ANCHORARRAY\(|\bN\("
    r"|:\$?[A-Z]{1,3}(?:\$?\d{1,7})?(?:[-+*/^&=<>]|$)"
    rf"|(?:^|[-+*/^=<>]|[^A-Za-z0-9]\(|\b(?:{'|'.join(sorted(_SCALAR))})\()"
    r"\$?[A-Z]{1,3}\$?\d{0,7}:"
)


class PlainWords:
    """How the formulas of a sheet are said in words that all engines know."""

    def __init__(self, cells: FoundSheet, names: Names) -> None:
        self.formulas = cells.formulas
        self.arrays = {
            formula.anchor: formula.block or Range.of(formula.anchor)
            for formula in self.formulas
            if formula.array
        }
        self.names = names

    @cached_property
    def doubtful(self) -> set[int]:
        """The formulas that may have to be said otherwise, by their numbers."""
        return {number for number, one in enumerate(self.formulas) if self._doubtful(one)}

    def _doubtful(self, formula: FoundFormula) -> bool:
        if formula.array or _MARKS.search(formula.spelled) or self._counts_itself(formula):
            return True
        words = _WORDS.findall(_STRING.sub("", formula.spelled)) if self.names else []
        return any(word.lower() in self.names for word in words)

    def _counts_itself(self, formula: FoundFormula) -> bool:
        """Whether it asks for the place of a range that it is in: some engines see a circle."""
        own = formula.block or Range.of(formula.anchor)
        places = (_place(text, self.names) for text in _COUNTED.findall(formula.spelled))
        return any(place is not None and place.overlaps(own) for place in places)

    def said(self, text: str, cell: Cell, array: bool) -> str:
        """The text of a cell's formula in such words."""
        return plain_formula(text, cell, self.arrays, self.names, array)


@dataclass(frozen=True)
class _Open:
    """A parenthesis that is open: whether what stands in it are single numbers, and what its
    commas and its end become."""

    scalar: bool
    end: str = ")"
    comma: str = ","


# Functions that not every engine applies to each number of an array, by operators that all do.
_BY_OPERATORS = {
    "EXP": ("(2.718281828459045^(", _Open(False, "))")),
    "SQRT": ("((", _Open(False, ")^0.5)")),
    "POWER": ("((", _Open(False, "))", ")^(")),
    "N": ("((", _Open(False, ")*1)")),
}


# What asks where a range is reads no value of it, though to some engines it does. The row of
# several rows is an array where arrays are meant.
_OF_PLACES: Mapping[str, Callable[[Range, bool], int | None]] = {
    "ROWS": lambda place, scalar: place.height,
    "COLUMNS": lambda place, scalar: place.width,
    "ROW": lambda place, scalar: place.row if scalar or place.height == 1 else None,
    "COLUMN": lambda place, scalar: place.column if scalar or place.width == 1 else None,
}


def plain_formula(
    formula: str,
    cell: Cell,
    arrays: Mapping[Cell, Range] | None = None,
    names: Names | None = None,
    array: bool = False,
) -> str:
    """A formula of a cell without @ and #, and, if it is no array, with the cells that it picks.

    >>> plain_formula("EXP(B2:B9)-MAX(B2:B9)", Cell(5, 3))
    'EXP($B$5)-MAX(B2:B9)'
    >>> plain_formula("_xlfn.SINGLE(B:B)+_xlfn.SINGLE(C2:C4*2)", Cell(5, 3), array=True)
    '$B$5+INDEX((C2:C4*2),1,1)'
    >>> plain_formula("SUM(_xlfn.ANCHORARRAY(B2))", Cell(5, 3), {Cell(2, 2): Range(2, 2, 3, 1)})
    'SUM($B$2:$B$4)'
    >>> plain_formula("SUMPRODUCT(EXP(B2:B9-C1))", Cell(5, 3))
    'SUMPRODUCT((2.718281828459045^(B2:B9-C1)))'
    """
    where = _Where(cell, arrays or {}, names or {})
    parts = list(tokens(formula))
    made: list[str] = []
    opened = [_Open(not array)]
    skip = 0
    for number, part in enumerate(parts):
        text = part.text
        if skip:
            skip -= 1
            continue
        if part.kind == "function":
            follows = [one.text for one in parts[number + 1 : number + 3]]
            argument = follows[0] if follows[1:] == [")"] else ""
            text, opens = _called(part.name, argument, opened[-1].scalar, where)
            opened += [opens] if opens is not None else []
            skip = 2 if opens is None else 0
        elif text == "(":
            opened.append(_Open(opened[-1].scalar))
        elif text == ")":
            text = opened.pop().end if len(opened) > 1 else text
        elif text == ",":
            text = opened[-1].comma
        elif part.kind in _PLACES and opened[-1].scalar and not _is_end(parts, number):
            place = _place(text, where.names)
            text = (_picked(place, cell) if place and place.size > 1 else "") or text
        made.append(text)
    return "".join(made)


_PLACES = ("range", "lines", "name")


def _is_end(parts: Sequence[Token], number: int) -> bool:
    """Whether a part is only an end of a range that is made while calculating: A1:INDEX(..)."""
    return ":" in [part.text for part in parts[max(0, number - 1) : number + 2]]


@dataclass(frozen=True)
class _Where:
    """The cell of a formula, the arrays around it by their first cells, and the names."""

    cell: Cell
    arrays: Mapping[Cell, Range]
    names: Names


def _called(name: str, argument: str, scalar: bool, where: _Where) -> tuple[str, _Open | None]:
    """What the call of a function begins with, and the parenthesis that it opens: None if that is
    all of it, where its one `argument` is a range."""
    function = name.upper().removeprefix("_XLFN.")
    place = _place(argument, where.names)
    if function in _OF_PLACES and place is not None:
        counted = _OF_PLACES[function](place, scalar)
        return (f"{name}({argument})", None) if counted is None else (str(counted), None)
    if function == "N" and place is not None:
        return f"{name}(", _Open(scalar)
    if function == "ANCHORARRAY" and place is not None and place.first in where.arrays:
        return where.arrays[place.first].absolute, None
    if function == "SINGLE" and place is not None:
        return _picked(place, where.cell) or "#VALUE!", None
    if function == "SINGLE":
        return "INDEX((", _Open(False, "),1,1)")
    if function in _BY_OPERATORS and not scalar:
        return _BY_OPERATORS[function]
    return f"{name}(", _Open(scalar and function in _SCALAR)


def _place(text: str, names: Names) -> Range | None:
    """The range that a text is, as A1:B2, as whole columns or as a name."""
    plain = text.replace("$", "")
    if plain.lower() in names:
        return names[plain.lower()]
    start, _, end = plain.partition(":")
    if start.isalpha() and end.isalpha() and start.isascii() and end.isascii():
        first, last = sorted((column_number(start), column_number(end)))
        return Range(1, first, MAX_ROWS, last - first + 1) if last <= MAX_COLUMNS else None
    try:
        return Range.parse(plain)
    except ValueError:
        return None


def _picked(place: Range, cell: Cell) -> str:
    """The cell of a column or a row of cells that is beside, or above, another cell; "" if there is
    none, or the range is neither."""
    if place.size == 1:
        return place.first.absolute
    if place.width == 1 and place.row <= cell.row <= place.bottom:
        return Cell(cell.row, place.column).absolute
    if place.height == 1 and place.column <= cell.column <= place.right:
        return Cell(place.row, cell.column).absolute
    return ""
