"""`grade`: marks the layers that a workbook left open for a learner.

    book.xlsx -> read_book -> open cells | engine with random numbers -> NumPy -> marks

A formula counts by what it gives for random numbers before its layer, not by how it is written,
and not by what the layers before it hold. Must not know the command line, nor formats of marks.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np

from xlconv.book.book import FoundBook, read_book
from xlconv.engines.engine import Grid
from xlconv.engines.registry import engine_named
from xlconv.engines.second_opinion import SecondOpinion
from xlconv.errors import BookError
from xlconv.formulas.layers.base import Rule
from xlconv.formulas.layers.registry import layer_rules
from xlconv.grading.diagnosis import Surroundings, Wrong
from xlconv.grading.isolation import TRIALS, Isolated, apart, isolated
from xlconv.grading.marks import BlockMarks, Marks
from xlconv.grading.mistakes import MOST_SHOWN, mistake, typed_words
from xlconv.grading.precedents import reads_of
from xlconv.grading.unsupported import beyond_engines
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.model import Array
from xlconv.reference.forward import forward_steps
from xlconv.reference.layers.base import Values, numbers
from xlconv.reference.layers.registry import layer_steps
from xlconv.sheets.exercise.places import ExercisePlaces, Part
from xlconv.sheets.formulas import workbook_rules
from xlconv.spreadsheet.cells import Cell
from xlconv.spreadsheet.formula import relative_form
from xlconv.state.exercise import Exercise
from xlconv.state.sheet_names import BOARD
from xlconv.xlsx.compatible import plain_copy
from xlconv.xlsx.reader import EMPTY, FoundCell, Value

# Learners may add in another order, or leave out softmax's maximum; what is wrong is far off.
TOLERANCE = 1e-9  # of the terms that make a cell


def grade(
    path: str | os.PathLike[str],
    engine: str = "formualizer",
    typed: bool = False,
    handed_out: Exercise | None = None,
) -> Marks:
    """Mark a workbook of an exercise; with `typed`, right numbers count that are no formulas.

    `handed_out` says which layers, and how many of their first cells, must be open. Raises
    BookError if the file is not one of xlconv's workbooks, holds no exercise or another one,
    EngineError if the engine is missing or fails.
    """
    engine_named(engine)
    book = read_book(path)
    places = book.exercise
    if places is None:
        raise BookError(
            f"{path}: holds no exercise; `xlconv build --exercise LAYER` makes one, and "
            "`xlconv verify` checks any workbook"
        )
    _check_task(book, handed_out)
    with plain_copy(book.path, book.names.now[BOARD]) as plain:
        trials = _trials(book, places, engine, plain)
    truth = forward_steps(book.model, book.image, book.drawn)
    blocks = [_block(book, places, layer, trials[layer], truth, typed) for layer in places.layers]
    exercise = book.manifest.exercise
    student = exercise.student if exercise is not None else None
    return Marks(
        *(str(path), student or Path(path).stem, tuple(blocks)),
        typed=typed,
        kernels=_kernels(book),
    )


def _kernels(book: FoundBook) -> str:
    """A digest of the kernels that were varied for a student; "" if none were."""
    task = book.manifest.exercise
    if task is None or (task.seed is None and task.student is None):
        return ""
    layers = [layer for layer in book.network.layers if isinstance(layer, Conv2D)]
    arrays = [array for layer in layers for array in book.model.layer_weights(layer).values()]
    # Programs keep 15 digits of a number.
    held = b"".join((np.round(array, 9) + 0.0).tobytes() for array in arrays)
    return hashlib.sha256(held).hexdigest() if arrays else ""


def _check_task(book: FoundBook, handed_out: Exercise | None) -> None:
    """BookError if somebody changed what the workbook leaves open."""
    found = book.manifest.exercise
    if handed_out is None or found is None:
        return
    if (set(found.layers), found.first) != (set(handed_out.layers), handed_out.first):
        first = "" if found.first is None else f", of which the first {found.first} cells"
        raise BookError(
            f"{book.path}: leaves {', '.join(found.layers)} open{first}, which is not what was "
            "handed out: a workbook of another exercise, or its text on the sheet Model was changed"
        )


@dataclass(frozen=True)
class _Trial:
    """What `engines` find in the parts of some layers for random numbers, and what NumPy expects
    there: from the steps of a layer as they were found, and from right ones."""

    isolated: Isolated
    engines: Sequence[str]
    found: Mapping[Cell, Value]
    expected: tuple[_Expected, ...]


@dataclass(frozen=True)
class _Expected:
    """What belongs into the parts of layers, by the parts' names of values, and the magnitudes
    that it is made of."""

    values: Mapping[str, Array]
    scale: Mapping[str, Array]

    def at(self, part: Part, row: int, column: int) -> tuple[float, float]:
        """What belongs into a cell, and its magnitude."""
        value = float(_whole(part, self.values[part.key])[row, column])
        scale = self.scale.get(part.key)
        return value, 1.0 if scale is None else float(_whole(part, scale)[row, column])


def _trials(
    book: FoundBook, places: ExercisePlaces, engine: str, path: Path
) -> dict[str, list[_Trial]]:
    """Every trial of each layer in which a formula is not just the one that is called for."""
    trials: dict[str, list[_Trial]] = {layer: [] for layer in places.layers}
    judges = (_Judge(book, part, [], np.empty(0)) for part in places.parts)
    asked = {judge.part.layer for judge in judges if judge.other_formulas}
    open_question = [layer for layer in places.layers if layer in asked]
    computed = sum(rule.range.size for rule in book.rules)
    for layers in apart(book.network, tuple(open_question)):
        opinion = SecondOpinion(engine)
        for number in TRIALS:
            random = isolated(book, layers, number)
            one = _trial(random, book, places, opinion, path, computed)
            for layer in layers:
                trials[layer.name].append(one)
    return trials


def _trial(
    random: Isolated,
    book: FoundBook,
    places: ExercisePlaces,
    engine: SecondOpinion,
    path: Path,
    computed: int,
) -> _Trial:
    """What a trial finds, and what it should."""
    parts = [part for layer in random.layers for part in places.of_layer(layer.name)]
    ranges = [(book.names.now[BOARD], part.range) for part in parts]
    stored = [_stored(book, part) for part in parts]
    grids = engine.evaluate(path, ranges, stored, random.typed, computed)
    found = {
        cell: value
        for part, grid in zip(parts, grids, strict=True)
        for cell, value in zip(part.range.cells(), chain(*grid), strict=True)
    }
    expected = _expected(random, _steps(parts, found)), _expected(random, {})
    return _Trial(random, tuple(engine.asked), found, expected)


def _stored(book: FoundBook, part: Part) -> Grid:
    """What a part's cells held when the file was saved."""
    place = part.range
    return [
        [book.cell(BOARD, place, row, column).value for column in range(place.width)]
        for row in range(place.height)
    ]


