"""The board during a trial as arrays, and windows of it wherever a wrong formula may look.

Must not know what belongs in a cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlconv.book.book import FoundBook
from xlconv.grading.trials import Trial
from xlconv.network.model import Array
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.spreadsheet.keys import rows_columns
from xlconv.state.sheet_names import BOARD

_BEYOND = 64  # rows and columns behind the layout's board that may be read, too

Mask = NDArray[np.bool_]
Numbers = NDArray[np.integer[Any]]  # of rows or columns


@dataclass(frozen=True, eq=False)
class Boards:
    """The boards of a workbook's trials, each made once for all parts."""

    book: FoundBook
    _made: dict[int, tuple[Array, Mask]] = field(default_factory=dict)

    def of(self, trial: Trial) -> tuple[Array, Mask]:
        """The board during a trial, which whoever asks holds on to."""
        if id(trial) not in self._made:
            self._made[id(trial)] = _board_cells(self.book, trial)
        return self._made[id(trial)]


def _board_cells(book: FoundBook, trial: Trial) -> tuple[Array, Mask]:
    """Every number on the board during a trial, by row and column from 1: NaN for none, infinity
    for an error, and for what is computed and nobody asked for; and where texts stand. A cell of a
    learner's own in the sheet's last row makes it no larger."""
    cells, place = book.sheets[BOARD], book.layout.board
    board = np.full((place.bottom + 1 + _BEYOND, place.right + 1 + _BEYOND), np.nan)
    texts = np.zeros(board.shape, dtype=bool)
    rows, columns = rows_columns(cells.keys_of_cells)
    inside = _inside(rows, columns, board)
    numbers = np.where(cells.held >= 0, np.inf, cells.numbers)
    board[rows[inside], columns[inside]] = numbers[inside]
    for position, value in cells.others.items():
        if inside[position]:
            texts[rows[position], columns[position]] = isinstance(value, str)
    keys, held = trial.isolated.typed.by_sheet()[BOARD]
    rows, columns = rows_columns(keys)
    inside = _inside(rows, columns, board)
    typed = [one if isinstance(one, float) else np.nan for one in held]
    board[rows[inside], columns[inside]] = np.array(typed)[inside]
    for cell, value in trial.on_board.items():
        if cell.row < board.shape[0] and cell.column < board.shape[1]:
            error = isinstance(value, str) and value.startswith("#")
            board[cell] = value if isinstance(value, float) else np.inf if error else np.nan
            texts[cell] = isinstance(value, str) and not error and bool(value)
    return board, texts


def _inside(rows: Numbers, columns: Numbers, board: Array) -> Mask:
    """Which cells are among those of a board."""
    made: Mask = (rows >= 1) & (columns >= 1) & (rows < board.shape[0]) & (columns < board.shape[1])
    return made


@dataclass(frozen=True)
class Windows:
    """The windows of a part on the board: the first one in each of the maps that are read, how far
    one is from the next, and of how many rows and columns of cells, so far apart, each is; where
    kernels and bias stand. `board` is every number that stands there, NaN for none, infinity for
    an error; `texts` says where texts are."""

    board: Array
    texts: Mask
    starts: Sequence[Cell]
    stride: tuple[int, int]
    size: tuple[int, int]
    apart: tuple[int, int]
    shape: tuple[int, int]
    kernels: Sequence[Range]
    bias: Cell | None
    kernel_apart: tuple[int, int] = (1, 1)

    def read(
        self, slot: int, shift: tuple[int, int] = (0, 0), stride: tuple[int, int] | None = None
    ) -> Array:
        """The cells of each window of a map, (k, n), all of them shifted, or moving otherwise."""
        start = self.starts[slot].shifted(*shift)
        return self._cells(start, self.size, self.apart, stride or self.stride)

    def kernel(self, number: int, moves: tuple[int, int]) -> Array:
        """What stands where a kernel is looked for that moves with the cell, (k, n)."""
        place = self.kernels[number]
        (down, across) = self.kernel_apart
        size = (place.height - 1) // down + 1, (place.width - 1) // across + 1
        return self._cells(place.first, size, self.kernel_apart, moves)

    def bias_moving(self, moves: tuple[int, int]) -> Array:
        """What stands where the bias is looked for; NaN for a text, to which nothing is added."""
        assert self.bias is not None
        where = self.bias, (1, 1), (1, 1), moves
        texts = self._cells(*where, self.texts.astype(np.float64))[0]
        return np.where(texts == 1, np.nan, as_terms(self._cells(*where)[0]))

    def _cells(
        self,
        start: Cell,
        size: tuple[int, int],
        apart: tuple[int, int],
        moves: tuple[int, int],
        board: Array | None = None,
    ) -> Array:
        line, across = np.indices(self.shape).reshape(2, -1)
        i, j = np.indices(size).reshape(2, -1)
        rows = start.row + apart[0] * i[:, None] + moves[0] * line[None, :]
        columns = start.column + apart[1] * j[:, None] + moves[1] * across[None, :]
        return cells_of(self.board if board is None else board, rows, columns)


def as_terms(cells: Array) -> Array:
    """Cells as terms of a sum: empty ones are 0, and no sum of an error is a number."""
    made: Array = np.where(np.isinf(cells), np.nan, np.where(np.isnan(cells), 0.0, cells))
    return made


def cells_of(board: Array, rows: Numbers, columns: Numbers) -> Array:
    """The numbers in cells of the board; NaN for none, and beyond its end."""
    inside = _inside(rows, columns, board)
    found = board[np.where(inside, rows, 0), np.where(inside, columns, 0)]
    made: Array = np.where(inside, found, np.nan)
    return made
