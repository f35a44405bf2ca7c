"""Training: initial weights, Adam, and the loop over mini-batches.

Owns how weights are learned and saved; must not know how gradients are found, nor of
formulas and workbooks. Works in float32 and in mini-batches: besides the data set (a byte
a pixel) it holds what one batch needs (see `loss`).

Sources: initial weights, He et al., "Delving deep into rectifiers", arXiv:1502.01852; Adam,
Kingma and Ba, arXiv:1412.6980, algorithm 1; its weight decay, Loshchilov and Hutter,
arXiv:1711.05101, algorithm 2; running statistics, Ioffe and Szegedy, arXiv:1502.03167.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from xlconv.errors import NetworkError, TrainingError, WeightsError
from xlconv.network.model import Array, Model
from xlconv.network.network import Network
from xlconv.network.shapes import shape_text
from xlconv.reference.layers.gradient import Batch, Learning
from xlconv.system.files import replacing
from xlconv.training.augmentation import augment
from xlconv.training.dataset import Dataset
from xlconv.training.loss import lesson
from xlconv.training.recipe import Recipe, falling

DIGITS = 7  # significant decimal digits of a trained weight: short in a cell, exact in a file
MOMENTUM = 0.1  # the part of a batch's mean and variance in the running ones


@dataclass(frozen=True)
class Progress:
    """Where training stands: a step is a batch; loss and accuracy are this epoch's so far."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    accuracy: float


class Adam:
    """Adam's running means of the gradients and of their squares (Kingma and Ba, algorithm 1)."""

    def __init__(self, decay: tuple[float, float] = (0.9, 0.999), epsilon: float = 1e-8) -> None:
        self._decay, self._epsilon = decay, epsilon
        self._steps = 0
        self._means: dict[str, tuple[Batch, Batch]] = {}

    def changes(self, gradients: Mapping[str, Batch]) -> dict[str, Batch]:
        """What to subtract from each weight, for a learning rate of 1."""
        self._steps += 1
        return {name: self._change(name, gradient) for name, gradient in gradients.items()}

    def _change(self, name: str, gradient: Batch) -> Batch:
        fast, slow = self._decay
        if name not in self._means:
            self._means[name] = np.zeros_like(gradient), np.zeros_like(gradient)
        mean, square = self._means[name]
        mean *= fast
        mean += (1 - fast) * gradient
        square *= slow
        square += (1 - slow) * gradient**2
        unbiased = square / (1 - slow**self._steps)
        np.sqrt(unbiased, out=unbiased)
        unbiased += self._epsilon
        change: Batch = mean / (1 - fast**self._steps)
        change /= unbiased
        return change


def initial_weights(
    network: Network, seed: int, start: Mapping[str, ArrayLike] | None = None
) -> dict[str, Array]:
    """Random weights by He, biases of zero; arrays in `start` (`conv1.weight`) replace theirs.

    Each weight is drawn from a normal distribution of variance 2 / (numbers that its output
    sums). Batch normalisation begins with a variance and a scale of 1. Raises WeightsError if an
    array of `start` does not fit the network.
    """
    random = np.random.default_rng(seed)
    drawn: dict[str, Array] = {}
    for layer in network.layers:
        for name, weight in network.weights(layer).items():
            shape = weight.shape
            # A bias has one dimension and starts at zero; all draws are made whatever `start`
            # holds, so that a seed means the same weights with and without it.
            deviation = math.sqrt(2 / prod(shape[1:])) if len(shape) > 1 else 0.0
            drawn[name] = random.normal(0.0, 1.0, shape) * deviation
            if weight.start is not None:
                drawn[name] = np.full(shape, weight.start)
            if weight.origin == "given" and name not in (start or {}):
                raise WeightsError(
                    f"layer {layer.name!r}: {name!r} is missing; kernels to choose from are given "
                    f"in [start], as an array of {shape_text(shape)}"
                )
    weights = {name: np.array(array) for name, array in drawn.items()}
    return dict(Model(network, {**weights, **(start or {})}).weights)  # type: ignore[dict-item]


def transferred(
    network: Network, weights: Mapping[str, Array], other: Mapping[str, Array]
) -> tuple[dict[str, Array], list[str]]:
    """`weights` with every array of `other` in place that fits, and a line for each that does
    not, as after a change of the input's size or of the classes.

    Raises WeightsError if nothing fits: they are the weights of another network.
    """
    kept, dropped = dict(weights), []
    for name, array in other.items():
        if name not in weights:
            dropped.append(f"{name} is dropped: no such weights in {network.name!r}")
        elif np.shape(array) != weights[name].shape:
            sizes = shape_text(np.shape(array)) or "scalar", shape_text(weights[name].shape)
            dropped.append(f"{name} is dropped: it is {sizes[0]}, {network.name!r} has {sizes[1]}")
        else:
            kept[name] = array
    if len(dropped) == len(other):
        raise WeightsError(
            f"none of the weights fit {network.name!r}, which takes {', '.join(weights)}; "
            "give those of a network with layers of these names and shapes"
        )
    return dict(Model(network, kept).weights), dropped


