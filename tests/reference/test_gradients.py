"""Gradients against central finite differences of the reference, for every kind of layer."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from support.books import noise
from support.cases import NAMES as CASES
from support.cases import load_case

from xlconv import Add, BatchNorm2D, Concat, Conv2D, Dense, Dropout, Flatten, KernelDemo, Network
from xlconv.network.layers.activation import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from xlconv.network.layers.base import Layer
from xlconv.network.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from xlconv.network.model import Array, Model
from xlconv.reference import forward as reference
from xlconv.reference.layers.gradient import Learning, Pass
from xlconv.reference.layers.registry import layer_steps, propagate
from xlconv.training.loss import binary_cross_entropy, cross_entropy, layer_passes, lesson
from xlconv.training.train import initial_weights

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
    "conv with dilation": (Conv2D("a", 2, 2, dilation=(2, 3), padding="same"), MAPS),
    "conv with groups": (Conv2D("a", 4, 3, groups=2, padding=(1, 0)), MAPS),
    "conv depthwise, stride 2": (Conv2D("a", 2, (3, 1), groups=2, stride=2, bias=False), MAPS),
    "kernel demo": (KernelDemo("a", ("up", "down"), "down", (2, 3)), MAPS),
    "batch norm": (BatchNorm2D("a"), MAPS),
    "leaky relu": (LeakyReLU("a", 0.2), MAPS),
    "tanh": (Tanh("a"), (7,)),
    "sigmoid": (Sigmoid("a"), (7,)),
    "dropout, off": (Dropout("a"), MAPS),
    "flatten": (Flatten("a"), MAPS),
    "flatten, maps last": (Flatten("a", "hwc"), MAPS),
    "global average": (GlobalAvgPool2D("a"), MAPS),
    "pool, same": (MaxPool2D("a", 3, stride=2, padding="same"), MAPS),
    "pool, padding 1": (MaxPool2D("a", 2, padding=1), MAPS),
    "average pool": (AvgPool2D("a", 2), MAPS),
    "average pool, same": (AvgPool2D("a", 3, stride=2, padding="same"), MAPS),
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
SAID = {type(layer) for layer, _ in LAYERS.values()} | {Add, Concat}
LAYERS |= {
    f"{type(layer).__name__} as in {name}": (replace(layer, inputs=()), MAPS)  # type: ignore[call-arg]
    for name in CASES
    for layer in load_case(name).model.network.layers
    if type(layer) not in SAID
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


def computed(layer: Layer, weights: dict[str, Array], *pictures: Array) -> Array:
    """What the reference makes of one picture, or of one of each tensor that a layer reads."""
    names = tuple(f"read_{number}" for number in range(len(pictures)))
    linked = replace(layer, inputs=names)  # type: ignore[call-arg]
    values: dict[str, Array] = dict(zip(names, pictures, strict=True))
    for step in layer_steps(linked, weights, values):
        values[step.name] = np.asarray(step.value, dtype=np.float64)
    return values[layer.name]


def drawn_weights(layer: Layer, *shapes: tuple[int, ...]) -> dict[str, Array]:
    """Random weights; variances are above zero."""
    random = np.random.default_rng(6)
    drawn = {k: random.normal(size=weight.shape) for k, weight in layer.weights(*shapes).items()}
    return {k: np.abs(v) + 0.5 if k == "variance" else v for k, v in drawn.items()}


LEARNED = {"weight", "bias", "scale", "shift"}


@pytest.mark.parametrize("case", LAYERS)
def test_gradients_of_a_layer(case: str) -> None:
    layer, shape = LAYERS[case]
    random = np.random.default_rng(5)
    x, weights = random.normal(size=(2, *shape)), drawn_weights(layer, shape)
    made = propagate(layer, weights, x)
    gradient = random.normal(size=made.output.shape)

    def loss() -> float:
        return float((np.array([computed(layer, weights, one) for one in x]) * gradient).sum())

    [back] = made.to_inputs(gradient)
    np.testing.assert_allclose(back, slope(loss, x), atol=1e-7)
    found = made.to_weights(gradient)
    assert found.keys() == weights.keys() & LEARNED
    for name in found:
        np.testing.assert_allclose(found[name], slope(loss, weights[name]), atol=1e-7)


@pytest.mark.parametrize("layer", [Add("a"), Concat("a")], ids=lambda layer: type(layer).__name__)
def test_gradients_of_a_layer_that_reads_several(layer: Layer) -> None:
    random = np.random.default_rng(5)
    xs = [random.normal(size=(2, *MAPS)) for _ in range(3)]
    made = propagate(layer, {}, *xs)
    gradient = random.normal(size=made.output.shape)

    def loss() -> float:
        outputs = [computed(layer, {}, *pictures) for pictures in zip(*xs, strict=True)]
        return float((np.array(outputs) * gradient).sum())

    for x, back in zip(xs, made.to_inputs(gradient), strict=True):
        np.testing.assert_allclose(back, slope(loss, x), atol=1e-7)


def learning_pass(layer: Layer, weights: dict[str, Array], x: Array) -> Pass:
    return propagate(layer, weights, x, learning=Learning(np.random.default_rng(9)))


@pytest.mark.parametrize(
    "layer",
    [BatchNorm2D("a"), Dropout("a", 0.4), Dropout("a", 0.4, rescale=False)],
    ids=["batch norm", "dropout", "dropout as the original's"],
)
def test_gradients_while_a_network_learns(layer: Layer) -> None:
    """The batch's own statistics depend on x; the same draw drops the same cells."""
    random = np.random.default_rng(5)
    x, weights = random.normal(size=(3, *MAPS)), drawn_weights(layer, MAPS)
    made = learning_pass(layer, weights, x)
    gradient = random.normal(size=made.output.shape)

    def loss() -> float:
        return float((learning_pass(layer, weights, x).output * gradient).sum())

    [back] = made.to_inputs(gradient)
    np.testing.assert_allclose(back, slope(loss, x), atol=1e-7)
    for name, found in made.to_weights(gradient).items():
        np.testing.assert_allclose(found, slope(loss, weights[name]), atol=1e-7)


