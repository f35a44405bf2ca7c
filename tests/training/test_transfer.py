"""What becomes of weights that were learned before: kept, dropped, frozen, or changed slowly."""

import math
from dataclasses import replace

import numpy as np
import pytest
from support.books import noise

from xlconv import BatchNorm2D, Conv2D, Dense, MaxPool2D, Model, Network, ReLU, Softmax
from xlconv.errors import WeightsError
from xlconv.network.model import Array
from xlconv.training.dataset import Dataset
from xlconv.training.evaluation import evaluate
from xlconv.training.recipe import Recipe
from xlconv.training.train import Progress, initial_weights, rounded, train, transferred


def normed(classes: int = 3, side: int = 8, name: str = "normed") -> Network:
    """Two convolutions, each with its batch norm, and a head."""
    return Network(
        name,
        (1, side, side),
        (
            Conv2D("conv1", 3, 3, padding="same", bias=False),
            BatchNorm2D("norm1"),
            ReLU("relu1"),
            MaxPool2D("pool", 2),
            Conv2D("conv2", 4, 3),
            BatchNorm2D("norm2"),
            ReLU("relu2"),
            Dense("dense", classes),
            Softmax("softmax"),
        ),
    )


NETWORK = normed()


def learned(network: Network, seed: int) -> dict[str, Array]:
    """Weights as after training: nothing is 0 or 1, as numbers that are not short."""
    random = np.random.default_rng(seed)
    first = initial_weights(network, seed)
    return {name: np.abs(random.normal(0.2, 1, array.shape)) for name, array in first.items()}


def of_layer(weights: dict[str, Array], *layers: str) -> set[str]:
    return {name for name in weights if name.partition(".")[0] in layers}


# What is taken from other weights.


def test_everything_is_kept_where_everything_fits() -> None:
    other = learned(NETWORK, 5)
    kept, dropped = transferred(NETWORK, initial_weights(NETWORK, 1), other)
    assert dropped == []
    assert kept.keys() == other.keys()
    for name, array in other.items():
        np.testing.assert_array_equal(kept[name], array)


@pytest.mark.parametrize(
    ("changed", "lines"),
    [
        (
            normed(classes=5),
            [
                "dense.weight is dropped: it is 3x16, 'normed' has 5x16",
                "dense.bias is dropped: it is 3, 'normed' has 5",
            ],
        ),
        (normed(side=12), ["dense.weight is dropped: it is 3x16, 'normed' has 3x64"]),
    ],
    ids=["other classes", "other size"],
)
def test_what_fits_is_kept_and_the_rest_is_named(changed: Network, lines: list[str]) -> None:
    first, other = initial_weights(changed, 1), learned(NETWORK, 5)
    before = {name: array.copy() for name, array in first.items()}
    kept, dropped = transferred(changed, first, other)
    assert dropped == lines
    named = {line.partition(" ")[0] for line in dropped}
    for name, array in kept.items():
        np.testing.assert_array_equal(array, first[name] if name in named else other[name])
        np.testing.assert_array_equal(first[name], before[name])


def test_a_layer_that_is_no_more_and_one_that_is_new() -> None:
    layers = tuple(layer for layer in NETWORK.layers if layer.name not in ("conv2", "norm2"))
    new = Conv2D("fresh", 4, 3, inputs=("pool",))
    tail = (replace(layers[4], inputs=("fresh",)), *layers[5:])
    shorter = Network("shorter", (1, 8, 8), (*layers[:4], new, *tail))
    first, other = initial_weights(shorter, 1), learned(NETWORK, 5)
    kept, dropped = transferred(shorter, first, other)
    gone = of_layer(other, "conv2", "norm2")
    assert dropped == [
        f"{name} is dropped: no such weights in 'shorter'" for name in other if name in gone
    ]
    np.testing.assert_array_equal(kept["fresh.weight"], first["fresh.weight"])
    np.testing.assert_array_equal(kept["dense.weight"], other["dense.weight"])


