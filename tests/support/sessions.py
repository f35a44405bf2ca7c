"""What the tests of the sheets for learning share: books with a gallery, steps for a session, and
networks that have every kind of layer.

Compares with `xlconv.forward` and plain NumPy alone, never with the modules that compute what the
inspector and the panel show: those are under test.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from support.books import Array, check_agrees, random_model

import xlconv
from xlconv import Add, BatchNorm2D, Concat, Conv2D, Dense, Flatten, Model, Network
from xlconv.network.layers.activation import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from xlconv.network.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.board.places import plan
from xlconv.sheets.on_board.panel.places import EXPLAINED_NAMES

Step = list[Any]
Grid = list[list[Any]]

MIXED = Network(
    "mixed",
    (2, 9, 8),
    (
        Conv2D("wide", 4, (3, 2), padding="same", dilation=2, groups=2, activation="relu"),
        BatchNorm2D("norm"),
        LeakyReLU("leaky", 0.2),
        Conv2D("strided", 2, 3, stride=(2, 1), padding=1, bias=False),
        AvgPool2D("average", 3, (1, 2), padding=1),
        MaxPool2D("largest", (2, 3), (1, 1), padding=(1, 0), inputs=("strided",)),
        Tanh("tanh", inputs=("average",)),
        GlobalAvgPool2D("means", inputs=("tanh",)),
        Flatten("rows", "hwc", inputs=("largest",)),
        Concat("together", inputs=("means", "rows")),
        Sigmoid("squashed"),
        Dense("dense", 3),
        Softmax("softmax"),
    ),
    ("cat", "7", "=1+1"),
)
SKIPPED = Network(
    "skipped",
    (1, 6, 7),
    (
        Conv2D("first", 3, 3, padding="same"),
        Conv2D("second", 3, 3, padding="same"),
        Add("sum", inputs=("first", "second", "first")),
        Concat("stack", inputs=("first", "sum", "input")),
        ReLU("relu"),
        Flatten("flat"),
        Dense("dense", 2),
    ),
)


@dataclass(frozen=True)
class LearningBook:
    """A workbook beside the model and the gallery that it was built from."""

    path: Path
    model: Model
    gallery: xlconv.Gallery | None
    image: Array

    @property
    def network(self) -> Network:
        return self.model.network

    @property
    def layout(self) -> Layout:
        return plan(self.network, len(self.gallery) if self.gallery else None)

    def forward(self, image: Array | None = None, drawn: Any = None) -> dict[str, Array]:
        return xlconv.forward(self.model, self.image if image is None else image, drawn)


def learning_book(
    path: Path, model: Model, image: Array, gallery: xlconv.Gallery | None = None
) -> LearningBook:
    """A workbook in a new file; without a gallery even for a template, which has its own."""
    plain = Model(model.network, model.weights)
    xlconv.build(path, plain, image, gallery=gallery)
    return LearningBook(path, plain, gallery, image)


def random_book(
    path: Path, network: Network, seed: int = 3, gallery: xlconv.Gallery | None = None
) -> LearningBook:
    """A book of a network with random weights, and a random picture unless there is a gallery."""
    drawn = np.random.default_rng(seed).normal(0.3, 0.7, network.input_shape)
    image = drawn if gallery is None else gallery.image
    return learning_book(path, random_model(network, seed), image, gallery)


def explain(layer: str, *place: float | str) -> list[Step]:
    """The steps that choose the cell to explain: map, row and column from 1."""
    return [["set", name, one] for name, one in zip(EXPLAINED_NAMES, (layer, *place), strict=False)]


def reads(layout: Layout, network: Network) -> list[Step]:
    """The steps that read every tensor, map by map."""
    return [["read", place.a1] for t in network.shapes for place in layout.tensors[t].maps]


def tensors(answers: Sequence[Grid], network: Network) -> dict[str, Array]:
    """The arrays that the answers of `reads` are."""
    found, rest = {}, list(answers)
    for tensor, shape in network.shapes.items():
        count = shape[0] if len(shape) == 3 else 1
        found[tensor] = np.array(rest[:count], dtype=float).reshape(shape)
        rest = rest[count:]
    assert not rest
    return found


def all_close(found: Any, expected: Any, what: object = "") -> None:
    """Equal but for what rounding in another order makes."""
    np.testing.assert_allclose(
        np.asarray(found, float), np.asarray(expected, float), 1e-11, 1e-12, err_msg=str(what)
    )


def same_tensors(found: dict[str, Array], expected: dict[str, Array]) -> None:
    assert found.keys() == expected.keys()
    for tensor, array in expected.items():
        all_close(found[tensor], array, tensor)


def verifies(path: Path, engines: Iterable[str] = ("formualizer",), random: int = 0) -> None:
    """A saved book agrees with NumPy, in its formulas and in the values that it was saved with;
    with other numbers, what LibreOffice saves of every case does."""
    for engine in engines:
        check_agrees(path, engine, stored="present", random=random)


def cell(place: Any) -> str:
    """The A1 text of the first cell of a place."""
    return str(place.first.a1 if hasattr(place, "first") else place.a1)