def test_batch_norm_makes_mean_0_and_variance_1_while_it_learns() -> None:
    x = np.random.default_rng(5).normal(3.0, 2.0, (4, *MAPS))
    weights = {key: np.ones(2) for key in ("mean", "variance", "scale")} | {"shift": np.zeros(2)}
    made = learning_pass(BatchNorm2D("a"), weights, x)
    np.testing.assert_allclose(made.output.mean(axis=(0, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(made.output.var(axis=(0, 2, 3)), 1, rtol=1e-4)
    np.testing.assert_allclose(made.statistics["mean"], x.mean(axis=(0, 2, 3)))
    np.testing.assert_allclose(made.statistics["variance"], x.var(axis=(0, 2, 3)))
    kept = Learning(np.random.default_rng(9), frozenset({"a"}))
    still = propagate(BatchNorm2D("a"), weights, x, learning=kept)
    np.testing.assert_allclose(still.output, (x - 1) / np.sqrt(1 + 1e-5))
    assert not still.statistics


@pytest.mark.parametrize(("rescale", "kept"), [(True, 1 / 0.7), (False, 1.0)])
def test_dropout_drops_its_share_and_keeps_the_sum(rescale: bool, kept: float) -> None:
    x = np.ones((50, 2, 20, 20))
    made = learning_pass(Dropout("a", 0.3, rescale=rescale), {}, x)
    assert (made.output == 0).mean() == pytest.approx(0.3, abs=0.01)
    assert np.unique(made.output).tolist() == pytest.approx([0, kept])
    [back] = made.to_inputs(x)
    assert np.array_equal(back, made.output)


def test_a_layer_without_gradient_is_named() -> None:
    @dataclass(frozen=True)
    class Odd(Layer):
        pass

    with pytest.raises(NotImplementedError, match="no gradient for Odd"):
        propagate(Odd("odd"), {}, np.zeros((1, 1)))


def test_of_equal_largest_values_the_first_learns() -> None:
    x = np.array([[[[2.0, 2.0], [1.0, 2.0]]]])
    [back] = propagate(MaxPool2D("pool", 2), {}, x).to_inputs(np.array([[[[3.0]]]]))
    assert back.tolist() == [[[[3.0, 0.0], [0.0, 0.0]]]]


def test_cross_entropy_by_hand() -> None:
    # softmax(ln 1, ln 3) is (1/4, 3/4); the second row would overflow exp.
    logits = np.array([[0.0, math.log(3)], [1000.0, 0.0]])
    loss, gradient = cross_entropy(logits, np.array([0, 1]))
    assert loss == pytest.approx((math.log(4) + 1000) / 2)
    np.testing.assert_allclose(gradient, [[-0.375, 0.375], [0.5, -0.5]])


def test_binary_cross_entropy_by_hand() -> None:
    # sigmoid(ln 3) is 3/4; -ln(3/4) and -ln(1/4). The second row would overflow exp.
    logits = np.array([[math.log(3), math.log(3)], [1000.0, -1000.0]])
    loss, gradient = binary_cross_entropy(logits, np.array([[1.0, 0.0], [1.0, 1.0]]))
    assert loss == pytest.approx((math.log(4 / 3) + math.log(4) + 0 + 1000) / 4)
    np.testing.assert_allclose(gradient, np.array([[-0.25, 0.75], [0, -1]]) / 4)


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
    made = layer_passes(CHAIN, model.weights, data.images.astype(np.float64))
    for number, image in enumerate(data.images):
        for name, tensor in reference.forward(model, image.astype(np.float64)).items():
            if name != "input":
                np.testing.assert_allclose(made[name].output[number], tensor, atol=1e-12)
