"""What a recipe does to the weights, on problems small enough to know the answer."""

import io
import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from xlconv import Add, BatchNorm2D, Conv2D, Dense, Dropout, KernelDemo, Network
from xlconv.errors import DatasetError, NetworkError, OutputError, TrainingError, WeightsError
from xlconv.network.layers.activation import ReLU, Sigmoid, Softmax
from xlconv.network.layers.base import Layer
from xlconv.network.layers.pooling import GlobalAvgPool2D, MaxPool2D
from xlconv.network.model import Array, Model
from xlconv.training.dataset import Dataset
from xlconv.training.evaluation import Evaluation, evaluate
from xlconv.training.recipe import Recipe, falling
from xlconv.training.train import Adam, Progress, initial_weights, rounded, save_weights, train


def told_apart(name: str, kernels: int, last: Layer) -> Network:
    """A small network for pictures with a line of ink that lies, one that stands, or both."""
    conv = Conv2D("conv1", kernels, 3, activation="relu")
    layers = (conv, MaxPool2D("pool", 2), Dense("dense", 2), last)
    return Network(name, (1, 6, 6), layers, ("lies", "stands"))


LINES = told_apart("lines", 2, Softmax("softmax"))  # one of the two
BOTH = told_apart("both", 8, Sigmoid("sigmoid"))  # none, one or both


def noisy(count: int, random: np.random.Generator) -> Array:
    return random.random((count, 1, 6, 6), dtype=np.float32) * 0.2


def lines(count: int, seed: int) -> Dataset:
    random = np.random.default_rng(seed)
    images = noisy(count, random)
    labels = random.integers(0, 2, count)
    for image, label in zip(images, labels, strict=True):
        place = random.integers(1, 5)
        image[0, place if label == 0 else slice(None), place if label == 1 else slice(None)] = 1
    return Dataset(images, labels)


# Everything that learns otherwise than it works: normalised by the batch, dropped by chance.
SKIPPING = Network(
    "skipping",
    (1, 6, 6),
    (
        Conv2D("conv1", 6, 3, padding="same", bias=False),
        BatchNorm2D("norm1"),
        ReLU("relu1"),
        Conv2D("conv2", 6, 3, padding="same", bias=False),
        BatchNorm2D("norm2"),
        Add("added", inputs=("norm2", "relu1")),
        ReLU("relu2"),
        Dropout("dropout", 0.1),
        GlobalAvgPool2D("average"),
        Dense("dense", 2),
        Softmax("softmax"),
    ),
    ("lies", "stands"),
)


def several_lines(count: int, seed: int) -> Dataset:
    random = np.random.default_rng(seed)
    images = noisy(count, random)
    labels = random.integers(0, 2, (count, 2))
    for image, (lies, stands) in zip(images, labels, strict=True):
        row, column = random.integers(1, 5, 2)
        if lies:
            image[0, row] = 1
        if stands:
            image[0, :, column] = 1
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


def test_a_network_with_skips_norms_and_dropout_learns() -> None:
    first = initial_weights(SKIPPING, seed=7)
    model = train(SKIPPING, first, lines(200, seed=1), replace(RECIPE, epochs=10))
    result = evaluate(model, lines(300, seed=2))
    assert result.accuracy >= 0.99
    assert result.loss < 0.2
    for name, array in model.weights.items():
        assert not np.array_equal(array, first[name])


def test_a_network_that_finds_several_classes_learns() -> None:
    reports: list[Progress] = []
    first = initial_weights(BOTH, seed=7)
    recipe = replace(RECIPE, epochs=12)
    model = train(BOTH, first, several_lines(300, seed=1), recipe, reports.append)
    testing = several_lines(300, seed=2)
    result = evaluate(model, testing)
    assert result.measure == "macro F1"
    assert result.value >= 0.98
    assert result.accuracy >= 0.97
    assert reports[-1].accuracy > 0.97
    assert evaluate(Model(BOTH, first), testing).value < 0.9
    found, _, missed = result.confusion.T
    assert (found + missed).tolist() == testing.labels.sum(axis=0).tolist()


