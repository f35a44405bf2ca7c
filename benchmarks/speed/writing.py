"""How fast a workbook is written, and how large it is, beside openpyxl and XlsxWriter.

    python benchmarks/speed/writing.py [--quick] [--channels N]

Every writer gets the same cells: maps of 100 x 100, stacked ten to a column of maps, each map
one convolution (a SUMPRODUCT term a channel, two unless `--channels` says otherwise, and a bias)
with random float64 values. xlconv gets them as blocks, the others cell by cell with the text of
each formula made beforehand. Plain openpyxl and its write_only mode cannot store the values, so
they write less; XlsxWriter stores them. Before anything is timed, the files of the smallest size
are read back: each holds these formulas and, where its writer can store them, these values.

All is measured in one run, the writers in turn, round after round, and the best of each kept:
seconds on the clock, and seconds of the processor (of all threads), which tell more on a machine
that is busy with other things: there, xlconv's second thread has no core of its own. A million
cells are measured once with the slow writers, and in each round with xlconv; `--quick` leaves
them out.

Then whole networks are built, of about half a million activations (with `--large` up to five
millions): what of the processor's time is the writer's, given blocks that are made already. A
build as fast as its writer would have 1; and what a cell takes of time, with `--large` of memory.

An empty book is measured too. It is what every book costs before its first cell, and at 10^4
cells a good part of the whole: so the seconds a cell are compared as they are and without it.
"""

import argparse
import gc
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import prod
from pathlib import Path

import numpy as np
import openpyxl
import xlsxwriter
from rich.console import Console
from rich.table import Table

from xlconv.compiler import compile_book
from xlconv.formulas.text import weighted_sum
from xlconv.network.layers.activation import ReLU, Softmax
from xlconv.network.layers.base import Layer
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.pooling import GlobalAvgPool2D, MaxPool2D
from xlconv.network.model import Array, Model
from xlconv.network.network import Network
from xlconv.spreadsheet.blocks import Block, Book, CellwiseBlock, FormulaBlock, Sheet, Style
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.training.train import initial_weights
from xlconv.xlsx.reader import open_package
from xlconv.xlsx.writer import write_book

SIDE = 100  # of a map
STACK = 10  # maps in a column of maps
GAP = 6  # columns between the columns of maps, room for the kernels and the bias
SIZES = (10_000, 100_000, 1_000_000)
REPEATS = {0: 8, 10_000: 8, 100_000: 2, 1_000_000: 1}  # in each round
ROUNDS = 3
SHEET = "Maps"
STYLE = Style()

SPEED_TARGET = 5.0
FLATNESS_TARGET = 1.2
SIZE_TARGET = 1 / 3
BUILDING_ROUNDS = 2
BUILDING_TARGET = 0.5  # of a whole build's time, the writer's


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


def formula_at(place: Range, row: int, column: int, channels: int) -> str:
    """The convolution of a cell of the map at `place`: windows to the left of the map, stacked
    by channel, and beside it the kernels with the bias below."""
    windows = (
        Range(row + channel * SIDE, column - SIDE - GAP, 3, 3) for channel in range(channels)
    )
    kernels = [
        Range(place.row + 3 * channel, place.column - 4, 3, 3) for channel in range(channels)
    ]
    bias = Cell(kernels[-1].bottom + 1, kernels[-1].column)
    return weighted_sum(windows, kernels, bias)


