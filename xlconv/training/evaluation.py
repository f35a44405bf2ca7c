"""Evaluation: what a model makes of a data set.

Must not know how a model was trained, nor workbooks. Works in float32 and in batches.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xlconv.network.layers.base import source
from xlconv.network.model import Model
from xlconv.reference.layers.gradient import Batch
from xlconv.training.dataset import Dataset, transposition
from xlconv.training.loss import above_threshold, batch_loss, is_correct, layer_passes
from xlconv.training.train import check_trainable, single

_EVALUATED = 256  # pictures evaluated at a time
_TRIED, _MUCH_BETTER = 1_000, 0.2  # pictures that are transposed, and what makes one say so

ACCURACY, MACRO_F1 = "accuracy", "macro F1"


@dataclass(frozen=True)
class Evaluation:
    """What a model makes of a data set: the part of the pictures told rightly (with a sigmoid:
    all classes of a picture) and the mean loss.

    `confusion` counts the pictures of each class (row) that were taken for each class (column).
    With a sigmoid it counts, for each class, those found rightly, found wrongly and missed.
    """

    accuracy: float
    loss: float
    confusion: NDArray[np.int64]
    measure: str = ACCURACY

    @property
    def scores(self) -> NDArray[np.float64]:
        """Each class's F1 score behind a sigmoid: 2 found / (2 found + wrongly found + missed)."""
        found, wrong, missed = self.confusion.T
        scores: NDArray[np.float64] = 2 * found / np.maximum(2 * found + wrong + missed, 1)
        return scores

    @property
    def value(self) -> float:
        """The number that a template is measured by: `accuracy`, or the mean of the scores."""
        return self.accuracy if self.measure == ACCURACY else float(self.scores.mean())


def evaluate(model: Model, dataset: Dataset) -> Evaluation:
    """A model's accuracy, mean loss and confusion on a data set, in float32.

    Raises NetworkError if the network ends in neither Softmax nor Sigmoid, DatasetError if the
    data set does not fit it.
    """
    check_trainable(model.network)
    dataset.check(model.network)
    classes, several = len(model.network.labels), model.network.answers == "several"
    confusion = np.zeros((classes, 3 if several else classes), np.int64)
    loss, right = 0.0, 0
    for logits, labels in _logits(model, dataset):
        loss += batch_loss(model.network, logits, labels)[0] * len(labels)
        right += int(is_correct(model.network, logits, labels).sum())
        if several:
            found, there = above_threshold(model.network, logits), labels.astype(bool)
            pairs = (found & there, found & ~there, ~found & there)
            confusion += np.stack([pair.sum(axis=0) for pair in pairs], axis=1)
        else:
            np.add.at(confusion, (labels, logits.argmax(axis=1)), 1)
    measure = MACRO_F1 if several else ACCURACY
    share, mean = right / len(dataset), loss / len(dataset)
    return Evaluation(accuracy=share, loss=mean, confusion=confusion, measure=measure)


def transposed_value(model: Model, dataset: Dataset) -> tuple[float, float] | None:
    """What a model is measured by on some pictures of a data set as they are, and with rows and
    columns in each other's place, if it reads them much better so; None if it does not."""
    if dataset.images.shape[2] != dataset.images.shape[3]:
        return None
    chosen = np.random.default_rng(0).permutation(len(dataset))[:_TRIED]
    some = Dataset(dataset.images[chosen], dataset.labels[chosen])
    turned = Dataset(transposition(some.images), some.labels)
    values = evaluate(model, some).value, evaluate(model, turned).value
    return values if values[1] - values[0] >= _MUCH_BETTER else None


def _logits(model: Model, dataset: Dataset) -> Iterator[tuple[Batch, NDArray[np.int64]]]:
    weights = single(model.weights)
    for begin in range(0, len(dataset), _EVALUATED):
        some = slice(begin, begin + _EVALUATED)
        made = layer_passes(model.network, weights, dataset.pictures(some))
        yield made[source(model.network.layers[-1])].output, dataset.labels[some]
