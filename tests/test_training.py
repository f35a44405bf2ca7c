"""Gradients against finite differences of the reference; what a recipe does to the weights."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from xlconv import reference
from xlconv.datasets import Dataset
from xlconv.errors import (
    DatasetError,
    NetworkError,
    OutputError,
    TrainingError,
    WeightsError,
)
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
from xlconv.training import (
    Adam,
    Progress,
    Recipe,
    evaluate,
    initial_weights,
    rounded,
    save_weights,
    train,
)

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


# A line of ink that lies or stands: two classes that a small network tells apart.
LINES = Network(
    "lines",
    (1, 6, 6),
    (
        Conv2D("conv1", 2, 3, activation="relu"),
        MaxPool2D("pool", 2),
        Dense("dense", 2),
        Softmax("softmax"),
    ),
    ("lies", "stands"),
)


def lines(count: int, seed: int) -> Dataset:
    random = np.random.default_rng(seed)
    images = random.random((count, 1, 6, 6), dtype=np.float32) * 0.2
    labels = random.integers(0, 2, count)
    for image, label in zip(images, labels, strict=True):
        place = random.integers(1, 5)
        image[0, place if label == 0 else slice(None), place if label == 1 else slice(None)] = 1
    return Dataset(images, labels)


RECIPE = Recipe(epochs=8, rate=0.02, batch=16, seed=7)
FIRST = initial_weights(LINES, seed=7)


def test_a_problem_that_can_be_learned_is_learned() -> None:
    reports: list[Progress] = []
    model = train(LINES, FIRST, lines(200, seed=1), RECIPE, reports.append)
    result = evaluate(model, lines(300, seed=2))  # more than are evaluated at a time
    assert result.accuracy >= 0.99
    assert result.loss < 0.2
    assert result.confusion.sum() == 300
    assert np.trace(result.confusion) == round(result.accuracy * 300)

    assert [(r.epoch, r.step) for r in reports[12:14]] == [(1, 13), (2, 1)]
    assert {(r.epochs, r.steps) for r in reports} == {(8, 13)}
    assert reports[-1].loss < reports[12].loss
    assert reports[-1].accuracy > 0.99


def test_evaluation_by_hand() -> None:
    """Logits are the two pixels; classes in rows, what was told in columns."""
    network = Network("two", (1, 1, 2), (Dense("dense", 2, bias=False), Softmax("softmax")))
    images = np.array([[5, 0], [0, 5], [5, 0], [5, 0]], np.float32).reshape(4, 1, 1, 2)
    data = Dataset(images, np.array([0, 0, 0, 1]))
    result = evaluate(Model(network, {"dense.weight": np.eye(2)}), data)
    assert result.confusion.tolist() == [[2, 1], [1, 0]]
    assert result.accuracy == 0.5
    assert result.loss == pytest.approx(math.log(1 + math.exp(-5)) + 5 / 2)


def test_the_same_seed_gives_the_same_weights() -> None:
    data = lines(64, seed=1)
    recipe = replace(RECIPE, epochs=2)
    one, two = (train(LINES, FIRST, data, recipe).weights for _ in range(2))
    other = train(LINES, FIRST, data, replace(recipe, seed=8)).weights
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name])
        assert not np.array_equal(array, other[name])


def test_trained_weights_are_short_numbers() -> None:
    model = train(LINES, FIRST, lines(32, seed=1), replace(RECIPE, epochs=1))
    for array in model.weights.values():
        for number in array.ravel():
            digits = f"{number!r}".partition("(")[2].partition("e")[0]
            assert len(digits.strip("-)").replace(".", "").lstrip("0")) <= 7


def test_rounding() -> None:
    assert rounded(np.array([[12345678.0, -0.00123456789], [0.0, 1.5]])).tolist() == [
        [12345680.0, -0.001234568],
        [0.0, 1.5],
    ]


def test_frozen_layers_stay() -> None:
    model = train(LINES, FIRST, lines(32, seed=1), replace(RECIPE, freeze=frozenset({"conv1"})))
    for key in ("weight", "bias"):
        before = FIRST[f"conv1.{key}"]
        np.testing.assert_allclose(model.weights[f"conv1.{key}"], before, rtol=1e-6)
    assert np.abs(model.weights["dense.weight"] - FIRST["dense.weight"]).max() > 0.01


def test_a_layers_own_rate() -> None:
    """Adam's first step changes every weight that has a gradient by the rate itself."""
    data = lines(16, seed=1)
    recipe = Recipe(epochs=1, rate=0.01, batch=16, rates={"conv1": 0.001})
    model = train(LINES, FIRST, data, recipe)
    for layer, rate in (("conv1", 0.001), ("dense", 0.01)):
        name = f"{layer}.weight"
        change = np.abs(model.weights[name] - FIRST[name])
        np.testing.assert_allclose(change[change > 0], rate, rtol=0.01)


