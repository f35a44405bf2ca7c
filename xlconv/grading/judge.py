"""Whether a learner's cells are right, and what is said of those that are not.

Knows what engines found for random numbers. Must not know how an engine is asked, nor how marks are
counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xlconv.book.book import FoundBook
from xlconv.engines.second_opinion import EMBEDDED, SECOND
from xlconv.formulas.layers.base import Rule
from xlconv.grading.diagnosis import Surroundings, WrongCell
from xlconv.grading.isolation import IsolatedTrial
from xlconv.grading.mistakes import MOST_SHOWN, mistake, typed_words
from xlconv.grading.precedents import reads_of
from xlconv.network.model import Array
from xlconv.sheets.exercise.places import Part
from xlconv.spreadsheet.cells import Cell, Place
from xlconv.spreadsheet.formula import relative_form, tokens
from xlconv.state.sheet_names import BOARD
from xlconv.xlsx.sheet import EMPTY, FoundCell, Value

# Learners may add in another order, or leave out softmax's maximum; what is wrong is far off.
TOLERANCE = 1e-9  # of the terms that make a cell
_NOT_EVALUATED = ("#NAME?", "#ERROR!", "#VALUE!", '#"')  # the last one is Gnumeric's
_OF_MATRICES = ("MMULT", "MINVERSE", "MDETERM")  # which Excel has always known, and engines may not


@dataclass(frozen=True)
class Expected:
    """What belongs into the parts of layers, by the parts' names of values, and the magnitudes
    that it is made of."""

    values: Mapping[str, Array]
    scale: Mapping[str, Array]

    def at(self, part: Part, row: int, column: int) -> tuple[float, float]:
        """What belongs into a cell, and its magnitude."""
        value = float(part_values(part, self.values[part.key])[row, column])
        scale = self.scale.get(part.key)
        return value, 1.0 if scale is None else float(part_values(part, scale)[row, column])


@dataclass(frozen=True)
class Trial:
    """What `engines` find in the parts of some layers for random numbers, and what NumPy expects
    there: from the steps of a layer as they were found, and from right ones."""

    isolated: IsolatedTrial
    engines: Sequence[str]
    found: Mapping[Cell, Value]
    expected: tuple[Expected, ...]


def part_values(part: Part, array: Array) -> Array:
    """The values of a part, as (rows, columns)."""
    chosen = array if part.channel is None else array[part.channel]
    return chosen.reshape(part.range.height, part.range.width)


@dataclass(frozen=True)
class OpenCells:
    """The open cells of a part as they were found. `rule` is the part's as a learner would write
    it, where no cell is empty."""

    book: FoundBook
    part: Part
    rule: Rule

    @cached_property
    def found(self) -> list[FoundCell]:
        """The cells, row by row."""
        block = self.book.block(BOARD, [self.part.open])
        return [block.cell(index) for index in range(len(block))]

    def at(self, row: int, column: int) -> FoundCell:
        return self.found[row * self.part.open.width + column]

    def expected_formula(self, row: int, column: int) -> str:
        """The formula that is called for."""
        return f"={self.rule.text(row, column)}"

    def is_expected(self, row: int, column: int) -> bool:
        """Whether a cell holds the very formula that is called for: no engine need prove it."""
        return self._expected[row * self.part.open.width + column]

    @cached_property
    def _expected(self) -> list[bool]:
        place, cellwise = self.part.open, self.rule.cellwise is not None
        first = relative_form(self.rule.formula, self.rule.range.first)
        return [
            held.formula is not None
            and held.formula.relative
            == (relative_form(self.rule.text(*offset), place.cell(*offset)) if cellwise else first)
            for held, offset in zip(self.found, place.offsets(), strict=True)
        ]

    @property
    def need_engine(self) -> bool:
        """Whether a cell holds another formula than the one that is called for."""
        return any(
            held.formula is not None and not expected
            for held, expected in zip(self.found, self._expected, strict=True)
        )


@dataclass(frozen=True)
class Judge:
    """Judges the cells of one part. `truth` is what belongs in them for the workbook's own picture
    and weights."""

    cells: OpenCells
    trials: Sequence[Trial]
    truth: Array

    def is_right_number(self, value: Value, row: int, column: int) -> bool:
        """Whether a number is right for the workbook's own picture and weights."""
        expected = float(self.truth[row, column])
        return _agree(value, expected, magnitude=1.0)

    def is_right_formula(self, row: int, column: int) -> bool:
        """Whether a formula gives what belongs there in every trial, and reads all that counts."""
        if self.cells.is_expected(row, column):
            return True
        return not self._wrong_trials(row, column) and not self._leaves_out(row, column)

    def words(self, row: int, column: int) -> str:
        """What is wrong with a cell that is not right."""
        held, cell = self.cells.at(row, column), self.cells.part.open.cell(row, column)
        if held.formula is None:
            return typed_words(held.value)
        formula = held.formula.at(cell)
        trials = []
        for trial in self._wrong_trials(row, column) or self.trials:
            expected = (one.at(self.cells.part, row, column)[0] for one in trial.expected)
            wrong = WrongCell(
                part=self.cells.part,
                row=row,
                column=column,
                formula=formula,
                called_for=self.cells.expected_formula(row, column),
                found=trial.found[cell],
                expected=next(filter(np.isfinite, expected), np.nan),
            )
            trials.append((wrong, _surroundings(self.cells.book, trial)))
        return f"{mistake(trials)} ({formula[:MOST_SHOWN]})"

    def engine_limits(self, row: int, column: int) -> str:
        """What no engine here can evaluate of a cell that is not right; "" if that is not why."""
        held, cell = self.cells.at(row, column), self.cells.part.open.cell(row, column)
        if held.formula is None:
            return ""
        trial = next(iter(self._wrong_trials(row, column)), self.trials[0])
        # What could not be computed did not spill: the error stands in its first cell alone.
        spilled = held.formula.array and held.formula.anchor in trial.found
        found = trial.found[held.formula.anchor if spilled else cell]
        formula = held.formula.at(cell)
        told = beyond_engines(formula, found, held.value, trial.engines)
        if not told or cell in reads_of(formula, self.cells.book.ranges).cells:
            return ""
        return f"{told} ({formula[:MOST_SHOWN]})"

    def _wrong_trials(self, row: int, column: int) -> list[Trial]:
        cell = self.cells.part.open.cell(row, column)
        return [
            trial
            for trial in self.trials
            if not any(
                _agree(trial.found[cell], *one.at(self.cells.part, row, column))
                for one in trial.expected
            )
        ]

    def _leaves_out(self, row: int, column: int) -> bool:
        """Whether a formula reads some of the right cells, none other, and not all: it can only be
        right by luck, as a maximum that leaves out a cell. Padding may be left out."""
        held, cell = self.cells.at(row, column), self.cells.part.open.cell(row, column)
        assert held.formula is not None
        names = self.cells.book.ranges
        reads = reads_of(held.formula.at(cell), names)
        should = reads_of(self.cells.expected_formula(row, column), names).cells
        board = self.cells.book.sheets[BOARD]
        missing = [one for one in should - reads.cells if one in board]
        told = not reads.elsewhere and not reads.unsure
        return told and reads.cells < should and bool(missing)


