"""Scenes made of blocks in place of digits, so that every pixel is known, and of real digits."""

import numpy as np
import pytest
from numpy.typing import NDArray

from xlconv.importers.datasets.idx import read_idx
from xlconv.importers.template import small_data
from xlconv.training.scenes import MISSING, SCENES, coloured, digits_alone, several

Pixels = NDArray[np.uint8]
COUNT = 400
LABELS = np.arange(COUNT) % 10


def blocks() -> Pixels:
    """For each label a full square, as dark as the label says: 25, 50, ... 250."""
    shades = (25 * (LABELS + 1)).astype(np.uint8)
    return np.broadcast_to(shades[:, None, None, None], (COUNT, 1, 28, 28)).copy()


def real() -> tuple[Pixels, NDArray[np.int64]]:
    """The digits that come with xlconv."""
    pixels = read_idx(small_data() / "train-images-idx3-ubyte.gz", 3)
    labels = read_idx(small_data() / "train-labels-idx1-ubyte.gz", 1)
    return pixels[:, None], labels.astype(np.int64)


def test_digits_stay_as_they_are() -> None:
    digits, labels = real()
    made, classes = digits_alone(digits, labels, True)
    assert np.array_equal(made, digits)
    assert np.array_equal(classes, labels)


@pytest.mark.parametrize(
    ("name", "shape", "classes"),
    [("coloured", (COUNT, 3, 32, 32), (COUNT,)), ("several", (COUNT, 1, 32, 56), (COUNT, 10))],
)
def test_shapes_and_the_same_digits_give_the_same_scenes(
    name: str, shape: tuple[int, ...], classes: tuple[int, ...]
) -> None:
    digits, labels = real()
    before = digits.copy()
    one, two = (SCENES[name](digits, labels, True) for _ in range(2))
    assert (one[0].shape, one[0].dtype) == (shape, np.uint8)
    assert (one[1].shape, one[1].dtype) == (classes, np.int64)
    assert np.array_equal(one[0], two[0])
    assert np.array_equal(one[1], two[1])
    assert np.array_equal(digits, before)

    other = SCENES[name](digits, labels, False)
    assert other[0].shape == shape
    # Not just another order: next to none of the pictures is in both.
    known = {picture.tobytes() for picture in one[0]}
    assert sum(picture.tobytes() in known for picture in other[0]) <= COUNT // 50
    assert not np.array_equal(one[1], other[1])


@pytest.mark.parametrize("learning", [True, False])
def test_coloured_blocks_pixel_by_pixel(learning: bool) -> None:
    full = np.full((COUNT, 1, 28, 28), 255, np.uint8)
    made, classes = coloured(full, LABELS, learning)
    assert np.array_equal(classes % 10, LABELS)
    assert set((classes // 10).tolist()) == {0, 1, 2}
    places = set()
    for picture, colour in zip(made, classes // 10, strict=True):
        # The middle is ink wherever the block stands; ground is what differs from it.
        paint = picture[:, 16, 16]
        ink = (picture == paint[:, None, None]).all(axis=0)
        rows, columns = np.nonzero(ink.any(axis=1))[0], np.nonzero(ink.any(axis=0))[0]
        assert (len(rows), len(columns), ink.sum()) == (28, 28, 28 * 28)
        places.add((int(rows[0]), int(columns[0])))
        ground = np.unique(picture[:, ~ink], axis=1)
        assert ground.shape == (3, 1)
        assert ground.max() <= round(0.45 * 255)
        assert paint.argmax() == colour
        assert paint[colour] >= round(0.75 * 255)
        assert np.delete(paint, colour).max() <= round(0.3 * 255) + 1
    assert places == {(row, column) for row in range(5) for column in range(5)}


def test_coloured_digits_are_brightest_in_their_colour() -> None:
    digits, labels = real()
    made, classes = coloured(digits, labels, True)
    assert np.array_equal(classes % 10, labels)
    assert np.array_equal(made.max(axis=(2, 3)).argmax(axis=1), classes // 10)
    corners = made[:, :, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert (corners == corners[:, :, :1]).all()
    assert corners.max() <= round(0.45 * 255)
    share = np.bincount(classes // 10) / COUNT
    assert share.min() > 0.25


def in_pictures(made: Pixels) -> list[set[int]]:
    """The classes whose blocks stand on each canvas, by their shades."""
    return [{int(shade) // 25 - 1 for shade in np.unique(canvas) if shade} for canvas in made]


def told(there: NDArray[np.int64]) -> list[set[int]]:
    assert set(np.unique(there)) <= {0, 1}
    return [set(np.flatnonzero(row).tolist()) for row in there]


def test_canvases_to_test_with_hold_two_different_digits() -> None:
    made, there = several(blocks(), LABELS, False)
    assert (there.sum(axis=1) == 2).all()
    assert in_pictures(made) == told(there)
    assert there.sum(axis=0).min() > 0


def test_some_canvases_to_learn_from_lack_one_digit_or_both() -> None:
    made, there = several(blocks(), LABELS, True)
    assert in_pictures(made) == told(there)
    count = np.bincount(there.sum(axis=1), minlength=3) / COUNT
    expected = [MISSING**2, 2 * MISSING * (1 - MISSING), (1 - MISSING) ** 2]
    assert len(count) == 3
    assert count.min() > 0
    np.testing.assert_allclose(count, expected, atol=0.06)
    # A canvas without a digit is black.
    assert not made[there.sum(axis=1) == 0].any()


def test_digits_on_a_canvas_stand_beside_each_other_and_are_whole() -> None:
    """MNIST's digits keep 4 pixels free at each side, so a canvas has the ink of both."""
    digits, labels = real()
    made, there = several(digits, labels, False)
    assert told(there) != told(several(digits, labels, True)[1])
    ink = digits[:, 0].sum(axis=(1, 2), dtype=np.int64)
    left, right = made[:, 0, :, :28], made[:, 0, :, 28:]
    assert (left.any(axis=(1, 2)) & right.any(axis=(1, 2))).all()
    # Every digit was drawn once at the left; what two digits overlap in is next to nothing.
    whole = made.sum(dtype=np.int64)
    assert whole == pytest.approx(2 * ink.sum(), rel=0.05)
