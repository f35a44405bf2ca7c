"""Cells as numbers that order them as a sheet does, row by row: what many cells at once are looked
up by.

Must not know what stands in cells.
"""

from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray

from xlconv.spreadsheet.cells import Cell, Place, Range, cells_by_sheet

Keys = NDArray[np.int64]
NO_KEYS: Keys = np.zeros(0, np.int64)

_ROW = 1 << 15  # more than a row has columns


def sheet_keys(rows: Keys, columns: Keys | int) -> Keys:
    """The keys of cells: numbers in the order of a sheet."""
    return rows * _ROW + columns


def rows_columns(keys: Keys) -> tuple[Keys, Keys]:
    """The rows and the columns of keys."""
    rows, columns = np.divmod(keys, _ROW)
    return rows, columns


def among(keys: Keys, ordered: Keys) -> NDArray[np.bool_]:
    """Which keys are some of those in order."""
    if not len(ordered) or not len(keys):
        return np.zeros(len(keys), dtype=bool)
    near = ordered[np.minimum(ordered.searchsorted(keys), len(ordered) - 1)]
    found: NDArray[np.bool_] = near == keys
    return found


def keys_by_sheet(places: Iterable[Place]) -> dict[str, Keys]:
    """The keys of places in order, sheet by sheet."""
    return {
        sheet: np.sort(np.array([cell_key(*cell) for cell in cells], dtype=np.int64))
        for sheet, cells in cells_by_sheet(places).items()
    }


def cell_key(row: int, column: int) -> int:
    """The key of a cell."""
    return row * _ROW + column


def key_cell(key: int) -> Cell:
    """The cell of a key."""
    return Cell(*divmod(key, _ROW))


def range_keys(ranges: Collection[Range], apart: tuple[int, int] = (1, 1)) -> Keys:
    """The keys of the cells of ranges, one after another, each row by row."""
    if not ranges:
        return NO_KEYS
    down, across = apart
    sizes = [
        (cell_key(r.row, r.column), 1 + (r.height - 1) // down, 1 + (r.width - 1) // across)
        for r in ranges
    ]
    firsts, heights, widths = np.array(sizes, dtype=np.int64).T
    rows = np.repeat(firsts, heights) + down * _ROW * places_within(heights)
    columns = np.repeat(widths, heights)
    keys: Keys = np.repeat(rows, columns) + across * places_within(columns)
    return keys


def places_within(sizes: Keys) -> Keys:
    """For each size the numbers from 0 to it.

    >>> places_within(np.array([2, 3])).tolist()
    [0, 1, 0, 1, 2]
    """
    steps: Keys = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return steps
