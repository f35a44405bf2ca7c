"""`grade`: marks the layers that a workbook left open for a learner.

    book.xlsx -> read_book -> open cells | engine with random numbers -> NumPy -> marks

A formula counts by what it gives for random numbers before its layer, not by how it is written,
and not by what the layers before it hold. Must not know the command line, nor formats of marks.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from xlconv.desk import BOARD
from xlconv.engines import engine_named
from xlconv.errors import BookError
from xlconv.exercise import Exercise
from xlconv.exercise_places import ExercisePlaces, Part, exercise_places
from xlconv.grid import Cell, relative_form
from xlconv.isolation import TRIALS, Isolated, apart, isolated
from xlconv.layer_rules import Rule, layer_rules
from xlconv.marks import BlockMarks, Marks
from xlconv.mistakes import Surroundings, Wrong, cells_read, mistake
from xlconv.network import Array
from xlconv.operators import Values, layer_steps, numbers
from xlconv.plain import plain_copy
from xlconv.reader import EMPTY, FoundCell, Value
from xlconv.reference import forward_steps
from xlconv.workbook import FoundBook, read_book

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
    places = exercise_places(book.network, book.layout)
    if places is None:
        raise BookError(
            f"{path}: holds no exercise; `xlconv build --exercise LAYER` makes one, and "
            "`xlconv verify` checks any workbook"
        )
    _check_task(book, handed_out)
    with plain_copy(book.path) as plain:
        trials = _trials(book, places, engine, plain)
    truth = forward_steps(book.model, book.image, book.drawn)
    blocks = [_block(book, places, layer, trials[layer], truth) for layer in places.layers]
    exercise = book.manifest.exercise
    student = exercise.student if exercise is not None else None
    return Marks(str(path), student or Path(path).stem, tuple(blocks), typed=typed)


def _check_task(book: FoundBook, handed_out: Exercise | None) -> None:
    """BookError if somebody changed what the workbook leaves open."""
    found = book.manifest.exercise
    if handed_out is None or found is None:
        return
    if (set(found.layers), found.first) != (set(handed_out.layers), handed_out.first):
        first = "" if found.first is None else f", of which the first {found.first} cells"
        raise BookError(
            f"{book.path}: leaves {', '.join(found.layers)} open{first}, which is not what was "
            "handed out; somebody changed its text on the sheet Model"
        )


@dataclass(frozen=True)
class _Trial:
    """What an engine finds in the parts of some layers for random numbers, by the parts' names of
    values and maps, and what NumPy expects there, with the magnitudes that it is made of."""

    isolated: Isolated
    found: Mapping[tuple[str, int | None], list[list[Value]]]
    expected: Mapping[str, Array]
    scale: Mapping[str, Array]


def _trials(
    book: FoundBook, places: ExercisePlaces, engine: str, path: Path
) -> dict[str, list[_Trial]]:
    """Every trial of each layer in which a formula is not just the one that is called for."""
    trials: dict[str, list[_Trial]] = {layer: [] for layer in places.layers}
    judges = (_Judge(book, part, [], np.empty(0)) for part in places.parts)
    asked = {judge.part.layer for judge in judges if judge.other_formulas}
    open_question = [layer for layer in places.layers if layer in asked]
    for layers in apart(book.network, tuple(open_question)):
        board = book.names.now[BOARD]
        parts = [part for layer in layers for part in places.of_layer(layer.name)]
        for number in TRIALS:
            random = isolated(book, layers, number)
            grids = engine_named(engine).evaluate(
                path, [(board, part.range) for part in parts], random.typed
            )
            found = {(p.key, p.channel): grid for p, grid in zip(parts, grids, strict=True)}
            one = _Trial(random, found, *_expected(random, places, found))
            for layer in layers:
                trials[layer.name].append(one)
    return trials


def _expected(
    random: Isolated,
    places: ExercisePlaces,
    found: Mapping[tuple[str, int | None], list[list[Value]]],
) -> tuple[dict[str, Array], dict[str, Array]]:
    """What NumPy computes in each part from the random numbers, and from the parts before it as
    they were found; and the magnitudes."""
    expected, scale = dict[str, Array](), dict[str, Array]()
    with np.errstate(all="ignore"):  # NaN stands for what is not a number
        for layer in random.layers:
            values: dict[str, Values] = dict(random.values)
            values |= _found_parts(places, layer.name, found)
            for step in layer_steps(layer, random.weights[layer.name], values):
                expected[step.name] = numbers(step.value)
                if step.scale is not None:
                    scale[step.name] = step.scale
                values.setdefault(step.name, step.value)
    return expected, scale


def _found_parts(
    places: ExercisePlaces, layer: str, found: Mapping[tuple[str, int | None], list[list[Value]]]
) -> dict[str, Values]:
    """The columns of a layer as they were found: softmax's steps build on each other."""
    columns = [part for part in places.of_layer(layer) if part.channel is None]
    return {part.key: _numbers(found[part.key, None]).reshape(-1) for part in columns}


