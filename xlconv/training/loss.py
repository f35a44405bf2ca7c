"""Losses, and what a batch teaches: the way of the loss's gradient back to every weight.

Must not know how weights change by their gradients. Batches are those of `reference`.

Source: Goodfellow, Bengio, Courville, *Deep Learning*, 6.2.2 (output units and their losses)
and 6.5 (back-propagation).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xlconv.network.layers.base import source, sources
from xlconv.network.network import INPUT, Network
from xlconv.reference.layers.activation import sigmoid
from xlconv.reference.layers.gradient import Batch, Learning, Pass, Weights
from xlconv.reference.layers.registry import propagate


def cross_entropy(logits: Batch, labels: NDArray[np.int64]) -> tuple[float, Batch]:
    """The mean of -ln softmax(logits)[label], and its gradient by the logits, (N, n).

    Softmax and logarithm are taken together: a probability that underflows to zero has no
    logarithm, while their joint gradient is softmax - one_hot (Goodfellow et al., 6.2.2.3).
    """
    rows = np.arange(len(labels))
    shifted = logits - logits.max(axis=1, keepdims=True)
    total = np.exp(shifted).sum(axis=1)
    loss = float((np.log(total) - shifted[rows, labels]).mean())
    gradient = np.exp(shifted) / total[:, None]
    gradient[rows, labels] -= 1
    return loss, gradient / len(labels)


def binary_cross_entropy(logits: Batch, truth: Batch) -> tuple[float, Batch]:
    """The mean over all pictures and classes of -ln sigmoid(logit) where the class is there and
    of -ln(1 - sigmoid(logit)) where it is not, and its gradient by the logits, (N, n).

    `truth` is 1 or 0 for each class. Written so that exp cannot overflow: max(x, 0) - x * truth
    + ln(1 + exp(-|x|)) (Goodfellow et al., 6.2.2.2).
    """
    fraction = np.exp(-np.abs(logits))
    loss = np.maximum(logits, 0) - logits * truth + np.log1p(fraction)
    return float(loss.mean()), (sigmoid(logits) - truth) / logits.size


def layer_passes(
    network: Network, weights: Weights, images: Batch, learning: Learning | None = None
) -> dict[str, Pass]:
    """A batch's way through every layer, by the name of the tensor that it makes."""
    made: dict[str, Pass] = {}
    for layer in network.layers:
        read = [images if name == INPUT else made[name].output for name in sources(layer)]
        own = network.of_layer(layer, weights)
        made[layer.name] = propagate(layer, own, *read, learning=learning)
    return made


@dataclass(frozen=True)
class Lesson:
    """What a batch teaches: its mean loss, the pictures told rightly, the gradients, and the
    batch's means and variances, under the names of the weights that keep them."""

    loss: float
    right: int
    gradients: dict[str, Batch]
    statistics: dict[str, Batch]


def lesson(
    network: Network,
    weights: Weights,
    images: Batch,
    labels: NDArray[np.int64],
    freeze: frozenset[str] = frozenset(),
    learning: Learning | None = None,
) -> Lesson:
    """The loss of a batch and its gradient by the weights of all layers that are not frozen.

    The network must end in Softmax, with `labels` of shape (N,), or in Sigmoid, with 1 or 0 for
    each class, (N, n); `images` has the shape (N, C, H, W).
    """
    made = layer_passes(network, weights, images, learning)
    logits = source(network.layers[-1])
    loss, gradient = batch_loss(network, made[logits].output, labels)
    right = int(is_correct(network, made[logits].output, labels).sum())
    statistics = {
        f"{name}.{key}": value
        for name, way in made.items()
        for key, value in way.statistics.items()
    }
    gradients = _back(network, made, {logits: gradient}, freeze)
    return Lesson(loss=loss, right=right, gradients=gradients, statistics=statistics)


def batch_loss(network: Network, logits: Batch, labels: NDArray[np.int64]) -> tuple[float, Batch]:
    """A batch's loss and its gradient by the logits, by the layer that ends the network."""
    if network.answers == "several":
        return binary_cross_entropy(logits, labels.astype(logits.dtype))
    return cross_entropy(logits, labels)


def is_correct(network: Network, logits: Batch, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which pictures are told rightly: the class, or with a sigmoid all classes."""
    if network.answers == "several":
        right: NDArray[np.bool_] = (above_threshold(network, logits) == labels.astype(bool)).all(
            axis=1
        )
        return right
    told: NDArray[np.bool_] = logits.argmax(axis=1) == labels
    return told


def above_threshold(network: Network, logits: Batch) -> NDArray[np.bool_]:
    """Which classes a sigmoid's threshold lets pass, (N, n)."""
    chances: NDArray[np.bool_] = sigmoid(logits) >= network.threshold
    return chances


def _back(
    network: Network, made: dict[str, Pass], by: dict[str, Batch], freeze: frozenset[str]
) -> dict[str, Batch]:
    """Gradients by the weights, from those `by` tensors that are known."""
    learning = [layer.name for layer in network.learning if layer.name not in freeze]
    needed = _tensors_behind(network, learning)
    gradients: dict[str, Batch] = {}
    for layer in reversed(network.layers):
        if layer.name not in by:
            continue  # nothing that the loss depends on
        gradient = by.pop(layer.name)
        if layer.name in learning:
            for key, value in made[layer.name].to_weights(gradient).items():
                gradients[f"{layer.name}.{key}"] = value
        if not needed.isdisjoint(sources(layer)):
            backs = made[layer.name].to_inputs(gradient)
            for name, back in zip(sources(layer), backs, strict=True):
                if name in needed:
                    by[name] = by[name] + back if name in by else back
    return gradients


def _tensors_behind(network: Network, learning: list[str]) -> set[str]:
    """The tensors that depend on what is learned: no others need a gradient."""
    needed = set(learning)
    for layer in network.layers:
        if not needed.isdisjoint(sources(layer)):
            needed.add(layer.name)
    return needed
