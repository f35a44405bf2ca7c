"""How fast workbooks are read and verified, beside what nothing can be faster than.

    python benchmarks/speed/reading.py [--rounds N] [--large] [NAME ...]

Yardsticks, all in seconds of the processor, in turn with what is measured, in one run:

- reading: the file's sheets unzipped and parsed by expat, which is told to do nothing with them;
- `verify`, as a process: LibreOffice's conversion of the same book, if it is there;
- a random trial: the engine's own evaluation of the same numbers;
- the question of formulas (`structure`): all of `verify`, with its engine and a random trial;
- memory of `verify --engine none`, in bytes a cell beyond the first 60 MB.

Medians are kept. `--large` adds networks of about 141,000 and a million activations.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from xml.parsers import expat

import formualizer
import numpy as np
from rich.console import Console
from rich.table import Table

import xlconv
from xlconv.book.book import FoundBook, read_book
from xlconv.book.plain import engine_file
from xlconv.book.unfinished import find_unfinished
from xlconv.engines import process
from xlconv.network.layers.activation import ReLU
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.layers.pooling import GlobalAvgPool2D, MaxPool2D
from xlconv.network.model import Model
from xlconv.network.network import Network
from xlconv.sheets.numbers import workbook_values
from xlconv.training.train import initial_weights
from xlconv.verification.comparison import given_values
from xlconv.verification.structure import computed_cells, formula_findings
from xlconv.verification.trials import trial

TEMPLATES = ("lesson3", "lenet5", "resnet")
LARGE = {"141,000": 82, "1,000,000": 219}  # activations, and the side of the picture
ROUNDS = 3
GOALS = {"verify": 0.4, "read": 8.0, "trial": 2.0, "structure": 0.03, "memory": 120.0}
HEADS = {
    "verify": "verify :\nLibreOffice",
    "read": "read_book :\nexpat",
    "trial": "a trial :\nevaluation",
    "structure": "formulas :\nverify",
    "memory": "bytes\na cell",
}
FREE = 60 << 20  # bytes of memory that no cell is asked for


@dataclass(frozen=True)
class Measured:
    """A book, and its ratios by what they are of; without those that cannot be measured here."""

    name: str
    cells: int
    ratios: dict[str, float]


def large(side: int, kernels: int = 9) -> Model:
    layers = (
        Conv2D("conv", kernels=kernels, size=3, padding="same"),
        *(ReLU("relu"), MaxPool2D("pool"), GlobalAvgPool2D("mean")),
    )
    network = Network("large", (1, side, side), layers, ())
    return Model(network, initial_weights(network, 1, {}))


def built(folder: Path, names: list[str], with_large: bool) -> dict[str, Path]:
    """The books to read, by name."""
    paths = {name: folder / f"{name}.xlsx" for name in names}
    for name, path in paths.items():
        template = xlconv.load_template(name)
        xlconv.build(path, template, template.image)
    for name, side in LARGE.items() if with_large else ():
        model, path = large(side), folder / f"{side}.xlsx"
        image = np.random.default_rng(1).random(model.network.input_shape)
        xlconv.build(path, model, image)
        paths[name] = path
    return paths


def by_expat(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/sheet"):
                expat.ParserCreate().Parse(archive.read(name), True)


def of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def seconds(work: Callable[[], object]) -> float:
    """Of the processor, with those of all processes that ended meanwhile."""
    start, before = time.process_time(), of_children()
    work()
    return time.process_time() - start + of_children() - before


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def by_verify(path: Path) -> None:
    run(sys.executable, "-m", "xlconv", "verify", str(path))


def by_libreoffice(path: Path) -> None:
    run("soffice", "--headless", "--convert-to", "xlsx", "--outdir", f"{path}.saved", str(path))


def trial_seconds(path: Path) -> float:
    """Of a random trial: two more of them, beside one."""

    three, one = (seconds(lambda count=count: verified(path, count)) for count in (3, 1))
    return (three - one) / 2


def verified(path: Path, trials: int) -> None:
    """`verify` with so many random trials; the engine's process ends, so that its seconds count."""
    xlconv.verify(path, random=trials)
    process._end_all()