def test_decay_shrinks_weights_and_leaves_biases() -> None:
    """On black pictures no weight has a gradient, so decay alone changes them."""
    network = Network("black", (1, 2, 2), (Dense("dense", 2), Softmax("softmax")))
    weights = {"dense.weight": np.full((2, 4), 3.0), "dense.bias": np.array([5.0, 5.0])}
    data = Dataset(np.zeros((2, 1, 2, 2), np.float32), np.array([0, 1]))
    model = train(network, weights, data, Recipe(epochs=1, rate=0.1, decay=0.5))
    np.testing.assert_allclose(model.weights["dense.weight"], 3 * (1 - 0.1 * 0.5), rtol=1e-6)
    assert model.weights["dense.bias"].tolist() == [5, 5]


def test_the_rate_falls_to_zero_along_half_a_cosine() -> None:
    recipe = Recipe(rate=0.004, rates={"conv1": 0.0004})
    assert [recipe.rate_of("dense", at) for at in (0.0, 0.5, 1.0)] == pytest.approx(
        [0.004, 0.002, 0.0]
    )
    assert recipe.rate_of("conv1", 1 / 3) == pytest.approx(0.0003)


def test_adam_by_hand() -> None:
    """Two steps with gradients 1 and -1: the means are 0.1 and -0.01, the squares 1."""
    adam = Adam()
    assert adam.changes({"w": np.array([1.0])})["w"] == pytest.approx(1.0)
    assert adam.changes({"w": np.array([-1.0])})["w"] == pytest.approx(-0.01 / 0.19)


def test_initial_weights() -> None:
    network = Network("wide", (4, 10, 10), (Conv2D("conv1", 200, 5), Dense("dense", 3)))
    weights = initial_weights(network, seed=1)
    assert weights["conv1.weight"].std() == pytest.approx(math.sqrt(2 / 100), rel=0.02)
    assert weights["dense.weight"].std() == pytest.approx(math.sqrt(2 / 7200), rel=0.02)
    assert not weights["conv1.bias"].any()
    np.testing.assert_array_equal(
        weights["conv1.weight"], initial_weights(network, 1)["conv1.weight"]
    )
    assert not np.array_equal(weights["dense.weight"], initial_weights(network, 2)["dense.weight"])


def test_start_replaces_initial_weights_and_leaves_the_others() -> None:
    edge = [[[[1, 1, 1], [0, 0, 0], [-1, -1, -1]]], [[[1, 0, -1]] * 3]]
    weights = initial_weights(LINES, 7, {"conv1.weight": edge})
    assert weights["conv1.weight"].tolist() == edge
    np.testing.assert_array_equal(weights["dense.weight"], FIRST["dense.weight"])


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ({"conv1.weight": np.ones((3, 3))}, "'conv1.weight' has shape 3x3 but the network needs"),
        ({"conv3.weight": np.ones((3, 3))}, "'conv3.weight' belong to no layer"),
        ({"dense.bias": ["a", "b"]}, "is not an array of numbers"),
        ({"dense.bias": [0.0, math.nan]}, "NaN or infinity"),
    ],
)
def test_a_start_that_does_not_fit(start: dict[str, object], said: str) -> None:
    with pytest.raises(WeightsError, match=said):
        initial_weights(LINES, 1, start)  # type: ignore[arg-type]


