"""How fast templates train, beside the bare multiplications that they need.

    python benchmarks/speed/training.py [--steps N] [NAME ...]

Steps over batches of noise (forward, backward, Adam, augmentation) are timed, and so is the
same number of multiplications as one matrix product of NumPy's, in turn, in seconds of the
processor, and the best of each kept: the ratio holds on any machine. From the time of a step
follows how long the template's whole recipe would take on 60,000 pictures. One thread, as
`xlconv train`.
"""

import argparse
import os
import resource
import time
from math import prod

for _library in ("OPENBLAS", "MKL", "OMP"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

import numpy as np
from rich.console import Console
from rich.table import Table

from xlconv.importers.template import describe_template
from xlconv.network.layers.activation import Sigmoid
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.layers.dense import Dense
from xlconv.network.network import Network
from xlconv.training.dataset import Dataset
from xlconv.training.recipe import Recipe
from xlconv.training.train import initial_weights, train

TEMPLATES = ("lesson3", "lenet5", "resnet", "rgb", "multilabel")
PICTURES = 60_000  # of MNIST's training set
SIDE = 768  # of the yardstick's matrices
ROUNDS = 4
TARGETS = {"lenet5": 8.0}  # times the bare products


def multiplications(network: Network) -> int:
    """Of one picture's way forward; the way back takes twice as many."""
    count = 0
    for layer in network.layers:
        shape = network.shapes[layer.name]
        if isinstance(layer, Conv2D | Dense):
            weights = network.weight_shapes(layer)[f"{layer.name}.weight"]
            count += prod(shape) * prod(weights[1:])
    return count


def noise(network: Network, count: int) -> Dataset:
    """Pictures without meaning, with labels of the kind that the network learns."""
    random = np.random.default_rng(1)
    images = random.integers(0, 256, (count, *network.input_shape), dtype=np.uint8)
    classes = len(network.labels)
    if isinstance(network.layers[-1], Sigmoid):
        return Dataset(images, random.integers(0, 2, (count, classes)))
    return Dataset(images, random.integers(0, classes, count))


MATRICES = [np.random.default_rng(n).random((SIDE, SIDE), np.float32) for n in (1, 2)]


def yardstick() -> float:
    """Seconds a multiplication in one matrix product."""
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        MATRICES[0] @ MATRICES[1]
        best = min(best, time.process_time() - start)
    return best / SIDE**3


def seconds(name: str, steps: int) -> tuple[Network, Recipe, float, float]:
    """A template's network and recipe, and what a picture takes in one epoch, and a bare
    multiplication."""
    about = describe_template(name)
    recipe = Recipe.of({**about.training, "epochs": 1})
    data = noise(about.network, steps * recipe.batch)
    weights = initial_weights(about.network, 1, about.start)
    best = bare = float("inf")
    for _ in range(ROUNDS):
        bare = min(bare, yardstick())
        start = time.process_time()
        train(about.network, weights, data, recipe)
        best = min(best, time.process_time() - start)
    return about.network, Recipe.of(about.training), best / len(data), bare


def _target(name: str, ratio: float) -> str:
    if name not in TARGETS:
        return ""
    met = "[green]met[/]" if ratio <= TARGETS[name] else "[red]missed[/]"
    return f"{TARGETS[name]:g} {met}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=100, help="batches that are timed")
    parser.add_argument("names", nargs="*", default=TEMPLATES, metavar="NAME")
    options = parser.parse_args()
    table = Table(box=None, pad_edge=False)
    heads = ("template", "times the bare products", "target", "an epoch", "epochs", "all of it")
    for head in (*heads, "peak"):
        table.add_column(head, justify="left" if head == "template" else "right")
    for name in options.names:
        network, recipe, picture, multiplication = seconds(name, options.steps)
        ratio = picture / (3 * multiplications(network) * multiplication)
        epoch = picture * PICTURES
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        table.add_row(
            *(name, f"{ratio:.1f}", _target(name, ratio), f"{epoch:.0f} s", str(recipe.epochs)),
            *(f"{epoch * recipe.epochs / 60:.1f} min", f"{peak:.0f} MB so far"),
        )
    Console().print(table)


if __name__ == "__main__":
    main()
