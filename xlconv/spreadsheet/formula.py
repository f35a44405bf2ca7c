"""The text of formulas: its tokens, the cells that it names, and how it reads elsewhere.

The only module that knows how a formula is spelled: strings, quoted sheets, functions, ranges,
names. Must not know what a formula computes, nor what stands in the cells that it names.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from xlconv.spreadsheet.cells import (
    MAX_COLUMNS,
    MAX_ROWS,
    Cell,
    Range,
    column_letters,
    column_number,
)

# Quotes that nobody closed end with the formula, so that no text takes long.
STRING = r'"(?:[^"]|"")*+"?'
QUOTED = r"'(?:[^']|'')*+'?"
_SHEET = r"(?:'(?:[^']|'')*+'|[\w.]++)!"
_CELL = r"\$?[A-Za-z]{1,3}\$?[1-9][0-9]{0,6}"
_RANGE = rf"{_CELL}(?::{_CELL})?"
# Neither a word goes on behind a reference, nor is it a function (LOG10) or a sheet.
_ENDS = r"(?![\w.(!])"
_LINES = r"\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}|\$?[0-9]++:\$?[0-9]++"
_NUMBER = r"(?:[0-9]++\.?+[0-9]*+|\.[0-9]++)(?:[Ee][+-]?[0-9]++)?+"

_TOKEN = re.compile(
    rf"(?P<string>{STRING})"
    r"|(?P<brackets>\[[^\]]*\]?|\{(?!=)[^}]*\}?)"
    rf"|(?P<sheet>{_SHEET})?+(?:"
    r"(?P<function>[A-Za-z_][\w.]*+\()"
    rf"|(?P<lines>{_LINES}){_ENDS}|(?P<range>{_RANGE}){_ENDS}"
    rf"|(?P<number>{_NUMBER}){_ENDS}|(?P<name>[^\W\d][\w.]*+|\\[\w.]++){_ENDS})"
    rf"|(?P<other>{QUOTED}|#[A-Z][A-Z0-9/]*+[!?]?|[\w.$]++|\s++|.)",
    re.DOTALL,
)
_READ = re.compile(rf"(?<![\w.$#])({_SHEET})?+({_RANGE}){_ENDS}|{STRING}|{QUOTED}")
_MOVED = re.compile(
    rf"({STRING}|{QUOTED})"
    rf"|(?<![\w.])(\$?)([A-Za-z]{{1,3}})(\$?)([1-9][0-9]{{0,6}}){_ENDS}"
)
_RENAMED = re.compile(rf"({STRING})|({QUOTED})(!?)|(?<![\w.'])([\w.]++)!")
_STRINGS = re.compile(f"({STRING})")
_FREE_NUMBER = re.compile(r"(?<![\w.$!])(?:\d++\.?+\d*+|\.\d++)(?:E[+-]?\d++)?+(?![\w.(!])")
_BLANKS = re.compile(r"\s+")
_INTERSECTION = re.compile(r"(?<=[\w.$)\]])\s+(?=[\w.$(\[])")


# What a formula gives in place of a value; of a circle spreadsheets show nothing of the kind.
CIRCLE, OTHER_ERROR = "#CIRC!", "#ERROR!"
ERRORS = frozenset(
    ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", CIRCLE, OTHER_ERROR)
)


class Token(NamedTuple):
    """A part of a formula. `kind` is "string", "brackets" (of a table, or an array's constants),
    "function" with the parenthesis that it opens, "range" (or a single cell), "lines" (whole
    columns or rows), "number", "name" or "other"; `sheet` is the one that is named before it."""

    kind: str
    text: str
    sheet: str = ""

    @property
    def name(self) -> str:
        """Its text without the sheet before it, or the parenthesis behind it."""
        own = self.text.rpartition("!")[2] if self.sheet else self.text
        return own.removesuffix("(") if self.kind == "function" else own


def tokens(formula: str) -> Iterator[Token]:
    """All parts of a formula, in their order.

    >>> [token.kind for token in tokens("SUM(Board!A1:B2,rate)*2")]
    ['function', 'range', 'other', 'name', 'other', 'other', 'number']
    >>> next(tokens("'Ada''s board'!$B$2"))
    Token(kind='range', text="'Ada''s board'!$B$2", sheet="Ada's board")
    """
    for match in _TOKEN.finditer(formula):
        assert match.lastgroup is not None
        yield Token(match.lastgroup, match[0], _sheet(match["sheet"]))


def _sheet(text: str | None) -> str:
    """The sheet that a text such as Board! or 'Ada''s board'! names."""
    if text is None:
        return ""
    return text[1:-2].replace("''", "'") if text[0] == "'" else text[:-1]


def references(formula: str) -> list[tuple[str, Range]]:
    """The ranges and single cells that a formula names, each with its sheet, "" for none.

    >>> [(sheet, place.a1) for sheet, place in references("MAX(A2:C4)+Board!$B$1&\\"A1\\"")]
    [('', 'A2:C4'), ('Board', 'B1')]
    """
    return [
        (_sheet(match[1]), Range.parse(match[2]))
        for match in _READ.finditer(formula)
        if match[2] is not None
    ]


def moved_references(formula: str, rows: int, columns: int) -> list[tuple[str, Range]]:
    """The references that a formula has after it was copied so many rows and columns away.

    >>> moved_references("A2:C4+Board!$B$1", 1, 2) == references("C3:E5+Board!$B$1")
    True
    """
    here, there = _here_and_there(formula)
    if len(here) != len(there):  # at the end of a sheet there is no row below
        return references(moved_formula(formula, rows, columns))
    return [
        (
            sheet,
            Range(
                one.row + rows * (other.row - one.row),
                one.column + columns * (other.column - one.column),
                one.height + rows * (other.height - one.height),
                one.width + columns * (other.width - one.width),
            ),
        )
        for (sheet, one), (_, other) in zip(here, there, strict=True)
    ]


@lru_cache(maxsize=4096)
def _here_and_there(formula: str) -> tuple[list[tuple[str, Range]], list[tuple[str, Range]]]:
    """The references of a formula, and of its copy a row below and a column beside."""
    return references(formula), references(moved_formula(formula, 1, 1))


def with_sheets(formula: str, names: Mapping[str, str]) -> str:
    """A formula that names sheets otherwise: `names` are the new ones, as formulas spell them, by
    the old ones in small letters; others stay.

    >>> with_sheets("SUM('My board'!A1)&\\"'My board'!\\"", {"my board": "Board"})
    'SUM(Board!A1)&"\\'My board\\'!"'
    """

    def name(match: re.Match[str]) -> str:
        if match[4] is not None:
            return names.get(match[4].casefold(), match[4]) + "!"
        if match[2] is not None and match[3]:
            spelled = match[2][1:-1].replace("''", "'").casefold()
            return names.get(spelled, match[2]) + "!"
        return match[0]

    return _RENAMED.sub(name, formula)


def moved_formula(formula: str, rows: int, columns: int) -> str:
    """The text that a formula has after it was copied so many rows and columns away.

    >>> moved_formula("SUMPRODUCT(A2:C4,$E$2:$G$4)+LOG10(B$1)", 1, 2)
    'SUMPRODUCT(C3:E5,$E$2:$G$4)+LOG10(D$1)'
    """

    def move(match: re.Match[str]) -> str:
        if match[1] is not None:
            return match[1]
        column = column_number(match[3]) + (0 if match[2] else columns)
        row = int(match[5]) + (0 if match[4] else rows)
        if not (1 <= column <= MAX_COLUMNS and 1 <= row <= MAX_ROWS):
            return "#REF!"
        letters = match[3] if match[2] else column_letters(column)
        return f"{match[2]}{letters}{match[4]}{row}"

    return _MOVED.sub(move, formula)


def moved_formulas(formula: str, rows: Sequence[int], columns: Sequence[int]) -> list[str]:
    """The texts that a formula has so many rows and columns away, row by row: those of
    `moved_formula`, of which only the moving parts are made anew.

    >>> moved_formulas("MAX(A2:B$3)*50%", (0, 2), (0, 1))[1:3]
    ['MAX(B2:C$3)*50%', 'MAX(A4:B$3)*50%']
    """
    pattern, row_parts, column_parts = _pattern(formula)
    if not (
        all(0 < row + away <= MAX_ROWS for row in row_parts for away in _ends(rows))
        and all(
            0 < column + away <= MAX_COLUMNS for column in column_parts for away in _ends(columns)
        )
    ):
        return [moved_formula(formula, row, column) for row in rows for column in columns]
    letters = [
        tuple([column_letters(column + away) for column in column_parts]) for away in columns
    ]
    texts: list[str] = []
    for away in rows:
        in_row = pattern % tuple([row + away for row in row_parts])
        texts += [in_row % across for across in letters]
    return texts


def _ends(numbers: Sequence[int]) -> tuple[int, ...]:
    return (min(numbers), max(numbers)) if numbers else ()


def _pattern(formula: str) -> tuple[str, list[int], list[int]]:
    """A formula with marks where its relative references' rows go and, in what that gives, their
    columns, and the numbers of these rows and columns."""
    parts, rows, columns, end = [], [], [], 0
    for match in _MOVED.finditer(formula):
        if match[1] is not None:
            continue
        column, row = f"${match[3]}", f"${match[5]}"
        if not match[2]:
            columns.append(column_number(match[3]))
            column = "%%s"
        if not match[4]:
            rows.append(int(match[5]))
            row = "%d"
        parts += [formula[end : match.start()].replace("%", "%%%%"), column, row]
        end = match.end()
    return "".join(parts) + formula[end:].replace("%", "%%%%"), rows, columns


@lru_cache(maxsize=4096)
def relative_form(formula: str, at: Cell) -> str:
    """A formula with its relative references written as offsets from its own cell.

    Two cells hold "the same formula" in a spreadsheet's sense exactly when their
    relative forms are equal, however the file spells them (shared or one by one,
    with or without blanks, in capitals or not).

    >>> relative_form("max(0, A2)", Cell(2, 3)), relative_form("MAX(0,B3)", Cell(3, 4))
    ('MAX(0,r[0]c[-2])', 'MAX(0,r[0]c[-2])')
    >>> relative_form("SUM($A$1:B2)", Cell(1, 1)), relative_form("SUM(R1C1)", Cell(1, 1))
    ('SUM(r1c1:r[1]c[1])', 'SUM(R1C1)')

    Numbers are compared as numbers: Excel writes 0.00001 as 1.0000000000000001E-5.

    >>> relative_form("0.00001*2", Cell(1, 1)), relative_form("1.0000000000000001E-5*2", Cell(1, 1))
    ('1e-05*2', '1e-05*2')
    """

    def relate(match: re.Match[str]) -> str:
        if match[1] is not None:
            return match[1]
        row, column = int(match[5]), column_number(match[3])
        # In small letters, which a formula's own text, a name R1C1 say, no longer has.
        row_text = f"r{row}" if match[4] else f"r[{row - at.row}]"
        return row_text + (f"c{column}" if match[2] else f"c[{column - at.column}]")

    parts = _STRINGS.split(formula.removeprefix("="))
    parts[::2] = list(map(_canonical, parts[::2]))
    return _MOVED.sub(relate, "".join(parts))


def _canonical(part: str) -> str:
    """What stands between strings as it is compared: there the case of letters carries no meaning,
    and blanks only between two operands, as an intersection, and in what is no formula at all."""
    text = _BLANKS.sub("", _INTERSECTION.sub("_", part)).upper()
    return _FREE_NUMBER.sub(lambda number: f"{float(number[0]):.14g}", text)
