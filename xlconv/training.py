"""Training: initial weights, Adam, and the loop over mini-batches.

Owns how weights are learned, judged and saved; must not know how gradients are found, nor
of formulas and workbooks. Works in float32 and in mini-batches: besides the data set it
holds what one batch needs (see `gradients`), here and in evaluation.

Sources: initial weights, He et al., "Delving deep into rectifiers", arXiv:1502.01852; Adam,
Kingma and Ba, arXiv:1412.6980, algorithm 1; its weight decay, Loshchilov and Hutter,
arXiv:1711.05101, algorithm 2; the falling rate, the same, "SGDR", arXiv:1608.03983, equation 5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from math import prod
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xlconv.datasets import Dataset
from xlconv.errors import NetworkError, TrainingError
from xlconv.files import replacing
from xlconv.gradients import Batch, cross_entropy, lesson, passes, weighted
from xlconv.layers import Softmax, source
from xlconv.network import Array, Model, Network
from xlconv.notation import check_keys

DIGITS = 7  # significant decimal digits of a trained weight: short in a cell, exact in a file
_EVALUATED = 256  # pictures evaluated at a time


@dataclass(frozen=True)
class Recipe:
    """How to train: `epochs` through the data in batches of `batch` pictures.

    `rate` is Adam's learning rate at the start, from which it falls to zero along half a
    cosine; `rates` gives single layers another one, and `freeze` names layers whose weights
    stay. `decay` draws every weight, but no bias, towards zero by rate * decay of itself a
    step, which keeps a network from learning its pictures by heart. `seed` fixes the order
    of the pictures (and the initial weights). Raises TrainingError for a value that cannot
    be used.
    """

    epochs: int = 6
    rate: float = 0.002
    batch: int = 64
    decay: float = 0.0
    seed: int = 1
    rates: Mapping[str, float] = field(default_factory=dict)
    freeze: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name, least in (("epochs", 1), ("batch", 1), ("seed", 0)):
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise _unusable(name, value, f"a whole number from {least}")
        if not isinstance(self.rates, Mapping):
            raise _unusable("rates", self.rates, "layers with numbers, as in conv1 = 0.0002")
        _check_rate("rate", self.rate)
        for name, rate in self.rates.items():
            _check_rate(f"rates.{name}", rate)
        if not _is_number(self.decay) or not 0 <= self.decay < math.inf:
            raise _unusable("decay", self.decay, "a number from 0")
        if not isinstance(self.freeze, Iterable) or isinstance(self.freeze, str):
            raise _unusable("freeze", self.freeze, "a list of layers' names")
        object.__setattr__(self, "freeze", frozenset(map(str, self.freeze)))

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> Recipe:
        """The recipe of a template's [training] table; what it leaves out has its default.

        Raises NetworkError for a key that is not known, TrainingError for an unusable value.
        """
        check_keys(table, tuple(member.name for member in fields(cls)), "training")
        return cls(**table)

    def check(self, network: Network) -> None:
        """TrainingError for a layer in `rates` or `freeze` that the network cannot train."""
        layers = [layer.name for layer in weighted(network)]
        for setting, names in (("rates", self.rates), ("freeze", sorted(self.freeze))):
            for name in names:
                if name not in layers:
                    raise TrainingError(
                        f"training: {setting} names {name!r}, but the layers of {network.name!r} "
                        f"that have weights are {', '.join(layers) or 'none'}"
                    )

    def rate_of(self, layer: str, progress: float) -> float:
        """The learning rate of a layer when `progress` (0 to 1) of the training is done."""
        return self.rates.get(layer, self.rate) * (1 + math.cos(math.pi * progress)) / 2


def _unusable(name: str, value: object, remedy: str) -> TrainingError:
    return TrainingError(f"training: {name} is {value!r}; give {remedy}")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_rate(name: str, rate: object) -> None:
    if not _is_number(rate) or not 0 < rate < math.inf:
        remedy = "a number above 0, as in 0.002 (a layer that shall not learn stands in freeze)"
        raise _unusable(name, rate, remedy)


@dataclass(frozen=True)
class Progress:
    """Where training stands: a step is a batch; loss and accuracy are this epoch's so far."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float
    accuracy: float


@dataclass(frozen=True)
class Evaluation:
    """What a model makes of a data set: the part told rightly, the mean cross-entropy, and
    how many pictures of each class (row) were taken for each class (column)."""

    accuracy: float
    loss: float
    confusion: NDArray[np.int64]


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
        zero = np.zeros_like(gradient)
        mean, square = self._means.get(name, (zero, zero))
        mean = fast * mean + (1 - fast) * gradient
        square = slow * square + (1 - slow) * gradient**2
        self._means[name] = mean, square
        unbiased = square / (1 - slow**self._steps)
        change: Batch = mean / (1 - fast**self._steps) / (np.sqrt(unbiased) + self._epsilon)
        return change


