"""Arrays that spill, @ and #, and what a plain formula picks of a range, said in the words that
engines of any age know.

Excel 365 writes a formula that spills into its first cell and numbers into the others, where an
engine that spills finds its way blocked; @ as _xlfn.SINGLE and # as _xlfn.ANCHORARRAY. A formula
that is no array picks the cell of a range that is in its own row or column, which not every engine
does. Works on a sheet's bytes. Must not know files, nor whose formulas these are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from xlconv.spreadsheet.cells import MAX_COLUMNS, MAX_ROWS, Cell, Range, column_number
from xlconv.spreadsheet.formula import Token, tokens
from xlconv.xlsx.spans import Edit, LocatedCell, LocatedSheet, locate_cells, with_edits

Names = Mapping[str, Range]  # those of ranges on the formula's own sheet, in small letters

# Functions of single numbers: given a range, a plain formula picks one of its cells for them.
_SCALAR = frozenset(
    (
        *("ABS", "ACOS", "ASIN", "ATAN", "CEILING", "COS", "COSH", "EXP", "FLOOR", "IF", "IFERROR"),
        *("INT", "LN", "LOG", "LOG10", "MOD", "NOT", "POWER", "ROUND", "ROUNDDOWN", "ROUNDUP"),
        *("SIGN", "SIN", "SINH", "SQRT", "TAN", "TANH", "TRUNC"),
    )
)
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>][^<]*")
_STRING = re.compile(rb'"[^"]*"')
_WORDS = re.compile(rb"[A-Za-z_][\w.]*(?![\w.(!:])")
# What in a formula's bytes may need other words: a look that costs little.
_MARKS = re.compile(
    rb"""t\s*=\s*["']array["']|SINGLE\(|ANCHORARRAY\("""
    rb"|:\$?[A-Z]{1,3}(?:\$?\d{1,7})?(?:[-+*/^&=]|$)"
    rb"|(?:>|[-+*/^=]|&[lg]t;|[^A-Za-z0-9]\(|\b(?:%b)\()\$?[A-Z]{1,3}\$?\d{0,7}:"
    % "|".join(sorted(_SCALAR)).encode()
)


def needs_respelling(content: bytes, names: Names) -> bool:
    """Whether a sheet may hold something that engines do not read, from a look at its bytes."""
    own = {name.encode() for name in names}
    for match in _FORMULA.finditer(content):
        formula = match[0]
        if _MARKS.search(formula):
            return True
        bare = _STRING.sub(b"", formula.replace(b"&quot;", b'"')) if own else b""
        if not own.isdisjoint(map(bytes.lower, _WORDS.findall(bare))):
            return True
    return False


def plain_sheet(content: bytes, names: Names) -> bytes:
    """The sheet with the numbers below an array's first cell gone, and with formulas respelled.

    Raises ExpatError, and ValueError for what is no sheet.
    """
    sheet = locate_cells(content)
    arrays = _arrays(sheet)
    return with_edits(content, [*_formulas(sheet, arrays, names), *_emptied(sheet, arrays)])


def _arrays(sheet: LocatedSheet) -> dict[Cell, Range]:
    """The range of each array formula by its first cell."""
    found = {}
    for cell in _cells(sheet):
        if cell.formula is not None and cell.formula.attributes.get("t") == "array":
            first = Cell.parse(cell.place)
            ref = cell.formula.attributes.get("ref", cell.place)
            found[first] = Range.parse(ref.replace("$", ""))
    return found


def _cells(sheet: LocatedSheet) -> Iterator[LocatedCell]:
    return (cell for row in sheet.rows for cell in row.cells)


def _emptied(sheet: LocatedSheet, arrays: Mapping[Cell, Range]) -> Iterator[Edit]:
    """The edits that empty the cells into which an array spills."""
    large = [place for place in arrays.values() if place.size > 1]
    for row in sheet.rows if large else ():
        here = [place for place in large if place.row <= row.number <= place.bottom]
        for found in row.cells if here else ():
            cell = Cell.parse(found.place)
            if found.formula is None and any(cell in place for place in here):
                looks = found.attributes.get("s", "")
                style = b' s="%b"' % looks.encode() if looks.isdigit() else b""
                spelled = b'<%bc r="%b"%b/>' % (sheet.prefix, found.place.encode(), style)
                yield found.start, found.end, spelled


def _formulas(sheet: LocatedSheet, arrays: Mapping[Cell, Range], names: Names) -> Iterator[Edit]:
    """The edits of formulas that are said in other words; each cell of a shared one for itself."""
    heads: dict[str, LocatedCell] = {}
    changed: set[str] = set()
    tag = sheet.prefix + b"f"
    for found in _cells(sheet):
        formula = found.formula
        if formula is None:
            continue
        kind, group = formula.attributes.get("t"), formula.attributes.get("si", "")
        text = found.text
        if kind == "shared" and text:
            heads[group] = found
            changed.discard(group)
        elif kind == "shared" and group in changed:
            text = heads[group].text_at(found)
        if not text:
            continue
        spelled = plain_formula(text, Cell.parse(found.place), arrays, names, kind == "array")
        if kind == "shared" and spelled != text:
            changed.add(group)
        if spelled == found.text:
            continue
        content = escape(spelled, quote=False).encode("ascii", "xmlcharrefreplace")
        if kind == "array":
            ref = formula.attributes.get("ref", found.place).encode("ascii", "xmlcharrefreplace")
            opening = b'<%b t="array" ref="%b">' % (tag, ref)
        else:
            opening = b"<%b>" % tag
        yield formula.start, formula.end, b"%b%b</%b>" % (opening, content, tag)


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
