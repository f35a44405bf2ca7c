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
from xlconv.grading.diagnosis.explanations import Explanations
from xlconv.grading.diagnosis.mistakes import MOST_SHOWN, mistake, typed_words
from xlconv.grading.diagnosis.surroundings import Remark, Surroundings, WrongCell
from xlconv.grading.diagnosis.windows import Boards, Mask
from xlconv.grading.opened import OpenCell, OpenCells
from xlconv.grading.precedents import reads_of
from xlconv.grading.trials import Trial, agree, is_still
from xlconv.network.layers.base import Layer
from xlconv.network.model import Array
from xlconv.spreadsheet.cells import Cell, Place
from xlconv.spreadsheet.formula import tokens
from xlconv.state.sheet_names import BOARD
from xlconv.xlsx.sheet import EMPTY, Value

_NOT_EVALUATED = ("#NAME?", "#ERROR!", "#VALUE!", '#"')  # the last one is Gnumeric's
_OF_MATRICES = ("MMULT", "MINVERSE", "MDETERM")  # which Excel has always known, and engines may not
_BY_HAND = "mark it by hand"


@dataclass(frozen=True)
class Judge:
    """Judges the cells of one part. `truth` is what belongs in them for the workbook's own picture
    and weights, `boards` what stands around them in trials."""

    cells: OpenCells
    trials: Sequence[Trial]
    truth: Array
    boards: Boards

    def is_right_number(self, one: OpenCell) -> bool:
        """Whether a cell holds a number that is right for the workbook's own picture and weights,
        typed or by a formula that gives it whatever stands before it."""
        return agree(self.number(one), float(self.truth[one.row, one.column]), magnitude=1.0)

    def number(self, one: OpenCell) -> Value:
        """The number that a cell holds without computing it; None if there is none."""
        if one.found.formula is None:
            return one.found.value
        return self.trials[0].found[one.cell] if self.is_still(one) else None

    @property
    def layer(self) -> Layer:
        """The layer whose cells these are."""
        return self.cells.book.network.layer(self.cells.part.layer)

    @property
    def slips(self) -> Mapping[str, Mask]:
        """Which open cells each slip explains, by the slips' names."""
        place, opened = self.cells.part.range, self.cells.part.open
        shape = (place.height, place.width)
        return {
            name: cells.reshape(shape)[: opened.height, : opened.width].reshape(-1)
            for name, cells in self._explanations.slips.items()
        }

    @cached_property
    def _explanations(self) -> Explanations:
        return Explanations(self.boards, self.cells.part, self.trials)

    def is_right_formula(self, one: OpenCell) -> bool:
        """Whether a formula gives what belongs there in every trial, and reads all that counts."""
        if one.found.formula is None or one.is_expected:
            return one.is_expected
        right = not self._wrong_trials(one) and not self._leaves_out(one)
        return right and not self.is_still(one)

    def is_still(self, one: OpenCell) -> bool:
        """Whether a formula gives one number, whatever stands in the cells before it."""
        return is_still(one, self.trials)

    def remark(self, one: OpenCell) -> Remark:
        """What is said of a cell that is filled, and not right."""
        if one.found.formula is None:
            right = self.is_right_number(one)
            value = one.found.value
            return Remark(f"{value:.6g} is right, but no formula" if right else typed_words(value))
        beyond = self.engine_limits(one)
        if beyond:
            return Remark(beyond)
        trials = []
        for trial in self._wrong_trials(one) or self.trials:
            expected = (each.at(one)[0] for each in trial.expected)
            wrong = WrongCell(
                part=one.part,
                row=one.row,
                column=one.column,
                formula=one.formula,
                called_for=self.cells.expected_formula(one.row, one.column),
                first=self.cells.book.formula_at(one.part.open.first),
                first_called_for=self.cells.expected_formula(0, 0),
                found=trial.found[one.cell],
                expected=next(filter(np.isfinite, expected), np.nan),
            )
            trials.append((wrong, _surroundings(self.cells.book, trial)))
        text, slip = mistake(trials, self._explanations, self.is_still(one))
        return Remark(f"{text} ({one.formula[:MOST_SHOWN]})", slip)

    def engine_limits(self, one: OpenCell) -> str:
        """What no engine here can evaluate of a cell that is not right; "" if that is not why."""
        held = one.found
        if held.formula is None:
            return ""
        trial = next(iter(self._wrong_trials(one)), self.trials[0])
        # What could not be computed did not spill: the error stands in its first cell alone.
        spilled = held.formula.array and held.formula.anchor in trial.found
        found = trial.found[held.formula.anchor if spilled else one.cell]
        told = beyond_engines(one.formula, found, held.value, trial.engines)
        if one.cell in trial.doubted:
            told = told or (
                f"{EMBEDDED} computes another number than the program that saved the file: "
                f"{_BY_HAND}{_remedy(trial.engines)}"
            )
        if not told or one.cell in reads_of(one.formula, self.cells.book.ranges).values:
            return ""
        return f"{told} ({one.formula[:MOST_SHOWN]})"

    def _wrong_trials(self, one: OpenCell) -> list[Trial]:
        return [trial for trial in self.trials if not trial.agrees(one)]

    def _leaves_out(self, one: OpenCell) -> bool:
        """Whether a formula reads some of the right cells, none other, and not all: it can only be
        right by luck, as a maximum that leaves out a cell. Padding may be left out."""
        names = self.cells.book.ranges
        reads = reads_of(one.formula, names)
        should = reads_of(self.cells.expected_formula(one.row, one.column), names).cells
        board = self.cells.book.sheets[BOARD]
        missing = [cell for cell in should - reads.cells if cell in board]
        told = not reads.elsewhere and not reads.unsure
        return told and reads.cells < should and bool(missing)


def _surroundings(book: FoundBook, trial: Trial) -> Surroundings:
    """The board around a cell during a trial."""
    board = book.sheets[BOARD]

    def value(cell: Cell) -> float | None:
        now = trial.isolated.typed.places.get(Place(BOARD, cell), trial.on_board.get(cell))
        if now is None:
            now = board.get(cell, EMPTY).value
        return now if isinstance(now, float) else None

    return Surroundings(
        network=book.network,
        layout=book.layout,
        names=book.ranges,
        value=value,
        formula=book.formula_at,
        own=book.own_formula,
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
        return f"is computed by Google Sheets alone: {_BY_HAND}"
    newer = [name.rpartition(".")[2] for name in functions if name.startswith("_XLFN.")]
    unknown = [*newer, *(name for name in functions if name in _OF_MATRICES)]
    computed = isinstance(stored, float)
    if not failed or not (computed or (unknown and found != "#VALUE!")):
        return ""
    told = f" ({', '.join(dict.fromkeys(unknown))})" if unknown else ""
    return f"{' and '.join(engines)} cannot evaluate it{told}: {_BY_HAND}{_remedy(engines)}"


def _remedy(engines: Sequence[str]) -> str:
    """What else could be tried."""
    if list(engines) == [EMBEDDED]:
        return ", or install LibreOffice"
    return f", or try --engine {EMBEDDED}" if list(engines) == [SECOND] else ""
