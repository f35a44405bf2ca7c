"""How fast a workbook is written, and how large it is, beside openpyxl and XlsxWriter.

    python benchmarks/writing.py [--quick]

Every writer gets the same cells: maps of 100 x 100, stacked ten to a column of maps, each map
one convolution (two SUMPRODUCT terms and a bias) with random float64 values. xlconv gets them
as blocks, the others cell by cell with the text of each formula made beforehand. Plain
openpyxl and its write_only mode cannot store the values, XlsxWriter stores them. Before
anything is timed, the files of the smallest size are read back: each holds these formulas and,
where its writer can store them, these values.

All is measured in one run, the writers in turn, round after round, and the best of each kept:
seconds on the clock, and seconds of the processor (of all threads), which tell more on a machine
that is busy with other things. A million cells are measured once with the slow writers, and in
each round with xlconv; `--quick` leaves them out.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import openpyxl
import xlsxwriter
from rich.console import Console
from rich.table import Table

from xlconv.blocks import Book, CellwiseBlock, FormulaBlock, Sheet, Style
from xlconv.formulas import weighted_sum
from xlconv.grid import Cell, Range
from xlconv.network import Array
from xlconv.reader import open_package
from xlconv.writer import write_book

SIDE = 100  # of a map
STACK = 10  # maps in a column of maps
GAP = 6  # columns between the columns of maps, room for a kernel
SIZES = (10_000, 100_000, 1_000_000)
REPEATS = {10_000: 8, 100_000: 2, 1_000_000: 1}  # in each round
ROUNDS = 3
SHEET = "Maps"
STYLE = Style()

SPEED_TARGET = 5.0
FLATNESS_TARGET = 0.2
SIZE_TARGET = 1 / 3


@dataclass(frozen=True)
class Cells:
    """The same cells in three forms: a book of shared formulas, one of formulas cell by cell,
    and rows of (row, column, formula with its "=", value)."""

    count: int
    shared: Book
    unshared: Book
    rows: list[list[tuple[int, int, str, float]]]


@dataclass
class Best:
    """The least of some runs, in seconds, and the size of the file in bytes."""

    clock: float = float("inf")
    processor: float = float("inf")
    size: int = 0


Writer = Callable[[Path, Cells], None]
Measured = dict[tuple[int, str], Best]


def window(row: int, column: int) -> Range:
    return Range(row, column - SIDE - GAP, 3, 3)


def formula_at(place: Range, row: int, column: int) -> str:
    """The convolution of a cell of the map at `place`: two windows to the left of the map, and
    the kernel and the bias beside it."""
    kernel = Range(place.row, place.column - 4, 3, 3)
    kernels = (kernel, Range(kernel.row + 3, kernel.column, 3, 3))
    windows = (window(row, column), window(row + SIDE, column))
    return weighted_sum(windows, kernels, Cell(kernel.row + 6, kernel.column))


def make_cells(count: int) -> Cells:
    random = np.random.default_rng(1)
    shared, unshared = [], []
    rows: dict[int, list[tuple[int, int, str, float]]] = {}
    for number in range(count // SIDE**2):
        left, up = divmod(number, STACK)
        place = Range(2 + up * SIDE, 1 + (left + 1) * (SIDE + GAP), SIDE, SIDE)
        values: Array = random.standard_normal((SIDE, SIDE))
        texts = [formula_at(place, cell.row, cell.column) for cell in place.cells()]
        shared.append(FormulaBlock(place, texts[0], values, STYLE))
        unshared.append(CellwiseBlock(place, tuple(texts), values, STYLE))
        for cell, text, value in zip(place.cells(), texts, values.ravel().tolist(), strict=True):
            rows.setdefault(cell.row, []).append((cell.row, cell.column, f"={text}", value))
    books = [
        Book("Maps", "Maps", "0", (Sheet(SHEET, tuple(blocks)),), {})
        for blocks in (shared, unshared)
    ]
    return Cells(count, *books, [rows[row] for row in sorted(rows)])


def by_xlconv(path: Path, cells: Cells) -> None:
    write_book(path, cells.shared, overwrite=True)


def by_xlconv_unshared(path: Path, cells: Cells) -> None:
    write_book(path, cells.unshared, overwrite=True)


def by_openpyxl(path: Path, cells: Cells) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = SHEET
    for members in cells.rows:
        for row, column, formula, _ in members:
            sheet.cell(row, column, formula)
    book.save(path)


def by_openpyxl_write_only(path: Path, cells: Cells) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    for members in [[]] * (cells.rows[0][0][0] - 1) + cells.rows:
        texts: list[str | None] = [None] * (members[-1][1] if members else 0)
        for _, column, formula, _ in members:
            texts[column - 1] = formula
        sheet.append(texts)
    book.save(path)


def by_xlsxwriter(path: Path, cells: Cells, constant_memory: bool = False) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": constant_memory}) as book:
        sheet = book.add_worksheet(SHEET)
        look = book.add_format({"font_size": 8, "align": "center", "valign": "vcenter"})
        for members in cells.rows:
            for row, column, formula, value in members:
                sheet.write_formula(row - 1, column - 1, formula, look, value)


def by_xlsxwriter_constant_memory(path: Path, cells: Cells) -> None:
    by_xlsxwriter(path, cells, constant_memory=True)


PLAIN, XLCONV, UNSHARED = "openpyxl", "xlconv", "xlconv, unshared"
XLSXWRITER, CONSTANT_MEMORY = "XlsxWriter", "XlsxWriter, constant_memory"
WRITERS: dict[str, Writer] = {
    PLAIN: by_openpyxl,
    "openpyxl, write_only": by_openpyxl_write_only,
    XLSXWRITER: by_xlsxwriter,
    CONSTANT_MEMORY: by_xlsxwriter_constant_memory,
    UNSHARED: by_xlconv_unshared,
    XLCONV: by_xlconv,
}
STORES_VALUES = (XLSXWRITER, CONSTANT_MEMORY, UNSHARED, XLCONV)


def check_same_cells(cells: Cells, path: Path) -> None:
    """Every writer's file holds the same formulas, and the values if it stores them."""
    for name, write in WRITERS.items():
        write(path, cells)
        found = open_package(path).sheet(SHEET)
        if len(found) != cells.count:
            raise SystemExit(f"{name} wrote {len(found):,} cells of {cells.count:,}")
        for row, column, formula, value in chain.from_iterable(cells.rows):
            cell = found[row, column]
            written = cell.formula and cell.formula.at(Cell(row, column))
            if written != formula or (name in STORES_VALUES and cell.value != value):
                raise SystemExit(f"{name} wrote {written}, {cell.value} for {formula}, {value}")