def _agree(found: Value, expected: float, magnitude: float) -> bool:
    allowed = TOLERANCE * max(magnitude, abs(expected))
    return isinstance(found, float) and abs(found - expected) <= allowed


def _surroundings(book: FoundBook, trial: Trial) -> Surroundings:
    """The board around a cell during a trial."""
    board = book.sheets[BOARD]
    computed = [rule.range for rule in book.rules if rule.sheet == BOARD]

    def value(cell: Cell) -> float | None:
        now = trial.isolated.typed.places.get(Place(BOARD, cell), trial.found.get(cell))
        if now is None:
            now = board.get(cell, EMPTY).value
        return now if isinstance(now, float) else None

    def formula(cell: Cell) -> str:
        held = board.get(cell, EMPTY).formula
        return held.at(cell) if held is not None else ""

    def own(cell: Cell) -> str:
        return "" if any(cell in place for place in computed) else formula(cell)

    # The layer's own steps are those that belong there, from what is found before them.
    return Surroundings(
        network=book.network,
        layout=book.layout,
        tensors={**trial.isolated.values, **trial.expected[0].values},
        weights=trial.isolated.weights,
        names=book.ranges,
        value=value,
        formula=formula,
        own=own,
    )


def beyond_engines(formula: str, found: Value, stored: Value, engines: Sequence[str]) -> str:
    """What keeps the engines that were asked from evaluating a formula, in words; "" if they are
    not to blame. `found` is what they say, `stored` what the program computed that saved the file.

    >>> beyond_engines("=_xlfn.MAP(A1:A3,mine)", "#NAME?", 0.5, ["formualizer", "libreoffice"])
    'formualizer and libreoffice cannot evaluate it (MAP): mark it by hand'
    >>> beyond_engines("=NOTHING(A1)", "#NAME?", "#NAME?", ["formualizer"])
    ''
    """
    failed = isinstance(found, str) and found.startswith(_NOT_EVALUATED)
    if not failed and "XLUDF" not in formula.upper():
        return ""
    functions = [one.name.upper() for one in tokens(formula) if one.kind == "function"]
    if any("XLUDF.DUMMYFUNCTION" in name for name in functions):
        return "is computed by Google Sheets alone: mark it by hand"
    newer = [name.rpartition(".")[2] for name in functions if name.startswith("_XLFN.")]
    unknown = [*newer, *(name for name in functions if name in _OF_MATRICES)]
    computed = isinstance(stored, float)
    if not failed or not (computed or (unknown and found != "#VALUE!")):
        return ""
    told = f" ({', '.join(dict.fromkeys(unknown))})" if unknown else ""
    return f"{' and '.join(engines)} cannot evaluate it{told}: mark it by hand{_remedy(engines)}"


def _remedy(engines: Sequence[str]) -> str:
    """What else could be tried."""
    if list(engines) == [EMBEDDED]:
        return ", or install LibreOffice"
    return f", or try --engine {EMBEDDED}" if list(engines) == [SECOND] else ""