def test_evaluation_by_hand() -> None:
    """Logits are the two pixels; classes in rows, what was told in columns."""
    network = Network("two", (1, 1, 2), (Dense("dense", 2, bias=False), Softmax("softmax")))
    images = np.array([[5, 0], [0, 5], [5, 0], [5, 0]], np.float32).reshape(4, 1, 1, 2)
    data = Dataset(images, np.array([0, 0, 0, 1]))
    result = evaluate(Model(network, {"dense.weight": np.eye(2)}), data)
    assert result.confusion.tolist() == [[2, 1], [1, 0]]
    assert result.accuracy == 0.5
    assert result.loss == pytest.approx(math.log(1 + math.exp(-5)) + 5 / 2)
    assert (result.measure, result.value) == ("accuracy", 0.5)


def told(logits: list[list[float]], labels: list[list[int]], threshold: float = 0.5) -> Evaluation:
    """What is made of pictures whose pixels are the logits."""
    count, classes = np.shape(logits)
    dense = Dense("dense", classes, bias=False)
    network = Network("told", (1, 1, classes), (dense, Sigmoid("sigmoid", threshold)))
    images = np.array(logits, np.float32).reshape(count, 1, 1, classes)
    weights = {"dense.weight": np.eye(classes)}
    return evaluate(Model(network, weights), Dataset(images, np.array(labels)))


def test_macro_f1_by_hand() -> None:
    """Logits above 0 are found. The last class is never there, nor is it ever found."""
    result = told(
        [[5, 5, 5, -5], [5, -5, -5, -5], [-5, 5, -5, -5], [5, -5, -5, -5], [-5, -5, 5, -5]],
        [[1, 1, 1, 0], [0, 0, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0], [1, 0, 1, 0]],
    )
    assert result.measure == "macro F1"
    # Found, wrongly found, missed.
    assert result.confusion.tolist() == [[2, 1, 2], [2, 0, 0], [2, 0, 0], [0, 0, 0]]
    assert result.scores.tolist() == pytest.approx([4 / 7, 1, 1, 0])
    assert result.value == pytest.approx((4 / 7 + 1 + 1 + 0) / 4)
    # All classes of a picture are right in the first and the fourth.
    assert result.accuracy == 2 / 5
    right, wrong = math.log(1 + math.exp(-5)), math.log(1 + math.exp(5))
    assert result.loss == pytest.approx((17 * right + 3 * wrong) / 20)


@pytest.mark.parametrize(
    ("threshold", "confusion"),
    [
        (0.0, [[1, 2, 0], [1, 2, 0]]),
        (0.5, [[1, 2, 0], [1, 0, 0]]),  # sigmoid(0) is 1/2: it reaches the threshold
        (0.7, [[1, 1, 0], [0, 0, 1]]),
        (0.9, [[1, 0, 0], [0, 0, 1]]),
        (1.0, [[0, 0, 1], [0, 0, 1]]),
    ],
)
def test_the_threshold_decides_what_is_found(threshold: float, confusion: list[list[int]]) -> None:
    """The sigmoids of 3, 1, 0 and -1 are 0.95, 0.73, 0.5 and 0.27."""
    result = told([[3, -1], [1, 0], [0, -1]], [[1, 0], [0, 1], [0, 0]], threshold)
    assert result.confusion.tolist() == confusion


def test_more_pictures_than_are_evaluated_at_a_time() -> None:
    """Of 600 pictures every third is told wrongly."""
    result = told([[5, -5]] * 600, [[int(number % 3 > 0), 0] for number in range(600)])
    assert result.accuracy == pytest.approx(2 / 3)
    assert result.confusion.tolist() == [[400, 200, 0], [0, 0, 0]]


def test_the_same_seed_gives_the_same_weights() -> None:
    data = lines(64, seed=1)
    recipe = replace(RECIPE, epochs=2)
    one, two = (train(LINES, FIRST, data, recipe).weights for _ in range(2))
    other = train(LINES, FIRST, data, replace(recipe, seed=8)).weights
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name])
        assert not np.array_equal(array, other[name])


CHANGES = {"turn": 10, "scale": 0.1, "shear": 0.1, "move": 0.5, "share": 0.8}


