"""What every engine is: a program that evaluates the formulas of a workbook *file*.

Each gives the values that its program computes now, whatever values the file was saved
with. Must not know networks, nor what a value should be.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from xlconv.spreadsheet.cells import Range
from xlconv.xlsx.sheet import Values

Place = tuple[str, Range]
Grid = Values  # of a range, with its rows and columns


class Engine(Protocol):
    """Evaluates the formulas of a file."""

    @property
    def name(self) -> str: ...

    def prepare(self) -> None:
        """Start what takes a while to start: a file will be evaluated soon."""
        ...

    def evaluate(self, path: Path, places: Sequence[Place], computed: int = 0) -> list[Grid]:
        """The values of ranges of sheets; errors are texts such as "#VALUE!".

        `computed` is how many cells the whole workbook computes, if more than those of `places`:
        an engine that is held in bounds gets as much. The file stays as it is.

        Raises EngineError if the program is missing, fails or takes too long.
        """
        ...
