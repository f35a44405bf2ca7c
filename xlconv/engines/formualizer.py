"""The embedded engine: formualizer, a spreadsheet engine in a Python package."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xlconv.engines import NOTHING, Grid, Place
from xlconv.errors import EngineError, MissingEngineError
from xlconv.reader import Value
from xlconv.retyping import Typed, retyped


class Formualizer:
    """Evaluates a file in this process."""

    name = "formualizer"

    def evaluate(self, path: Path, places: Sequence[Place], typed: Typed = NOTHING) -> list[Grid]:
        try:
            import formualizer
        except ImportError as error:
            raise MissingEngineError(
                "the engine formualizer is not installed; `pip install formualizer`, "
                "or use --engine libreoffice or none"
            ) from error
        with tempfile.TemporaryDirectory(prefix="xlconv-") as folder:
            # Typing into the loaded book is slow: each number costs a look at all that reads it.
            source = retyped(path, typed, Path(folder, "book.xlsx")) if typed else path
            try:
                return _evaluated(formualizer, source, places)
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:  # kinds of its own, and panics, which are no Exception
                text = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
                raise EngineError(f"{path}: formualizer could not evaluate it ({text})") from error


def _evaluated(formualizer: Any, source: Path, places: Sequence[Place]) -> list[Grid]:
    book = formualizer.load_workbook(str(source))
    book.evaluate_all()
    sheets = {name: book.sheet(name) for name, _ in places}
    return [
        _grid(sheets[name].get_values(_address(formualizer, name, place))) for name, place in places
    ]


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


CIRCLE = "#CIRC!"
# The kinds of errors as spreadsheets show them; of a circle they show nothing of the kind.
ERRORS = {
    "Na": "#N/A",
    "Num": "#NUM!",
    "Div": "#DIV/0!",
    "Value": "#VALUE!",
    "Ref": "#REF!",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Circ": CIRCLE,
}