def initial_weights(
    network: Network, seed: int, start: Mapping[str, ArrayLike] | None = None
) -> dict[str, Array]:
    """Random weights by He, biases of zero; arrays in `start` (`conv1.weight`) replace theirs.

    Each weight is drawn from a normal distribution of variance 2 / (numbers that its output
    sums). Raises WeightsError if an array of `start` does not fit the network.
    """
    random = np.random.default_rng(seed)
    drawn: dict[str, Array] = {}
    for layer in network.layers:
        for name, shape in network.weight_shapes(layer).items():
            # A bias has one dimension and starts at zero; all draws are made whatever `start`
            # holds, so that a seed means the same weights with and without it.
            deviation = math.sqrt(2 / prod(shape[1:])) if len(shape) > 1 else 0.0
            drawn[name] = random.normal(0.0, 1.0, shape) * deviation
    weights = {name: np.array(array) for name, array in drawn.items()}
    return dict(Model(network, {**weights, **(start or {})}).weights)  # type: ignore[dict-item]


def train(
    network: Network,
    weights: Mapping[str, Array],
    dataset: Dataset,
    recipe: Recipe,
    progress: Callable[[Progress], None] | None = None,
) -> Model:
    """The model that `weights` become by a recipe; `progress` is told of every step.

    The trained weights have at most 7 significant digits. On one machine the same arguments
    give the same weights. Raises NetworkError if the network does not end in Softmax,
    WeightsError, DatasetError and TrainingError if weights, data or recipe do not fit it or
    if the loss grows out of bounds.
    """
    _check_classifier(network)
    recipe.check(network)
    dataset.check(network)
    learned = _single(Model(network, weights))
    adam = Adam()
    # Numbers that overflow show in the loss, which is checked at every step.
    with np.errstate(over="ignore", invalid="ignore"):
        for epoch in range(1, recipe.epochs + 1):
            _epoch(network, learned, dataset, recipe, adam, epoch, progress or _unheard)
    return Model(network, {name: rounded(array) for name, array in learned.items()})


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
    starts = range(0, len(order), recipe.batch)
    loss = right = seen = 0.0
    for step, begin in enumerate(starts, 1):
        chosen = order[begin : begin + recipe.batch]
        taught = lesson(
            network, learned, dataset.images[chosen], dataset.labels[chosen], recipe.freeze
        )
        _check_loss(taught.loss, epoch)
        done = (epoch - 1 + (step - 1) / len(starts)) / recipe.epochs
        for name, change in adam.changes(taught.gradients).items():
            rate = recipe.rate_of(name.partition(".")[0], done)
            if learned[name].ndim > 1:  # a weight, not a bias
                change += recipe.decay * learned[name]
            learned[name] = (learned[name] - rate * change).astype(np.float32)
        loss += taught.loss * len(chosen)
        right += taught.right
        seen += len(chosen)
        progress(Progress(epoch, recipe.epochs, step, len(starts), loss / seen, right / seen))


def evaluate(model: Model, dataset: Dataset) -> Evaluation:
    """A classifier's accuracy, mean loss and confusion matrix on a data set, in float32.

    Raises NetworkError if the network does not end in Softmax, DatasetError if the data set
    does not fit it.
    """
    _check_classifier(model.network)
    dataset.check(model.network)
    classes = len(model.network.labels)
    loss, confusion = 0.0, np.zeros((classes, classes), np.int64)
    for logits, labels in _logits(model, dataset):
        loss += cross_entropy(logits, labels)[0] * len(labels)
        np.add.at(confusion, (labels, logits.argmax(axis=1)), 1)
    return Evaluation(float(np.trace(confusion)) / len(dataset), loss / len(dataset), confusion)


def _logits(model: Model, dataset: Dataset) -> Iterator[tuple[Batch, NDArray[np.int64]]]:
    weights = _single(model)
    for begin in range(0, len(dataset), _EVALUATED):
        some = slice(begin, begin + _EVALUATED)
        made = passes(model.network, weights, dataset.images[some])
        yield made[source(model.network.layers[-1])].output, dataset.labels[some]


def rounded(array: Batch) -> Array:
    """An array in float64, every number rounded to 7 significant decimal digits.

    >>> rounded(np.array([0.123456789, -2e-9])).tolist()
    [0.1234568, -2e-09]
    """
    values = np.asarray(array, dtype=np.float64)
    texts = [float(f"{value:.{DIGITS}g}") for value in values.ravel().tolist()]
    return np.array(texts).reshape(values.shape)


def save_weights(path: Path, weights: Mapping[str, Array]) -> None:
    """An .npz file of the arrays, the same bytes for the same arrays (NumPy writes no times).

    It is written whole or not at all. Raises OutputError if it cannot be written.
    """
    with replacing(path) as stream:
        np.savez(stream, **weights)  # type: ignore[arg-type]


def _single(model: Model) -> dict[str, Batch]:
    return {name: array.astype(np.float32) for name, array in model.weights.items()}


def _unheard(_: Progress) -> None:
    """Where nobody listens to the progress."""


def _check_classifier(network: Network) -> None:
    last = network.layers[-1]
    if not isinstance(last, Softmax):
        raise NetworkError(
            f"network {network.name!r} ends in {last.name!r} ({type(last).__name__}); only one "
            "that ends in Softmax can be trained and tested: add a Softmax layer"
        )


def _check_loss(loss: float, epoch: int) -> None:
    if not math.isfinite(loss):
        raise TrainingError(
            f"training: the loss became {loss} in epoch {epoch}; train again with a lower rate"
        )
