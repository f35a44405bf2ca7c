"""Gradients against central finite differences of the reference, for every kind of layer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from xlconv import reference
from xlconv.datasets import Dataset
from xlconv.gradients import cross_entropy, lesson, passes, propagate
from xlconv.layers import (
    Conv2D,
    Dense,
    Layer,
    MaxPool2D,
    ReLU,
    Softmax,
    weight_shapes,
)
from xlconv.network import Array, Model, Network
from xlconv.training import initial_weights

MAPS = (2, 5, 6)
LAYERS: dict[str, tuple[Layer, tuple[int, ...]]] = {
    "conv valid": (Conv2D("a", 3, 3), MAPS),
    "conv same": (Conv2D("a", 2, 3, padding="same"), MAPS),
    "conv same, even size": (Conv2D("a", 2, 2, padding="same"), MAPS),
    "conv same, stride 2": (Conv2D("a", 2, (3, 2), stride=2, padding="same"), MAPS),
    "conv stride that leaves cells over": (Conv2D("a", 2, 2, stride=(3, 2)), MAPS),
    "conv padding 2": (Conv2D("a", 2, (2, 3), padding=2), MAPS),
    "conv without bias": (Conv2D("a", 2, 3, bias=False), MAPS),
    "conv with relu": (Conv2D("a", 3, 3, padding="same", activation="relu"), MAPS),
    "relu on maps": (ReLU("a"), MAPS),
    "relu on a vector": (ReLU("a"), (7,)),
    "pool": (MaxPool2D("a", 2), MAPS),
    "pool, overlapping": (MaxPool2D("a", 3, stride=1), MAPS),
    "pool, overlapping in rows": (MaxPool2D("a", (3, 2), stride=(2, 3)), MAPS),
    "pool with gaps": (MaxPool2D("a", 2, stride=3), MAPS),
    "dense on maps": (Dense("a", 3), MAPS),
    "dense on a vector": (Dense("a", 3), (7,)),
    "dense without bias": (Dense("a", 3, bias=False), (7,)),
    "softmax": (Softmax("a"), (7,)),
}


def slope(function: Callable[[], float], array: Array, step: float = 1e-6) -> Array:
    """The derivative of `function` by each number of `array`, by central differences."""
    result = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        before = array[place]
        array[place] = before + step
        above = function()
        array[place] = before - step
        result[place] = (above - function()) / (2 * step)
        array[place] = before
    return result


@pytest.mark.parametrize("case", LAYERS)
def test_gradients_of_a_layer(case: str) -> None:
    layer, shape = LAYERS[case]
    random = np.random.default_rng(5)
    x = random.normal(size=(2, *shape))
    weights = {k: random.normal(size=s) for k, s in weight_shapes(layer, shape).items()}
    made = propagate(layer, weights, x)
    gradient = random.normal(size=made.output.shape)

    def loss() -> float:
        outputs = [reference.apply(layer, weights, picture) for picture in x]
        return float((np.array(outputs) * gradient).sum())

    np.testing.assert_allclose(made.to_input(gradient), slope(loss, x), atol=1e-7)
    found = made.to_weights(gradient)
    assert found.keys() == weights.keys()
    for name, array in weights.items():
        np.testing.assert_allclose(found[name], slope(loss, array), atol=1e-7)


def test_a_layer_without_gradient_is_named() -> None:
    @dataclass(frozen=True)
    class Odd(Layer):
        pass

    with pytest.raises(NotImplementedError, match="no gradient for Odd"):
        propagate(Odd("odd"), {}, np.zeros((1, 1)))


def test_of_equal_largest_values_the_first_learns() -> None:
    x = np.array([[[[2.0, 2.0], [1.0, 2.0]]]])
    back = propagate(MaxPool2D("pool", 2), {}, x).to_input(np.array([[[[3.0]]]]))
    assert back.tolist() == [[[[3.0, 0.0], [0.0, 0.0]]]]


def test_cross_entropy_by_hand() -> None:
    # softmax(ln 1, ln 3) is (1/4, 3/4); the second row would overflow exp.
    logits = np.array([[0.0, math.log(3)], [1000.0, 0.0]])
    loss, gradient = cross_entropy(logits, np.array([0, 1]))
    assert loss == pytest.approx((math.log(4) + 1000) / 2)
    np.testing.assert_allclose(gradient, [[-0.375, 0.375], [0.5, -0.5]])


CHAIN = Network(
    "chain",
    (2, 8, 7),
    (
        Conv2D("conv1", 3, 3, padding="same"),
        ReLU("relu1"),
        Conv2D("conv2", 2, 3, stride=2, padding=1, activation="relu"),
        MaxPool2D("pool", 2, stride=1),
        Dense("hidden", 5),
        ReLU("relu2"),
        Dense("dense", 3),
        Softmax("softmax"),
    ),
)
# Two layers read `stem`, and the branch `aside` leads nowhere.
BRANCHED = Network(
    "branched",
    (1, 4, 4),
    (
        Conv2D("stem", 2, 3),
        ReLU("aside", inputs=("stem",)),
        MaxPool2D("pool", 2, inputs=("stem",)),
        Dense("hidden", 4),
        Softmax("inner"),
        Dense("dense", 3),
        Softmax("softmax"),
    ),
)


def noise(network: Network, count: int, seed: int = 3) -> Dataset:
    random = np.random.default_rng(seed)
    images = random.random((count, *network.input_shape), dtype=np.float32)
    return Dataset(images, random.integers(0, len(network.labels), count))


@pytest.mark.parametrize("network", [CHAIN, BRANCHED], ids=lambda network: network.name)
def test_gradients_of_a_network(network: Network) -> None:
    weights = {k: np.array(v) for k, v in initial_weights(network, seed=2).items()}
    data = noise(network, 3)
    images = data.images.astype(np.float64)

    def loss() -> float:
        model = Model(network, weights)
        chances = [reference.forward(model, image)["softmax"] for image in images]
        return -float(np.mean([np.log(p[k]) for p, k in zip(chances, data.labels, strict=True)]))

    found = lesson(network, weights, images, data.labels)
    assert found.loss == pytest.approx(loss(), rel=1e-12)
    assert found.gradients.keys() == weights.keys()
    for name, array in weights.items():
        np.testing.assert_allclose(found.gradients[name], slope(loss, array), atol=1e-7)


def test_frozen_layers_have_no_gradient() -> None:
    data, weights = noise(CHAIN, 2), initial_weights(CHAIN, seed=2)
    whole = lesson(CHAIN, weights, data.images, data.labels).gradients
    part = lesson(CHAIN, weights, data.images, data.labels, frozenset({"conv1", "hidden"}))
    assert list(part.gradients) == ["dense.weight", "dense.bias", "conv2.weight", "conv2.bias"]
    for name, gradient in part.gradients.items():
        np.testing.assert_array_equal(gradient, whole[name])


def test_training_computes_what_the_reference_computes() -> None:
    model = Model(CHAIN, initial_weights(CHAIN, seed=4))
    data = noise(CHAIN, 4)
    made = passes(CHAIN, model.weights, data.images.astype(np.float64))
    for number, image in enumerate(data.images):
        for name, tensor in reference.forward(model, image.astype(np.float64)).items():
            if name != "input":
                np.testing.assert_allclose(made[name].output[number], tensor, atol=1e-12)