def _expected(random: Isolated, steps: Mapping[str, Values]) -> _Expected:
    """What NumPy computes from the random numbers, and from the steps of layers that are given."""
    expected, scale = dict[str, Array](), dict[str, Array]()
    with np.errstate(all="ignore"):  # NaN stands for what is not a number
        for layer in random.layers:
            values: dict[str, Values] = {**random.values, **steps}
            for step in layer_steps(layer, random.weights[layer.name], values):
                expected[step.name] = numbers(step.value)
                if step.scale is not None:
                    scale[step.name] = step.scale
                values.setdefault(step.name, step.value)
    return _Expected(expected, scale)


def _steps(parts: Sequence[Part], found: Mapping[Cell, Value]) -> dict[str, Values]:
    """The columns of layers as they were found: softmax's steps build on each other."""
    columns = [part for part in parts if part.channel is None]
    return {p.key: np.array([_number(found[cell]) for cell in p.range.cells()]) for p in columns}


def _number(value: Value) -> float:
    return value if isinstance(value, float) else np.nan


def _block(
    book: FoundBook,
    places: ExercisePlaces,
    layer: str,
    trials: list[_Trial],
    truth: Mapping[str, Values],
    numbers_count: bool,
) -> BlockMarks:
    """The marks of one layer. What is said first is what is wrong; else what is empty; else, if
    numbers do not count, what was typed."""
    cells = formulas = typed = empty = unjudged = 0
    first: tuple[Cell, str] | None = None
    number: tuple[Cell, str] | None = None
    for part in places.of_layer(layer):
        judge = _Judge(book, part, trials, _whole(part, numbers(truth[part.key])))
        for row, column in part.open.offsets():
            cell, found = part.open.cell(row, column), judge.held(row, column)
            cells += 1
            if found == EMPTY:
                empty += 1
            elif found.formula is None and judge.typed_right(found.value, row, column):
                typed += 1
                number = number or (cell, f"{found.value:.6g} is right, but no formula")
            elif found.formula is not None and judge.formula_right(row, column):
                formulas += 1
            else:
                beyond = judge.beyond(row, column)
                unjudged += bool(beyond)
                first = first or (cell, beyond or judge.words(row, column))
    if first is None and empty:
        first = _first_empty(book, places, layer), "is empty"
    if first is None and not numbers_count:
        first = number
    where, what = (f"{BOARD}!{first[0].a1}", first[1]) if first else ("", "")
    return BlockMarks(layer, cells, formulas, typed, empty, where, what, unjudged)


