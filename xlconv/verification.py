"""`verify`: starts from a finished file alone and proves every computed cell.

    book.xlsx -> reader -> model, found cells -> reference | engine -> findings -> Report

Three questions, kept apart: does each cell hold the formula that the network calls for
(`structure`), does an engine compute NumPy's values from the file now (here), and do the
values that it was saved with agree (`stored`). Must not know how a workbook is built: it
shares the rules of the formulas with `lower`, and the reference computes without them.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from xlconv.comparison import Comparison, compare_end_to_end, compare_locally, given_in
from xlconv.displaced import check_displaced
from xlconv.engines import engine_named
from xlconv.errors import BookError
from xlconv.expected import workbook_values
from xlconv.network import NONE_FOUND, found_labels
from xlconv.operators import Values
from xlconv.plain import plain_copy
from xlconv.reader import Value
from xlconv.report import BlockReport, Finding, LiveCheck, Report, StoredCheck
from xlconv.stored import (
    ABSENT,
    PRESENT,
    STALE,
    Stored,
    acquitted,
    check_stored,
    wrong_cells,
)
from xlconv.structure import (
    ComputedCells,
    Place,
    computed_cells,
    formula_findings,
    innocent_readers,
    label_findings,
    padding_findings,
    spoiled_cells,
    table_findings,
)
from xlconv.workbook import FoundBook, read_book

NO_ENGINE = "none"


@dataclass(frozen=True)
class _Live:
    """What an engine computes, and how it compares; both empty without an engine."""

    values: Mapping[str, list[Value]]
    comparisons: Mapping[str, Comparison]
    end_to_end: float | None


def verify(path: str | os.PathLike[str], engine: str = "formualizer") -> Report:
    """Compare every computed cell of a workbook with NumPy, for the picture and the weights
    that the workbook holds now.

    `engine` is "formualizer", "libreoffice", or "none" to look at formulas and stored values
    only. A difference is data in the report. Raises BookError if the file is not one of
    xlconv's workbooks, EngineError if the engine is missing or fails.
    """
    if engine != NO_ENGINE:
        engine_named(engine)
    book = read_book(path)
    cells = computed_cells(book)
    given = {**book.drawn, **given_in(book.model, book.held)}
    truth = workbook_values(replace(book.display, given=given), book.layout)
    _check_finite(book, truth)
    around = [*padding_findings(book), *label_findings(book), *table_findings(book)]
    formulas = dict(formula_findings(cells, truth))
    check_displaced(book, cells, formulas.keys(), around)
    spoiled = spoiled_cells(cells, around)
    live = _check_live(book, cells, engine, spoiled, formulas.keys())
    stored = check_stored(book, cells, excused=spoiled | formulas.keys())
    findings, blocks = around, []
    for block, keys in _blocks(cells).items():
        report = _block_report(block, keys, cells, formulas, live, stored)
        blocks.append(report)
        findings += _block_findings(keys, cells, formulas, live, stored)
    output = _output(book, live, truth)
    return Report(
        str(book.path),
        book.network.name,
        engine,
        tuple(blocks),
        tuple(finding.called(book.names) for finding in findings),
        output,
        live.end_to_end,
        _prediction(book, output),
    )


def _check_finite(book: FoundBook, truth: Mapping[str, Values]) -> None:
    """BookError if the book's numbers overflow: there is nothing to compare with."""
    for tensor in book.network.shapes:
        if not np.isfinite(np.asarray(truth[tensor], dtype=np.float64)).all():
            raise BookError(
                f"{book.path}: NumPy computes infinity or NaN in {tensor!r} from the numbers that "
                "the book holds now; use smaller weights or pixels"
            )