def test_the_same_seed_gives_the_same_weights_with_dropout_and_changed_pictures() -> None:
    data, first = lines(64, seed=1), initial_weights(SKIPPING, seed=7)
    recipe = replace(RECIPE, epochs=2, augment=CHANGES)

    def weights(recipe: Recipe, network: Network = SKIPPING) -> dict[str, Array]:
        return dict(train(network, first, data, recipe).weights)

    one, two, other = weights(recipe), weights(recipe), weights(replace(recipe, seed=8))
    as_they_are, unshared = (
        weights(replace(recipe, augment=augment)) for augment in ({}, {**CHANGES, "share": 0})
    )
    kept = tuple(
        replace(layer, rate=0.0) if isinstance(layer, Dropout) else layer
        for layer in SKIPPING.layers
    )
    undropped = weights(recipe, Network("undropped", (1, 6, 6), kept))
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name])
        assert not np.array_equal(array, other[name])
        assert not np.array_equal(array, as_they_are[name])
        assert not np.array_equal(array, undropped[name])
        np.testing.assert_array_equal(as_they_are[name], unshared[name])


def test_the_seed_decides_what_is_dropped_and_changed() -> None:
    """Of one picture many times over: so their order does not matter."""
    data = Dataset(np.repeat(lines(1, seed=1).images, 32, axis=0), np.zeros(32, np.int64))
    head = (Dense("dense", 2), Softmax("softmax"))
    plain = Network("plain", (1, 6, 6), head)
    dropping = Network("dropping", (1, 6, 6), (Dropout("dropout"), *head))
    first = initial_weights(plain, seed=7)

    def difference(network: Network, augment: dict[str, float]) -> float:
        one, two = (
            train(network, first, data, replace(RECIPE, seed=seed, augment=augment)).weights
            for seed in (7, 8)
        )
        return float(np.abs(one["dense.weight"] - two["dense.weight"]).max())

    assert difference(plain, {}) == 0
    assert difference(plain, CHANGES) > 1e-4
    assert difference(dropping, {}) > 1e-4


def test_bytes_teach_what_numbers_from_0_to_1_teach() -> None:
    data = lines(32, seed=1)
    pixels = np.rint(data.images * 255).astype(np.uint8)
    numbers = pixels.astype(np.float32) / np.float32(255)
    recipe = replace(RECIPE, epochs=1)
    one, two = (
        train(LINES, FIRST, Dataset(images, data.labels), recipe).weights
        for images in (pixels, numbers)
    )
    for name, array in one.items():
        np.testing.assert_array_equal(array, two[name])


@pytest.mark.parametrize("network", [LINES, SKIPPING], ids=lambda network: network.name)
def test_trained_weights_are_short_numbers(network: Network) -> None:
    first = initial_weights(network, seed=7)
    model = train(network, first, lines(32, seed=1), replace(RECIPE, epochs=1))
    for array in model.weights.values():
        for number in array.ravel():
            digits = f"{number!r}".partition("(")[2].partition("e")[0]
            assert len(digits.strip("-)").replace(".", "").lstrip("0")) <= 7


def test_rounding() -> None:
    assert rounded(np.array([[12345678.0, -0.00123456789], [0.0, 1.5]])).tolist() == [
        [12345680.0, -0.001234568],
        [0.0, 1.5],
    ]


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
    rates = Recipe(rate=0.004, rates={"conv1": 0.0004}).rates_of(LINES)
    assert rates == {"conv1": 0.0004, "dense": 0.004}
    assert [falling(rates["dense"], at) for at in (0.0, 0.5, 1.0)] == pytest.approx(
        [0.004, 0.002, 0.0]
    )
    assert falling(rates["conv1"], 1 / 3) == pytest.approx(0.0003)


