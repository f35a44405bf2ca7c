"""How far it goes: networks as VGG's, of half a million to five million activations.

    python benchmarks/speed/farend.py [--largest N] [--engine NAME]

Each is built through the Python API and verified, in a process of its own each time: seconds of
the processor, and the largest that the process became, a cell. `docs/far-end.md` has a table of
such a run. Without `--engine` the formulas and the stored values alone are looked at.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

import xlconv
from xlconv.network.layers.activation import ReLU, Softmax
from xlconv.network.layers.base import Layer
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.pooling import GlobalAvgPool2D, MaxPool2D
from xlconv.network.model import Model
from xlconv.network.network import Network
from xlconv.training.train import initial_weights

# Activations, and the side of the picture and the maps of the first block that make about as many.
SIZES = {500_000: (96, 8), 2_000_000: (128, 18), 5_000_000: (176, 24)}


def vgg(side: int, maps: int) -> Model:
    """Two convolutions and a pool, three times, each with twice the maps of the one before."""
    layers: list[Layer] = []
    for block in (1, 2, 3):
        for number in (1, 2):
            kernels = maps << (block - 1)
            layers.append(Conv2D(f"conv{block}_{number}", kernels=kernels, size=3, padding="same"))
            layers.append(ReLU(f"relu{block}_{number}"))
        layers.append(MaxPool2D(f"pool{block}"))
    layers += [GlobalAvgPool2D("mean"), Dense("dense", units=10), Softmax("softmax")]
    labels = tuple("abcdefghij")
    network = Network("far end", (3, side, side), tuple(layers), labels)
    return Model(network, initial_weights(network, 1, {}))


def build(path: Path, size: int) -> None:
    model = vgg(*SIZES[size])
    image = np.random.default_rng(1).random(model.network.input_shape)
    xlconv.build(path, model, image)


def verify(path: Path, engine: str) -> None:
    report = xlconv.verify(path, engine, random=0)
    if report.verdict != "agrees":
        raise SystemExit(f"{path}: {report.verdict}")


def measured(work: Sequence[str]) -> tuple[float, float]:
    """Seconds of the processor, and the largest in bytes, of a process of this program's."""
    child = os.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, __file__, *work])
    status, usage = os.wait4(child, 0)[1:]
    if status:
        raise SystemExit(f"{' '.join(work)} failed")
    return usage.ru_utime + usage.ru_stime, float(usage.ru_maxrss << 10)


def activations(size: int) -> int:
    network = vgg(*SIZES[size]).network
    return sum(int(np.prod(shape)) for shape in network.shapes.values())


def main() -> None:
    parser = argparse.ArgumentParser(description="Large networks, seconds and memory a cell.")
    parser.add_argument("--largest", type=int, default=max(SIZES), help="activations")
    parser.add_argument("--engine", default="none")
    parser.add_argument("work", nargs="*", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.work:
        what, path, argument = wanted.work
        if what == "build":
            build(Path(path), int(argument))
        else:
            verify(Path(path), argument)
        return
    table = Table(title="Microseconds of the processor, and bytes, an activation")
    for head in (
        "activations",
        "build, µs",
        "bytes",
        f"verify ({wanted.engine}), µs",
        "bytes",
        "file",
    ):
        table.add_column(head, justify="right")
    console = Console(width=100, highlight=False)
    with tempfile.TemporaryDirectory() as folder:
        for size in (one for one in SIZES if one <= wanted.largest):
            path, count = Path(folder) / f"{size}.xlsx", activations(size)
            start = time.perf_counter()
            made = measured(["build", str(path), str(size)])
            proved = measured(["verify", str(path), wanted.engine])
            row = [f"{count:,}"]
            for seconds, memory in (made, proved):
                row += [f"{1e6 * seconds / count:.1f}", f"{memory / count:.0f}"]
            table.add_row(*row, f"{path.stat().st_size / count:.1f}")
            console.print(f"{count:,}: {made}, {proved}, {time.perf_counter() - start:.0f} s")
    console.print(table)


if __name__ == "__main__":
    main()
