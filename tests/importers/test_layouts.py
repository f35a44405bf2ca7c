"""Weights as Keras keeps them and names as others write them: taken rightly, said, or refused.

What is right is computed here as Keras does: pictures are (rows, columns, maps) all the way, maps
become a vector cell by cell, and no array is ever turned.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support import command_line as cli
from support.command_line import npz, own_weights

import xlconv
from xlconv import (
    Add,
    BatchNorm2D,
    Concat,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    MaxPool2D,
    Model,
    Network,
    ReLU,
    Softmax,
    forward,
)
from xlconv.errors import WeightsError
from xlconv.importers.weights.load import load_weights, starting_weights

Array = NDArray[np.float64]
RANDOM = np.random.default_rng(15)


def whole(*shape: int) -> Array:
    """Small whole numbers as floats: sums of their products are exact, in every order."""
    return RANDOM.integers(-3, 4, shape).astype(float)


# ---- Keras, in loops


def keras_convolution(x: Array, kernel: Array, bias: Array, groups: int = 1) -> Array:
    rows, columns, read, kernels = kernel.shape
    height, width = x.shape[0] - rows + 1, x.shape[1] - columns + 1
    made = np.zeros((height, width, kernels))
    for row in range(height):
        for column in range(width):
            for number in range(kernels):
                first = number // (kernels // groups) * read
                window = x[row : row + rows, column : column + columns, first : first + read]
                made[row, column, number] = (window * kernel[..., number]).sum() + bias[number]
    return made


def keras_depthwise(x: Array, kernel: Array, bias: Array) -> Array:
    maps, each = kernel.shape[2:]
    parts = [
        keras_convolution(x[..., [c]], kernel[:, :, [c], :], bias[c * each : (c + 1) * each])
        for c in range(maps)
    ]
    return np.concatenate(parts, axis=2)


def keras_pool(x: Array) -> Array:
    height, width, maps = x.shape
    return x.reshape(height // 2, 2, width // 2, 2, maps).max(axis=(1, 3))


# ---- networks of both kinds of flattening

IMAGE = whole(2, 6, 7)  # two maps, six rows, seven columns
KERAS_IMAGE = IMAGE.transpose(1, 2, 0)
KERNEL, BIAS = whole(3, 2, 2, 3), whole(3)  # three rows, two columns, two maps read, three kernels
DENSE, DENSE_BIAS = whole(2 * 3 * 3, 4), whole(4)
FILE = {
    "conv1/kernel:0": KERNEL,
    "conv1/bias:0": BIAS,
    "fc/kernel:0": DENSE,
    "fc/bias:0": DENSE_BIAS,
}
HEAD = (Conv2D("conv1", 3, (3, 2)), MaxPool2D("pool"))
WAYS: dict[str, tuple[Any, ...]] = {
    "map by map": (Flatten("flat"),),
    "cell by cell": (Flatten("flat", order="hwc"),),
    "no Flatten": (),
    "with others between": (Flatten("flat"), ReLU("relu"), Dropout("drop")),
    "twice": (Flatten("flat"), Flatten("again", order="hwc")),
    "others behind cells": (Flatten("flat", order="hwc"), ReLU("relu")),
}


def written(path: Path, arrays: Mapping[str, Array]) -> Path:
    path.write_bytes(npz(arrays))
    return path


@pytest.mark.parametrize("way", WAYS)
def test_a_network_of_keras_computes_the_same_numbers(way: str, tmp_path: Path) -> None:
    network = Network("n", (2, 6, 7), (*HEAD, *WAYS[way], Dense("fc", 4)))
    pooled = keras_pool(keras_convolution(KERAS_IMAGE, KERNEL, BIAS))
    vector = pooled.reshape(-1)
    expected = (np.maximum(vector, 0) if "others" in way else vector) @ DENSE + DENSE_BIAS
    weights = load_weights(written(tmp_path / "w.npz", FILE), network, "keras")
    tensors = forward(Model(network, weights), IMAGE)
    np.testing.assert_array_equal(tensors["pool"], pooled.transpose(2, 0, 1))
    np.testing.assert_array_equal(tensors["fc"], expected)


def test_turned_by_hand(tmp_path: Path) -> None:
    """One kernel of 1 x 2 over two maps; a dense layer on two maps of 1 x 2."""
    network = Network("n", (2, 1, 3), (Conv2D("conv", 2, (1, 2)), Dense("fc", 1)))
    kernel = np.array([[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]], float)  # [row][column][map][kernel]
    arrays = {"conv.weight": kernel, "conv.bias": np.zeros(2), "fc.bias": np.zeros(1)}
    arrays["fc.weight"] = np.array([[10.0], [20.0], [30.0], [40.0]])  # a0, b0, a1, b1
    made = load_weights(written(tmp_path / "w.npz", arrays), network, "keras")
    assert made["conv.weight"].tolist() == [[[[1, 5]], [[3, 7]]], [[[2, 6]], [[4, 8]]]]
    assert made["fc.weight"].tolist() == [[10, 30, 20, 40]]  # a0, a1, b0, b1


@pytest.mark.parametrize("each", [1, 2])
def test_a_depthwise_convolution(each: int, tmp_path: Path) -> None:
    network = Network("n", (2, 6, 7), (Conv2D("deep", 2 * each, (3, 2), groups=2),))
    kernel, bias = whole(3, 2, 2, each), whole(2 * each)
    expected = keras_depthwise(KERAS_IMAGE, kernel, bias)
    for name in ("deep/depthwise_kernel:0", "deep.kernel"):
        arrays = {name: kernel, "deep/bias:0": bias}
        weights = load_weights(written(tmp_path / "w.npz", arrays), network, "keras")
        made = forward(Model(network, weights), IMAGE)["deep"]
        np.testing.assert_array_equal(made, expected.transpose(2, 0, 1))


@pytest.mark.parametrize(("maps", "groups"), [(2, 2), (4, 2)])
def test_a_convolution_in_groups(maps: int, groups: int, tmp_path: Path) -> None:
    image = whole(maps, 4, 5)
    network = Network("n", image.shape, (Conv2D("part", 4, 2, groups=groups),))
    kernel, bias = whole(2, 2, maps // groups, 4), whole(4)
    arrays = {"part/kernel": kernel, "part/bias": bias}
    weights = load_weights(written(tmp_path / "w.npz", arrays), network, "keras")
    made = forward(Model(network, weights), image)["part"]
    expected = keras_convolution(image.transpose(1, 2, 0), kernel, bias, groups)
    np.testing.assert_array_equal(made, expected.transpose(2, 0, 1))


def test_vectors_joined_and_means_of_maps(tmp_path: Path) -> None:
    layers = (
        *(MaxPool2D("pool", 2), Flatten("flat"), GlobalAvgPool2D("mean", inputs=("pool",))),
        *(Concat("both", inputs=("mean", "flat")), Dense("hidden", 5), Dense("last", 3)),
    )
    network = Network("n", (2, 6, 6), layers)
    x = whole(2, 6, 6)
    arrays = {"hidden/kernel:0": whole(20, 5), "hidden/bias:0": whole(5)}
    arrays |= {"last/kernel:0": whole(5, 3), "last/bias:0": whole(3)}
    pooled = keras_pool(x.transpose(1, 2, 0))
    vector = np.concatenate([pooled.mean(axis=(0, 1)), pooled.reshape(-1)])
    hidden = vector @ arrays["hidden/kernel:0"] + arrays["hidden/bias:0"]
    expected = hidden @ arrays["last/kernel:0"] + arrays["last/bias:0"]
    weights = load_weights(written(tmp_path / "w.npz", arrays), network, "keras")
    np.testing.assert_allclose(forward(Model(network, weights), x)["last"], expected, rtol=1e-13)


def test_vectors_of_two_orders_are_nothing_of_keras(tmp_path: Path) -> None:
    layers = (
        *(Flatten("one"), Flatten("two", order="hwc", inputs=("input",))),
        *(Add("sum", inputs=("one", "two")), Dense("fc", 3)),
    )
    network = Network("n", (2, 1, 2), layers)
    arrays = {"fc/kernel": whole(4, 3), "fc/bias": whole(3)}
    path = written(tmp_path / "w.npz", arrays)
    with pytest.raises(WeightsError, match="'fc/kernel' has shape 4x3, but of Keras's"):
        load_weights(path, network, "keras")


# ---- what is said


def notes(path: Path, network: Network, layout: str | None = None) -> list[str]:
    said: list[str] = []
    load_weights(path, network, layout, said.append)
    return said


PLAIN = Network("n", (2, 6, 7), (*HEAD, Dense("fc", 4)))


def test_each_array_that_is_turned_is_a_line(tmp_path: Path) -> None:
    assert notes(written(tmp_path / "w.npz", FILE), PLAIN, "keras") == [
        "conv1/kernel:0  ->  conv1.weight  3x2x2x3 turned to 3x2x3x2",
        "conv1/bias:0    ->  conv1.bias",
        "fc/kernel:0     ->  fc.weight     18x4 turned to 4x18, inputs from cell by cell to map by "
        "map",
        "fc/bias:0       ->  fc.bias",
    ]


def test_weights_as_they_should_be_are_taken_without_a_word(tmp_path: Path) -> None:
    arrays = {"conv1.weight": whole(3, 2, 3, 2), "conv1.bias": BIAS}
    arrays |= {"fc.weight": whole(4, 18), "fc.bias": DENSE_BIAS}
    path = written(tmp_path / "w.npz", arrays)
    assert notes(path, PLAIN) == notes(path, PLAIN, "torch") == []
    read = load_weights(path, PLAIN)
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array)


def refusal(path: Path, network: Network, layout: str | None = None) -> str:
    with pytest.raises(WeightsError) as caught:
        load_weights(path, network, layout)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_shape_that_fits_turned_is_recognised(tmp_path: Path) -> None:
    said = refusal(written(tmp_path / "w.npz", FILE), PLAIN)
    assert "'conv1/kernel:0' has shape 3x2x2x3; turned, it is the 3x2x3x2 that" in said
    assert "give --layout keras" in said
    dense = Network("n", (1, 2, 3), (Dense("fc", 4),))
    arrays = {"fc.weight": whole(6, 4), "fc.bias": whole(4)}
    said = refusal(written(tmp_path / "w.npz", arrays), dense)
    assert "'fc.weight' has shape 6x4; turned, it is the 4x6 that 'fc.weight' needs" in said
    assert "give --layout keras" in said


def test_weights_that_are_not_kerass_are_not_turned(tmp_path: Path) -> None:
    arrays = {"conv1.weight": whole(3, 2, 3, 2), "conv1.bias": BIAS}
    arrays |= {"fc.weight": whole(4, 18), "fc.bias": DENSE_BIAS}
    said = refusal(written(tmp_path / "w.npz", arrays), PLAIN, "keras")
    assert "'conv1.weight' is 3x2x3x2 already" in said
    assert "leave --layout keras out" in said


def test_a_file_of_both_orders_says_what_to_turn(tmp_path: Path) -> None:
    """No layout fits all of it: then the line of Python does."""
    arrays = {"conv1.weight": whole(3, 2, 3, 2), "conv1.bias": BIAS}
    arrays |= {"fc.weight": whole(18, 4), "fc.bias": DENSE_BIAS}
    path = written(tmp_path / "w.npz", arrays)
    said = refusal(path, PLAIN)
    assert "`w['fc.weight'] = w['fc.weight'].transpose(1, 0)`" in said
    assert "--layout keras" not in said
    w = dict(np.load(path))
    exec(said.split("`")[1], {"w": w})
    written(path, w)
    np.testing.assert_array_equal(load_weights(path, PLAIN)["fc.weight"], arrays["fc.weight"].T)
    assert "turn 'fc.weight' yourself" in refusal(written(path, arrays), PLAIN, "keras")


def test_other_orders_of_axes_are_recognised(tmp_path: Path) -> None:
    """As TensorFlow Lite has them: kernels, rows, columns, input maps."""
    network = Network("n", (2, 6, 7), (Conv2D("conv", 4, (3, 5)),))
    right = whole(4, 2, 3, 5)
    arrays = {"conv.weight": right.transpose(0, 2, 3, 1), "conv.bias": whole(4)}
    said = refusal(written(tmp_path / "w.npz", arrays), network)
    w = dict(np.load(tmp_path / "w.npz"))
    exec(said.split("`")[1], {"w": w})
    np.testing.assert_array_equal(w["conv.weight"], right)


def test_a_wrong_shape_is_one_in_any_layout(tmp_path: Path) -> None:
    path = written(tmp_path / "w.npz", FILE | {"fc/kernel:0": whole(20, 4)})
    said = refusal(path, PLAIN, "keras")
    assert "'fc/kernel:0' has shape 20x4, but of Keras's it should be 18x4 (inputs, units)" in said
    path = written(path, FILE | {"fc/bias:0": whole(5)})
    assert "'fc.bias' has shape 5 but the network needs 4" in refusal(path, PLAIN, "keras")


SQUARE = Network("n", (1, 2, 3), (Dense("one", 6), Dense("two", 6)))


def square(word: str) -> dict[str, Array]:
    return {
        f"{d}.{w}": whole(*s) for d in ("one", "two") for w, s in ((word, (6, 6)), ("bias", (6,)))
    }


def test_square_arrays_may_be_both_and_this_is_said(tmp_path: Path) -> None:
    path = written(tmp_path / "w.npz", arrays := square("weight"))
    [said] = notes(path, SQUARE)
    assert said == (
        "taken as they are, though they fit turned, too: one.weight (6x6), two.weight (6x6); "
        "--layout keras turns them"
    )
    assert notes(path, SQUARE, "torch") == []
    np.testing.assert_array_equal(load_weights(path, SQUARE)["two.weight"], arrays["two.weight"])
    assert notes(path, SQUARE, "keras") == [
        f"{name}.weight  ->  {name}.weight  6x6 turned to 6x6 (the shape fits either way)"
        for name in ("one", "two")
    ]
    turned = load_weights(path, SQUARE, "keras")["two.weight"]
    np.testing.assert_array_equal(turned, arrays["two.weight"].T)


def test_square_arrays_with_names_of_keras_are_asked_about(tmp_path: Path) -> None:
    path = written(tmp_path / "w.npz", square("kernel"))
    said = refusal(path, SQUARE)
    assert "'one.kernel' is called as in Keras, and its 6x6" in said
    assert "give --layout keras to turn it, or --layout torch" in said
    assert load_weights(path, SQUARE, "torch").keys() == load_weights(path, SQUARE, "keras").keys()


def test_a_square_array_beside_one_that_tells_the_order_is_no_question(tmp_path: Path) -> None:
    network = Network("n", (1, 2, 3), (Dense("one", 4), Dense("two", 4)))
    arrays = {"one.weight": whole(4, 6), "one.bias": whole(4)}
    arrays |= {"two.weight": whole(4, 4), "two.bias": whole(4)}
    assert notes(written(tmp_path / "w.npz", arrays), network) == []


def test_an_unknown_layout(tmp_path: Path) -> None:
    path = written(tmp_path / "w.npz", FILE)
    assert "no layout 'kears'; did you mean 'keras'?" in refusal(path, PLAIN, "kears")


# ---- names

NORMED = Network(
    "normed",
    (1, 4, 4),
    (
        Conv2D("conv1", 2, 3),
        BatchNorm2D("norm1"),
        ReLU("relu"),
        Dense("block1_fc", 3),
        Softmax("softmax"),
    ),
)
OWN = {
    "conv1.weight": whole(2, 1, 3, 3),
    "conv1.bias": whole(2),
    "norm1.mean": whole(2),
    "norm1.variance": abs(whole(2)) + 1,
    "norm1.scale": whole(2),
    "norm1.shift": whole(2),
    "block1_fc.weight": whole(3, 8),
    "block1_fc.bias": whole(3),
}
TORCH = {
    "conv1.weight": "conv1.weight",
    "conv1.bias": "conv1.bias",
    "bn1.running_mean": "norm1.mean",
    "bn1.running_var": "norm1.variance",
    "bn1.weight": "norm1.scale",
    "bn1.bias": "norm1.shift",
    "block1.fc.weight": "block1_fc.weight",
    "block1.fc.bias": "block1_fc.bias",
}
TENSORFLOW = {
    "conv1/kernel:0": "conv1.weight",
    "conv1/bias:0": "conv1.bias",
    "bn1/gamma:0": "norm1.scale",
    "bn1/beta:0": "norm1.shift",
    "bn1/moving_mean:0": "norm1.mean",
    "bn1/moving_variance:0": "norm1.variance",
    "block1/fc/kernel:0": "block1_fc.weight",
    "block1/fc/bias:0": "block1_fc.bias",
}
SPELLINGS = {
    "torch": TORCH,
    **{
        before: {f"{before}{name}": own for name, own in TORCH.items()}
        for before in ("module.", "model.", "_orig_mod.", "module._orig_mod.", "net.body.")
    },
    "tensorflow": TENSORFLOW,
    "sequential": {f"sequential_1/{name}": own for name, own in TENSORFLOW.items()},
    "h5": {f"model_weights/{name.split('/')[0]}/{name}": own for name, own in TENSORFLOW.items()},
    "capitals": {name.upper(): own for name, own in TORCH.items()},
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_names_of_other_programs(spelling: str, tmp_path: Path) -> None:
    names = SPELLINGS[spelling]
    path = written(tmp_path / "w.npz", {name: OWN[own] for name, own in names.items()})
    read = load_weights(path, NORMED, "torch")
    assert read.keys() == OWN.keys()
    for own, array in OWN.items():
        np.testing.assert_array_equal(read[own], array)
    said = notes(path, NORMED, "torch")
    width = max(len(name) for name, own in names.items() if name != own)
    wide = max(len(own) for name, own in names.items() if name != own)
    assert {line.rstrip() for line in said} == {
        f"{name:<{width}}  ->  {own:<{wide}}".rstrip() for name, own in names.items() if name != own
    }
    assert len({line.index("->") for line in said}) == 1  # they are aligned


def test_counts_of_training_are_left_out_and_said(tmp_path: Path) -> None:
    path = written(tmp_path / "w.npz", {**OWN, "bn1.num_batches_tracked": np.array(7)})
    assert notes(path, NORMED) == [
        "bn1.num_batches_tracked is left out: it counts, and no layer computes with it"
    ]


def test_two_arrays_of_one_name_are_asked_about(tmp_path: Path) -> None:
    path = written(tmp_path / "w.npz", {**OWN, "ema.conv1.weight": OWN["conv1.weight"]})
    said = refusal(path, NORMED)
    assert "both 'conv1.weight' and 'ema.conv1.weight' would be 'conv1.weight'" in said


def test_a_layer_that_cannot_have_its_name_here_has_another(tmp_path: Path) -> None:
    """A spreadsheet reads fc1 as a cell: then the layer is called dense1, fc_1 or fc1_."""
    arrays = {"fc1.weight": whole(2, 6), "fc1.bias": whole(2)}
    path = written(tmp_path / "w.npz", arrays)
    for own in ("dense1", "fc_1", "fc1_"):
        read = load_weights(path, Network("n", (1, 2, 3), (Dense(own, 2),)))
        np.testing.assert_array_equal(read[f"{own}.weight"], arrays["fc1.weight"])
    network = Network("n", (1, 2, 3), (Dense("fc", 2),))
    assert "'fc1.weight', 'fc1.bias', .. have no names of layers" in refusal(path, network)


@pytest.mark.parametrize("name", ["conv2.weight", "conv1", "conv1.gamma", "", "/", "a" * 3_000])
def test_names_that_mean_no_layer_are_still_refused(name: str, tmp_path: Path) -> None:
    path = written(tmp_path / "w.npz", {**OWN, name: whole(2)})
    assert "belong to no layer of 'normed'" in refusal(path, NORMED)


SEQUENTIAL = {
    "torch": {"conv1": "0", "norm1": "1", "block1_fc": "4"},
    "keras": {"conv1": "conv2d_3", "norm1": "batch_normalization", "block1_fc": "dense_1"},
    "jax": {"conv1": "params/Conv_0", "norm1": "params/BatchNorm_0", "block1_fc": "params/Dense_0"},
}


@pytest.mark.parametrize("kind", SEQUENTIAL)
def test_arrays_without_names_of_layers_are_named_by_a_line_of_python(
    kind: str, tmp_path: Path
) -> None:
    names = TORCH if kind == "torch" else TENSORFLOW
    arrays = {}
    for name, own in names.items():
        layer = own.partition(".")[0]
        word = name.replace("/", ".").rpartition(".")[2]
        arrays[f"{SEQUENTIAL[kind][layer]}{'.' if kind == 'torch' else '/'}{word}"] = OWN[own]
    if kind == "torch":
        arrays["1.num_batches_tracked"] = np.array(7)
    path = written(tmp_path / "w.npz", arrays)
    said = refusal(path, NORMED, "torch")
    with pytest.raises(WeightsError, match="their shapes fit in this order"):
        starting_weights(path, NORMED)
    exec(said.split("`")[1], {"np": np})
    read = load_weights(tmp_path / "w-named.npz", NORMED, "torch")
    assert read.keys() == OWN.keys()
    for own, array in OWN.items():
        np.testing.assert_array_equal(read[own], array)


def test_some_arrays_without_a_layers_name(tmp_path: Path) -> None:
    arrays = {name.replace("block1_fc", "classifier"): array for name, array in OWN.items()}
    path = written(tmp_path / "w.npz", arrays)
    said = refusal(path, NORMED)
    assert "d = {'classifier': 'block1_fc'}" in said
    exec(said.split("`")[1], {"np": np})
    assert load_weights(tmp_path / "w-named.npz", NORMED).keys() == OWN.keys()
    assert (
        starting_weights(path, NORMED).keys() == arrays.keys()
    )  # the others are dropped, in words


def test_arrays_in_another_order_are_not_named(tmp_path: Path) -> None:
    arrays = {"0.weight": OWN["block1_fc.weight"], "0.bias": OWN["block1_fc.bias"]}
    arrays |= {"1.weight": OWN["conv1.weight"], "1.bias": OWN["conv1.bias"]}
    plain = Network("plain", (1, 4, 4), (Conv2D("conv1", 2, 3), ReLU("relu"), Dense("fc", 3)))
    path = written(tmp_path / "w.npz", arrays)
    assert "weights '0.weight' belong to no layer of 'plain'" in refusal(path, plain)
    right = written(path, dict(list(arrays.items())[2:] + list(arrays.items())[:2]))
    assert "d = {'1': 'conv1', '0': 'fc'}" in refusal(right, plain)


def test_an_epsilon_that_is_not_kerass_is_said(tmp_path: Path) -> None:
    arrays = {**OWN, "conv1.weight": OWN["conv1.weight"].transpose(2, 3, 1, 0)}
    arrays["block1_fc.weight"] = OWN["block1_fc.weight"].T
    said = notes(written(tmp_path / "w.npz", arrays), NORMED, "keras")
    assert said[-1].startswith("epsilon of batch normalisation: Keras's is 0.001 unless")
    assert "norm1 1e-05 here" in said[-1]


# ---- the commands


def keras_lesson3() -> dict[str, Array]:
    """lesson3's weights as Keras would have them."""
    own = own_weights()
    made = {}
    for name, array in own.items():
        layer, _, word = name.partition(".")
        if word == "weight":
            array = (
                np.moveaxis(array, (2, 3, 1, 0), (0, 1, 2, 3))
                if array.ndim == 4
                else np.stack(
                    [row.reshape(2, 14, 14).transpose(1, 2, 0).ravel() for row in array]
                ).T
            )
        made[f"{layer}/{'kernel' if word == 'weight' else word}:0"] = array
    return made