def train(
    network: Network,
    weights: Mapping[str, Array],
    dataset: Dataset,
    recipe: Recipe,
    progress: Callable[[Progress], None] | None = None,
    after_epoch: Callable[[int, Mapping[str, Array]], None] | None = None,
) -> Model:
    """The model that `weights` become by a recipe; `progress` is told of every step, `after_epoch`
    of every epoch's number and weights.

    The trained weights have at most 7 significant digits; what is frozen stays as it is. On one
    machine the same arguments give the same weights. Raises NetworkError if the network does
    not end in Softmax or Sigmoid, WeightsError, DatasetError and TrainingError if weights, data
    or recipe do not fit it or if the loss grows out of bounds.
    """
    check_trainable(network)
    recipe.check(network)
    dataset.check(network)
    learned = single(Model(network, weights).weights)
    adam = Adam()
    # Numbers that overflow show in the loss, which is checked at every step.
    for epoch in range(1, recipe.epochs + 1):
        with np.errstate(over="ignore", invalid="ignore"):
            _epoch(network, learned, dataset, recipe, adam, epoch, progress or _ignore_progress)
        if after_epoch is not None:
            after_epoch(epoch, _final_weights(network, weights, learned, recipe))
    return Model(network, _final_weights(network, weights, learned, recipe))


def _final_weights(
    network: Network, weights: Mapping[str, Array], learned: Mapping[str, Batch], recipe: Recipe
) -> dict[str, Array]:
    """The learned weights as they are kept: short, and what is frozen as it was."""
    kept = _fixed_weights(network, recipe)
    return {
        name: np.asarray(weights[name]) if name in kept else rounded(array)
        for name, array in learned.items()
    }


def _fixed_weights(network: Network, recipe: Recipe) -> set[str]:
    """The weights that a recipe leaves as they are, to the last bit."""
    kept = set()
    for layer in network.layers:
        for name, weight in network.weights(layer).items():
            statistic = weight.origin == "statistic"
            freeze = recipe.freeze_statistics if statistic else recipe.freeze
            if layer.name in freeze or weight.origin == "given":
                kept.add(name)
    return kept


def _epoch(
    network: Network,
    learned: dict[str, Batch],
    dataset: Dataset,
    recipe: Recipe,
    adam: Adam,
    epoch: int,
    progress: Callable[[Progress], None],
) -> None:
    """Changes `learned` by one way through the data."""
    order = np.random.default_rng((recipe.seed, epoch)).permutation(len(dataset))
    random = np.random.default_rng((recipe.seed, epoch, 1))
    learning, rates = Learning(random, recipe.freeze_statistics), recipe.rates_of(network)
    changes = recipe.changes
    starts = range(0, len(order), recipe.batch)
    loss = right = seen = 0.0
    for step, begin in enumerate(starts, 1):
        chosen = order[begin : begin + recipe.batch]
        images = augment(dataset.pictures(chosen), changes, random)
        labels = dataset.labels[chosen]
        taught = lesson(network, learned, images, labels, recipe.freeze, learning)
        _check_loss(taught.loss, epoch)
        done = (epoch - 1 + (step - 1) / len(starts)) / recipe.epochs
        for name, change in adam.changes(taught.gradients).items():
            rate = falling(rates[name.partition(".")[0]], done)
            if learned[name].ndim > 1:  # a weight, not a bias
                change += recipe.decay * learned[name]
            change *= rate
            learned[name] -= change
        _keep_statistics(learned, taught.statistics)
        loss += taught.loss * len(chosen)
        right += taught.right
        seen += len(chosen)
        progress(
            Progress(
                epoch=epoch,
                epochs=recipe.epochs,
                step=step,
                steps=len(starts),
                loss=loss / seen,
                accuracy=right / seen,
            )
        )


def _keep_statistics(learned: dict[str, Batch], statistics: Mapping[str, Batch]) -> None:
    """Moves the running means and variances a little towards a batch's."""
    for name, value in statistics.items():
        learned[name] = ((1 - MOMENTUM) * learned[name] + MOMENTUM * value).astype(np.float32)


def rounded(array: Batch) -> Array:
    """An array in float64, every number rounded to 7 significant decimal digits.

    >>> rounded(np.array([0.123456789, -2e-9])).tolist()
    [0.1234568, -2e-09]
    """
    values = np.asarray(array, dtype=np.float64)
    pattern = f"%.{DIGITS}g " * values.size
    texts = (pattern % tuple(values.ravel().tolist())).split()
    return np.array(list(map(float, texts))).reshape(values.shape)


def save_weights(path: Path, weights: Mapping[str, Array]) -> None:
    """An .npz file of the arrays, the same bytes for the same arrays (NumPy writes no times).

    It is written whole or not at all. Raises OutputError if it cannot be written.
    """
    with replacing(path) as stream:
        np.savez(stream, **weights)  # type: ignore[arg-type]


def single(weights: Mapping[str, Array]) -> dict[str, Batch]:
    """Weights in float32, in which networks are trained and judged."""
    return {name: array.astype(np.float32) for name, array in weights.items()}


def _ignore_progress(_: Progress) -> None:
    """Where nobody listens to the progress."""


def check_trainable(network: Network) -> None:
    """NetworkError for a network whose last layer has no loss."""
    last = network.layers[-1]
    if not last.shares or len(network.shapes[last.name]) != 1:
        raise NetworkError(
            f"network {network.name!r} ends in {last.name!r} ({type(last).__name__}); only one "
            "that ends in a vector of Softmax or Sigmoid can be trained and tested: add one"
        )


def _check_loss(loss: float, epoch: int) -> None:
    if not math.isfinite(loss):
        raise TrainingError(
            f"training: the loss became {loss} in epoch {epoch}; train again with a lower rate"
        )
