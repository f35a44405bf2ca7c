"""The cells of a sheet as they were found: arrays in the sheet's order, an object only for a cell
that is asked for.

Owns what a found cell, formula and block are. Must not know XML, files or networks.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from xlconv.spreadsheet.cells import Cell, Range
from xlconv.spreadsheet.formula import moved_formula, relative_form
from xlconv.spreadsheet.keys import (
    NO_KEYS,
    cell_key,
    key_cell,
    places_within,
    range_keys,
    sheet_keys,
)
from xlconv.spreadsheet.readings import is_number_text
from xlconv.xlsx.format_rules import FormatRule

Value = float | str | bool | None
# Numbers, or (as objects) some cells of each kind.
Values = NDArray[np.float64] | NDArray[np.object_]
Positions = NDArray[np.int64]
Number = TypeVar("Number", bound=np.generic)

_LARGEST_STYLE = (1 << 31) - 1


def joined(values: Sequence[Values]) -> Values:
    """Values one after another: numbers if all are."""
    whole: Values = values[0] if len(values) == 1 else np.concatenate(values)  # type: ignore[assignment]
    return whole


class CellError(ValueError):
    """A cell that no sheet has; what it says names the cell."""


class ReachError(ValueError):
    """A formula or another element that reaches outside of its book: where, and for what."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where, self.what = where, what


class CrowdedError(CellError):
    """More cells than there may be."""


class NoText(str):
    """An error such as #DIV/0!, or a date, which a file says is no text."""

    __slots__ = ()


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
        if self.formula is not None:
            return f"the formula {self.formula.at(cell)}"
        text = isinstance(self.value, str) and is_number_text(self.value)
        return f"{self.value!r}, which is a text" if text else repr(self.value)


EMPTY = FoundCell(None)


class FoundFormulas:
    """The formulas of a sheet, by number. Of one that is a cell's own, only the text is kept, and
    the key of the cell in `anchors`; `translate` is what is done to it."""

    def __init__(self, translate: Callable[[str], str] | None = None) -> None:
        self.translate = translate
        self.anchors = array("q")
        self._held: list[FoundFormula | str] = []

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[FoundFormula]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, number: int) -> FoundFormula:
        held = self._held[number]
        if isinstance(held, FoundFormula):
            return held
        text = held if self.translate is None else self.translate(held)
        return FoundFormula(text, key_cell(self.anchors[number]), spelled=held)

    def append(self, formula: FoundFormula | str, key: int) -> int:
        """One formula more, with the key of its first cell; its number."""
        self._held.append(formula)
        self.anchors.append(key)
        return len(self._held) - 1

    @property
    def own_texts(self) -> dict[int, str]:
        """The texts of formulas that are a cell's own, by their numbers, as the file has them."""
        return {n: held for n, held in enumerate(self._held) if isinstance(held, str)}

    @property
    def parsed(self) -> dict[int, FoundFormula]:
        """The other formulas, by their numbers."""
        return {n: held for n, held in enumerate(self._held) if isinstance(held, FoundFormula)}

    def are_texts(self, numbers: NDArray[np.int32], texts: list[str], keys: Positions) -> bool:
        """Whether formulas are the texts of cells, to the letter; False says nothing."""
        if not len(numbers) or (numbers < 0).any():
            return False
        anchors = np.frombuffer(self.anchors, np.int64)[numbers]
        return bool((anchors == keys).all()) and [self._held[n] for n in numbers.tolist()] == texts


