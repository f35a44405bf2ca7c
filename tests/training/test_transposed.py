"""Whether a model reads pictures much better with rows and columns in each other's place."""

import numpy as np

from xlconv import Dense, Model, Network, Softmax
from xlconv.training.dataset import Dataset, transposition
from xlconv.training.evaluation import transposed_value

# Of a picture of 2 x 2: class 0 if the top right pixel is the brighter, 1 if the bottom left is.
WEIGHTS = {"dense.weight": np.array([[0, 9, 0, 0], [0, 0, 9, 0]]), "dense.bias": np.zeros(2)}
MODEL = Model(Network("n", (1, 2, 2), (Dense("dense", 2), Softmax("softmax"))), WEIGHTS)
RIGHT, LEFT = [[[0, 255], [0, 0]]], [[[0, 0], [255, 0]]]


def data(pictures: list[list[list[list[int]]]], labels: list[int]) -> Dataset:
    return Dataset(np.array(pictures, np.uint8), np.array(labels))


def test_pictures_that_are_transposed_are_told_by_how_they_are_read() -> None:
    assert transposed_value(MODEL, data([RIGHT, LEFT] * 4, [1, 0] * 4)) == (0.0, 1.0)
    assert transposed_value(MODEL, data([RIGHT, LEFT] * 4, [0, 1] * 4)) is None
    # Ten points more are not much, forty are.
    assert transposed_value(MODEL, data([RIGHT] * 20, [0] * 9 + [1] * 11)) is None
    found = transposed_value(MODEL, data([RIGHT] * 20, [0] * 6 + [1] * 14))
    assert found is not None
    np.testing.assert_allclose(found, (0.3, 0.7))


def test_pictures_that_are_not_square_have_no_other_way() -> None:
    wide = Network("wide", (1, 1, 4), (Dense("dense", 2), Softmax("softmax")))
    assert transposed_value(Model(wide, WEIGHTS), data([[[[0, 0, 255, 0]]]], [0])) is None


def test_rows_and_columns_of_every_map() -> None:
    pictures = np.arange(12, dtype=np.uint8).reshape(1, 2, 2, 3)
    turned = transposition(pictures)
    assert turned.tolist() == [[[[0, 3], [1, 4], [2, 5]], [[6, 9], [7, 10], [8, 11]]]]
    assert turned.flags.c_contiguous
