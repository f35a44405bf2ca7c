"""`grade`: marks the layers that a workbook left open for a learner.

    book.xlsx -> read_book -> open cells | engine with random numbers -> NumPy -> marks

A formula counts by what it gives for random numbers before its layer, not by how it is written,
and not by what the layers before it hold. Must not know the command line, nor formats of marks.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from xlconv.book.book import FoundBook, read_book
from xlconv.engines.registry import engine_named
from xlconv.errors import BookError
from xlconv.formulas.layers.base import Rule
from xlconv.formulas.layers.registry import layer_rules
from xlconv.grading.block import block_marks
from xlconv.grading.diagnosis.unusual import unusual_formulas
from xlconv.grading.diagnosis.windows import Boards
from xlconv.grading.judge import Judge
from xlconv.grading.marks import Marks
from xlconv.grading.opened import OpenCells
from xlconv.grading.rubric import Rubric
from xlconv.grading.trials import layer_trials, part_values
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.model import Array
from xlconv.reference.forward import forward_steps
from xlconv.reference.layers.base import numbers
from xlconv.sheets.exercise.parts import Part
from xlconv.sheets.exercise.places import ExercisePlaces
from xlconv.state.exercise import Exercise
from xlconv.state.sheet_names import EXERCISE, EXPLAIN, GUIDE, IMAGES, WORKS

NEEDLESS = (GUIDE, IMAGES, EXPLAIN, EXERCISE, WORKS)  # what is marked stands on the board


def grade(
    path: str | os.PathLike[str],
    engine: str = "formualizer",
    typed: bool = False,
    handed_out: Exercise | None = None,
    rubric: Rubric | None = None,
) -> Marks:
    """Mark a workbook of an exercise; with `typed`, right numbers count that are no formulas.

    `handed_out` says which layers, and how many of their first cells, must be open; `rubric` what
    blocks, slips and the border are worth. Raises BookError if the file is not one of xlconv's
    workbooks, holds no exercise or another one, EngineError if the engine is missing or fails.
    """
    engine_named(engine).prepare()
    book = read_book(path, NEEDLESS)
    places = book.exercise
    if places is None:
        raise BookError(
            f"{path}: holds no exercise; `xlconv build --exercise LAYER` makes one, and "
            "`xlconv verify` checks any workbook"
        )
    _check_task(book, handed_out)
    if rubric is not None:
        rubric.check_blocks(layer.name for layer in book.network.layers)
    rules = _plain_rules(book, places)
    opened = [OpenCells(book, part, rules[part.key, part.channel]) for part in places.parts]
    trials = layer_trials(book, opened, places, engine)
    truth = _truth(book)
    boards = Boards(book)
    judges = [Judge(one, trials[one.part.layer], truth(one.part), boards) for one in opened]
    worth = rubric or Rubric()
    exercise = book.manifest.exercise
    student = exercise.student if exercise is not None else None
    blocks = tuple(block_marks(judges, layer, typed, worth) for layer in places.layers)
    return Marks(
        file=str(path),
        student=student or Path(path).stem,
        blocks=blocks,
        typed=typed,
        kernels=_kernels(book),
        made_for=student or "",
        unusual=unusual_formulas(opened, {block.block for block in blocks if block.slip}),
    )


def _truth(book: FoundBook) -> Callable[[Part], Array]:
    """What belongs into a part for the workbook's own picture and weights; NaN if the picture is
    lost."""
    if not np.isfinite(book.image).all():
        return lambda part: np.full((part.range.height, part.range.width), np.nan)
    truth = forward_steps(book.model, book.image, book.drawn)
    return lambda part: part_values(part, numbers(truth[part.key]))


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


def _plain_rules(book: FoundBook, places: ExercisePlaces) -> dict[tuple[str, int | None], Rule]:
    """The rules of open layers as a learner would write them, where no cell is empty."""
    network, layout = book.network, replace(book.layout, open=frozenset())
    rules = (
        rule for name in places.layers for rule in layer_rules(network.layer(name), network, layout)
    )
    return {(rule.key, rule.channel): rule for rule in rules}