def make_cells(count: int, channels: int) -> Cells:
    random = np.random.default_rng(1)
    shared, unshared = [], []
    rows: dict[int, list[tuple[int, int, str, float]]] = {}
    for number in range(count // SIDE**2):
        left, up = divmod(number, STACK)
        place = Range(2 + up * SIDE, 1 + (left + 1) * (SIDE + GAP), SIDE, SIDE)
        values: Array = random.standard_normal((SIDE, SIDE))
        texts = [formula_at(place, cell.row, cell.column, channels) for cell in place.cells()]
        shared.append(FormulaBlock(place, texts[0], values, STYLE))
        unshared.append(CellwiseBlock(place, tuple(texts), values, STYLE))
        for cell, text, value in zip(place.cells(), texts, values.ravel().tolist(), strict=True):
            rows.setdefault(cell.row, []).append((cell.row, cell.column, f"={text}", value))
    in_order = [rows[row] for row in sorted(rows)]
    return Cells(count, book_of(shared), book_of(unshared), in_order)


def book_of(blocks: Sequence[Block]) -> Book:
    return Book("Maps", "Maps", "0", (Sheet(SHEET, tuple(blocks)),), {})


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
    for _ in range(1, cells.rows[0][0][0] if cells.rows else 1):
        sheet.append([])
    for members in cells.rows:
        texts: list[str | None] = [None] * members[-1][1]
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
XLSXWRITER, CONSTANT_MEMORY = "XlsxWriter", "XlsxWriter, const. memory"
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


def measure_all(sizes: tuple[int, ...], channels: int, path: Path) -> Measured:
    every = [make_cells(size, channels) for size in (0, *sizes)]
    gc.collect()
    gc.freeze()  # the cells to write are no writer's garbage to look through
    check_same_cells(every[1], path)
    measured: Measured = {}
    for turn in range(ROUNDS):
        for cells in every:
            for _ in range(REPEATS[cells.count]):
                for name, write in WRITERS.items():
                    if turn == 0 or not is_slow(name, cells.count):
                        best = measured.setdefault((cells.count, name), Best())
                        measure(write, path, cells, best)
    return measured


def is_slow(name: str, count: int) -> bool:
    """Whether one round has to do."""
    if name in (XLSXWRITER, CONSTANT_MEMORY):
        return count > min(SIZES)
    return name != XLCONV and count == max(SIZES)


def ratio_table(measured: Measured, channels: int) -> Table:
    table = Table("cells", title=f"Writing, {channels} terms: ratios within one run")
    table.add_column("writer", no_wrap=True)
    for head in (
        *("cells/s,\nopenpyxl = 1", "processor\ntime"),
        *("s a cell,\n10^4 = 1", "processor\ntime"),
        *("size, of\nXlsxWriter", "size, of\nunshared"),
    ):
        table.add_column(head, justify="right")
    first = measured[SIZES[0], XLCONV]
    for (size, name), best in measured.items():
        if not size:
            continue
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
    sizes = [size for size, name in measured if name == XLCONV and size]
    speed = [
        min(seconds(measured[size, PLAIN]) / seconds(measured[size, XLCONV]) for size in sizes)
        for seconds in CLOCKS
    ]
    spread = [unevenness(measured, sizes, seconds) for seconds in CLOCKS]
    empty = measured[0, XLCONV]
    rest = [unevenness(measured, sizes, seconds, seconds(empty)) for seconds in CLOCKS]
    share = max(
        measured[size, XLCONV].size / measured[size, other].size
        for size in sizes
        for other in (XLSXWRITER, UNSHARED)
    )
    first = measured[SIZES[0], XLCONV]
    return [
        f"{_met(speed[0] >= SPEED_TARGET)}  cells/s of openpyxl's, at least {SPEED_TARGET:g}: "
        f"{speed[0]:.2f} (processor time {speed[1]:.2f})",
        f"{_met(spread[0] <= FLATNESS_TARGET)}  seconds a cell, largest of the sizes to smallest, "
        f"at most {FLATNESS_TARGET:g}: {spread[0]:.2f} (processor time {spread[1]:.2f})",
        f"        the same without an empty book's seconds: {rest[0]:.2f} "
        f"(processor time {rest[1]:.2f}); they are {empty.clock / first.clock:.0%} of 10^4 cells'",
        f"{_met(share <= SIZE_TARGET)}  file size of the unshared, at most {SIZE_TARGET:.2f}: "
        f"{share:.2f}",
    ]


def unevenness(
    measured: Measured, sizes: list[int], seconds: Callable[[Best], float], fixed: float = 0.0
) -> float:
    """The largest seconds a cell to the smallest, over the sizes."""
    per_cell = [(seconds(measured[size, XLCONV]) - fixed) / size for size in sizes]
    return max(per_cell) / min(per_cell)


def wide(side: int) -> Network:
    """A few large maps: the cells are what takes time."""
    layers = (
        Conv2D("conv", kernels=9, size=3, padding="same"),
        *(ReLU("relu"), MaxPool2D("pool"), GlobalAvgPool2D("mean")),
    )
    return Network("wide", (1, side, side), layers, ())


def deep(side: int) -> Network:
    """Like VGG (Simonyan and Zisserman, arXiv:1409.1556), in small: many kernels of few cells."""
    layers: list[Layer] = []
    for block in range(4):
        for part in range(2):
            name, kernels = f"{block + 1}_{part + 1}", 16 * 2**block
            layers.append(Conv2D(f"conv{name}", kernels=kernels, size=3, padding="same"))
            layers.append(ReLU(f"relu{name}"))
        layers.append(MaxPool2D(f"pool{block + 1}"))
    layers += [GlobalAvgPool2D("mean"), Dense("fc", 10), Softmax("softmax")]
    return Network("deep", (3, side, side), layers, tuple("abcdefghij"))


def building_table(large: bool, path: Path) -> Table:
    table = Table("network", title="Building: processor time, best of the rounds")
    for head in ("activations", "cells", "writer of all", "goal", "µs a cell", "bytes a cell"):
        table.add_column(head, justify="right")
    networks = [wide(152), deep(64)]
    if large:
        networks += [wide(304), deep(130), wide(485), deep(196)]
    for network in networks:
        model = Model(network, initial_weights(network, 1, {}))
        image = np.random.default_rng(1).random(network.input_shape)
        whole = writing = float("inf")
        for _ in range(BUILDING_ROUNDS):
            start = time.process_time()
            book = compile_book(model, image)
            made = time.process_time()
            write_book(path, book, overwrite=True)
            end = time.process_time()
            whole, writing = min(whole, end - start), min(writing, end - made)
        cells = sum(block.range.size for sheet in book.sheets for block in sheet.blocks)
        del book
        share = writing / whole
        table.add_row(
            network.name,
            f"{sum(map(prod, network.shapes.values())):,}",
            f"{cells:,}",
            f"{share:.2f}",
            f"{BUILDING_TARGET:g} {_met(share >= BUILDING_TARGET)}",
            f"{1e6 * whole / cells:.1f}",
            f"{_peak(model, image, path) / cells:.0f}" if large else "",  # ten times as slow
        )
    return table


def _peak(model: Model, image: Array, path: Path) -> int:
    """The most memory of Python's and NumPy's that a build holds at once, in bytes."""
    tracemalloc.start()
    write_book(path, compile_book(model, image), overwrite=True)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def clock_of(best: Best) -> float:
    return best.clock


def processor_of(best: Best) -> float:
    return best.processor


CLOCKS = (clock_of, processor_of)


def _met(holds: bool) -> str:
    return "[green]met   [/]" if holds else "[red]missed[/]"


def main() -> None:
    parser = argparse.ArgumentParser(description="Writing speed and file size, as ratios.")
    parser.add_argument("--quick", action="store_true", help="stop at 100,000 cells")
    parser.add_argument("--channels", type=int, default=2, help="terms of a formula")
    parser.add_argument("--large", action="store_true", help="build up to 5 million cells")
    wanted = parser.parse_args()
    sizes = SIZES[:2] if wanted.quick else SIZES
    with tempfile.TemporaryDirectory() as folder:
        measured = measure_all(sizes, wanted.channels, Path(folder) / "book.xlsx")
        building = building_table(wanted.large, Path(folder) / "book.xlsx")
    console = Console(width=120, highlight=False)
    console.print(ratio_table(measured, wanted.channels))
    for line in verdicts(measured):
        console.print(line)
    console.print(building)


if __name__ == "__main__":
    main()