def test_training_follows_the_falling_rate() -> None:
    """Adam changes a weight by the rate at every step while its gradient stays the same: here
    that of white pictures, all of them told as wrongly as can be."""
    network = Network("white", (1, 1, 1), (Dense("dense", 2), Softmax("softmax")))
    first = {"dense.weight": np.array([[50.0], [-50.0]]), "dense.bias": np.zeros(2)}
    data = Dataset(np.ones((4, 1, 1, 1), np.float32), np.ones(4, np.int64))
    model = train(network, first, data, Recipe(epochs=5, rate=0.1, batch=2))
    steps = sum(falling(0.1, done / 10) for done in range(10))
    expected = [[50 - steps], [steps - 50]]
    np.testing.assert_allclose(model.weights["dense.weight"], expected, rtol=1e-6)


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


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"epoch": 3}, "training: unknown key 'epoch'; did you mean 'epochs'"),
        ({"rate_deca": 0.5}, "unknown key 'rate_deca'; did you mean 'rate_decay'"),
        ({"freeze_statistic": []}, "did you mean 'freeze_statistics'"),
        ({"augmentation": {}}, "did you mean 'augment'"),
        ({"augment": {"trun": 5}}, "training, augment: unknown key 'trun'; did you mean 'turn'"),
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
        ({"freeze_statistics": "norm"}, "freeze_statistics is 'norm'; give a list"),
        ({"freeze_statistics": True}, "freeze_statistics is True; give a list"),
        ({"rate_decay": 0}, "rate_decay is 0; give a number above 0, at most 1"),
        ({"rate_decay": 1.5}, "rate_decay is 1.5; give a number above 0, at most 1"),
        ({"rate_decay": "half"}, "rate_decay is 'half'; give a number"),
        ({"rate_decay": True}, "rate_decay is True; give a number"),
        ({"rate_decay": math.nan}, "rate_decay is nan; give a number"),
        ({"decay": math.nan}, "decay is nan; give a number"),
        ({"augment": 5}, r"augment is 5; give a table, as in \{ turn = 8"),
        ({"augment": ["turn"]}, r"augment is \['turn'\]; give a table"),
        ({"augment": {"turn": 90}}, "augment.turn is 90; give a number from 0, below 90"),
    ],
)
def test_a_recipe_that_cannot_be_used(table: dict[str, object], said: str) -> None:
    error = NetworkError if "did you mean" in said else TrainingError  # of its keys, of a value
    with pytest.raises(error, match=said) as caught:
        Recipe.of(table)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("setting", [{"rates": {"pool": 0.1}}, {"freeze": frozenset({"pool"})}])
def test_a_layer_that_cannot_be_trained(setting: dict[str, object]) -> None:
    with pytest.raises(TrainingError, match=r"names 'pool', but the layers .* are conv1, dense"):
        train(LINES, FIRST, lines(2, seed=1), replace(RECIPE, **setting))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("network", "name", "known"),
    [(SKIPPING, "conv1", "norm1, norm2"), (SKIPPING, "norm", "norm1, norm2"), (LINES, "x", "none")],
)
def test_a_layer_that_keeps_no_statistics(network: Network, name: str, known: str) -> None:
    recipe = replace(RECIPE, freeze_statistics=frozenset({name}))
    said = f"freeze_statistics names '{name}', .* keep statistics are {known}$"
    with pytest.raises(TrainingError, match=said):
        recipe.check(network)


LAST = [Conv2D("last", 2, 3), Dense("last", 2), Sigmoid("last")]


@pytest.mark.parametrize("last", LAST, ids=lambda layer: type(layer).__name__)
def test_only_what_ends_in_a_vector_of_softmax_or_sigmoid_is_trained(last: Layer) -> None:
    network = Network("edges", (1, 6, 6), (Conv2D("conv1", 2, 3), last))
    weights, kind = initial_weights(network, 1), type(last).__name__
    said = rf"'edges' ends in 'last' \({kind}\); only .* vector of Softmax or Sigmoid .*: add one"
    with pytest.raises(NetworkError, match=said):
        train(network, weights, lines(2, seed=1), RECIPE)
    with pytest.raises(NetworkError, match=said):
        evaluate(Model(network, weights), lines(2, seed=1))


def test_a_kernel_demo_in_front_of_a_classifier_keeps_its_kernels() -> None:
    layers = (KernelDemo("demo", ("one", "two"), "one"), Dense("dense", 2), Softmax("softmax"))
    network = Network("demonstrated", (1, 6, 6), layers)
    with pytest.raises(WeightsError, match=r"'demo\.presets' is missing"):
        initial_weights(network, 1)
    first = initial_weights(network, 1, {"demo.presets": np.arange(18.0).reshape(2, 3, 3) / 9})
    model = train(network, first, lines(40, seed=1), RECIPE)
    np.testing.assert_array_equal(model.weights["demo.presets"], first["demo.presets"])
    assert (model.weights["dense.weight"] != first["dense.weight"]).any()


@pytest.mark.parametrize(
    ("network", "data"),
    [(BOTH, lines(2, seed=1)), (LINES, several_lines(2, seed=1))],
    ids=["one class for a sigmoid", "several classes for a softmax"],
)
def test_labels_of_the_other_kind(network: Network, data: Dataset) -> None:
    first = initial_weights(network, 1)
    with pytest.raises(DatasetError):
        train(network, first, data, RECIPE)
    with pytest.raises(DatasetError):
        evaluate(Model(network, first), data)


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