def test_build_takes_kerass_and_says_so(tmp_path: Path) -> None:
    written(tmp_path / "k.npz", keras_lesson3())
    arguments: list[object] = ["build", "a.xlsx", "--weights", "k.npz"]
    line = cli.refused(tmp_path, arguments, "'conv1/kernel:0' has shape 3x3x1x2; turned")
    assert "--layout keras" in line
    said = cli.printed(*arguments, "--layout", "keras", folder=tmp_path)
    assert "  conv1/kernel:0  ->  conv1.weight  3x3x1x2 turned to 2x1x3x3\n" in said
    assert "  dense/kernel:0  ->  dense.weight  392x10 turned to 10x392, inputs from cell" in said
    book = xlconv.read_book(tmp_path / "a.xlsx")
    for name, array in own_weights().items():
        np.testing.assert_array_equal(book.model.weights[name], array)


def test_training_begins_with_kerass(tmp_path: Path) -> None:
    written(tmp_path / "k.npz", keras_lesson3())
    frozen = [word for name in ("conv1", "conv2", "dense") for word in ("--freeze", name)]
    arguments: list[object] = [
        *("train", "lesson3", "--out", "w.npz", "--epochs", "1", "--from", "k.npz", *frozen)
    ]
    cli.refused(tmp_path, arguments, "give --layout keras")
    said = cli.printed(*arguments, "--layout", "keras", folder=tmp_path, quiet=False)
    assert "conv1/kernel:0  ->  conv1.weight" in said
    assert "dropped" not in said
    for name, array in load_weights(tmp_path / "w.npz").items():
        np.testing.assert_array_equal(array, own_weights()[name])
    cli.refused(tmp_path, [*arguments[:4], "--force", "--layout", "keras"], "--from FILE")


def test_of_a_changed_network_what_fits_turned_is_kept(tmp_path: Path) -> None:
    path = written(tmp_path / "w.npz", FILE)
    fewer = Network("n", (2, 6, 7), (*HEAD, Dense("fc", 3)))
    found = starting_weights(path, fewer, "keras")
    np.testing.assert_array_equal(found["conv1.weight"], KERNEL.transpose(3, 2, 0, 1))
    assert found["fc.weight"].shape == (18, 4)  # which training drops, and says
    with pytest.raises(WeightsError, match="give --layout keras"):
        starting_weights(path, fewer)
