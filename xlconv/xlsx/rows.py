"""The cells of a sheet as XML text, row by row.

Rendering goes block by block and row by row with one text pattern a block, which is what
makes writing fast. Must not know files, openpyxl or networks.
"""

import re
from bisect import insort
from collections.abc import Callable, Iterator, Mapping
from functools import singledispatch
from html import escape

import numpy as np

from xlconv.errors import LimitError
from xlconv.spreadsheet.blocks import (
    BlankBlock,
    Block,
    CellwiseBlock,
    ConstantBlock,
    FormulaBlock,
    Sheet,
    Style,
    TextBlock,
    Values,
)
from xlconv.spreadsheet.cells import MAX_TEXT_LENGTH, SMALLEST_NUMBER, column_letters
from xlconv.xlsx.markup import MAIN

StyleNumbers = Mapping[Style, int]
RowText = Callable[[int], str]  # a sheet row's number -> the cells of one block in that row

_ROW_MARK = "\0"
_PIXELS_TO_POINTS = 0.75
_XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def escaped_string(text: str) -> str:
    """Text for a cell: what XML cannot hold, and what looks like an escape, as Office escapes it
    (ECMA-376 Part 1, 22.9.2.19, ST_Xstring).

    >>> escaped_string("a" + chr(13) + "b _x0041_")
    'a_x000D_b _x005F_x0041_'
    """
    text = _LIKE_AN_ESCAPE.sub("_x005F_", text)
    text = _NOT_IN_XML.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    return escape(text, quote=False)


_LIKE_AN_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")


class SharedStrings:
    """The texts of a workbook, each once, numbered in the order in which they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._uses = 0

    def number(self, text: str) -> int:
        self._uses += 1
        return self._numbers.setdefault(text, len(self._numbers))

    def xml(self) -> str:
        items = "".join(
            f'<si><t xml:space="preserve">{escaped_string(text)}</t></si>' for text in self._numbers
        )
        counts = f'count="{self._uses}" uniqueCount="{len(self._numbers)}"'
        return f'{_XML_DECLARATION}<sst xmlns="{MAIN}" {counts}>{items}</sst>'


def sheet_rows(sheet: Sheet, styles: StyleNumbers, strings: SharedStrings) -> Iterator[str]:
    """The <row> elements of a sheet, one text each."""
    waiting = sorted(sheet.blocks, key=lambda block: (-block.range.row, -block.range.column))
    active: list[tuple[int, int, RowText]] = []  # first column, last row, text
    shared = iter(range(len(sheet.blocks)))
    row = 0
    while waiting or active:
        row = row + 1 if active else waiting[-1].range.row
        while waiting and waiting[-1].range.row == row:
            block = waiting.pop()
            renderer = row_text(block, styles[block.style], strings, shared)
            insort(active, (block.range.column, block.range.bottom, renderer), key=lambda a: a[0])
        yield f"<row {_row_attributes(sheet, row)}>{''.join(a[2](row) for a in active)}</row>"
        active = [member for member in active if member[1] > row]


def _row_attributes(sheet: Sheet, row: int) -> str:
    height = sheet.heights.get(row, sheet.row_height) * _PIXELS_TO_POINTS
    return f'r="{row}" ht="{height:g}" customHeight="1"'


@singledispatch
def row_text(block: Block, style: int, strings: SharedStrings, shared: Iterator[int]) -> RowText:
    """The function that renders a block's cells of one sheet row."""
    raise NotImplementedError(f"no cells for {type(block).__name__}")


def _pattern(block: Block, cell: str) -> str:
    """A row of cells: `cell` with {c} for the column, and a mark where the row number goes."""
    letters = map(column_letters, range(block.range.column, block.range.right + 1))
    return "".join(cell.replace("{c}", f"{column}{_ROW_MARK}") for column in letters)


def _finite(block: Block, values: Values) -> None:
    numbers = values
    if values.dtype.kind == "O":
        numbers = np.array([v for v in values.flat if isinstance(v, float)])
    if numbers.dtype.kind == "f" and not np.isfinite(numbers).all():
        raise LimitError(
            f"the numbers at {block.range.a1} are too large for a cell (infinity or NaN); "
            "use smaller weights"
        )


def _texts(values: Values, row: int) -> tuple[str, ...]:
    """The texts of one row: made when the row is, so that no more than a row is held."""
    if values.dtype.kind == "O":
        # None, where nothing can be said beforehand, as of a sentence in which rounding decides.
        held = ["" if one is None else one for one in values[row].tolist()]
        return tuple(
            number_text(one) if isinstance(one, float) else escaped_string(one) for one in held
        )
    if values.dtype.kind != "f":
        return tuple(map(escaped_string, values[row].tolist()))
    numbers = np.where(np.abs(values[row]) < SMALLEST_NUMBER, 0.0, values[row])
    return tuple(map(repr, numbers.tolist()))


