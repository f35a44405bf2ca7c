"""The cells of a sheet's part and the texts that sheets share, as streams.

Owns what a cell's XML means, and which cells no sheet has: beyond Excel's limits, twice, out of
order, or numbers that are none. Refuses formulas that reach outside of their book. Must not know
files, nor networks.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite

from xlconv.spreadsheet.cells import (
    MAX_COLUMNS,
    MAX_FORMULA_LENGTH,
    MAX_ROWS,
    MAX_TEXT_LENGTH,
    SMALLEST_NUMBER,
    Cell,
    Range,
)
from xlconv.spreadsheet.formula import moved_formula, relative_form
from xlconv.xlsx.external import element_reach, formula_reach, holds_formula
from xlconv.xlsx.markup import MAIN, Attributes, Events, local

Value = float | str | bool | None

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
MOST_ARRAYS = 1_000  # each is looked for beside every constant
_LONGEST_FORMULA = 2 * MAX_FORMULA_LENGTH  # programs write some names longer than people do
_LONGEST_TEXT = 8 * MAX_TEXT_LENGTH  # escapes such as _x000D_ are longer than what they stand for
_CELL, _ROW, _DATA = f"{MAIN}}}c", f"{MAIN}}}row", f"{MAIN}}}sheetData"
_FORMULA, _VALUE, _INLINE, _TEXT = f"{MAIN}}}f", f"{MAIN}}}v", f"{MAIN}}}is", f"{MAIN}}}t"
_STRING, _PHONETIC = f"{MAIN}}}si", f"{MAIN}}}rPh"
_CELL_DEPTH = 4  # worksheet, sheetData, row, c
_TAGS = {
    spelled: name
    for name in (_CELL, _ROW, _DATA, _FORMULA, _VALUE, _INLINE, _TEXT, _STRING, _PHONETIC)
    for spelled in (name, f"http://purl.oclc.org/ooxml/spreadsheetml/main}}{local(name)}")
}


class CellError(ValueError):
    """A cell that no sheet has; what it says names the cell."""


class NoText(str):
    """An error such as #DIV/0!, or a date, which a file says is no text."""

    __slots__ = ()


