"""How fast workbooks are read and verified, beside the plainest that reading can be.

    python benchmarks/speed/reading.py [--rounds N] [--large]

The yardstick is the file's sheets unzipped and parsed by expat, with handlers that do nothing:
ratios to it hold on any machine. `openpyxl` reads the same file in its read_only mode. All run in
one process, in turn, and the best of each is kept, in seconds of the processor. `--large` adds a
network of about 1.4 million cells.
"""

import argparse
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

import numpy as np
import openpyxl
from rich.console import Console
from rich.table import Table

import xlconv
from xlconv.book.book import read_book
from xlconv.network.layers.activation import ReLU
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.layers.pooling import GlobalAvgPool2D, MaxPool2D
from xlconv.network.model import Model
from xlconv.network.network import Network
from xlconv.training.train import initial_weights

TEMPLATES = ("lesson3", "resnet", "lenet5")
ROUNDS = 3
YARDSTICK = "expat"


def large(side: int = 256, kernels: int = 9) -> Model:
    layers = (
        Conv2D("conv", kernels=kernels, size=3, padding="same"),
        *(ReLU("relu"), MaxPool2D("pool"), GlobalAvgPool2D("mean")),
    )
    network = Network("large", (1, side, side), layers, ())
    return Model(network, initial_weights(network, 1, {}))


def built(folder: Path, with_large: bool) -> dict[str, Path]:
    """The books to read, by name."""
    paths = {name: folder / f"{name}.xlsx" for name in TEMPLATES}
    for name, path in paths.items():
        template = xlconv.load_template(name)
        xlconv.build(path, template, template.image)
    if with_large:
        model, paths["large"] = large(), folder / "large.xlsx"
        image = np.random.default_rng(1).random(model.network.input_shape)
        xlconv.build(paths["large"], model, image)
    return paths


def by_expat(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/sheet"):
                parser = expat.ParserCreate(namespace_separator="}")
                parser.buffer_text = True
                parser.StartElementHandler = lambda name, attributes: None
                parser.EndElementHandler = lambda name: None
                parser.CharacterDataHandler = lambda data: None
                parser.Parse(archive.read(name), True)


def by_openpyxl(path: Path) -> None:
    for sheet in openpyxl.load_workbook(path, read_only=True).worksheets:
        for _ in sheet.iter_rows(values_only=True):
            pass


READERS: dict[str, Callable[[Path], object]] = {
    YARDSTICK: by_expat,
    "openpyxl, read_only": by_openpyxl,
    "read_book": read_book,
    "verify, no engine": lambda path: xlconv.verify(path, engine="none"),
    "verify": xlconv.verify,
}


def seconds(read: Callable[[Path], object], path: Path) -> float:
    start = time.process_time()
    read(path)
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description="Reading, as ratios to a bare parse of the file.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each runs")
    parser.add_argument("--large", action="store_true", help="a book of 1.4 million cells, too")
    wanted = parser.parse_args()
    table = Table(title=f"Processor seconds, {YARDSTICK} = 1: best of the rounds")
    for head in ("book", *READERS, f"{YARDSTICK}, s"):
        table.add_column(head, justify="left" if head == "book" else "right", no_wrap=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, path in built(Path(folder), wanted.large).items():
            best = dict.fromkeys(READERS, float("inf"))
            for _ in range(wanted.rounds):
                for reader, read in READERS.items():
                    best[reader] = min(best[reader], seconds(read, path))
            ratios = [f"{one / best[YARDSTICK]:.1f}" for one in best.values()]
            table.add_row(name, *ratios, f"{best[YARDSTICK]:.3f}")
    Console(width=120, highlight=False).print(table)


if __name__ == "__main__":
    main()