@dataclass(frozen=True, eq=False)
class FoundSheet(Mapping[tuple[int, int], FoundCell]):
    """The cells of a sheet that are not empty, by row and column from 1, in their order.

    Of each cell, by its position: the place as one number, the number (NaN where it holds none),
    the number of its look, and which of `formulas` it holds (-1 for a constant). `others` are the
    values that are no numbers, by position; `rules` are its conditional formats.
    """

    places: array[int]
    numbers: NDArray[np.float64]
    styles: NDArray[np.int32]
    held: NDArray[np.int32]
    others: Mapping[int, Value]
    formulas: FoundFormulas
    rules: tuple[FormatRule, ...] = ()

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return map(key_cell, self.places)

    def __contains__(self, place: object) -> bool:
        return isinstance(place, tuple) and self._position(*place) is not None

    def __getitem__(self, place: tuple[int, int]) -> FoundCell:
        position = self._position(*place)
        if position is None:
            raise KeyError(place)
        return self.cell(position)

    def _position(self, row: int, column: int) -> int | None:
        key = cell_key(row, column)
        position = bisect_left(self.places, key)
        return position if position < len(self.places) and self.places[position] == key else None

    def cell(self, position: int) -> FoundCell:
        """The cell at a position."""
        held = self.held[position]
        return FoundCell(
            self.value(position),
            self.formulas[held] if held >= 0 else None,
            int(self.styles[position]),
        )

    def value(self, position: int) -> Value:
        """The constant, or the stored value, at a position."""
        number = float(self.numbers[position])
        return number if number == number else self.others.get(position)

    @property
    def keys_of_cells(self) -> Positions:
        """The key of each cell."""
        return np.frombuffer(self.places, np.int64) if self.places else NO_KEYS

    def place(self, position: int) -> Cell:
        """The cell at a position, by row and column."""
        return key_cell(self.places[position])

    def block(self, ranges: Collection[Range], apart: tuple[int, int] = (1, 1)) -> FoundBlock:
        """What stands in ranges, one after another, each row by row; of cells that are `apart`
        rows and columns from each other."""
        return FoundBlock(self, self.positions(range_keys(ranges, apart)))

    def filled(self, place: Range) -> Positions:
        """The positions of the cells of a range that are not empty."""
        own = self.keys_of_cells
        first = sheet_keys(np.arange(place.row, place.row + place.height), place.column)
        starts = own.searchsorted(first)
        counts = own.searchsorted(first + place.width) - starts
        positions: Positions = np.repeat(starts, counts) + places_within(counts)
        return positions

    def positions(self, keys: Positions) -> Positions:
        """The positions of cells by their keys; -1 for empty ones."""
        own = self.keys_of_cells
        if not len(own) or not len(keys):
            return np.full(len(keys), -1)
        found = own.searchsorted(keys)
        found[found == len(own)] = 0
        found[own[found] != keys] = -1
        return found

    def with_constants(self, keys: Positions, typed: Sequence[float | str]) -> FoundSheet:
        """The sheet with constants typed into cells, by their keys."""
        own = self.keys_of_cells
        new = sorted({*keys[self.positions(keys) < 0].tolist()})
        places = np.sort(np.concatenate([own, np.array(new, dtype=np.int64)]))
        before, over = places.searchsorted(own), places.searchsorted(keys)
        numbers = np.full(len(places), np.nan)
        held, styles = np.full(len(places), -1, np.int32), np.zeros(len(places), np.int32)
        numbers[before], held[before], styles[before] = self.numbers, self.held, self.styles
        numbers[over] = [np.nan if isinstance(one, str) else one for one in typed]
        held[over] = -1
        others = {int(before[at]): value for at, value in self.others.items()}
        for at, one in zip(over.tolist(), typed, strict=True):
            if isinstance(one, str):
                others[at] = one
            else:
                others.pop(at, None)
        return FoundSheet(
            places=array("q", places.tobytes()),
            numbers=numbers,
            styles=styles,
            held=held,
            others=others,
            formulas=self.formulas,
        )