def evaluation_seconds(path: Path) -> float:
    """Of the engine alone, for the numbers of a trial."""
    book = read_book(path)
    with engine_file(book, trial(book, 0).typed) as plain:
        loaded = formualizer.load_workbook(str(plain))
        return seconds(loaded.evaluate_all)


def structure_seconds(book: FoundBook) -> float:
    """Of the question what formulas the cells hold."""
    given = given_values(book.model, book.filled_counts)
    truth = workbook_values(replace(book.display, given={**book.drawn, **given}), book.layout)
    left = find_unfinished(book)
    return seconds(lambda: list(formula_findings(computed_cells(book), truth, left)))


def memory(path: Path) -> int:
    """The largest that `verify` without an engine becomes, in bytes, as a process of its own."""
    # Started by a small process: a new one begins as large as the one that started it.
    starting = (
        "import resource, subprocess, sys;"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    verify = (sys.executable, "-m", "xlconv", "verify", str(path), "--engine", "none")
    told = subprocess.run(
        [sys.executable, "-c", starting, *verify], check=True, capture_output=True, text=True
    )
    return int(told.stdout) << (0 if sys.platform == "darwin" else 10)


def ratio(rounds: int, one: Callable[[], float], other: Callable[[], float]) -> float:
    """Of medians, in turn."""
    pairs = [(one(), other()) for _ in range(rounds)]
    above, below = (statistics.median(column) for column in zip(*pairs, strict=True))
    return above / below


def measured(name: str, path: Path, rounds: int) -> Measured:
    book = read_book(path)
    cells = sum(map(len, book.sheets.values()))
    found = {
        "read": ratio(
            rounds,
            lambda: seconds(lambda: read_book(path)),
            lambda: seconds(lambda: by_expat(path)),
        ),
        "structure": ratio(
            rounds,
            lambda: structure_seconds(book),
            lambda: seconds(lambda: verified(path, 1)),
        ),
        "memory": (memory(path) - FREE) / cells,
    }
    if name not in LARGE:
        found["trial"] = ratio(
            rounds, lambda: trial_seconds(path), lambda: evaluation_seconds(path)
        )
        if shutil.which("soffice"):
            found["verify"] = ratio(
                rounds,
                lambda: seconds(lambda: by_verify(path)),
                lambda: seconds(lambda: by_libreoffice(path)),
            )
    return Measured(name, cells, found)


def ratio_table(all_measured: list[Measured]) -> Table:
    table = Table(title="Reading and verifying: ratios of medians of processor seconds")
    table.add_column("book")
    table.add_column("cells", justify="right")
    for head in HEADS.values():
        table.add_column(head, justify="right")
    for one in all_measured:
        shown = (_shown(one.ratios.get(what), GOALS[what]) for what in HEADS)
        table.add_row(one.name, f"{one.cells:,}", *shown)
    table.add_row("goal", "", *(f"{GOALS[what]:g}" for what in HEADS))
    return table


def _shown(found: float | None, goal: float) -> str:
    if found is None:
        return ""
    return f"[{'green' if found <= goal else 'red'}]{found:.3g}[/]"


def main() -> None:
    parser = argparse.ArgumentParser(description="Reading and verifying, as ratios.")
    parser.add_argument("names", nargs="*", default=[*TEMPLATES], help="templates")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each runs")
    parser.add_argument("--large", action="store_true", help="two large networks, too")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as an installation keeps it compiled
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(folder) / "compiled")
        paths = built(Path(folder), wanted.names, wanted.large)
        by_verify(next(iter(paths.values())))
        found = [measured(name, path, wanted.rounds) for name, path in paths.items()]
    Console(width=110, highlight=False).print(ratio_table(found))
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    Console(highlight=False).print(f"load of the machine {load} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
