"""What `verify` reports, as data: findings, one line a block, the verdict.

Knows how it looks in a notebook. Must not know how anything was checked, nor how it is shown in
a terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from html import escape
from math import isfinite
from typing import Any, NamedTuple

from xlconv.book.sheet_names import SheetNames
from xlconv.spreadsheet.cells import Cell, Place
from xlconv.xlsx.sheet import Value


@dataclass(frozen=True)
class Finding:
    """One cell that is not as the network calls for.

    `kind` is one of

    - "formula": it holds another formula than the network calls for
    - "typed": it holds a constant where a formula belongs, or nothing
    - "padding": it belongs to a padding ring and is not empty
    - "stray": it stands between kernels, maps or settings and holds a number, which counts there
    - "label": it holds another class label than the network's text
    - "table": it holds another number, or name, than the inspector finds its way by
    - "format": its number format, or one that a conditional format brings, shows another number or
      text than it holds: `found` is the format, `expected` what the cell holds, None if unknown
    - "caption": it tells of another layer, map, class or number than what it stands beside
    - "live": its formula gives another value than NumPy, from the cells that it reads
    - "random": the same, but only for other pictures, weights and choices than the book's own
    - "stored": the value that the file was saved with is another than NumPy's, or missing

    `place` is the cell, `cell` its name, "Board!AK5"; `channel`, `row` and `column` count from 1
    as in INDEX(conv1_2, 5, 3) (`channel` is None for vectors; in a ring, `row` and `column` lie
    outside of the map). `expected` and `found` are values, or formulas for the kind "formula";
    `formula` is the one that the network calls for (None where no formula belongs), or, of the
    kinds "padding" and "stray", the one of the map beside it that was filled over its end; `engine`
    is what computed what was found (None where nothing was computed).
    """

    kind: str
    place: Place
    tensor: str
    channel: int | None
    row: int
    column: int
    expected: Value
    found: Value
    formula: str | None = None
    engine: str | None = None

    @classmethod
    def of_constant(
        cls, kind: str, place: Place, start: Cell, owner: str, expected: Value, found: Value
    ) -> Finding:
        """A finding on a cell that no formula of the network's fills, counted from a first cell."""
        row, column = place.cell.row - start.row + 1, place.cell.column - start.column + 1
        return cls(kind, place, owner, None, row, column, expected, found)

    @property
    def cell(self) -> str:
        """The cell's name."""
        return str(self.place)

    @property
    def where(self) -> str:
        """Where it is, for people."""
        channel = f" map {self.channel}" if self.channel is not None else ""
        return f"{self.tensor}{channel}, row {self.row}, column {self.column}"

    def with_sheet_names(self, names: SheetNames) -> Finding:
        """The finding with the sheets by the names that they have now."""
        formulas = {"expected": self.expected, "found": self.found, "formula": self.formula}
        spelled: dict[str, Any] = {
            key: names.current(text)
            for key, text in formulas.items()
            if isinstance(text, str) and text.startswith(("=", "{="))
        }
        sheet, cell = self.place
        return replace(self, place=Place(names.name_now(sheet), cell), **spelled)

    def as_json(self) -> dict[str, Any]:
        """The finding as plain data, its place spelled."""
        told = {part.name: getattr(self, part.name) for part in fields(self)}
        return {"kind": told.pop("kind"), "cell": str(told.pop("place")), **told}


class Words(NamedTuple):
    """What a line of the report says of one question; `tone` is "wrong", "aside", "doubt" or ""."""

    text: str
    tone: str = ""


def error_text(error: float) -> str:
    """A largest difference, in a word."""
    return "0" if error == 0 else f"{error:.1e}"


def _wrong_or(wrong: int, text: str) -> Words:
    return Words(f"{wrong:,} wrong", "wrong") if wrong else Words(text)


@dataclass(frozen=True)
class LiveCheck:
    """What engines compute: cells compared, cells that are wrong, largest difference."""

    checked: int
    wrong: int
    max_error: float

    @property
    def words(self) -> Words:
        if not self.checked:
            return Words("not checked", "aside")
        return _wrong_or(self.wrong, error_text(self.max_error))


@dataclass(frozen=True)
class StoredCheck:
    """What the file was saved with. `state` is "present", "absent" (nothing is stored) or
    "stale" (computed before somebody changed a pixel or a weight)."""

    state: str
    wrong: int
    max_error: float

    @property
    def words(self) -> Words:
        if self.state != "present" and not self.wrong:
            return Words(self.state, "doubt")
        return _wrong_or(self.wrong, error_text(self.max_error))


@dataclass(frozen=True)
class BlockReport:
    """One line of the report: the cells of a tensor, or of another group of computed cells.

    `live` is of the book as it is, `random` of random trials. `engines` holds the largest
    difference of each engine from NumPy, and `apart` the largest of two engines from each other,
    None if there are not two.
    """

    tensor: str
    cells: int
    formulas_wrong: int
    live: LiveCheck
    stored: StoredCheck
    random: LiveCheck = LiveCheck(0, 0, 0.0)
    engines: Mapping[str, float] = field(default_factory=dict)
    apart: float | None = None

    @property
    def formulas(self) -> Words:
        """What is said of its formulas."""
        return _wrong_or(self.formulas_wrong, "right")


@dataclass(frozen=True)
class EngineReport:
    """One engine: whether it "ran", "failed" or is "not installed", and then why; `end_to_end` is
    the largest difference of the network's output from NumPy's own forward pass."""

    name: str
    state: str
    error: str | None
    end_to_end: float | None


@dataclass(frozen=True)
class ExerciseReport:
    """What of an exercise is not filled in: of its `cells` so many are `empty`; besides, so many
    hold numbers that were `given` in place of formulas."""

    cells: int
    empty: int
    given: int


