"""The cells of a sheet's part, as a stream.

Owns what a cell's XML means, and which cells no sheet has: beyond Excel's limits, twice, out of
order, or numbers that are none. Refuses formulas that reach outside of their book. Must not know
files, nor networks.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from math import isfinite

import numpy as np

from xlconv.spreadsheet.cells import (
    MAX_COLUMNS,
    MAX_FORMULA_LENGTH,
    MAX_ROWS,
    MAX_TEXT_LENGTH,
    SMALLEST_NUMBER,
    Cell,
    Range,
)
from xlconv.spreadsheet.keys import key_cell
from xlconv.xlsx.canonical import Rows, are_usual, canonical_rows, pieces
from xlconv.xlsx.external import are_harmless, element_reach, formula_reach, holds_formula
from xlconv.xlsx.format_rules import PLACES, FormatRules
from xlconv.xlsx.markup import MAIN, Attributes, Events, Parser, local
from xlconv.xlsx.sheet import (
    CellError,
    CrowdedError,
    FoundCell,
    FoundFormula,
    FoundSheet,
    NoText,
    ReachError,
    SheetCells,
    Value,
)

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
MOST_ARRAYS = 1_000  # each is looked for beside every constant
_LONGEST_FORMULA = 2 * MAX_FORMULA_LENGTH  # programs write some names longer than people do
LONGEST_TEXT = 8 * MAX_TEXT_LENGTH  # escapes such as _x000D_ are longer than what they stand for
_CELL, _ROW, _DATA = f"{MAIN}}}c", f"{MAIN}}}row", f"{MAIN}}}sheetData"
_FORMULA, _VALUE, _INLINE, TEXT = f"{MAIN}}}f", f"{MAIN}}}v", f"{MAIN}}}is", f"{MAIN}}}t"
STRING, PHONETIC = f"{MAIN}}}si", f"{MAIN}}}rPh"
_CELL_DEPTH = 4  # worksheet, sheetData, row, c
TAGS = {
    spelled: name
    for name in (_CELL, _ROW, _DATA, _FORMULA, _VALUE, _INLINE, TEXT, STRING, PHONETIC)
    for spelled in (name, f"http://purl.oclc.org/ooxml/spreadsheetml/main}}{local(name)}")
}


Translate = Callable[[str], str]


def read_cells(
    chunks: Iterable[bytes],
    strings: list[str],
    translate: Translate | None = None,
    most: int | None = None,
    most_cells: int | None = None,
) -> FoundSheet:
    """The cells of a sheet that are not empty.

    `translate` is applied to the text of each formula; `most` bounds the elements, `most_cells`
    the cells. Raises MarkupError, CellError, ReachError.
    """
    sheet = _Sheet(strings, translate)
    sheet.most = most or sheet.most
    parser = Parser(sheet)
    usual = False  # the parser stands between two rows, as their tags are usually written
    for piece in pieces(chunks):
        rows = canonical_rows(piece) if usual else None
        if rows is not None and (np.diff(rows.keys) > 0).all():
            parser.feed(rows.markup.encode())
            sheet.take(rows)
        else:
            parser.feed(piece)
            usual = sheet.is_between_rows and not parser.is_within and are_usual(piece, usual)
        if most_cells is not None and len(sheet.cells.keys) > most_cells:
            raise CrowdedError
    parser.close()
    return replace(sheet.cells.found(), rules=tuple(sheet.rules.found))


class _Sheet(Events):
    """What is known of a sheet at some point of its XML."""

    def __init__(self, strings: list[str], translate: Translate | None) -> None:
        self.strings, self.translate = strings, translate
        self.cells = SheetCells(translate)
        self.rules = FormatRules()
        self.in_data = False  # among the rows
        self.members: dict[str, int] = {}  # formulas' numbers by the elements of cells that share
        self.shared: dict[str, FoundFormula] = {}
        self.arrays: list[tuple[Range, FoundFormula]] = []
        self.row = self.column = 0  # where the last cell began
        self.digits = ""  # with which places in this row end
        self.columns: dict[str, int] = {}  # by what stands before the digits
        self.inside = False  # a cell is open
        self.kind = "n"
        self.style = 0
        self.styles: dict[str, int] = {}
        self.formula: tuple[Attributes, str] | None = None
        self.value: str | None = None
        self.inline: str | None = None
        self.open = ""  # the element whose text is kept
        self.kept = ""
        self.attributes: Attributes = {}
        self.phonetic = False

    @property
    def cell(self) -> Cell:
        return Cell(self.row, self.column)

    @property
    def is_between_rows(self) -> bool:
        """Whether whole rows may follow, of which no cell is part of an array."""
        return self.in_data and self.depth == _CELL_DEPTH - 2 and not self.arrays

    def take(self, rows: Rows) -> None:
        """The cells of rows whose markup without cells was parsed."""
        self.count += rows.elements
        last, self.inside = self.row, True
        held = np.fromiter(self._held(rows), np.int32, len(rows.spelled))
        there = (held >= 0) | ~np.isnan(rows.numbers)
        there[[*rows.others]] = True
        positions = np.cumsum(there) - 1
        others: dict[int, Value] = {}
        for index, (kind, text) in rows.others.items():
            self.row, self.column = key_cell(int(rows.keys[index]))
            others[int(positions[index])] = self._value(kind, text)
        self.row, self.inside = last, False
        numbers = np.where(np.abs(rows.numbers) < SMALLEST_NUMBER, 0.0, rows.numbers)
        styles = np.array(rows.styles, dtype=np.int32)
        self.cells.extend(rows.keys[there], numbers[there], styles[there], held[there], others)

    def _held(self, rows: Rows) -> Iterator[int]:
        """The number of each cell's formula."""
        members = self.members
        own = rows.own_formulas if are_harmless(rows.own_formulas.values()) else {}
        append = self.cells.formulas.append
        for index, spelled in enumerate(rows.spelled):
            if spelled is None:
                yield -1
                continue
            number = members.get(spelled)
            if number is None and spelled in own:
                number = append(own[spelled], int(rows.keys[index]))
            elif number is None:
                self.row, self.column = key_cell(int(rows.keys[index]))
                said = rows.formulas.get(spelled) or ({}, rows.own_formulas[spelled])
                number = self._number_of(spelled, *said)
            yield number

    def _number_of(self, spelled: str, attributes: Attributes, text: str) -> int:
        """The number of a formula by its element, attributes and text."""
        if text:
            self._check_formula(text)
        formula = self._formula(attributes, text)
        number = self.cells.number(formula)
        if not text and attributes.get("si", "") in self.shared:
            self.members[spelled] = number
        return number

    def start(self, name: str, attributes: Attributes) -> None:
        self.depth += 1
        self.count += 1
        tag = TAGS.get(name)
        if tag == _CELL:
            self._start_cell(attributes)
        elif tag == _ROW:
            self._start_row(attributes)
        elif self.inside and tag is not None:
            self._start_inside(tag, attributes)
        elif tag == _DATA:
            self.in_data = self.depth == _CELL_DEPTH - 2
        else:
            self._start_other(name, attributes)

    def _start_row(self, attributes: Attributes) -> None:
        given = attributes.get("r")
        row = self.row + 1 if given is None else _whole(given, "row")
        if self.depth != _CELL_DEPTH - 1 or not self.row < row <= MAX_ROWS:
            raise CellError(f"row {row} is out of order, or beyond the limits of a sheet")
        self.row, self.column, self.digits = row, 0, str(row)

    def _start_cell(self, attributes: Attributes) -> None:
        place = attributes.get("r")
        column = self._column(place) if place else self.column + 1
        in_order = self.row > 0 and self.column < column <= MAX_COLUMNS
        if self.depth != _CELL_DEPTH or not in_order:
            raise _misplaced(Cell(self.row, column))
        self.column, self.kind, self.inside = column, attributes.get("t", "n"), True
        self.style = self._style(attributes["s"]) if "s" in attributes else 0
        self.formula = self.value = self.inline = None
        self.phonetic = False

    def _column(self, place: str) -> int:
        """The column of a place in this row; each is parsed in the first row that has it."""
        if place.endswith(self.digits):
            known = self.columns.get(place[: -len(self.digits)])
            if known is not None:
                return known
        try:
            cell = Cell.parse(place)
        except ValueError as error:
            raise CellError(str(error)[:80]) from error
        if cell.row != self.row:
            raise _misplaced(cell)
        self.columns[place[: -len(self.digits)]] = cell.column
        return cell.column

    def _style(self, text: str) -> int:
        """The number of a look; each is parsed once."""
        known = self.styles.get(text)
        if known is None:
            known = self.styles[text] = _whole(text, f"the look of {self.cell.a1}")
        return known

    def _start_inside(self, tag: str, attributes: Attributes) -> None:
        if tag == PHONETIC:
            self.phonetic = True
        elif tag in (_FORMULA, _VALUE) or (tag == TEXT and not self.phonetic):
            if (tag == _FORMULA and self.formula) or (tag == _VALUE and self.value is not None):
                raise CellError(f"the cell {self.cell.a1} holds two formulas or two values")
            self.open, self.kept, self.attributes = tag, "", attributes

    def _start_other(self, name: str, attributes: Attributes) -> None:
        spelled = local(name)
        reach = element_reach(spelled, attributes)
        if reach is not None:
            raise ReachError(attributes.get("ref", attributes.get("sqref", spelled))[:60], reach)
        self.rules.start(spelled, attributes)
        if holds_formula(spelled) or spelled == PLACES:
            self.open, self.kept = name, ""

    def text(self, data: str) -> None:
        if self.open:
            self.kept += data
            if len(self.kept) > LONGEST_TEXT:
                raise CellError(f"{self._where()} holds more than {MAX_TEXT_LENGTH:,} characters")

    def _where(self) -> str:
        return f"the cell {self.cell.a1}" if self.inside else f"a rule behind row {self.row}"

    def end(self, name: str) -> None:
        self.depth -= 1
        tag = TAGS.get(name)
        if self.open and (tag or name) == self.open:
            self.open = ""
            self._end_text(tag or name, self.kept)
        elif tag == _CELL:
            self.inside = False
            self._end_cell()
        elif tag == PHONETIC:
            self.phonetic = False
        elif tag == _DATA:
            self.in_data = False
        elif tag is None:
            self.rules.end(local(name))

    def _end_text(self, tag: str, text: str) -> None:
        if tag == _VALUE and self.inside:
            self.value = text
        elif tag == TEXT and self.inside:
            self.inline = (self.inline or "") + text
        else:
            if text and local(tag) != PLACES:
                self._check_formula(text)
            if self.inside:
                self.formula = (self.attributes, text)
            else:
                self.rules.text(local(tag), text)

    def _check_formula(self, text: str) -> None:
        if len(text) > _LONGEST_FORMULA:
            raise CellError(
                f"{self._where()} holds a formula of {len(text):,} characters, more than Excel's "
                f"{MAX_FORMULA_LENGTH:,}"
            )
        reach = formula_reach(text)
        if reach is not None:
            raise ReachError(self.cell.a1 if self.inside else self._where(), reach)

    def _end_cell(self) -> None:
        value = self._value(self.kind, self.inline if self.kind == "inlineStr" else self.value)
        formula = None
        if self.formula is not None:
            formula = self._formula(*self.formula)
        elif value is None:
            return
        elif self.arrays:
            cell = self.cell
            formula = next((formula for place, formula in self.arrays if cell in place), None)
        self.cells.add(self.row, self.column, FoundCell(value, formula, self.style))

    def _formula(self, attributes: Attributes, text: str) -> FoundFormula:
        kind = attributes.get("t")
        if kind == "shared" and not text:
            # A member whose group has no head computes nothing that could be compared.
            head = self.shared.get(attributes.get("si", ""))
            return head or FoundFormula("", self.cell)
        if kind == "dataTable":
            text = _table_text(attributes)
        found = FoundFormula(
            text=text if self.translate is None else self.translate(text),
            anchor=self.cell,
            array=kind in ("array", "dataTable"),
            spelled=text,
            block=_block(attributes.get("ref", "")),
        )
        if found.array and found.block is not None:
            self.arrays.append((found.block, found))
            if len(self.arrays) > MOST_ARRAYS:
                raise CellError(f"more than {MOST_ARRAYS:,} array formulas of several cells")
        if kind == "shared":
            number = attributes.get("si", "")
            if number in self.shared:
                self.members.clear()
            self.shared[number] = found
        return found

    def _value(self, kind: str, text: str | None) -> Value:
        if kind == "inlineStr":
            return None if text is None else unescaped(text)
        if kind == "str" and text is not None:
            return unescaped(text)
        if not text:
            return None
        if kind == "s":
            number = _whole(text, f"the text of {self.cell.a1}")
            if not 0 <= number < len(self.strings):
                raise CellError(
                    f"the cell {self.cell.a1} holds a text ({number}) that there is not"
                )
            return self.strings[number]
        if kind == "b":
            return text in ("1", "true")
        return NoText(text) if kind in ("e", "d") else self._number(text)

    def _number(self, text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not isfinite(number) or "_" in text or not text.isascii():
            raise CellError(
                f"the cell {self.cell.a1} holds {text[:20]!r}, which is no number of a cell"
            )
        return number if abs(number) >= SMALLEST_NUMBER else 0.0


def _misplaced(cell: Cell) -> CellError:
    return CellError(
        f"the cell {cell.a1} stands twice, out of order or beyond the limits of a sheet"
    )


def _table_text(attributes: Attributes) -> str:
    """A data table as Excel shows it: the cells into which it puts its row and its column."""
    first, second = attributes.get("r1", ""), attributes.get("r2", "")
    if attributes.get("dt2D") in ("1", "true"):
        return f"TABLE({first},{second})"
    return f"TABLE({first},)" if attributes.get("dtr") in ("1", "true") else f"TABLE(,{first})"


def _block(ref: str) -> Range | None:
    """The cells that share a formula; None for one cell, however that is spelled (A1:A1)."""
    if ":" not in ref:
        return None
    try:
        place = Range.parse(ref)
    except ValueError as error:
        raise CellError(f"a formula for {ref[:20]!r}, which is no range") from error
    return place if place.size > 1 else None


def _whole(text: str, what: str) -> int:
    if not (text.isascii() and text.strip().isdigit() and len(text) < 12):
        raise CellError(f"{what} is {text[:20]!r}, which is no number of it")
    return int(text)


def unescaped(text: str) -> str:
    """A cell's text without the escapes that Office writes, such as _x000D_ (ST_Xstring)."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text
