"""What a recipe does to the weights, on problems small enough to know the answer."""

from __future__ import annotations

import io
import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from xlconv.datasets import Dataset
from xlconv.errors import (
    DatasetError,
    NetworkError,
    OutputError,
    TrainingError,
    WeightsError,
)
from xlconv.layers import (
    Conv2D,
    Dense,
    MaxPool2D,
    Softmax,
)
from xlconv.network import Model, Network
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
    data = Dataset(np.zeros((2, 2, 8, 7), np.float32), np.array([0, 1]))
    with pytest.raises(DatasetError, match="pictures of 2x8x7 but 'lines' reads 1x6x6"):
        train(LINES, FIRST, data, RECIPE)


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
