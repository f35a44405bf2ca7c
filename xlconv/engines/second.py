"""A second opinion: what the embedded engine cannot evaluate, LibreOffice is asked, if it is there.

Must not know what a value should be.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xlconv.engines import NOTHING, Grid, Place, engine_named
from xlconv.engines.formualizer import CIRCLE
from xlconv.errors import EngineError
from xlconv.reader import Value
from xlconv.retyping import Typed

EMBEDDED, SECOND = "formualizer", "libreoffice"


class SecondOpinion:
    """An engine, with LibreOffice behind the embedded one."""

    def __init__(self, name: str) -> None:
        self.engine = engine_named(name)
        self.helps = name == EMBEDDED

    def evaluate(self, path: Path, places: Sequence[Place], typed: Typed = NOTHING) -> list[Grid]:
        """The values of ranges. An error that may be the embedded engine's own, for want of a
        function or of arrays inside of one, is replaced by what LibreOffice says. Once it knew
        nothing better, it is not asked again: that takes seconds."""
        grids = self.engine.evaluate(path, places, typed)
        if not self.helps or not _errors(grids):
            return grids
        try:
            second = engine_named(SECOND).evaluate(path, places, typed)
        except EngineError:  # not installed, or it fails: then the first opinion stands
            self.helps = False
            return grids
        better = [_better(*pair) for pair in zip(grids, second, strict=True)]
        self.helps = _errors(better) < _errors(grids)
        return better


def _errors(grids: list[Grid]) -> int:
    return sum(_is_error(value) for grid in grids for row in grid for value in row)


def _better(grid: Grid, other: Grid) -> Grid:
    return [
        [b if _is_error(a) else a for a, b in zip(one, two, strict=True)]
        for one, two in zip(grid, other, strict=True)
    ]


# What no other program would make anything of.
_CERTAIN = {"#DIV/0!", "#NUM!", "#N/A", "#REF!", "#NULL!", CIRCLE}


def _is_error(value: Value) -> bool:
    return isinstance(value, str) and value.startswith("#") and value not in _CERTAIN
