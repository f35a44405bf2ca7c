"""The embedded engine: formualizer, a spreadsheet engine in a Python package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xlconv.engines.engine import NOTHING, Grid, Place
from xlconv.engines.process import evaluate_bounded
from xlconv.spreadsheet.formula import CIRCLE, OTHER_ERROR
from xlconv.system.signals import temporary_folder
from xlconv.xlsx.patch import Typed, typed_copy
from xlconv.xlsx.reader import Value


class Formualizer:
    """Evaluates a file in a process of its own, within bounds."""

    name = "formualizer"

    def evaluate(
        self, path: Path, places: Sequence[Place], typed: Typed = NOTHING, computed: int = 0
    ) -> list[Grid]:
        with temporary_folder() as folder:
            # Typing into the loaded book is slow: each number costs a look at all that reads it.
            source = typed_copy(path, typed, folder / "book.xlsx") if typed else path
            return [_grid(rows) for rows in evaluate_bounded(path, source, places, computed)]


def _grid(rows: list[list[Any]]) -> Grid:
    return [[_value(cell) for cell in row] for row in rows]


def _value(cell: Any) -> Value:
    if cell is None or isinstance(cell, bool | float | str):
        return cell
    if isinstance(cell, dict) and cell.get("type") == "Error":
        return _ERRORS.get(str(cell.get("kind")), OTHER_ERROR)
    return float(cell) if isinstance(cell, int) else str(cell)


# The kinds of errors as spreadsheets show them.
_ERRORS = {
    "Na": "#N/A",
    "Num": "#NUM!",
    "Div": "#DIV/0!",
    "Value": "#VALUE!",
    "Ref": "#REF!",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Circ": CIRCLE,
}
