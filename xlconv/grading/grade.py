"""`grade`: marks the layers that a workbook left open for a learner.

    book.xlsx -> read_book -> open cells | engine with random numbers -> NumPy -> marks

A formula counts by what it gives for random numbers before its layer, not by how it is written,
and not by what the layers before it hold. Must not know the command line, nor formats of marks.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from xlconv.book.book import FoundBook, read_book
from xlconv.book.plain import engine_file
from xlconv.engines.registry import engine_named
from xlconv.engines.second_opinion import SecondOpinion
from xlconv.errors import BookError
from xlconv.formulas.layers.base import Rule
from xlconv.formulas.layers.registry import layer_rules
from xlconv.grading.isolation import TRIALS, IsolatedTrial, isolated_trial, unlinked_groups
from xlconv.grading.judge import Expected, Judge, OpenCells, Trial, part_values
from xlconv.grading.marks import BlockMarks, Marks
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.model import Array
from xlconv.reference.forward import forward_steps
from xlconv.reference.layers.base import Values, numbers
from xlconv.reference.layers.registry import layer_steps
from xlconv.sheets.exercise.places import ExercisePlaces, Part
from xlconv.spreadsheet.cells import Cell, Place
from xlconv.state.exercise import Exercise
from xlconv.state.sheet_names import BOARD
from xlconv.system.progress import tell
from xlconv.xlsx.sheet import EMPTY, Value


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
    engine_named(engine).prepare()
    book = read_book(path)
    places = book.exercise
    if places is None:
        raise BookError(
            f"{path}: holds no exercise; `xlconv build --exercise LAYER` makes one, and "
            "`xlconv verify` checks any workbook"
        )
    _check_task(book, handed_out)
    rules = _plain_rules(book, places)
    opened = [OpenCells(book, part, rules[part.key, part.channel]) for part in places.parts]
    trials = _trials(book, opened, places, engine)
    truth = forward_steps(book.model, book.image, book.drawn)
    judges = [
        Judge(one, trials[one.part.layer], part_values(one.part, numbers(truth[one.part.key])))
        for one in opened
    ]
    exercise = book.manifest.exercise
    student = exercise.student if exercise is not None else None
    return Marks(
        file=str(path),
        student=student or Path(path).stem,
        blocks=tuple(_block(judges, layer, typed) for layer in places.layers),
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


def _trials(
    book: FoundBook, opened: Sequence[OpenCells], places: ExercisePlaces, engine: str
) -> dict[str, list[Trial]]:
    """Every trial of each layer in which a formula is not just the one that is called for."""
    trials: dict[str, list[Trial]] = {layer: [] for layer in places.layers}
    asked = {one.part.layer for one in opened if one.need_engine}
    computed = sum(rule.range.size for rule in book.rules)
    unproved = tuple(layer for layer in places.layers if layer in asked)
    for layers in unlinked_groups(book.network, unproved):
        opinion = SecondOpinion(engine)
        names = " and ".join(layer.name for layer in layers)
        for number in TRIALS:
            tell(f"{engine} evaluates {names} with random numbers ({number + 1} of {len(TRIALS)})")
            random = isolated_trial(book, layers, number)
            one = _trial(random, book, places, opinion, computed)
            for layer in layers:
                trials[layer.name].append(one)
    return trials


def _trial(
    random: IsolatedTrial,
    book: FoundBook,
    places: ExercisePlaces,
    engine: SecondOpinion,
    computed: int,
) -> Trial:
    """What a trial finds, and what it should."""
    parts = [part for layer in random.layers for part in places.of_layer(layer.name)]
    ranges = [(book.names.now[BOARD], part.range) for part in parts]
    stored = [book.block(BOARD, [part.range]).values for part in parts]
    with engine_file(book, random.typed) as path:
        grids = engine.evaluate(path, ranges, stored, computed)
    found = {
        cell: value
        for part, grid in zip(parts, grids, strict=True)
        for cell, value in zip(part.range.cells(), grid.reshape(-1).tolist(), strict=True)
    }
    return Trial(
        isolated=random,
        engines=tuple(engine.asked),
        found=found,
        expected=(_expected_values(random, _steps(parts, found)), _expected_values(random, {})),
    )


def _expected_values(random: IsolatedTrial, steps: Mapping[str, Values]) -> Expected:
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
    return Expected(expected, scale)


def _steps(parts: Sequence[Part], found: Mapping[Cell, Value]) -> dict[str, Values]:
    """The columns of layers as they were found: softmax's steps build on each other."""
    columns = [part for part in parts if part.channel is None]
    return {p.key: np.array([_number(found[cell]) for cell in p.range.cells()]) for p in columns}


def _number(value: Value) -> float:
    return value if isinstance(value, float) else np.nan


def _plain_rules(book: FoundBook, places: ExercisePlaces) -> dict[tuple[str, int | None], Rule]:
    """The rules of open layers as a learner would write them, where no cell is empty."""
    network, layout = book.network, replace(book.layout, open=frozenset())
    rules = (
        rule for name in places.layers for rule in layer_rules(network.layer(name), network, layout)
    )
    return {(rule.key, rule.channel): rule for rule in rules}


def _block(judges: Sequence[Judge], layer: str, numbers_count: bool) -> BlockMarks:
    """The marks of one layer. What is said first is what is wrong; else what is empty; else, if
    numbers do not count, what was typed."""
    cells = formulas = typed = empty = unjudged = 0
    first: tuple[Cell, str] | None = None
    number: tuple[Cell, str] | None = None
    nothing: tuple[Cell, str] | None = None
    for judge in (one for one in judges if one.cells.part.layer == layer):
        for row, column in judge.cells.part.open.offsets():
            cell, found = judge.cells.part.open.cell(row, column), judge.cells.at(row, column)
            cells += 1
            if found == EMPTY:
                empty += 1
                nothing = nothing or (cell, "is empty")
            elif found.formula is None and judge.is_right_number(found.value, row, column):
                typed += 1
                number = number or (cell, f"{found.value:.6g} is right, but no formula")
            elif found.formula is not None and judge.is_right_formula(row, column):
                formulas += 1
            else:
                beyond = judge.engine_limits(row, column)
                unjudged += bool(beyond)
                first = first or (cell, beyond or judge.words(row, column))
    told = first or nothing or (None if numbers_count else number)
    return BlockMarks(
        block=layer,
        cells=cells,
        formulas=formulas,
        typed=typed,
        empty=empty,
        first_wrong=str(Place(BOARD, told[0])) if told else "",
        what=told[1] if told else "",
        unjudged=unjudged,
    )
