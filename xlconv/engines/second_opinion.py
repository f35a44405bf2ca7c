"""A second opinion: what the embedded engine cannot evaluate, LibreOffice is asked, if it is there.

Must not know what a value should be.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from xlconv.engines.engine import Grid, Place
from xlconv.engines.registry import engine_named
from xlconv.errors import EngineError
from xlconv.spreadsheet.formula import CIRCLE

EMBEDDED, SECOND = "formualizer", "libreoffice"


class SecondOpinion:
    """An engine, with LibreOffice behind the embedded one. `asked` are those that were asked."""

    def __init__(self, name: str) -> None:
        self.engine = engine_named(name)
        self.asked = [name]
        self.may_ask = self.helps = name == EMBEDDED

    def evaluate(
        self,
        path: Path,
        places: Sequence[Place],
        stored: Sequence[Grid],
        computed: int = 0,
    ) -> list[Grid]:
        """The values of ranges. An error that may be the embedded engine's own, for want of a
        function or of arrays inside of one, is replaced by what LibreOffice says, unless an error
        is `stored`, too. Once it knew nothing better, it is not asked again: that takes seconds."""
        grids = self.first(path, places, computed)
        if not self.helps or not _doubtful_count(grids, stored):
            return grids
        second = self.second(path, places, computed)
        if second is None:  # then the first opinion stands
            self.helps = False
            return grids
        better = [_merge_grids(*pair) for pair in zip(grids, second, strict=True)]
        self.helps = _doubtful_count(better, stored) < _doubtful_count(grids, stored)
        return better

    def first(self, path: Path, places: Sequence[Place], computed: int = 0) -> list[Grid]:
        """What the first engine alone says."""
        return self.engine.evaluate(path, places, computed)

    def second(self, path: Path, places: Sequence[Place], computed: int = 0) -> list[Grid] | None:
        """What the second engine says; None if it is not installed, or fails."""
        try:
            grids = engine_named(SECOND).evaluate(path, places, computed)
        except EngineError:
            return None
        self.asked = [EMBEDDED, SECOND]
        return grids


def _doubtful_count(grids: Sequence[Grid], stored: Sequence[Grid]) -> int:
    """How many values are the embedded engine's own errors: whoever saved the file saw none."""
    return sum(
        may_be_its_own(value) and not _is_error(before)
        for grid, kept in zip(grids, stored, strict=True)
        for value, before in zip(grid.flat, kept.flat, strict=True)
    )


def _merge_grids(grid: Grid, other: Grid) -> Grid:
    merged = grid.astype(object)
    for place, value in np.ndenumerate(grid):
        if may_be_its_own(value):
            merged[place] = other[place]
    return merged


# What no other program would make anything of.
_CERTAIN = {"#DIV/0!", "#NUM!", "#N/A", "#REF!", "#NULL!", CIRCLE}


def may_be_its_own(value: object) -> bool:
    """Whether a value is an error that another program may not see."""
    return _is_error(value) and value not in _CERTAIN


def _is_error(value: object) -> bool:
    return isinstance(value, str) and value.startswith("#")