def test_a_single_number_is_dropped_in_words() -> None:
    other = {**learned(NETWORK, 5), "dense.weight": np.array(3.0)}
    _, [line] = transferred(NETWORK, initial_weights(NETWORK, 1), other)
    assert "it is ," not in line
    assert line.startswith("dense.weight is dropped: it is ")


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"fc.weight": np.ones((3, 16))},
        {"conv1.weight": np.ones((3, 1, 5, 5)), "dense.bias": np.ones(10)},
    ],
    ids=["none", "other names", "other shapes"],
)
def test_weights_of_which_nothing_fits(other: dict[str, Array]) -> None:
    with pytest.raises(
        WeightsError, match="none of the weights fit 'normed', which takes"
    ) as caught:
        transferred(NETWORK, initial_weights(NETWORK, 1), other)
    assert "\n" not in str(caught.value)
    assert "conv1.weight" in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"dense.bias": np.array([0, math.nan, 0])}, "'dense.bias' holds NaN or infinity"),
        ({"norm1.variance": np.array([1, -1.0, 1])}, "a variance is never negative"),
        ({"dense.bias": np.array(["a", "b", "c"])}, "'dense.bias' is not an array of numbers"),
    ],
)
def test_weights_that_fit_but_cannot_be_used(wrong: dict[str, Array], said: str) -> None:
    with pytest.raises(WeightsError, match=said):
        transferred(NETWORK, initial_weights(NETWORK, 1), {**learned(NETWORK, 5), **wrong})


def test_transferred_weights_learn_a_new_head() -> None:
    other, changed = learned(NETWORK, 5), normed(classes=5)
    weights, _ = transferred(changed, initial_weights(changed, 1), other)
    recipe = Recipe(epochs=1, rate=0.01, freeze=frozenset({"conv1", "conv2"}))
    model = train(changed, weights, noise(changed), recipe)
    for name in of_layer(other, "conv1", "conv2"):
        np.testing.assert_allclose(model.weights[name], other[name], rtol=1e-6)
    assert np.abs(model.weights["dense.weight"] - weights["dense.weight"]).min() > 1e-4


# What stays as it was.


@pytest.mark.parametrize("short", [True, False], ids=["7 digits", "as they are"])
def test_a_frozen_layer_stays_bit_for_bit(short: bool) -> None:
    """Between 2**-10 and 0.001 float32 tells fewer than 7 digits."""
    first = learned(NETWORK, 5)
    small = first["conv2.weight"]
    first["conv2.weight"] = np.linspace(0.000977, 0.000999, small.size).reshape(small.shape)
    if short:
        first = {name: rounded(array) for name, array in first.items()}
    frozen = frozenset({"conv1", "conv2"})
    recipe = Recipe(epochs=2, rate=0.05, batch=8, decay=0.1, freeze=frozen)
    model = train(NETWORK, first, noise(NETWORK), recipe)
    for name in of_layer(first, "conv1", "conv2"):
        np.testing.assert_array_equal(model.weights[name], first[name], err_msg=name)
    for name in of_layer(first, "norm1", "norm2", "dense"):
        assert not np.array_equal(model.weights[name], first[name])


def test_a_frozen_layer_does_not_change_what_the_others_learn_first() -> None:
    """Of one step, the layers that learn know nothing of those that do not."""
    first, data = learned(NETWORK, 5), noise(NETWORK)
    recipe = Recipe(epochs=1, rate=0.05, batch=24)
    free = train(NETWORK, first, data, recipe).weights
    part = train(NETWORK, first, data, replace(recipe, freeze=frozenset({"conv1"}))).weights
    for name in of_layer(first, "norm1", "conv2", "norm2", "dense"):
        np.testing.assert_array_equal(part[name], free[name])


FRONT = Network(
    "front", (2, 4, 4), (BatchNorm2D("norm"), ReLU("relu"), Dense("dense", 2), Softmax("softmax"))
)
BEFORE = {
    **{"norm.mean": np.array([0.123456789, -3.0]), "norm.variance": np.array([0.7654321098, 4.0])},
    **{"norm.scale": np.array([1.23456789, 0.5]), "norm.shift": np.array([0.1, -0.0987654321])},
    **{"dense.weight": np.linspace(-1, 1, 64).reshape(2, 32), "dense.bias": np.zeros(2)},
}


def test_running_statistics_move_towards_the_data() -> None:
    """By a tenth of the way a batch; here every batch is the whole data."""
    data = noise(FRONT, count=10)
    mean, variance = data.images.mean(axis=(0, 2, 3)), data.images.var(axis=(0, 2, 3))
    for epochs in (1, 3):
        model = train(FRONT, BEFORE, data, Recipe(epochs=epochs, batch=10))
        left = 0.9**epochs
        for name, own in (("mean", mean), ("variance", variance)):
            before = BEFORE[f"norm.{name}"]
            np.testing.assert_allclose(
                model.weights[f"norm.{name}"], left * before + (1 - left) * own, rtol=1e-5
            )


