"""Names that the board, a report or a layer's steps need for themselves are refused in words."""

from pathlib import Path

import numpy as np
import pytest
from support.books import random_image, random_model

import xlconv
from xlconv import Conv2D, Dense, Dropout, Flatten, KernelDemo, Network, ReLU, Softmax
from xlconv.errors import NetworkError
from xlconv.network.layers.base import Layer

STEPS = {
    "softmax": (Dense("dense", 2), Softmax("softmax")),
    "drop": (Dropout("drop"), Dense("dense", 2)),
    "demo": (KernelDemo("demo", ("a", "b"), "a"), Dense("dense", 2)),
}
OF_A_LAYER = [
    *(("softmax", step) for step in ("steps", "max", "shifted", "exp", "sum")),
    *(("drop", step) for step in ("steps", "share", "factor", "random", "mask", "rate", "active")),
    *(("demo", step) for step in ("steps", "number", "kernel", "presets", "chosen")),
]
OF_THE_BOARD = (
    *("answer", "titles", "sums", "shapes", "counts"),
    *("answer_label", "Titles_dense", "sums_input"),
)


@pytest.mark.parametrize("name", OF_THE_BOARD)
def test_names_of_the_board(name: str) -> None:
    with pytest.raises(NetworkError, match=name) as caught:
        Network("n", (1, 2, 2), (Conv2D(name, 1, 1),))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("layer", "step"), OF_A_LAYER)
def test_names_of_steps(layer: str, step: str) -> None:
    layers: tuple[Layer, ...] = (Flatten(f"{layer}_{step}"), *STEPS[layer])
    if layer != "softmax":
        layers = (ReLU(f"{layer}_{step}"), *STEPS[layer])
    with pytest.raises(NetworkError, match=f"{layer}_{step}"):
        Network("n", (1, 4, 4), layers)


def test_names_that_only_look_like_them(tmp_path: Path) -> None:
    network = Network(
        "n",
        (1, 4, 4),
        (
            ReLU("counts_all"),
            ReLU("drop_shares"),
            Dropout("drop"),
            Dense("sum_all", 2),
            Softmax("s"),
        ),
    )
    model, image = random_model(network, 3), random_image(network, 3)
    xlconv.build(tmp_path / "book.xlsx", model, image)
    assert xlconv.verify(tmp_path / "book.xlsx").verdict == "agrees"


@pytest.mark.parametrize("label", [" blank", "blank ", "\tx"])
def test_labels_that_spreadsheets_cut(label: str) -> None:
    with pytest.raises(NetworkError, match="begins or ends with a blank"):
        Network("n", (1, 1, 1), (Dense("dense", 2),), (label, "other"))


def test_lists_are_taken_for_tuples() -> None:
    demo = KernelDemo("demo", ["a", "b"], "a", inputs=["input"])  # type: ignore[arg-type]
    network = Network("n", (1, 2, 2), (demo,))
    assert network.layers[0] == KernelDemo("demo", ("a", "b"), "a", inputs=("input",))
    assert hash(network.layers[0])
    assert np.prod(network.shapes["demo"]) == 4
