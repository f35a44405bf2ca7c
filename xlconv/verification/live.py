"""The second question of `verify`: do engines compute NumPy's values from the file now?

For the picture, the weights and the choices that the file holds, and in random trials for others.
Must not know stored values, nor how a difference is reported.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from xlconv.book.book import FoundBook
from xlconv.book.plain import engine_file
from xlconv.book.typing import Constants
from xlconv.book.unfinished import find_unfinished
from xlconv.engines.engine import Engine
from xlconv.engines.registry import engine_named
from xlconv.errors import EngineError, MissingEngineError
from xlconv.reference.layers.base import Values, numbers
from xlconv.sheets.numbers import workbook_values
from xlconv.spreadsheet.cells import Place
from xlconv.system.progress import tell
from xlconv.verification.comparison import (
    Comparison,
    Found,
    Mask,
    compare_end_to_end,
    compare_locally,
    given_values,
)
from xlconv.verification.stored import error_places, without_excused, without_unjudged, wrong_cells
from xlconv.verification.structure import ComputedCells, innocent_readers
from xlconv.verification.trials import Trial, trial
from xlconv.xlsx.sheet import joined


@dataclass(frozen=True)
class Evaluated:
    """What an engine computes, by name, and how it compares with NumPy."""

    found: Found = field(default_factory=dict)
    compared: Mapping[str, Comparison] = field(default_factory=dict)


@dataclass(frozen=True)
class EngineRun:
    """What one engine said: `now` of the book as it is, `trials` of random ones. `end_to_end` is
    the largest difference of the network's output from NumPy's; `failure` is why there is
    nothing."""

    engine: str
    now: Evaluated = field(default_factory=Evaluated)
    trials: tuple[Evaluated, ...] = ()
    end_to_end: float | None = None
    failure: EngineError | None = None

    @property
    def error(self) -> str | None:
        """Why there is nothing, in words."""
        return None if self.failure is None else str(self.failure)

    @property
    def missing(self) -> bool:
        """Whether the engine is not installed."""
        return isinstance(self.failure, MissingEngineError)


@dataclass(frozen=True)
class Suspects:
    """The cells that cannot be right: they hold another formula (`foreign`), or read a cell that
    was found wrong (`spoiled`); and those of an exercise that need not be (`unjudged`)."""

    foreign: Collection[Place]
    spoiled: Collection[Place]
    unjudged: Collection[Place] = frozenset()


def run_engine(
    book: FoundBook, cells: ComputedCells, name: str, suspects: Suspects, trials: int
) -> EngineRun:
    """One engine's answers. Raises EngineError if it is missing or fails."""
    engine = engine_named(name)
    tell(f"{name} evaluates it")
    now = _run_trial(engine, book, cells, suspects, Trial(book.display, Constants(), {}))
    whole = compare_end_to_end(book.display, book.layout, {**now.found, **book.filled_counts})
    tried = []
    for number in range(trials):
        tell(f"{name} evaluates it with random numbers ({number + 1} of {trials})")
        tried.append(_run_trial(engine, book, cells, suspects, trial(book, number)))
    end = None if suspects.unjudged else float(whole[book.network.output].error.max())
    return EngineRun(name, now=now, trials=tuple(tried), end_to_end=end)


def run_engines(
    book: FoundBook, cells: ComputedCells, names: Sequence[str], suspects: Suspects, trials: int
) -> Iterator[EngineRun]:
    """The answers of several engines; what is missing or fails does not stop the others."""
    for name in names:
        try:
            yield run_engine(book, cells, name, suspects, trials)
        except EngineError as error:
            yield EngineRun(name, failure=error)


def _run_trial(
    engine: Engine, book: FoundBook, cells: ComputedCells, suspects: Suspects, tried: Trial
) -> Evaluated:
    """One trial, random or of the book as it is, compared locally."""
    found = _evaluate(engine, book, cells, tried.typed)
    compared = compare_locally(
        tried.display, book.layout, found | book.filled_counts | dict(tried.held)
    )
    return Evaluated(found, _without_innocent(cells, found, compared, suspects))


def _evaluate(
    engine: Engine, book: FoundBook, cells: ComputedCells, typed: Constants
) -> dict[str, Values]:
    places = [
        (book.names.now[rule.sheet], rule.range)
        for members in cells.values()
        for rule in members.rules
    ]
    with engine_file(book, typed) as path:
        grids = iter(engine.evaluate(path, places))
    found: dict[str, Values] = {
        key: joined([next(grids).reshape(-1) for _ in members.rules])
        for key, members in cells.items()
    }
    return find_unfinished(book).as_read(found)


def _without_innocent(
    cells: ComputedCells, found: Found, compared: Mapping[str, Comparison], suspects: Suspects
) -> dict[str, Comparison]:
    """The comparisons in which only those cells are wrong that are to blame themselves."""
    excused = {*suspects.spoiled, *suspects.unjudged}
    judged = dict(compared) | without_unjudged(cells, compared, suspects.unjudged)
    blamed = judged | without_excused(cells, judged, excused)
    others = {*suspects.foreign, *suspects.spoiled, *error_places(cells, found)}
    innocent = innocent_readers(wrong_cells(cells, blamed), others)
    return blamed | without_excused(cells, blamed, innocent)


def differences(book: FoundBook, one: EngineRun, other: EngineRun) -> dict[str, float]:
    """The largest difference of two engines' numbers from each other, by name. What follows from
    random numbers, of which each engine draws its own, is left out."""
    same = _same_draws(book, one.now.found, other.now.found)
    return {
        key: _largest_distance(found, other.now.found[key], same.get(key))
        for key, found in one.now.found.items()
    }


def _largest_distance(found: Values, other: Values, same: Mask | None) -> float:
    with np.errstate(invalid="ignore"):
        apart = np.abs(numbers(found) - numbers(other))
    known = ~np.isnan(apart) if same is None else ~np.isnan(apart) & same
    return float(apart[known].max(initial=0.0))


def _same_draws(book: FoundBook, one: Found, other: Found) -> dict[str, Mask]:
    """By name, whether NumPy computes the same from what both engines drew; nothing without
    random numbers."""
    if not book.network.random_shapes:
        return {}
    truths: list[Mapping[str, Values]] = []
    for found in (one, other):
        given = given_values(book.model, {**found, **book.filled_counts})
        truths.append(workbook_values(replace(book.display, given=given), book.layout))
    return {
        key: np.asarray(values == truths[1][key], dtype=bool).reshape(-1)
        for key, values in truths[0].items()
        if key in one
    }


def largest_difference(evaluated: Evaluated, keys: list[str]) -> float:
    """The largest difference from NumPy among some names."""
    there = [evaluated.compared[key] for key in keys if key in evaluated.compared]
    return max((one.largest_error for one in there), default=0.0)


def checked_counts(runs: Sequence[Evaluated], keys: list[str]) -> tuple[int, int]:
    """How many cells any of several comparisons could judge, and how many are wrong in one."""
    counts = np.zeros(2, dtype=int)
    for key in keys:
        there = [run.compared[key] for run in runs if key in run.compared]
        if there:
            counts += [
                np.logical_or.reduce([one.known for one in there]).sum(),
                np.logical_or.reduce([one.wrong for one in there]).sum(),
            ]
    return int(counts[0]), int(counts[1])