def test_a_recipe_from_a_table() -> None:
    table = {"epochs": 3, "rate": 0.01, "rates": {"conv1": 0.001}, "freeze": ["dense"]}
    recipe = Recipe.of(table)
    assert recipe.freeze == {"dense"}
    assert recipe.rates == {"conv1": 0.001}
    assert (recipe.epochs, recipe.batch) == (3, Recipe().batch)


def test_an_unknown_key_of_a_recipe() -> None:
    with pytest.raises(NetworkError, match="unknown key 'epoch'; did you mean 'epochs'"):
        Recipe.of({"epoch": 3})


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"epochs": 0}, "epochs is 0; give a whole number from 1"),
        ({"batch": 2.5}, "batch is 2.5; give a whole number"),
        ({"seed": True}, "seed is True"),
        ({"rate": "fast"}, "rate is 'fast'; give a number above 0"),
        ({"rate": math.inf}, "rate is inf"),
        ({"decay": -0.1}, "decay is -0.1; give a number from 0"),
        ({"rates": {"conv1": -1}}, "rates.conv1 is -1; give a number above 0"),
        ({"rates": 0.1}, "rates is 0.1; give layers with numbers"),
        ({"freeze": "conv1"}, "freeze is 'conv1'; give a list"),
        ({"freeze": 3}, "freeze is 3; give a list"),
    ],
)
def test_a_value_that_cannot_be_used(table: dict[str, object], said: str) -> None:
    with pytest.raises(TrainingError, match=said):
        Recipe.of(table)


@pytest.mark.parametrize("setting", [{"rates": {"pool": 0.1}}, {"freeze": frozenset({"pool"})}])
def test_a_layer_that_cannot_be_trained(setting: dict[str, object]) -> None:
    with pytest.raises(TrainingError, match=r"names 'pool', but the layers .* are conv1, dense"):
        train(LINES, FIRST, lines(2, seed=1), replace(RECIPE, **setting))  # type: ignore[arg-type]


def test_only_classifiers_are_trained_and_evaluated() -> None:
    network = Network("edges", (1, 6, 6), (Conv2D("conv1", 2, 3),))
    weights = initial_weights(network, 1)
    with pytest.raises(NetworkError, match=r"ends in 'conv1' .*add a Softmax layer"):
        train(network, weights, lines(2, seed=1), RECIPE)
    with pytest.raises(NetworkError, match="add a Softmax layer"):
        evaluate(Model(network, weights), lines(2, seed=1))


def test_data_of_another_size() -> None:
    with pytest.raises(DatasetError, match="pictures of 2x8x7 but 'lines' reads 1x6x6"):
        train(LINES, FIRST, Dataset(noise(CHAIN, 2).images, np.array([0, 1])), RECIPE)


def test_a_loss_out_of_bounds() -> None:
    with pytest.raises(TrainingError, match=r"loss became (nan|inf) in epoch \d; .* lower rate"):
        train(LINES, FIRST, lines(64, seed=1), replace(RECIPE, rate=1e30))


def test_saved_weights_are_the_same_bytes_at_any_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tmp_path / "one.npz", tmp_path / "two.npz"
    save_weights(one, FIRST)
    monkeypatch.setattr(time, "time", lambda: 2e9)
    monkeypatch.setattr(time, "localtime", lambda *_: time.struct_time((2033, *[1] * 8)))
    save_weights(two, FIRST)
    assert one.read_bytes() == two.read_bytes()
    with np.load(one) as archive:
        assert {key: archive[key].tolist() for key in archive} == {
            key: array.tolist() for key, array in FIRST.items()
        }


def test_an_interrupted_save_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "weights.npz"
    target.write_bytes(b"old")

    def interrupted(file: io.BufferedWriter, **_: object) -> None:
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_weights(target, FIRST)
    assert [path.name for path in tmp_path.iterdir()] == ["weights.npz"]
    assert target.read_bytes() == b"old"


def test_a_target_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"none/weights.npz cannot be written: No such file"):
        save_weights(tmp_path / "none" / "weights.npz", FIRST)