def measure(write: Writer, path: Path, cells: Cells, best: Best) -> None:
    """One run: the file is written anew, with no garbage of the run before."""
    path.unlink(missing_ok=True)
    gc.collect()
    clock, processor = time.perf_counter(), time.process_time()
    write(path, cells)
    best.clock = min(best.clock, time.perf_counter() - clock)
    best.processor = min(best.processor, time.process_time() - processor)
    best.size = path.stat().st_size


def measure_all(sizes: tuple[int, ...], path: Path) -> Measured:
    every = [make_cells(size) for size in sizes]
    gc.collect()
    gc.freeze()  # the cells to write are no writer's garbage to look through
    check_same_cells(every[0], path)
    measured: Measured = {(size, name): Best() for size in sizes for name in WRITERS}
    for turn in range(ROUNDS):
        for cells in every:
            for _ in range(REPEATS[cells.count]):
                for name, write in WRITERS.items():
                    if turn == 0 or name == XLCONV or cells.count < max(SIZES):
                        measure(write, path, cells, measured[cells.count, name])
    return measured


def ratio_table(measured: Measured) -> Table:
    table = Table("cells", "writer", title="Writing: ratios within one run")
    for head in (
        *("cells/s,\nopenpyxl = 1", "same, of\nprocessor time"),
        *("seconds a cell,\nxlconv at 10^4 = 1", "same, of\nprocessor time"),
        *("file size,\nXlsxWriter = 1", "file size,\nxlconv unshared = 1"),
    ):
        table.add_column(head, justify="right")
    first = measured[SIZES[0], XLCONV]
    for (size, name), best in measured.items():
        plain = measured[size, PLAIN]
        cells = size / SIZES[0]
        table.add_row(
            f"{size:,}",
            f"[bold]{name}[/]" if name == XLCONV else name,
            f"{plain.clock / best.clock:.2f}",
            f"{plain.processor / best.processor:.2f}",
            f"{best.clock / first.clock / cells:.2f}",
            f"{best.processor / first.processor / cells:.2f}",
            f"{best.size / measured[size, XLSXWRITER].size:.2f}",
            f"{best.size / measured[size, UNSHARED].size:.2f}",
            end_section=name == XLCONV,
        )
    return table


def verdicts(measured: Measured) -> list[str]:
    """A line for each target: the worst of all sizes, on the clock and of processor time."""
    sizes = list(dict.fromkeys(size for size, _ in measured))
    ours = [measured[size, XLCONV] for size in sizes]
    plain = [measured[size, PLAIN] for size in sizes]
    clock = min(p.clock / o.clock for p, o in zip(plain, ours, strict=True))
    processor = min(p.processor / o.processor for p, o in zip(plain, ours, strict=True))
    per_cell = [best.clock / size for best, size in zip(ours, sizes, strict=True)]
    growth = max(per_cell) / per_cell[0]
    per_cell_large = per_cell[1:]
    spread = max(per_cell_large) / min(per_cell_large)
    share = max(
        best.size / measured[size, other].size
        for best, size in zip(ours, sizes, strict=True)
        for other in (XLSXWRITER, UNSHARED)
    )
    return [
        f"{_met(clock >= SPEED_TARGET)}  cells/s of openpyxl's, at least {SPEED_TARGET:g}: "
        f"{clock:.2f} (processor time: {processor:.2f})",
        f"{_met(growth <= 1 + FLATNESS_TARGET)}  growth of the seconds a cell from 10^4, at most "
        f"{1 + FLATNESS_TARGET:g}: {growth:.2f} (from 10^5 up: spread {spread:.2f})",
        f"{_met(share <= SIZE_TARGET)}  file size of the unshared, at most {SIZE_TARGET:.2f}: "
        f"{share:.2f}",
    ]


def _met(holds: bool) -> str:
    return "[green]met   [/]" if holds else "[red]missed[/]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="stop at 100,000 cells")
    sizes = SIZES[:2] if parser.parse_args().quick else SIZES
    with tempfile.TemporaryDirectory() as folder:
        measured = measure_all(sizes, Path(folder) / "book.xlsx")
    console = Console()
    console.print(ratio_table(measured))
    for line in verdicts(measured):
        console.print(line)


if __name__ == "__main__":
    main()