def _numbers(grid: list[list[Value]]) -> Array:
    return np.array([[v if isinstance(v, float) else np.nan for v in row] for row in grid])


def _block(
    book: FoundBook,
    places: ExercisePlaces,
    layer: str,
    trials: list[_Trial],
    truth: Mapping[str, Values],
) -> BlockMarks:
    """The marks of one layer."""
    cells = formulas = typed = empty = 0
    first: tuple[Cell, str] | None = None
    for part in places.of_layer(layer):
        judge = _Judge(book, part, trials, _whole(part, numbers(truth[part.key])))
        for row, column in part.open.offsets():
            cell, found = part.open.cell(row, column), judge.held(row, column)
            cells += 1
            if found == EMPTY:
                empty += 1
            elif found.formula is None and judge.typed_right(found.value, row, column):
                typed += 1
            elif found.formula is not None and judge.formula_right(row, column):
                formulas += 1
            elif first is None:
                first = cell, judge.words(row, column)
    if first is None and empty:
        first = _first_empty(book, places, layer), "is empty"
    where, what = (f"{BOARD}!{first[0].a1}", first[1]) if first else ("", "")
    return BlockMarks(layer, cells, formulas, typed, empty, where, what)


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
        return self._wrong_trial(row, column) is None and not self._left_out(row, column)

    def words(self, row: int, column: int) -> str:
        """What is wrong with a cell that is not right."""
        held, cell = self.held(row, column), self.part.open.cell(row, column)
        if held.formula is None:
            return f"{str(held.value)[:MOST_SHOWN]} was typed, which is not right"
        trial = self._wrong_trial(row, column) or self.trials[0]
        found, expected, _ = self._at(trial, row, column)
        wrong = Wrong(
            *(self.part, row, column, held.formula.at(cell), self._called_for(row, column)),
            *(found, expected),
        )
        around = Surroundings(
            self.book.network,
            self.book.layout,
            self.book.layout.names(self.book.network),
            partial(_typed_value, self.book, trial),
        )
        return f"{mistake(wrong, around)} ({wrong.formula[:MOST_SHOWN]})"

    def _at(self, trial: _Trial, row: int, column: int) -> tuple[Value, float, float]:
        """What was found, what belongs there, and the magnitudes that it is made of."""
        found = trial.found[self.part.key, self.part.channel][row][column]
        expected = _whole(self.part, trial.expected[self.part.key])[row, column]
        scale = trial.scale.get(self.part.key)
        magnitude = 1.0 if scale is None else float(_whole(self.part, scale)[row, column])
        return found, float(expected), magnitude

    def _wrong_trial(self, row: int, column: int) -> _Trial | None:
        for trial in self.trials:
            found, expected, magnitude = self._at(trial, row, column)
            right = isinstance(found, float) and abs(found - expected) <= TOLERANCE * max(
                magnitude, abs(expected)
            )
            if not right:
                return trial
        return None

    def _left_out(self, row: int, column: int) -> bool:
        """Whether a formula reads some of the right cells, none other, and not all: it can only be
        right by luck, as a maximum that leaves out a cell. Padding may be left out."""
        held, cell = self.held(row, column), self.part.open.cell(row, column)
        assert held.formula is not None
        names = self.book.layout.names(self.book.network)
        reads, elsewhere = cells_read(held.formula.at(cell), names)
        should, _ = cells_read(self._called_for(row, column), names)
        board = self.book.sheets[BOARD]
        missing = [one for one in should - reads if (one.row, one.column) in board]
        return not elsewhere and reads < should and bool(missing)

    def _called_for(self, row: int, column: int) -> str:
        return f"={self._rule.text(row, column)}"

    @cached_property
    def _rule(self) -> Rule:
        network, layout = self.book.network, self.book.layout
        rules = layer_rules(network.layer(self.part.layer), network, layout)
        return next(
            rule for rule in rules if (rule.key, rule.channel) == (self.part.key, self.part.channel)
        )


MOST_SHOWN = 200  # characters of a formula


def _typed_value(book: FoundBook, trial: _Trial, cell: Cell) -> float:
    """The number in a cell of the board during a trial; 0 where there is none."""
    typed = trial.isolated.typed.get((book.names.now[BOARD], cell))
    if isinstance(typed, float):
        return typed
    value = book.sheets[BOARD].get(cell, EMPTY).value
    return value if isinstance(value, float) else 0.0