def _check_live(
    book: FoundBook,
    cells: ComputedCells,
    engine: str,
    spoiled: set[Place],
    foreign: Collection[Place],
) -> _Live:
    if engine == NO_ENGINE:
        return _Live({}, {}, None)
    rules = {id(cell.rule): cell.rule for members in cells.values() for cell in members}
    places = [(book.names.now[rule.sheet], rule.range) for rule in rules.values()]
    with plain_copy(book.path) as path:
        grids = engine_named(engine).evaluate(path, places)
    values: dict[str, list[Value]] = {key: [] for key in cells}
    for rule, grid in zip(rules.values(), grids, strict=True):
        values[rule.key].extend(value for row in grid for value in row)
    known = values | book.held
    compared = compare_locally(book.display, book.layout, known)
    compared |= acquitted(cells, compared, spoiled)
    suspects = {*foreign, *spoiled}
    compared |= acquitted(cells, compared, innocent_readers(wrong_cells(cells, compared), suspects))
    output = compare_end_to_end(book.display, book.layout, known)[book.network.output]
    return _Live(values, compared, float(output.error.max()))


def _blocks(cells: ComputedCells) -> dict[str, list[str]]:
    """The names of values that are reported in one line."""
    blocks: dict[str, list[str]] = {}
    for key, members in cells.items():
        blocks.setdefault(members[0].rule.block, []).append(key)
    return blocks


Formulas = Mapping[Place, Finding]


def _block_report(
    block: str,
    keys: list[str],
    cells: ComputedCells,
    formulas: Formulas,
    live: _Live,
    stored: Stored,
) -> BlockReport:
    members = [cell for key in keys for cell in cells[key]]
    compared = [live.comparisons[key] for key in keys if key in live.comparisons]
    kept = [stored.comparisons[key] for key in keys]
    states = {stored.states[key] for key in keys}
    state = next(state for state in (STALE, PRESENT, ABSENT) if state in states)
    return BlockReport(
        block,
        len(members),
        sum(cell.place in formulas for cell in members),
        LiveCheck(
            sum(int(one.known.sum()) for one in compared), _wrong(compared), _largest(compared)
        ),
        StoredCheck(state, _wrong(kept), 0.0 if state == ABSENT else _largest(kept)),
    )


def _wrong(compared: Iterable[Comparison]) -> int:
    return sum(int(one.wrong.sum()) for one in compared)


def _largest(compared: Iterable[Comparison]) -> float:
    return max((one.largest_error for one in compared), default=0.0)


def _block_findings(
    keys: list[str], cells: ComputedCells, formulas: Formulas, live: _Live, stored: Stored
) -> list[Finding]:
    """One finding a cell: a wrong formula explains a wrong value, and a live one a stored one."""
    findings: dict[Place, Finding] = {}
    for key in keys:
        members = cells[key]
        for place in (cell.place for cell in members):
            if place in formulas:
                findings[place] = formulas[place]
        if key in live.comparisons:
            found = live.values[key]
            for index in np.flatnonzero(live.comparisons[key].wrong):
                expected = live.comparisons[key].expected[index]
                finding = members[index].finding("live", expected, found[index])
                findings.setdefault(members[index].place, finding)
        for index in np.flatnonzero(stored.comparisons[key].wrong):
            expected = stored.comparisons[key].expected[index]
            finding = members[index].finding("stored", expected, members[index].found.value)
            findings.setdefault(members[index].place, finding)
    return list(findings.values())


def _output(book: FoundBook, live: _Live, truth: Mapping[str, object]) -> dict[str, float]:
    """The outputs by label: as the engine computes them, else as stored, else NumPy's."""
    network = book.network
    if not network.labels:
        return {}
    for values in (live.values.get(network.output), book.stored[network.output].tolist()):
        if values and all(isinstance(value, float) and np.isfinite(value) for value in values):
            return dict(zip(network.labels, map(float, values), strict=True))
    return dict(zip(network.labels, np.asarray(truth[network.output]).tolist(), strict=True))


def _prediction(book: FoundBook, output: Mapping[str, float]) -> str | None:
    if not output:
        return None
    found = found_labels(book.network, np.array(list(output.values())))
    return ", ".join(found) or NONE_FOUND