def _first_empty(book: FoundBook, places: ExercisePlaces, layer: str) -> Cell:
    board = book.sheets[BOARD]
    opened = (cell for part in places.of_layer(layer) for cell in part.open.cells())
    return next(cell for cell in opened if cell not in board)


def _whole(part: Part, array: Array) -> Array:
    """The values of a part, as (rows, columns)."""
    chosen = array if part.channel is None else array[part.channel]
    return chosen.reshape(part.range.height, part.range.width)


@dataclass(frozen=True)
class _Judge:
    """Judges the cells of one part. `truth` is what belongs in them for the workbook's own picture
    and weights."""

    book: FoundBook
    part: Part
    trials: list[_Trial]
    truth: Array

    def held(self, row: int, column: int) -> FoundCell:
        return self.book.cell(BOARD, self.part.open, row, column)

    @property
    def other_formulas(self) -> bool:
        """Whether a cell holds another formula than the one that is called for."""
        cells = ((r, c, self.held(r, c).formula) for r, c in self.part.open.offsets())
        return any(formula and not self._as_called_for(r, c) for r, c, formula in cells)

    def _as_called_for(self, row: int, column: int) -> bool:
        """Whether a cell holds the very formula that is called for: no engine need prove it."""
        formula = self.held(row, column).formula
        if formula is None:
            return False
        if self._rule.cellwise is None:
            return formula.relative == self._relative
        cell = self.part.open.cell(row, column)
        return formula.relative == relative_form(self._rule.text(row, column), cell)

    @cached_property
    def _relative(self) -> str:
        return relative_form(self._rule.formula, self._rule.range.first)

    def typed_right(self, value: Value, row: int, column: int) -> bool:
        """Whether a number is right for the workbook's own picture and weights."""
        expected = float(self.truth[row, column])
        return isinstance(value, float) and abs(value - expected) <= TOLERANCE * max(
            1.0, abs(expected)
        )

    def formula_right(self, row: int, column: int) -> bool:
        """Whether a formula gives what belongs there in every trial, and reads all that counts."""
        if self._as_called_for(row, column):
            return True
        return not self._wrong_trials(row, column) and not self._left_out(row, column)

    def words(self, row: int, column: int) -> str:
        """What is wrong with a cell that is not right."""
        held, cell = self.held(row, column), self.part.open.cell(row, column)
        if held.formula is None:
            return typed_words(held.value)
        formula = held.formula.at(cell)
        called_for, trials = self._called_for(row, column), []
        for trial in self._wrong_trials(row, column) or self.trials:
            expected = (one.at(self.part, row, column)[0] for one in trial.expected)
            right = next(filter(np.isfinite, expected), np.nan)
            wrong = Wrong(self.part, row, column, formula, called_for, trial.found[cell], right)
            trials.append((wrong, surroundings(self.book, trial)))
        return f"{mistake(trials)} ({formula[:MOST_SHOWN]})"

    def beyond(self, row: int, column: int) -> str:
        """What no engine here can evaluate of a cell that is not right; "" if that is not why."""
        held, cell = self.held(row, column), self.part.open.cell(row, column)
        if held.formula is None:
            return ""
        trial = next(iter(self._wrong_trials(row, column)), self.trials[0])
        # What could not be computed did not spill: the error stands in its first cell alone.
        spilled = held.formula.array and held.formula.anchor in trial.found
        found = trial.found[held.formula.anchor if spilled else cell]
        formula = held.formula.at(cell)
        if cell in reads_of(formula, self.book.ranges).cells:
            return ""
        told = beyond_engines(formula, found, held.value, trial.engines)
        return f"{told} ({formula[:MOST_SHOWN]})" if told else ""

    def _wrong_trials(self, row: int, column: int) -> list[_Trial]:
        cell = self.part.open.cell(row, column)
        return [
            trial
            for trial in self.trials
            if not any(
                _agree(trial.found[cell], *one.at(self.part, row, column)) for one in trial.expected
            )
        ]

    def _left_out(self, row: int, column: int) -> bool:
        """Whether a formula reads some of the right cells, none other, and not all: it can only be
        right by luck, as a maximum that leaves out a cell. Padding may be left out."""
        held, cell = self.held(row, column), self.part.open.cell(row, column)
        assert held.formula is not None
        names = self.book.ranges
        reads = reads_of(held.formula.at(cell), names)
        should = reads_of(self._called_for(row, column), names).cells
        board = self.book.sheets[BOARD]
        missing = [one for one in should - reads.cells if one in board]
        told = not reads.elsewhere and not reads.unsure
        return told and reads.cells < should and bool(missing)

    def _called_for(self, row: int, column: int) -> str:
        return f"={self._rule.text(row, column)}"

    @cached_property
    def _rule(self) -> Rule:
        """The rule of the part as a learner would write it, where no cell is empty."""
        network, places = self.book.network, replace(self.book.layout, open=frozenset())
        rules = layer_rules(network.layer(self.part.layer), network, places)
        return next(
            rule for rule in rules if (rule.key, rule.channel) == (self.part.key, self.part.channel)
        )


def _agree(found: Value, expected: float, magnitude: float) -> bool:
    allowed = TOLERANCE * max(magnitude, abs(expected))
    return isinstance(found, float) and abs(found - expected) <= allowed


def surroundings(book: FoundBook, trial: _Trial) -> Surroundings:
    """The board around a cell during a trial."""
    network, layout, board = book.network, book.layout, book.sheets[BOARD]
    rules = [rule.range for rule in workbook_rules(network, layout) if rule.sheet == BOARD]

    def value(cell: Cell) -> float | None:
        now = trial.isolated.typed.get((book.names.now[BOARD], cell), trial.found.get(cell))
        if now is None:
            now = board.get(cell, EMPTY).value
        return now if isinstance(now, float) else None

    def formula(cell: Cell) -> str:
        held = board.get(cell, EMPTY).formula
        return held.at(cell) if held is not None else ""

    def own(cell: Cell) -> str:
        return "" if any(cell in place for place in rules) else formula(cell)

    # The layer's own steps are those that belong there, from what is found before them.
    tensors = {**trial.isolated.values, **trial.expected[0].values}
    weights = trial.isolated.weights
    return Surroundings(network, layout, tensors, weights, book.ranges, value, formula, own)
