"""The cells of a sheet as XML text, row by row.

Rendering goes block by block and row by row with one text pattern a block, which is what
makes writing fast. Must not know files, openpyxl or networks.
"""

import re
from bisect import insort
from collections.abc import Callable, Iterator, Mapping
from functools import singledispatch
from html import escape
from itertools import chain
from operator import itemgetter

import numpy as np

from xlconv.errors import LimitError
from xlconv.spreadsheet.blocks import (
    BlankBlock,
    Block,
    CellwiseBlock,
    ConstantBlock,
    FormulaBlock,
    PaintedBlock,
    Sheet,
    Style,
    TextBlock,
    Values,
)
from xlconv.spreadsheet.cells import MAX_ROWS, MAX_TEXT_LENGTH, SMALLEST_NUMBER, column_letters
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
    row, end = 0, MAX_ROWS  # the row in which the first of the active ends
    while waiting or active:
        row = row + 1 if active else waiting[-1].range.row
        while waiting and waiting[-1].range.row == row:
            block = waiting.pop()
            renderer = row_text(block, styles, strings, shared)
            insort(active, (block.range.column, block.range.bottom, renderer), key=_FIRST_COLUMN)
            end = min(end, block.range.bottom)
        cells = "".join([text(row) for _, _, text in active])
        yield f"<row {_row_attributes(sheet, row)}>{cells}</row>"
        if row >= end:
            active = [member for member in active if member[1] > row]
            end = min([bottom for _, bottom, _ in active], default=MAX_ROWS)


_FIRST_COLUMN = itemgetter(0)


def _row_attributes(sheet: Sheet, row: int) -> str:
    height = sheet.heights.get(row, sheet.row_height) * _PIXELS_TO_POINTS
    level, below = sheet.folds.get(row, 0), sheet.folds.get(row + 1, 0)
    fold = ""
    if sheet.folds and not sheet.protected:
        fold = f' outlineLevel="{level}" hidden="1"' if level else ""
        fold += ' collapsed="1"' if below > level else ""
    return f'r="{row}" ht="{height:g}" customHeight="1"{fold}'


@singledispatch
def row_text(
    block: Block, styles: StyleNumbers, strings: SharedStrings, shared: Iterator[int]
) -> RowText:
    """The function that renders a block's cells of one sheet row."""
    raise NotImplementedError(f"no cells for {type(block).__name__}")


def _pattern(block: Block, cell: str) -> str:
    """A row of cells: `cell` with {c} for the column, and a mark where the row number goes."""
    before, behind = cell.split("{c}")
    letters = map(column_letters, range(block.range.column, block.range.right + 1))
    between = f"{_ROW_MARK}{behind}{before}"
    return f"{before}{between.join(letters)}{_ROW_MARK}{behind}"


def _written(block: Block, values: Values) -> Values:
    """Values as cells hold them: what is too near to 0 for a cell, and what is less than 0 by its
    sign alone, is 0. LimitError for numbers that no cell can hold."""
    numbers = values
    if values.dtype.kind == "O":
        numbers = np.array([v for v in values.flat if isinstance(v, float)])
    if numbers.dtype.kind == "f" and not np.isfinite(numbers).all():
        raise LimitError(
            f"the numbers at {block.range.a1} are too large for a cell (infinity or NaN); "
            "use smaller weights"
        )
    if values.dtype.kind != "f":
        return values
    small = np.abs(values) < SMALLEST_NUMBER
    odd = small.any() and (small & (np.signbit(values) | (values != 0))).any()
    return np.where(small, 0.0, values) if odd else values


def _texts(values: Values, row: int) -> tuple[str, ...]:
    """The texts of one row: made when the row is, so that no more than a row is held."""
    if values.dtype.kind == "f":
        return tuple(map(repr, values[row].tolist()))
    if values.dtype.kind == "O":
        # None, where nothing can be said beforehand, as of a sentence in which rounding decides.
        held = ["" if one is None else one for one in values[row].tolist()]
        return tuple(
            number_text(one) if isinstance(one, float) else escaped_string(one) for one in held
        )
    return tuple(map(escaped_string, values[row].tolist()))


def number_text(value: float) -> str:
    """A number for a cell, with all its digits.

    >>> number_text(0.1), number_text(-2e-310)
    ('0.1', '0.0')
    """
    return repr(value) if abs(value) >= SMALLEST_NUMBER or value == 0 else "0.0"


@row_text.register
def _constant_row(
    block: ConstantBlock, styles: StyleNumbers, strings: SharedStrings, shared: Iterator[int]
) -> RowText:
    values, first, style = block.values, block.range.row, styles[block.style]
    empty = np.isnan(values.astype(np.float64, copy=False))
    if empty.any():
        held = _written(block, np.where(empty, 0.0, values))
        return _sparse_row(block, np.where(empty, np.nan, held), style)
    values = _written(block, values)
    pattern = _pattern(block, f'<c r="{{c}}" s="{style}"><v>%s</v></c>')
    return lambda row: pattern.replace(_ROW_MARK, str(row)) % _texts(values, row - first)


