"""Rules of single cells, on the board and on the sheet Works.

Must not know what they say.
"""

from dataclasses import replace

from xlconv.formulas.layers.base import Rule
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.sheet_names import WORKS


def single(block: str, key: str, cell: Cell, formula: str, role: str = "") -> Rule:
    """The rule of what is there once."""
    return Rule(block, f"{block}:{key}", None, Range.of(cell), formula, role=role or key)


def on_works(block: str, key: str, cell: Cell, formula: str, role: str = "") -> Rule:
    """The same on the sheet Works."""
    return replace(single(block, key, cell, formula, role), sheet=WORKS)
