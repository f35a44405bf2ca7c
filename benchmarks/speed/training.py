"""How fast templates train, beside the bare multiplications that they need.

    python benchmarks/speed/training.py [--steps N] [NAME ...]

Steps over batches of noise (forward, backward, Adam, augmentation) are timed, and so is the
same number of multiplications as one matrix product of NumPy's: the ratio holds on any
machine. From the time of a step follows how long the template's whole recipe would take on
60,000 pictures; for lenet5 that must be within ten minutes. One thread, as `xlconv train`.
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


def yardstick() -> float:
    """Multiplications a second in one matrix product."""
    left, right = (np.random.default_rng(n).random((SIDE, SIDE), np.float32) for n in (1, 2))
    best = float("inf")
    for _ in range(20):
        start = time.perf_counter()
        left @ right
        best = min(best, time.perf_counter() - start)
    return SIDE**3 / best


def seconds_a_picture(name: str, steps: int) -> tuple[Network, Recipe, float]:
    """A template's network and recipe, and what a picture takes in one epoch."""
    about = describe_template(name)
    recipe = Recipe.of({**about.training, "epochs": 1})
    data = noise(about.network, steps * recipe.batch)
    weights = initial_weights(about.network, 1, about.start)
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        train(about.network, weights, data, recipe)
        best = min(best, time.perf_counter() - start)
    return about.network, Recipe.of(about.training), best / len(data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=30, help="batches that are timed")
    parser.add_argument("names", nargs="*", default=TEMPLATES, metavar="NAME")
    options = parser.parse_args()
    speed = yardstick()
    table = Table(box=None, pad_edge=False)
    heads = ("template", "times the bare products", "an epoch", "epochs", "all of it", "peak")
    for head in heads:
        table.add_column(head, justify="left" if head == "template" else "right")
    for name in options.names:
        network, recipe, seconds = seconds_a_picture(name, options.steps)
        bare = 3 * multiplications(network) / speed
        epoch = seconds * PICTURES
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        table.add_row(
            *(name, f"{seconds / bare:.1f}", f"{epoch:.0f} s", str(recipe.epochs)),
            *(f"{epoch * recipe.epochs / 60:.1f} min", f"{peak:.0f} MB so far"),
        )
    Console().print(table)


if __name__ == "__main__":
    main()