@dataclass(frozen=True, eq=False)
class FoundBlock:
    """The cells of some ranges of a sheet, by their positions: -1 for an empty one."""

    sheet: FoundSheet
    positions: Positions

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def numbers(self) -> NDArray[np.float64]:
        """The numbers; NaN for what is none."""
        return self._filled(self.sheet.numbers, np.nan)

    @property
    def formulas(self) -> NDArray[np.int32]:
        """Which of the sheet's formulas they hold; -1 for none."""
        return self._filled(self.sheet.held, -1)

    @property
    def styles(self) -> NDArray[np.int32]:
        """The numbers of their looks; 0 for an empty one."""
        return self._filled(self.sheet.styles, 0)

    @property
    def values(self) -> Values:
        """What they hold: numbers where all do, else objects, None for nothing."""
        numbers = self.numbers
        rest = np.flatnonzero(np.isnan(numbers))
        if not len(rest):
            return numbers
        values = numbers.astype(object)
        others = self.sheet.others
        values[rest] = [others.get(position) for position in self.positions[rest].tolist()]
        return values

    @property
    def no_numbers(self) -> NDArray[np.bool_]:
        """Which of them hold a formula, or another constant than a number."""
        filled = self.positions >= 0
        return filled & ((self.formulas >= 0) | np.isnan(self.numbers))

    @property
    def has_stored_values(self) -> bool:
        """Whether a value is stored with any of their formulas."""
        return any(value is not None for value in self.values[self.formulas >= 0].tolist())

    def cell(self, index: int) -> FoundCell:
        """One of the cells."""
        position = int(self.positions[index])
        return EMPTY if position < 0 else self.sheet.cell(position)

    def _filled(self, held: NDArray[Number], empty: float) -> NDArray[Number]:
        if not len(held):
            return np.full(len(self.positions), empty, held.dtype)
        found = held[self.positions]
        found[self.positions < 0] = empty
        return found


class SheetCells:
    """The cells of a sheet while it is read, in their order."""

    def __init__(self, translate: Callable[[str], str] | None = None) -> None:
        self.keys, self.numbers = array("q"), array("d")
        self.styles, self.held = array("i"), array("i")
        self.others: dict[int, Value] = {}
        self.formulas = FoundFormulas(translate)
        self._numbers_of: dict[int, int] = {}  # of formulas, by their ids

    def add(self, row: int, column: int, cell: FoundCell) -> None:
        """One cell."""
        value = cell.value
        if not isinstance(value, float):
            if value is not None:
                self.others[len(self.keys)] = value
            value = float("nan")
        self.keys.append(cell_key(row, column))
        self.numbers.append(value)
        self.styles.append(min(cell.style, _LARGEST_STYLE))
        self.held.append(-1 if cell.formula is None else self.number(cell.formula))

    def extend(
        self,
        keys: Positions,
        numbers: NDArray[np.float64],
        styles: NDArray[np.int32],
        held: NDArray[np.int32],
        others: Mapping[int, Value],
    ) -> None:
        """Many cells, of which some hold `others` than numbers."""
        start = len(self.keys)
        self.others |= {start + index: value for index, value in others.items()}
        self.keys.frombytes(keys.tobytes())
        self.numbers.frombytes(numbers.tobytes())
        self.styles.frombytes(styles.tobytes())
        self.held.frombytes(held.tobytes())

    def number(self, formula: FoundFormula) -> int:
        """The number of a formula among all of the sheet's."""
        number = self._numbers_of.get(id(formula))
        if number is None:
            number = self.formulas.append(formula, cell_key(*formula.anchor))
            self._numbers_of[id(formula)] = number
        return number

    def found(self) -> FoundSheet:
        """The sheet."""
        return FoundSheet(
            places=self.keys,
            numbers=np.frombuffer(self.numbers, np.float64) if self.numbers else np.zeros(0),
            styles=_whole(self.styles),
            held=_whole(self.held),
            others=self.others,
            formulas=self.formulas,
        )


def _whole(numbers: array[int]) -> NDArray[np.int32]:
    return np.frombuffer(numbers, np.int32) if numbers else np.zeros(0, np.int32)