class ReachError(ValueError):
    """A formula or another element that reaches outside of its book: where, and for what."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where, self.what = where, what


@dataclass(frozen=True, slots=True)
class FoundFormula:
    """A formula, and the cell that its text is written for: the first cell of a shared formula,
    else the cell itself. `array` is true for {=...}. `spelled` is the text as the file has it, and
    `block` the cells that share the formula, or that an array fills."""

    text: str
    anchor: Cell
    array: bool = False
    spelled: str = field(default="", compare=False)
    block: Range | None = field(default=None, compare=False)

    @property
    def relative(self) -> str:
        """The relative form, by which formulas are compared."""
        form = relative_form(self.text, self.anchor)
        return f"{{{form}}}" if self.array else form

    def at(self, cell: Cell) -> str:
        """The text as a spreadsheet shows it in a cell."""
        rows, columns = cell.row - self.anchor.row, cell.column - self.anchor.column
        moves = (rows or columns) and not self.array  # an array's cells all show the same
        text = f"={moved_formula(self.text, rows, columns) if moves else self.text}"
        return f"{{{text}}}" if self.array else text


@dataclass(frozen=True, slots=True)
class FoundCell:
    """What a cell holds: a constant, or a formula and the value stored with it (None if none
    is). Error values are texts such as "#VALUE!". `style` is the number of its look."""

    value: Value
    formula: FoundFormula | None = None
    style: int = field(default=0, compare=False)

    def content(self, cell: Cell) -> Value:
        """The formula as a spreadsheet shows it in a cell, or the constant."""
        return self.formula.at(cell) if self.formula else self.value

    def words(self, cell: Cell) -> str:
        """What it holds, for an error."""
        return f"the formula {self.formula.at(cell)}" if self.formula else repr(self.value)


FoundSheet = Mapping[tuple[int, int], FoundCell]
Take = Callable[[tuple[int, int], FoundCell], None]
Translate = Callable[[str], str]
EMPTY = FoundCell(None)


def read_cells(
    chunks: Iterable[bytes],
    strings: list[str],
    take: Take,
    translate: Translate | None = None,
    most: int | None = None,
) -> None:
    """Hand every cell of a sheet that is not empty to `take`, by row and column, in their order.

    `translate` is applied to the text of each formula. Raises MarkupError, CellError, ReachError.
    """
    sheet = _Sheet(strings, take, translate)
    sheet.most = most or sheet.most
    sheet.parse(chunks)


class _Sheet(Events):
    """What is known of a sheet at some point of its XML."""

    def __init__(self, strings: list[str], take: Take, translate: Translate | None) -> None:
        self.strings, self.take, self.translate = strings, take, translate
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

    def start(self, name: str, attributes: Attributes) -> None:
        self.depth += 1
        self.count += 1
        tag = _TAGS.get(name)
        if tag == _CELL:
            self._start_cell(attributes)
        elif tag == _ROW:
            self._start_row(attributes)
        elif self.inside and tag is not None:
            self._start_inside(tag, attributes)
        elif tag != _DATA:
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
        if tag == _PHONETIC:
            self.phonetic = True
        elif tag in (_FORMULA, _VALUE) or (tag == _TEXT and not self.phonetic):
            if (tag == _FORMULA and self.formula) or (tag == _VALUE and self.value is not None):
                raise CellError(f"the cell {self.cell.a1} holds two formulas or two values")
            self.open, self.kept, self.attributes = tag, "", attributes

    def _start_other(self, name: str, attributes: Attributes) -> None:
        spelled = local(name)
        reach = element_reach(spelled, attributes)
        if reach is not None:
            raise ReachError(attributes.get("ref", attributes.get("sqref", spelled))[:60], reach)
        if holds_formula(spelled):
            self.open, self.kept = name, ""

    def text(self, data: str) -> None:
        if self.open:
            self.kept += data
            if len(self.kept) > _LONGEST_TEXT:
                raise CellError(f"{self._where()} holds more than {MAX_TEXT_LENGTH:,} characters")

    def _where(self) -> str:
        return f"the cell {self.cell.a1}" if self.inside else f"a rule behind row {self.row}"

    def end(self, name: str) -> None:
        self.depth -= 1
        tag = _TAGS.get(name)
        if self.open and (tag or name) == self.open:
            self.open = ""
            self._end_text(tag, self.kept)
        elif tag == _CELL:
            self.inside = False
            self._end_cell()
        elif tag == _PHONETIC:
            self.phonetic = False

    def _end_text(self, tag: str | None, text: str) -> None:
        if tag == _VALUE and self.inside:
            self.value = text
        elif tag == _TEXT and self.inside:
            self.inline = (self.inline or "") + text
        else:
            if text:
                self._check_formula(text)
            if self.inside:
                self.formula = (self.attributes, text)

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
        value = self._value()
        formula = None
        if self.formula is not None:
            formula = self._formula(*self.formula)
        elif value is None:
            return
        elif self.arrays:
            cell = self.cell
            formula = next((formula for place, formula in self.arrays if cell in place), None)
        self.take((self.row, self.column), FoundCell(value, formula, self.style))

    def _formula(self, attributes: Attributes, text: str) -> FoundFormula:
        kind = attributes.get("t")
        if kind == "shared" and not text:
            # A member whose group has no head computes nothing that could be compared.
            head = self.shared.get(attributes.get("si", ""))
            return head or FoundFormula("", self.cell)
        found = FoundFormula(
            text=text if self.translate is None else self.translate(text),
            anchor=self.cell,
            array=kind in ("array", "dataTable"),
            spelled=text,
            block=_block(attributes["ref"]) if ":" in attributes.get("ref", "") else None,
        )
        if found.array and found.block is not None:
            self.arrays.append((found.block, found))
            if len(self.arrays) > MOST_ARRAYS:
                raise CellError(f"more than {MOST_ARRAYS:,} array formulas of several cells")
        if kind == "shared":
            self.shared[attributes.get("si", "")] = found
        return found

    def _value(self) -> Value:
        kind, text = self.kind, self.value
        if kind == "inlineStr":
            return None if self.inline is None else unescaped(self.inline)
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


def _block(ref: str) -> Range:
    try:
        return Range.parse(ref)
    except ValueError as error:
        raise CellError(f"a formula for {ref[:20]!r}, which is no range") from error


def _whole(text: str, what: str) -> int:
    if not (text.isascii() and text.strip().isdigit() and len(text) < 12):
        raise CellError(f"{what} is {text[:20]!r}, which is no number of it")
    return int(text)


class _Strings(Events):
    def __init__(self) -> None:
        self.strings: list[str] = []
        self.texts: list[str] = []
        self.length = 0
        self.open = self.phonetic = False

    def start(self, name: str, attributes: Attributes) -> None:
        super().start(name, attributes)
        tag = _TAGS.get(name)
        if tag == _STRING:
            self.texts, self.length = [], 0
        elif tag == _PHONETIC:
            self.phonetic = True
        elif tag == _TEXT:
            self.open = not self.phonetic

    def text(self, data: str) -> None:
        if self.open:
            self.length += len(data)
            if self.length > _LONGEST_TEXT:
                raise CellError(f"one has more than {MAX_TEXT_LENGTH:,} characters")
            self.texts.append(data)

    def end(self, name: str) -> None:
        super().end(name)
        tag = _TAGS.get(name)
        if tag == _STRING:
            self.strings.append(unescaped("".join(self.texts)))
        elif tag == _PHONETIC:
            self.phonetic = False
        elif tag == _TEXT:
            self.open = False


def read_strings(chunks: Iterable[bytes]) -> list[str]:
    """The texts that sheets share: runs of letters joined, without phonetic guides."""
    events = _Strings()
    events.parse(chunks)
    return events.strings


def unescaped(text: str) -> str:
    """A cell's text without the escapes that Office writes, such as _x000D_ (ST_Xstring)."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text