def test_running_statistics_move_once_a_batch() -> None:
    """Two batches of one picture each, white and black, in one of the two orders."""
    images = np.stack([np.ones((2, 4, 4), np.float32), np.zeros((2, 4, 4), np.float32)])
    first = {**BEFORE, "norm.mean": np.zeros(2), "norm.variance": np.ones(2)}
    model = train(FRONT, first, Dataset(images, np.array([0, 1])), Recipe(epochs=1, batch=1))
    np.testing.assert_allclose(model.weights["norm.variance"], 0.81, rtol=1e-6)
    assert np.isclose(model.weights["norm.mean"], [[0.1], [0.09]]).all(axis=1).any()


STATISTICS, SETTINGS = ("norm.mean", "norm.variance"), ("norm.scale", "norm.shift")
FROZEN = [
    ("freeze_statistics", STATISTICS, (*SETTINGS, "dense.weight")),
    ("freeze", SETTINGS, (*STATISTICS, "dense.weight")),
    ("freeze freeze_statistics", (*STATISTICS, *SETTINGS), ()),
]


@pytest.mark.parametrize(("how", "kept", "learned_on"), FROZEN)
def test_what_is_frozen_of_a_norm_stays_exactly_and_all_else_learns(
    how: str, kept: tuple[str, ...], learned_on: tuple[str, ...]
) -> None:
    names = dict.fromkeys(how.split(), frozenset({"norm"}))
    recipe = Recipe(epochs=2, rate=0.01, batch=5, **names)  # type: ignore[arg-type]
    model = train(FRONT, BEFORE, noise(FRONT, 10), recipe)
    for name in kept:
        np.testing.assert_array_equal(model.weights[name], BEFORE[name], err_msg=name)
    for name in learned_on:
        assert np.abs(model.weights[name] - BEFORE[name]).max() > 0.001


def test_with_frozen_statistics_learning_computes_what_using_computes() -> None:
    data, told = noise(FRONT, 10), evaluate(Model(FRONT, BEFORE), noise(FRONT, 10))
    losses = []
    for names in (frozenset({"norm"}), frozenset[str]()):
        reports: list[Progress] = []
        recipe = Recipe(epochs=1, batch=10, freeze_statistics=names)
        train(FRONT, BEFORE, data, recipe, reports.append)
        losses.append(reports[0].loss)
    assert losses[0] == pytest.approx(told.loss, rel=1e-5)
    assert losses[1] != pytest.approx(told.loss, rel=1e-3)


# What changes slowly.


HALVED = {"conv1": 0.0025, "norm1": 0.0025, "conv2": 0.005, "norm2": 0.005, "dense": 0.01}
OWN = {"conv2": 0.3, "norm1": 0.2}


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        (Recipe(rate=0.01, rate_decay=0.5), HALVED),
        (Recipe(rate=0.01), dict.fromkeys(HALVED, 0.01)),
        (Recipe(rate=0.01, rate_decay=0.5, rates=OWN), HALVED | OWN),
    ],
    ids=["from the head back", "without a decay", "a layer's own goes before"],
)
def test_rates_of_layers(recipe: Recipe, expected: dict[str, float]) -> None:
    assert recipe.rates_of(NETWORK) == pytest.approx(expected)


def test_a_frozen_layer_counts_in_the_decay() -> None:
    recipe = Recipe(rate=0.01, rate_decay=0.5, freeze=frozenset({"conv2"}))
    assert recipe.rates_of(NETWORK)["conv1"] == pytest.approx(0.0025)


def test_training_follows_the_rates_of_the_layers() -> None:
    """Adam's first step changes a weight by the rate itself, unless its gradient is next to 0."""
    first = learned(NETWORK, 5)
    recipe = Recipe(epochs=1, rate=0.01, batch=24, rate_decay=0.5, rates={"norm2": 0.02})
    weights = train(NETWORK, first, noise(NETWORK), recipe).weights
    rates = HALVED | {"norm2": 0.02}
    for name in first:
        layer, _, key = name.partition(".")
        if key in ("mean", "variance") or name == "conv2.bias":  # the norm takes a bias out again
            continue
        change = np.abs(weights[name] - first[name])
        assert change.max() == pytest.approx(rates[layer], rel=0.01), name