@dataclass(frozen=True)
class Report:
    """The result of `verify`.

    `values` are the outputs by label (from the engine, else as stored, else NumPy's),
    `prediction` is the label of the largest, or behind a sigmoid those that reach its threshold,
    joined by ", " ("none" if none does; None if the network has no vector of outputs), and
    `end_to_end` the largest difference of an engine's output from NumPy's own forward pass,
    None without an engine. `trials` is how many random trials there were, of a `seed`. `exercise`
    says what is left to do, None if the workbook is no exercise. `rounded` says that the file was
    saved by a program that calculates with numbers as they are shown; `copies` are sheets that are
    called like copies of the board, of which nothing was looked at.
    """

    workbook: str
    network: str
    engine: str
    blocks: tuple[BlockReport, ...]
    findings: tuple[Finding, ...]
    values: Mapping[str, float]
    end_to_end: float | None
    prediction: str | None
    engines: tuple[EngineReport, ...] = ()
    trials: int = 0
    seed: int | None = None
    exercise: ExerciseReport | None = None
    rounded: bool = False
    copies: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """ "agrees", "differs", "unfinished" if cells of an exercise hold no formulas and all
        others agree, or "unchecked" if there were no values to compare: without an
        engine, stored ones that are absent or stale say nothing of the book as it is now. So does
        an engine that failed, if no other finds a difference."""
        if self.findings:
            return "differs"
        if any(engine.state == "failed" for engine in self.engines):
            return "unchecked"
        evaluated = any(block.live.checked for block in self.blocks)
        if not evaluated and self.stored_state != "present":
            return "unchecked"
        left = self.exercise is not None and (self.exercise.empty or self.exercise.given)
        return "unfinished" if left else "agrees"

    @property
    def exit_code(self) -> int:
        """0 agrees, 1 differs or is not finished, 2 could not be checked."""
        return {"agrees": 0, "differs": 1, "unfinished": 1, "unchecked": 2}[self.verdict]

    @property
    def stored_state(self) -> str:
        """The state of the stored values of the whole book: the worst of its blocks'."""
        states = {block.stored.state for block in self.blocks}
        return next(state for state in ("stale", "absent", "present") if state in states)

    def as_json(self) -> dict[str, Any]:
        """The report as plain data for `--json`; docs/verify.md describes it."""
        return {
            "workbook": self.workbook,
            "network": self.network,
            "engine": self.engine,
            "verdict": self.verdict,
            "blocks": [
                {
                    "tensor": block.tensor,
                    "cells": block.cells,
                    "formulas": {"wrong": block.formulas_wrong},
                    "live": asdict(block.live),
                    "stored": asdict(block.stored),
                    "random": asdict(block.random),
                    "engines": dict(block.engines),
                    "apart": block.apart,
                }
                for block in self.blocks
            ],
            "findings": [finding.as_json() for finding in self.findings],
            "output": {
                "labels": list(self.values),
                "values": list(self.values.values()),
                "prediction": self.prediction,
            },
            "engines": [
                {**asdict(engine), "end_to_end": _finite(engine.end_to_end)}
                for engine in self.engines
            ],
            "random": {"trials": self.trials, "seed": self.seed},
            "exercise": None if self.exercise is None else asdict(self.exercise),
            "rounded": self.rounded,
            "copies": list(self.copies),
        }

    def _repr_html_(self) -> str:
        """The report as a notebook shows it: the verdict, what is wrong, the blocks."""
        colour = {"agrees": "#1E7B45", "differs": "#B3261E"}.get(self.verdict, "#8A6100")
        answer = "" if self.prediction is None else f"; prediction: {escape(self.prediction)}"
        parts = [f'<p><b style="color:{colour}">{self.verdict}</b>{answer}</p>']
        if self.findings:
            shown = self.findings[:HTML_FINDINGS]
            columns = ("cell", "where", "kind", "found", "expected")
            parts.append(_html_table(columns, map(_finding_cells, shown)))
            if len(shown) < len(self.findings):
                parts.append(f"<p>... and {len(self.findings) - len(shown):,} more</p>")
        heads = ("block", "cells", "formulas", "live error", "random error", "stored error")
        named = f"{escape(self.network)}, {escape(self.engine)}"
        parts.append(f"<p><b>{escape(self.workbook)}</b>: {named}</p>")
        parts.append(_html_table(heads, map(_block_cells, self.blocks)))
        return "".join(parts)


def _finite(number: float | None) -> float | None:
    """A number as JSON can hold it."""
    return number if number is not None and isfinite(number) else None


HTML_FINDINGS = 20  # that a notebook shows


def _html_table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of texts, which are escaped."""

    def line(tag: str, texts: Iterable[str]) -> str:
        return f"<tr>{''.join(f'<{tag}>{escape(text)}</{tag}>' for text in texts)}</tr>"

    body = "".join(line("td", row) for row in rows)
    return f"<table><thead>{line('th', heads)}</thead><tbody>{body}</tbody></table>"


def _block_cells(block: BlockReport) -> tuple[str, ...]:
    answers = (block.formulas, block.live.words, block.random.words, block.stored.words)
    return block.tensor, f"{block.cells:,}", *(answer.text for answer in answers)


def _finding_cells(finding: Finding) -> tuple[str, ...]:
    found, expected = ("nothing" if v is None else str(v) for v in _sides(finding))
    return finding.cell, finding.where, finding.kind, found, expected


def _sides(finding: Finding) -> tuple[Value, Value]:
    """What was found, and what belongs there: a formula over which a constant was typed."""
    typed = finding.kind == "typed" and finding.formula is not None
    return finding.found, finding.formula if typed else finding.expected
