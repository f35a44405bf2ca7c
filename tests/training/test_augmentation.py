"""Pictures turned, stretched and moved: by hand where the chance is known, else in general."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from xlconv.errors import NetworkError, TrainingError
from xlconv.importers.datasets.idx import read_idx
from xlconv.importers.template import small_data
from xlconv.training.augmentation import Changes, augment

Pictures = NDArray[np.float32]


class Known(np.random.Generator):
    """Draws the same number each time: every change has that part of its greatest size."""

    def __init__(self, part: float) -> None:
        super().__init__(np.random.PCG64(0))
        self._part = part

    def uniform(self, low: float, high: float, size: tuple[int, ...]) -> NDArray[np.float64]:  # type: ignore[override]
        return np.full(size, self._part)


def noise(*shape: int) -> Pictures:
    return np.random.default_rng(3).random(shape, dtype=np.float32)


def digits() -> Pictures:
    pixels = read_idx(small_data() / "test-images-idx3-ubyte.gz", 3)
    return pixels[:, None].astype(np.float32) / np.float32(255)


EVERYTHING = Changes(turn=15, scale=0.2, shear=0.2, move=3)


@pytest.mark.parametrize("changes", [Changes(), Changes(turn=20, move=2, share=0)])
def test_no_change_gives_the_same_array(changes: Changes) -> None:
    images = noise(3, 2, 5, 6)
    assert augment(images, changes, np.random.default_rng(1)) is images


@pytest.mark.parametrize("pixels", [1, 2, 3])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_move_by_whole_pixels_is_a_shift_and_zeros_come_in(pixels: int, sign: int) -> None:
    images = noise(2, 3, 7, 6)
    moved = augment(images, Changes(move=pixels), Known(sign))
    expected = np.zeros_like(images)
    if sign > 0:
        expected[:, :, :-pixels, :-pixels] = images[:, :, pixels:, pixels:]
    else:
        expected[:, :, pixels:, pixels:] = images[:, :, :-pixels, :-pixels]
    assert np.array_equal(moved, expected)
    assert moved.dtype == np.float32


def test_a_move_out_of_the_picture_leaves_nothing() -> None:
    images = noise(2, 1, 5, 5)
    assert not augment(images, Changes(move=5), Known(1)).any()
    assert not augment(images, Changes(move=300), Known(-1)).any()


def test_half_a_pixel_mixes_four() -> None:
    images = noise(1, 1, 4, 4)
    moved = augment(images, Changes(move=1), Known(0.5))
    inner = (
        images[..., :-1, :-1] + images[..., :-1, 1:] + images[..., 1:, :-1] + images[..., 1:, 1:]
    )
    np.testing.assert_allclose(moved[..., :-1, :-1], inner / 4, rtol=1e-6)


def test_a_quarter_turn() -> None:
    images = noise(2, 2, 6, 6)
    turned = augment(images, Changes(turn=45), Known(2))
    back = augment(images, Changes(turn=45), Known(-2))
    np.testing.assert_allclose(np.rot90(turned, 2, axes=(2, 3)), back, atol=1e-5)
    ways = [np.abs(turned - np.rot90(images, k, axes=(2, 3))).max() for k in (1, 3)]
    assert min(ways) < 1e-5


def test_shear_tilts_a_line() -> None:
    image = np.zeros((1, 1, 5, 5), np.float32)
    image[..., 2, :] = 1
    tilted = augment(image, Changes(shear=0.5), Known(1))[0, 0]
    assert [tilted[3, 0], tilted[2, 2], tilted[1, 4]] == [1, 1, 1]
    assert [tilted[2, 0], tilted[2, 4]] == [0, 0]


@pytest.mark.parametrize(("part", "stretch"), [(1, 1.25), (-1, 0.75)])
def test_scale_makes_smaller_or_larger_and_stays_in_the_middle(part: int, stretch: float) -> None:
    image = np.zeros((1, 1, 41, 41), np.float32)
    image[..., 12:29, 12:29] = 1
    scaled = augment(image, Changes(scale=0.25), Known(part))
    assert scaled.sum() == pytest.approx(image.sum() / stretch**2, rel=0.02)
    np.testing.assert_allclose(scaled, scaled[..., ::-1, ::-1], atol=1e-5)


def test_turning_keeps_the_ink() -> None:
    images = digits()
    turned = augment(images, Changes(turn=20), np.random.default_rng(1))
    before, after = images.sum(axis=(1, 2, 3)), turned.sum(axis=(1, 2, 3))
    assert not np.array_equal(turned, images)
    np.testing.assert_allclose(after, before, rtol=0.03)
    assert after.sum() == pytest.approx(before.sum(), rel=0.002)


def test_values_stay_between_0_and_1() -> None:
    for images in (digits(), np.ones((50, 3, 9, 8), np.float32), noise(50, 1, 9, 8)):
        result = augment(images, EVERYTHING, np.random.default_rng(2))
        assert (result.shape, result.dtype) == (images.shape, np.float32)
        assert result.min() >= 0
        assert result.max() <= 1
        assert np.isfinite(result).all()


def test_every_picture_is_changed_by_itself() -> None:
    images = np.repeat(digits()[:1], 50, axis=0)
    result = augment(images, EVERYTHING, np.random.default_rng(2))
    assert len({picture.tobytes() for picture in result}) == 50


def test_the_maps_of_a_picture_are_changed_together() -> None:
    images = np.repeat(digits()[:20], 3, axis=1)
    result = augment(images, EVERYTHING, np.random.default_rng(2))
    assert np.array_equal(result[:, 0], result[:, 1])
    assert np.array_equal(result[:, 0], result[:, 2])


def test_the_same_generator_gives_the_same_result() -> None:
    images = digits()
    before = images.copy()
    one, two = (augment(images, EVERYTHING, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, augment(images, EVERYTHING, np.random.default_rng(6)))
    assert np.array_equal(images, before)


def test_a_share_of_the_pictures_is_changed() -> None:
    images = np.repeat(digits()[:1], 2000, axis=0)
    result = augment(images, Changes(move=3, share=0.3), np.random.default_rng(5))
    same = (result == images).all(axis=(1, 2, 3))
    assert same.mean() == pytest.approx(0.7, abs=0.03)


def test_changes_reach_their_limits_and_no_further() -> None:
    images = np.zeros((3000, 1, 1, 21), np.float32)
    images[..., 10] = 1
    # A turn of one row moves nothing along it, so the ink's place is the move.
    moved = augment(images, Changes(move=4), np.random.default_rng(5))
    inked = moved[:, 0, 0].sum(axis=1) > 0.05
    place = (moved[inked, 0, 0] * np.arange(21)).sum(axis=1) / moved[inked, 0, 0].sum(axis=1)
    assert place.min() == pytest.approx(6, abs=0.1)
    assert place.max() == pytest.approx(14, abs=0.1)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"turn": 90}, "augment.turn is 90; give a number from 0, below 90 for turn"),
        ({"scale": 1}, "augment.scale is 1; "),
        ({"shear": -0.1}, "augment.shear is -0.1; "),
        ({"share": 2}, "augment.share is 2; "),
        ({"move": "far"}, "augment.move is 'far'; "),
        ({"turn": True}, "augment.turn is True; "),
        ({"move": math.nan}, "augment.move is nan; "),
        ({"move": math.inf}, "augment.move is inf; "),
        ({"turn": [3]}, r"augment.turn is \[3\]; "),
    ],
)
def test_a_change_that_cannot_be_used(table: dict[str, object], said: str) -> None:
    with pytest.raises(TrainingError, match=said) as caught:
        Changes.of(table)
    assert "\n" not in str(caught.value)


def test_an_unknown_change() -> None:
    with pytest.raises(NetworkError, match="unknown key 'trun'; did you mean 'turn'"):
        Changes.of({"trun": 5})
