"""The embedded engine: formualizer, a spreadsheet engine in a Python package."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xlconv.engines.engine import Grid, Place
from xlconv.engines.process import Found, evaluate_bounded, start_early
from xlconv.spreadsheet.formula import CIRCLE, OTHER_ERROR
from xlconv.xlsx.sheet import Value, Values


class Formualizer:
    """Evaluates a file in a process of its own, within bounds."""

    name = "formualizer"

    def prepare(self) -> None:
        start_early()

    def evaluate(self, path: Path, places: Sequence[Place], computed: int = 0) -> list[Grid]:
        return [
            _grid(found).reshape(place.height, place.width)
            for found, (_, place) in zip(
                evaluate_bounded(path, places, computed), places, strict=True
            )
        ]


def _grid(found: Found) -> Values:
    """Values as they are told: numbers, or objects."""
    if not isinstance(found, list):
        return found
    values = np.empty(len(found), dtype=object)
    values[:] = [_value(cell) for cell in found]
    return values


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