def number_text(value: float) -> str:
    """A number for a cell, with all its digits.

    >>> number_text(0.1), number_text(-2e-310)
    ('0.1', '0.0')
    """
    return repr(value) if abs(value) >= SMALLEST_NUMBER or value == 0 else "0.0"


@row_text.register
def _constant_row(
    block: ConstantBlock, style: int, strings: SharedStrings, shared: Iterator[int]
) -> RowText:
    values, first = block.values, block.range.row
    if np.isnan(values.astype(np.float64)).any():
        _finite(block, np.where(np.isnan(values), 0.0, values))
        return _sparse_row(block, style)
    _finite(block, values)
    pattern = _pattern(block, f'<c r="{{c}}" s="{style}"><v>%s</v></c>')
    return lambda row: pattern.replace(_ROW_MARK, str(row)) % _texts(values, row - first)


def _sparse_row(block: ConstantBlock, style: int) -> RowText:
    """Numbers with gaps: a cell that is left empty is not written at all."""
    letters = [column_letters(c) for c in range(block.range.column, block.range.right + 1)]
    values, first = block.values, block.range.row

    def text(row: int) -> str:
        numbers = values[row - first].tolist()
        cells = zip(letters, numbers, strict=True)
        return "".join(
            f'<c r="{column}{row}" s="{style}"><v>{number_text(value)}</v></c>'
            for column, value in cells
            if value == value  # NaN is not
        )

    return text


def _types_of(values: Values, row: int) -> tuple[str, ...]:
    """What each cell of a row says of its value's type: nothing for a number."""
    if values.dtype.kind == "O":
        return tuple("" if isinstance(value, float) else ' t="str"' for value in values[row])
    kind = "" if values.dtype.kind == "f" else ' t="str"'
    return (kind,) * int(values.shape[1])


@row_text.register
def _formula_row(
    block: FormulaBlock, style: int, strings: SharedStrings, shared: Iterator[int]
) -> RowText:
    _finite(block, block.values)
    formula, place, values = escape(block.formula, quote=False), block.range, block.values
    if place.size == 1:
        [value], [kind] = _texts(values, 0), _types_of(values, 0)
        cell = f'<c r="{place.a1}" s="{style}"{kind}><f>{formula}</f><v>{value}</v></c>'
        return lambda row: cell
    number = next(shared)
    child = f'<f t="shared" si="{number}"/>'
    master = f'<f t="shared" ref="{place.a1}" si="{number}">{formula}</f>'.replace("%", "%%")
    pattern = _pattern(block, f'<c r="{{c}}" s="{style}"%s>{child}<v>%s</v></c>')
    first = pattern.replace(child, master, 1)

    def text(row: int) -> str:
        chosen, at = first if row == place.row else pattern, row - place.row
        filling = _interleaved(_types_of(values, at), _texts(values, at))
        return chosen.replace(_ROW_MARK, str(row)) % filling

    return text


@row_text.register
def _cellwise_row(
    block: CellwiseBlock, style: int, strings: SharedStrings, shared: Iterator[int]
) -> RowText:
    _finite(block, block.values)
    width, values = block.range.width, block.values
    pattern = _pattern(block, f'<c r="{{c}}" s="{style}"%s><f>%s</f><v>%s</v></c>')

    def text(row: int) -> str:
        at = row - block.range.row
        own = block.formulas[at * width : (at + 1) * width]
        formulas = tuple(escape(formula, quote=False) for formula in own)
        filling = _interleaved(_types_of(values, at), formulas, _texts(values, at))
        return pattern.replace(_ROW_MARK, str(row)) % filling

    return text


def _interleaved(*parts: tuple[str, ...]) -> tuple[str, ...]:
    """The first of each part, then the second of each, and so on."""
    return tuple(text for together in zip(*parts, strict=True) for text in together)


@row_text.register
def _text_row(
    block: TextBlock, style: int, strings: SharedStrings, shared: Iterator[int]
) -> RowText:
    blanks = _pattern(block, f'<c r="{{c}}" s="{style}"/>')
    if len(block.text) > MAX_TEXT_LENGTH:
        raise LimitError(
            f"the text {block.text[:20]!r}... has {len(block.text):,} characters, "
            f"{len(block.text) - MAX_TEXT_LENGTH:,} more than a cell can hold; shorten it"
        )
    number = strings.number(block.text)
    first = blanks.replace("/>", f' t="s"><v>{number}</v></c>', 1)

    def text(row: int) -> str:
        return (first if row == block.range.row else blanks).replace(_ROW_MARK, str(row))

    return text


@row_text.register
def _blank_row(
    block: BlankBlock, style: int, strings: SharedStrings, shared: Iterator[int]
) -> RowText:
    pattern = _pattern(block, f'<c r="{{c}}" s="{style}"/>')
    return lambda row: pattern.replace(_ROW_MARK, str(row))