def _sparse_row(block: ConstantBlock, values: Values, style: int) -> RowText:
    """Numbers with gaps: a cell that is left empty is not written at all."""
    letters = [column_letters(c) for c in range(block.range.column, block.range.right + 1)]
    first = block.range.row

    def text(row: int) -> str:
        cells = zip(letters, values[row - first].tolist(), strict=True)
        return "".join(
            [
                f'<c r="{column}{row}" s="{style}"><v>{value!r}</v></c>'
                for column, value in cells
                if value == value  # NaN is not
            ]
        )

    return text


@row_text.register
def _painted_row(
    block: PaintedBlock, styles: StyleNumbers, strings: SharedStrings, shared: Iterator[int]
) -> RowText:
    numbers = {value: styles[style] for value, style in block.styles.items()}
    letters = [column_letters(c) for c in range(block.range.column, block.range.right + 1)]

    def text(row: int) -> str:
        held = block.values[row - block.range.row].tolist()
        return "".join(
            [
                f'<c r="{column}{row}" s="{numbers[value]}"><v>{value!r}</v></c>'
                for column, value in zip(letters, held, strict=True)
            ]
        )

    return text


def _types_of(values: Values, row: int) -> tuple[str, ...]:
    """What each cell of a row says of its value's type, where not all say the same: nothing for a
    number."""
    return tuple("" if isinstance(value, float) else _TEXT for value in values[row])


_TEXT = ' t="str"'


def _type_mark(values: Values) -> str:
    """What all cells say of their values' types, or a mark where each says it for itself."""
    return {"O": "%s", "f": ""}.get(values.dtype.kind, _TEXT)


@row_text.register
def _formula_row(
    block: FormulaBlock, styles: StyleNumbers, strings: SharedStrings, shared: Iterator[int]
) -> RowText:
    formula, place = escape(block.formula, quote=False), block.range
    style = styles[block.style]
    values = _written(block, block.values)
    kind = _type_mark(values)
    if place.size == 1:
        if kind == "%s":
            [kind] = _types_of(values, 0)
        [value] = _texts(values, 0)
        cell = f'<c r="{place.a1}" s="{style}"{kind}><f>{formula}</f><v>{value}</v></c>'
        return lambda row: cell
    number = next(shared)
    child = f'<f t="shared" si="{number}"/>'
    master = f'<f t="shared" ref="{place.a1}" si="{number}">{formula}</f>'.replace("%", "%%")
    pattern = _pattern(block, f'<c r="{{c}}" s="{style}"{kind}>{child}<v>%s</v></c>')
    first = pattern.replace(child, master, 1)

    def text(row: int) -> str:
        chosen, at = first if row == place.row else pattern, row - place.row
        filling = _texts(values, at)
        if kind == "%s":
            filling = _interleaved(_types_of(values, at), filling)
        return chosen.replace(_ROW_MARK, str(row)) % filling

    return text


@row_text.register
def _cellwise_row(
    block: CellwiseBlock, styles: StyleNumbers, strings: SharedStrings, shared: Iterator[int]
) -> RowText:
    width, values = block.range.width, _written(block, block.values)
    style = styles[block.style]
    kind = _type_mark(values)
    pattern = _pattern(block, f'<c r="{{c}}" s="{style}"{kind}><f>%s</f><v>%s</v></c>')

    def text(row: int) -> str:
        at = row - block.range.row
        own = block.formulas[at * width : (at + 1) * width]
        formulas = tuple([escape(formula, quote=False) for formula in own])
        parts = (formulas, _texts(values, at))
        filling = _interleaved(*((_types_of(values, at), *parts) if kind == "%s" else parts))
        return pattern.replace(_ROW_MARK, str(row)) % filling

    return text


def _interleaved(*parts: tuple[str, ...]) -> tuple[str, ...]:
    """The first of each part, then the second of each, and so on."""
    return tuple(chain.from_iterable(zip(*parts, strict=True)))


@row_text.register
def _text_row(
    block: TextBlock, styles: StyleNumbers, strings: SharedStrings, shared: Iterator[int]
) -> RowText:
    blanks = _pattern(block, f'<c r="{{c}}" s="{styles[block.style]}"/>')
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
    block: BlankBlock, styles: StyleNumbers, strings: SharedStrings, shared: Iterator[int]
) -> RowText:
    pattern = _pattern(block, f'<c r="{{c}}" s="{styles[block.style]}"/>')
    return lambda row: pattern.replace(_ROW_MARK, str(row))
