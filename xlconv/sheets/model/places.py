"""Where things stand on the `Model` sheet: a row for each tensor, and columns in groups.

Must not know formulas, values or looks.
"""

from collections.abc import Iterator

from xlconv.network.arithmetic import Arithmetic
from xlconv.network.layers.base import Layer
from xlconv.network.network import Network
from xlconv.sheets.on_model.heads.places import ROWS, HeadPlaces, has_head
from xlconv.spreadsheet.cells import Cell, Range

NOTES = 6  # lines of notes below the table
MOST_ROW = 3  # says which layer has the most of what
GROUP_ROW, HEAD_ROW = 5, 6
FIRST_COLUMN = 2

NUMBER_BYTES = 4  # of a number of 32 bits, as networks are usually stored
AXIS, BAR, BAR_LENGTH = "▕", "█", 12  # of the largest
# The columns that are added up, and those of which it is said who has the most.
TOTALS = ("parameters", "multiplications", "kept", "kept_bytes", "parameter_bytes", "bytes")
MOST = (
    ("parameters", "has the most parameters", ""),
    ("multiplications", "does the most multiplications", ""),
    ("bytes", "takes the most memory", " bytes"),
)

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


def notes_top(network: Network) -> int:
    """The row in which the notes below the table begin."""
    return total_cell(network, "layer").row + 2


def head_places(network: Network) -> HeadPlaces | None:
    """Where it is compared what the last layers cost, below the notes; None if nothing is."""
    return HeadPlaces(notes_top(network) + NOTES + 1) if has_head(network) else None


def text_top(network: Network) -> int:
    """The row in which the network's own text begins."""
    below = ROWS if has_head(network) else 0
    return notes_top(network) + NOTES + 3 + below


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


def length_columns(layer: Layer, network: Network) -> Iterator[tuple[str, Arithmetic]]:
    """How a tensor's maps, rows and columns come about, by column; a vector has rows alone."""
    lengths = layer.lengths(*network.read_shapes(layer))
    columns = ("maps", "rows", "columns") if len(lengths) == 3 else ("rows",)
    return zip(columns, lengths, strict=True)
