"""`verify`: starts from a finished file alone and proves every computed cell.

    book.xlsx -> reader -> model, found cells -> reference | engine -> findings -> Report

Three questions, kept apart: does each cell hold the formula that the network calls for
(`structure`), do engines compute NumPy's values from the file (`live`), and do the values that it
was saved with agree (`stored`). Must not know how a workbook is built: it shares the rules of the
formulas with `compiler`, and the reference computes without them.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np

from xlconv.book.book import FoundBook, read_book
from xlconv.book.location import check_version
from xlconv.book.lost import is_copy
from xlconv.book.unfinished import Unfinished, find_unfinished
from xlconv.engines.registry import ENGINES, engine_named
from xlconv.errors import BookError
from xlconv.network.network import found_words
from xlconv.reference.layers.base import Values
from xlconv.sheets.numbers import workbook_values
from xlconv.spreadsheet.cells import Place
from xlconv.spreadsheet.keys import Keys, keys_by_sheet
from xlconv.state.sheet_names import BOARD
from xlconv.system.progress import tell
from xlconv.verification.captions import caption_findings
from xlconv.verification.comparison import given_values, plain_value
from xlconv.verification.displacement import check_displaced
from xlconv.verification.formats import format_findings
from xlconv.verification.live import (
    EngineRun,
    Evaluated,
    Suspects,
    checked_counts,
    differences,
    largest_difference,
    run_engines,
)
from xlconv.verification.report import (
    BlockReport,
    EngineReport,
    ExerciseReport,
    Finding,
    LiveCheck,
    Report,
    StoredCheck,
)
from xlconv.verification.stored import ABSENT, PRESENT, STALE, Stored, check_stored
from xlconv.verification.structure import (
    ComputedBlock,
    ComputedCells,
    computed_cells,
    formula_findings,
    label_findings,
    padding_findings,
    spoiled_cells,
    stray_findings,
    table_findings,
)
from xlconv.verification.trials import SEED

NO_ENGINE, ALL_ENGINES = "none", "all"
Formulas = Mapping[Place, Finding]


def verify(path: str | os.PathLike[str], engine: str = "formualizer", random: int = 1) -> Report:
    """Compare every computed cell of a workbook with NumPy, for the picture and the weights
    that the workbook holds now, and in `random` trials for others.

    `engine` is "formualizer", "libreoffice", "gnumeric", "all" for each that is installed, or
    "none" to look at formulas and stored values only. A difference is data in the report. Raises
    BookError if the file is not one of xlconv's workbooks, EngineError if the engine is missing, or
    fails on a book in which nothing else is wrong; with "all" that is in the report, too.
    """
    names = _engine_names(engine)
    for name in names:
        engine_named(name).prepare()
    book = read_book(path)
    tell("looking at the formulas")
    cells = computed_cells(book)
    truth = _truth(book)
    around = _around_findings(book, cells)
    known = {finding.place for finding in around}
    looks = [*format_findings(book, cells, truth), *caption_findings(book, known)]
    left = find_unfinished(book)
    formulas = dict(formula_findings(cells, truth, left))
    if any(finding.kind == "formula" for finding in formulas.values()):
        check_version(book.path, book.manifest, "formulas are others than")
    check_displaced(book, cells, formulas.keys(), around)
    spoiled = spoiled_cells(cells, around)
    suspects = Suspects(formulas.keys(), spoiled, left.unjudged)
    runs = list(run_engines(book, cells, names, suspects, random))
    _check_ran(runs, engine, found=bool(formulas or around))
    tell("looking at the stored values")
    stored = check_stored(book, cells, spoiled | formulas.keys() | left.unjudged, left)
    checks = _Checks(book=book, cells=cells, formulas=formulas, runs=runs, stored=stored)
    output = _output(book, runs, truth) if not _lacks_output(book, left) else {}
    ran = any(run.error is None for run in runs)
    findings = (*around, *looks, *checks.findings())
    return Report(
        workbook=str(book.path),
        network=book.network.name,
        engine=engine,
        blocks=tuple(checks.blocks()),
        findings=tuple(finding.with_sheet_names(book.names) for finding in findings),
        values=output,
        end_to_end=_end_to_end(runs),
        prediction=_prediction(book, output),
        engines=tuple(map(_engine_report, runs)),
        trials=random if ran else 0,
        seed=SEED if ran and random else None,
        exercise=_exercise_report(left),
        rounded=stored.rounded,
        copies=tuple(name for name in book.others if is_copy(name, book.names.now[BOARD])),
    )


def _end_to_end(runs: Sequence[EngineRun]) -> float | None:
    """The largest difference of an engine's output from NumPy's own."""
    return max((run.end_to_end for run in runs if run.end_to_end is not None), default=None)


def _around_findings(book: FoundBook, cells: ComputedCells) -> list[Finding]:
    """What is wrong beside the computed cells, and read by them."""
    return [
        *padding_findings(book),
        *stray_findings(book, cells),
        *label_findings(book),
        *table_findings(book),
    ]


def _exercise_report(left: Unfinished) -> ExerciseReport | None:
    if not left.opened:
        return None
    return ExerciseReport(cells=len(left.opened), empty=len(left.empty), given=len(left.given))


def _engine_names(engine: str) -> list[str]:
    """The engines that are asked."""
    if engine == NO_ENGINE:
        return []
    return list(ENGINES) if engine == ALL_ENGINES else [engine]


def _check_ran(runs: Sequence[EngineRun], engine: str, found: bool) -> None:
    """Raises what one engine failed with, unless differences were `found` without it: these may be
    why. Where all were asked, it is in the report."""
    failure = runs[0].failure if runs else None
    if failure is not None and engine != ALL_ENGINES and (runs[0].missing or not found):
        raise failure


def _engine_report(run: EngineRun) -> EngineReport:
    state = "not installed" if run.missing else "failed" if run.error else "ran"
    return EngineReport(name=run.engine, state=state, error=run.error, end_to_end=run.end_to_end)


def _truth(book: FoundBook) -> Mapping[str, Values]:
    """What NumPy computes for every computed cell. BookError if the book's numbers overflow: there
    is nothing to compare with."""
    given = {**book.drawn, **given_values(book.model, book.filled_counts)}
    truth = workbook_values(replace(book.display, given=given), book.layout)
    for tensor in book.network.shapes:
        if not np.isfinite(np.asarray(truth[tensor], dtype=np.float64)).all():
            raise BookError(
                f"{book.path}: NumPy computes infinity or NaN in {tensor!r} from the numbers that "
                "the book holds now; use smaller weights or pixels"
            )
    return truth


def _blocks(cells: ComputedCells) -> dict[str, list[str]]:
    """The names of values that are reported in one line."""
    blocks: dict[str, list[str]] = {}
    for key, members in cells.items():
        blocks.setdefault(members.block, []).append(key)
    return blocks


@dataclass(frozen=True)
class _Checks:
    """The answers to all questions, for one report."""

    book: FoundBook
    cells: ComputedCells
    formulas: Formulas
    runs: Sequence[EngineRun]
    stored: Stored

    @cached_property
    def wrong_formulas(self) -> dict[str, Keys]:
        """The cells that hold another formula."""
        return keys_by_sheet(self.formulas)

    def blocks(self) -> Iterator[BlockReport]:
        answered = [run for run in self.runs if run.now.found]
        pairs = [differences(self.book, *pair) for pair in combinations(answered, 2)]
        now = [run.now for run in self.runs]
        trials = [trial for run in self.runs for trial in run.trials]
        for block, keys in _blocks(self.cells).items():
            wrong = sum(int(self.cells[key].within(self.wrong_formulas).sum()) for key in keys)
            yield BlockReport(
                tensor=block,
                cells=sum(len(self.cells[key]) for key in keys),
                formulas_wrong=wrong,
                live=_live_check(now, keys),
                stored=self._stored_check(keys),
                random=_live_check(trials, keys),
                engines={run.engine: largest_difference(run.now, keys) for run in answered},
                apart=max((one[key] for one in pairs for key in keys), default=None),
            )

    def _stored_check(self, keys: list[str]) -> StoredCheck:
        kept = [self.stored.comparisons[key] for key in keys]
        states = {self.stored.states[key] for key in keys}
        state = next(state for state in (STALE, PRESENT, ABSENT) if state in states)
        error = max((one.largest_error for one in kept), default=0.0)
        wrong = sum(int(one.wrong.sum()) for one in kept)
        return StoredCheck(state, wrong, 0.0 if state == ABSENT else error)

    def findings(self) -> Iterator[Finding]:
        """One finding a cell: a wrong formula explains a wrong value, one of the book as it is
        one of a random trial, and a computed value a stored one."""
        for keys in _blocks(self.cells).values():
            findings: dict[Place, Finding] = {}
            for key in keys:
                for place, finding in self._of(key):
                    findings.setdefault(place, finding)
            yield from findings.values()

    def _of(self, key: str) -> Iterator[tuple[Place, Finding]]:
        members = self.cells[key]
        for cell in members.those(members.within(self.wrong_formulas)):
            yield cell.place, self.formulas[cell.place]
        for run in self.runs:
            yield from _wrong(members, key, "live", run.engine, run.now)
        for run in self.runs:
            for trial in run.trials:
                yield from _wrong(members, key, "random", run.engine, trial)
        stored = self.stored.comparisons[key]
        for index in np.flatnonzero(stored.wrong).tolist():
            cell = members[index]
            yield cell.place, cell.finding("stored", stored.expectation(index), cell.found.value)


def _live_check(evaluated: Sequence[Evaluated], keys: list[str]) -> LiveCheck:
    known, wrong = checked_counts(evaluated, keys)
    return LiveCheck(
        known, wrong, max((largest_difference(one, keys) for one in evaluated), default=0.0)
    )


def _wrong(
    members: ComputedBlock, key: str, kind: str, engine: str, evaluated: Evaluated
) -> Iterator[tuple[Place, Finding]]:
    """The cells for which an engine computes another value than NumPy."""
    if key not in evaluated.compared:
        return
    compared = evaluated.compared[key]
    for index in np.flatnonzero(compared.wrong).tolist():
        expected, found = compared.expectation(index), plain_value(evaluated.found[key][index])
        yield members[index].place, members[index].finding(kind, expected, found, engine)


def _lacks_output(book: FoundBook, left: Unfinished) -> bool:
    """Whether cells of the network's output are not filled in."""
    maps = book.layout.tensors[book.network.output].maps
    return any(cell in place for _, cell in left.empty for place in maps)


def _output(
    book: FoundBook, runs: Sequence[EngineRun], truth: Mapping[str, Values]
) -> dict[str, float]:
    """The outputs by label: as an engine computes them, else as stored, else NumPy's."""
    network = book.network
    if not network.labels:
        return {}
    computed = (run.now.found.get(network.output) for run in runs)
    for found in (*computed, book.stored[network.output]):
        values = [] if found is None else found.tolist()
        if values and all(isinstance(value, float) and np.isfinite(value) for value in values):
            return dict(zip(network.labels, map(float, values), strict=True))
    return dict(zip(network.labels, np.asarray(truth[network.output]).tolist(), strict=True))


def _prediction(book: FoundBook, output: Mapping[str, float]) -> str | None:
    if not output or book.awaited is not None:
        return None
    return found_words(book.network, np.array(list(output.values())))
