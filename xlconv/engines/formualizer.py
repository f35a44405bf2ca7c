"""The embedded engine: formualizer, a spreadsheet engine in a Python package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xlconv.engines import Grid, Place
from xlconv.errors import EngineError
from xlconv.reader import Value


class Formualizer:
    """Evaluates a file in this process."""

    name = "formualizer"

    def evaluate(self, path: Path, places: Sequence[Place]) -> list[Grid]:
        try:
            import formualizer
        except ImportError as error:
            raise EngineError(
                "the engine formualizer is not installed; `pip install formualizer`, "
                "or use --engine libreoffice or none"
            ) from error
        try:
            book = formualizer.load_workbook(str(path))
            book.evaluate_all()
            sheets = {name: book.sheet(name) for name, _ in places}
            return [
                _grid(sheets[name].get_values(_address(formualizer, name, place)))
                for name, place in places
            ]
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # kinds of its own, and panics, which are no Exception
            text = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise EngineError(f"{path}: formualizer could not evaluate it ({text})") from error


def _address(formualizer: Any, name: str, place: Any) -> Any:
    return formualizer.RangeAddress(name, place.row, place.column, place.bottom, place.right)


def _grid(rows: list[list[Any]]) -> Grid:
    return [[_value(cell) for cell in row] for row in rows]


def _value(cell: Any) -> Value:
    if cell is None or isinstance(cell, bool | float | str):
        return cell
    if isinstance(cell, dict) and cell.get("type") == "Error":
        return ERRORS.get(str(cell.get("kind")), "#ERROR!")
    return float(cell) if isinstance(cell, int) else str(cell)


# The kinds of errors as spreadsheets show them.
ERRORS = {
    "Na": "#N/A",
    "Num": "#NUM!",
    "Div": "#DIV/0!",
    "Value": "#VALUE!",
    "Ref": "#REF!",
    "Name": "#NAME?",
    "Null": "#NULL!",
}
