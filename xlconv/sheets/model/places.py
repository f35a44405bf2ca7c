"""Where things stand on the `Model` sheet: a row for each tensor, and columns in groups.

Must not know formulas, values or looks.
"""

from __future__ import annotations

from xlconv.network.network import Network
from xlconv.spreadsheet.cells import Cell, Range

MOST_ROW = 3  # says which layer has the most of what
GROUP_ROW, HEAD_ROW = 5, 6
FIRST_COLUMN = 2

# The columns by key: the group that they belong to, and their head.
COLUMNS = {
    "layer": ("", "layer"),
    "kind": ("", "kind"),
    "reads": ("", "reads"),
    "settings": ("", "settings"),
    "maps": ("Shape: how its size comes about", "maps"),
    "rows": ("Shape: how its size comes about", "rows: (H + 2·p − k)/s + 1"),
    "columns": ("Shape: how its size comes about", "columns: (W + 2·p − k)/s + 1"),
    "size": ("Shape: how its size comes about", "on the board"),
    "agrees": ("Shape: how its size comes about", "agree"),
    "parameters_line": ("Parameters", "arithmetic"),
    "parameters": ("Parameters", "count"),
    "multiplications_line": ("Multiplications", "arithmetic"),
    "multiplications": ("Multiplications", "count"),
    "share": ("Multiplications", "share"),
    "kept": ("Memory, 4 bytes a number", "numbers it makes"),
    "kept_bytes": ("Memory, 4 bytes a number", "their bytes"),
    "parameter_bytes": ("Memory, 4 bytes a number", "bytes of parameters"),
    "bytes": ("Memory, 4 bytes a number", "bytes in all"),
    "bar": ("Memory, 4 bytes a number", "share"),
    "sum": ("", "sum of its constants"),
    "words": ("", "what it does"),
}


def cell_of(network: Network, tensor: str, column: str) -> Cell:
    """The cell of a tensor in a column."""
    row = HEAD_ROW + 1 + list(network.shapes).index(tensor)
    return Cell(row, column_of(column))


def column_of(column: str) -> int:
    return FIRST_COLUMN + list(COLUMNS).index(column)


def body(network: Network, column: str) -> Range:
    """The cells of all tensors in a column."""
    return Range(HEAD_ROW + 1, column_of(column), len(network.shapes), 1)


def total_cell(network: Network, column: str) -> Cell:
    """The cell below a column."""
    return Cell(body(network, column).bottom + 1, column_of(column))
