"""Pictures: files of every kind, errors in one line, and MNIST's preparation."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from support.figures import INVERTED, MNIST, Plane, dark, extent, ink, likeness, pixels, saved

from xlconv.errors import ImageError
from xlconv.images.ink import find_ink
from xlconv.images.load import load_image


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Plane:
    """The 28 x 28 that a clean, large, dark figure on white becomes, 0..1."""
    plane = pixels(tmp_path_factory.mktemp("clean"), dark(ink()))
    plane.flags.writeable = False
    return plane


# ---- MNIST's preparation


def test_a_large_dark_figure_becomes_like_mnist(prepared: Plane) -> None:
    assert prepared.dtype == np.float64
    assert max(extent(prepared)) == 20
    assert prepared.max() == 1
    assert prepared.min() == 0


def test_the_centre_of_mass_is_in_the_middle(tmp_path: Path) -> None:
    corner = pixels(tmp_path, dark(ink(points=((30, 5), (30, 95), (80, 95)))))
    rows, columns = np.mgrid[:28, :28]
    centre = [(corner * grid).sum() / corner.sum() for grid in (rows, columns)]
    # MNIST's digits have it within half a pixel of the pixel (14, 14).
    assert centre == pytest.approx([14, 14], abs=0.5)


def test_the_figure_keeps_its_proportions(tmp_path: Path) -> None:
    slim = pixels(tmp_path, dark(ink(points=((40, 5), (60, 95)))))
    rows, columns = extent(slim)
    assert rows == 20
    assert 5 <= columns <= 8


def test_steps_say_what_was_done(tmp_path: Path) -> None:
    canvas = np.zeros((300, 500))
    canvas[70:270, 250:450] = ink(200)
    assert load_image(saved(tmp_path, dark(canvas)), MNIST).steps == (
        INVERTED,
        "cropped to the ink: 104 x 192 pixels at (296, 76)",
        "scaled to fit 20 x 20",
        "moved the centre of mass to the middle of 28 x 28",
    )


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_a_prepared_picture_is_taken_exactly(
    tmp_path: Path, prepared: Plane, inverted: bool, mode: str
) -> None:
    levels = np.rint(prepared * 255).astype(np.uint8)
    picture = Image.fromarray(255 - levels if inverted else levels).convert(mode)
    picture.save(tmp_path / "digit.png")
    loaded = load_image(tmp_path / "digit.png", MNIST)
    assert np.array_equal(loaded.pixels[0], levels / 255)
    assert (INVERTED in loaded.steps) == inverted


def test_a_prepared_canvas_that_is_no_square_is_taken_exactly(
    tmp_path: Path, prepared: Plane
) -> None:
    canvas = np.rint(255 * np.hstack([np.zeros((28, 28)), prepared])).astype(np.uint8)
    picture = load_image(saved(tmp_path, canvas), (1, 28, 56))
    assert np.array_equal(picture.pixels[0], canvas / 255)


def test_the_ground_under_a_shadow_is_at_0() -> None:
    ink_found, steps = find_ink(HARD["a shadow with an edge"] / 255)
    assert "evened out the light on the ground" in steps
    assert np.median(ink_found) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("sides", [(3, 8000), (8000, 3)])
def test_the_box_of_the_ink_ends_with_a_very_thin_sheet(
    sides: tuple[int, int], tmp_path: Path
) -> None:
    """Of which several pixels are looked at as one, more than it is wide."""
    sheet = np.full((3, 8000), 255, dtype=np.uint8)
    sheet[:, 4000:5000] = 0
    _, cropped, *_ = load_image(saved(tmp_path, sheet if sides[0] == 3 else sheet.T), MNIST).steps
    thin = "1005 x 3 pixels at (3995, 0)" if sides[0] == 3 else "3 x 1005 pixels at (0, 3995)"
    assert cropped == f"cropped to the ink: {thin}"


def test_a_small_picture_off_its_centre_is_prepared(tmp_path: Path, prepared: Plane) -> None:
    levels = np.rint(np.roll(prepared, (-4, 6), (0, 1)) * 255).astype(np.uint8)
    assert likeness(pixels(tmp_path, levels), prepared) > 0.97


def test_a_small_picture_that_is_too_long_is_prepared(tmp_path: Path) -> None:
    long = 255 - dark(ink(side=28))
    assert max(extent(long)) > 22
    assert max(extent(pixels(tmp_path, long))) == 20


def test_a_small_figure_on_a_large_sheet_is_cropped_closely(
    tmp_path: Path, prepared: Plane
) -> None:
    sheet = np.full((1500, 1600), 255, dtype=np.uint8)
    sheet[1007:1107, 311:411] = dark(ink(side=100))
    assert likeness(pixels(tmp_path, sheet), prepared) > 0.97


def paper(shading: Plane, figure: Plane, noise: float = 0.0) -> NDArray[np.uint8]:
    """A photo of dark ink on paper under a light."""
    grain = np.random.default_rng(3).normal(0, noise, figure.shape)
    return dark(1 - (shading * (1 - 0.75 * figure) + grain))


Y, X = np.mgrid[-1:1:300j, -1:1:300j]
FLAT = np.ones((300, 300))
HARD: dict[str, NDArray[np.uint8]] = {
    "light ink": 255 - dark(ink()),
    "noise": paper(0.9 * FLAT, ink(), 0.1),
    "much noise": paper(0.8 * FLAT, ink(), 0.2),
    "uneven light": paper(0.7 + 0.2 * X + 0.1 * Y, ink(), 0.02),
    "dark corners": paper(0.95 - 0.25 * (X * X + Y * Y), ink(), 0.02),
    "a shadow with an edge": paper(np.where(X + 0.3 * Y > 0.1, 0.85, 0.5), ink(), 0.02),
    "pencil": dark(0.07 + 0.25 * ink()),
    "cut at its edges": dark(ink())[9:297, 66:228],
    "blue": np.dstack([dark(0.9 * ink()), dark(0.8 * ink()), dark(0.2 * ink())]),
    "yellow": np.dstack([dark(0.02 * ink()), dark(0.1 * ink()), dark(0.9 * ink())]),
    "red on a green as dark": np.dstack([dark(1 - ink()), *[dark(0.57 + 0.43 * ink())] * 2]),
    "chalk": np.dstack([dark(c + (0.1 - c) * ink()) for c in (0.9, 0.7, 0.8)]),
}


@pytest.mark.parametrize("name", HARD)
def test_hard_pictures_become_what_the_clean_one_becomes(
    tmp_path: Path, prepared: Plane, name: str
) -> None:
    # Enough that a wrong polarity, crop or threshold fails: each brings it below 0.8.
    assert likeness(pixels(tmp_path, HARD[name]), prepared) > 0.95


def test_jpeg_is_read(tmp_path: Path, prepared: Plane) -> None:
    assert likeness(pixels(tmp_path, dark(ink()), "photo.jpg", quality=50), prepared) > 0.98


def test_specks_and_dark_edges_are_left_out(tmp_path: Path, prepared: Plane) -> None:
    picture = np.full((500, 600), 255, dtype=np.uint8)
    picture[100:400, 150:450] = dark(ink())
    picture[20:24, 30:34] = picture[470:474, 500:505] = 0
    picture[:, 580:] = 30
    picture[:25, 300:325] = 0
    assert likeness(pixels(tmp_path, picture), prepared) > 0.98


@pytest.mark.parametrize(
    ("width", "step"), [(0.01, "thickened its thin strokes"), (0.22, "thinned its thick strokes")]
)
def test_strokes_become_as_wide_as_mnists(
    tmp_path: Path, prepared: Plane, width: float, step: str
) -> None:
    canvas = np.zeros((600, 600))
    canvas[150:450, 150:450] = ink(width=width)
    picture = load_image(saved(tmp_path, dark(canvas)), MNIST)
    assert step in picture.steps
    # Left as they are, the thick ones give 1.9.
    assert 0.75 < picture.pixels.sum() / prepared.sum() < 1.6


def test_a_usual_stroke_is_left_alone(tmp_path: Path) -> None:
    steps = load_image(saved(tmp_path, dark(ink(width=0.12))), MNIST).steps
    assert not any("strokes" in step for step in steps)


@pytest.mark.parametrize("shape", [(1, 4, 4), (1, 16, 16), (1, 20, 40), (1, 64, 48), (1, 1, 1)])
def test_other_inputs_work_alike(tmp_path: Path, shape: tuple[int, int, int]) -> None:
    loaded = load_image(saved(tmp_path, dark(ink())), shape).pixels
    assert loaded.shape == shape
    assert loaded.max() == 1
    for length, side in zip(extent(loaded[0]), shape[1:], strict=True):
        assert length <= max(round(20 / 28 * side), 1)


BLANK: dict[str, NDArray[np.uint8]] = {
    "white": np.full((90, 70), 255, dtype=np.uint8),
    "one pixel": np.zeros((1, 1), dtype=np.uint8),
    "black of the input's size": np.zeros((28, 28), dtype=np.uint8),
    "only light": paper(0.7 + 0.2 * X, 0 * FLAT),
    "only noise": paper(0.7 * FLAT, 0 * FLAT, 0.1),
    "only specks": dark(np.random.default_rng(4).random((300, 300)) < 0.02),
    "clear": np.zeros((50, 50, 4), dtype=np.uint8),
}


@pytest.mark.parametrize("name", BLANK)
def test_a_blank_picture_is_said_to_be_blank(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImageError, match=r"picture\.png: blank: "):
        load_image(saved(tmp_path, BLANK[name]), MNIST)


# ---- kinds of picture files


@pytest.mark.parametrize(("level", "ground"), [(0, "white"), (255, "black")])
def test_ink_on_nothing_gets_a_ground(
    tmp_path: Path, prepared: Plane, level: int, ground: str
) -> None:
    colour = np.full((300, 300), level, dtype=np.uint8)
    path = saved(tmp_path, np.dstack([colour] * 3 + [255 - dark(ink())]))
    picture = load_image(path, MNIST)
    assert picture.steps[0] == f"laid its transparent parts on {ground}"
    assert likeness(picture.pixels[0], prepared) > 0.99


def test_a_sticker_keeps_its_own_ground(tmp_path: Path, prepared: Plane) -> None:
    grey = np.zeros((400, 400), dtype=np.uint8)
    alpha = np.zeros_like(grey)
    grey[50:350, 50:350] = dark(ink())
    alpha[50:350, 50:350] = 255
    assert likeness(pixels(tmp_path, np.dstack([grey, alpha])), prepared) > 0.99


def test_sixteen_bits(tmp_path: Path, prepared: Plane) -> None:
    deep = dark(ink()).astype(np.uint16) * 257
    assert likeness(pixels(tmp_path, deep), prepared) > 0.99
    path = saved(tmp_path, np.array([[0, 1], [40000, 65535]], dtype=np.uint16))
    raw = load_image(path, (1, 2, 2), raw=True).pixels
    assert np.array_equal(raw[0], np.array([[0, 1], [40000, 65535]]) / 65535)


def test_cmyk_jpeg(tmp_path: Path, prepared: Plane) -> None:
    Image.fromarray(dark(ink())).convert("CMYK").save(tmp_path / "print.jpg")
    assert likeness(load_image(tmp_path / "print.jpg", MNIST).pixels[0], prepared) > 0.98


def test_a_photo_is_turned_upright(tmp_path: Path, prepared: Plane) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    lying = np.rot90(dark(ink()))
    picture = load_image(saved(tmp_path, lying, "photo.jpg", exif=exif), MNIST)
    assert picture.steps[0] == "turned it upright, as its EXIF note says"
    assert likeness(picture.pixels[0], prepared) > 0.98


def test_a_telephones_mpo_is_read_as_jpeg(tmp_path: Path, prepared: Plane) -> None:
    views = [Image.fromarray(dark(ink())).convert("RGB") for _ in range(2)]
    views[0].save(tmp_path / "phone.jpg", format="MPO", save_all=True, append_images=views[1:])
    assert likeness(load_image(tmp_path / "phone.jpg", MNIST).pixels[0], prepared) > 0.98


def test_the_first_frame_of_an_animation(tmp_path: Path, prepared: Plane) -> None:
    frames = [Image.fromarray(dark(ink())), Image.fromarray(dark(ink(points=((10, 50), (90, 50)))))]
    frames[0].save(tmp_path / "film.png", save_all=True, append_images=frames[1:])
    assert likeness(load_image(tmp_path / "film.png", MNIST).pixels[0], prepared) > 0.99


# ---- raw and colour


def test_raw_takes_the_levels(tmp_path: Path) -> None:
    levels = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    picture = load_image(saved(tmp_path, levels), (1, 3, 4), raw=True)
    assert np.array_equal(picture.pixels, levels[None] / 255)
    assert picture.steps == ("took the pixels as they are, grey, divided by 255",)


def test_raw_colour_becomes_grey_or_stays(tmp_path: Path) -> None:
    path = saved(tmp_path, np.array([[[255, 0, 0], [10, 20, 30]]], dtype=np.uint8))
    grey = load_image(path, (1, 1, 2), raw=True).pixels
    assert grey[0, 0] == pytest.approx([0.299, (2.99 + 11.74 + 3.42) / 255])
    colour = load_image(path, (3, 1, 2), raw=True).pixels
    assert np.array_equal(colour[:, 0, 1], np.array([10, 20, 30]) / 255)


@pytest.mark.parametrize("suffix", ["png", "npy"])
def test_raw_of_another_size_names_both_and_the_remedy(suffix: str, tmp_path: Path) -> None:
    levels = np.zeros((30, 40), dtype=np.uint8)
    saved(tmp_path, levels)
    np.save(tmp_path / "picture.npy", levels)
    with pytest.raises(ImageError, match=r"40x30 pixels.* reads 28x20; leave out --raw"):
        load_image(tmp_path / f"picture.{suffix}", (1, 20, 28), raw=True)


def test_colour_is_cropped_in_the_middle_and_scaled(tmp_path: Path) -> None:
    picture = np.zeros((40, 100, 3), dtype=np.uint8)
    picture[:, 30:70] = (255, 51, 0)
    loaded = load_image(saved(tmp_path, picture), (3, 8, 8))
    assert loaded.steps == (
        "cropped to its middle: 40 x 40 pixels",
        "scaled to 8 x 8",
        "took red, green and blue, divided by 255",
    )
    assert loaded.pixels[:, 3, 3] == pytest.approx([1, 0.2, 0], abs=1e-6)
    assert loaded.pixels[0].min() > 0.9  # not a squeezed picture with black sides


def test_a_network_of_two_channels_reads_npy_alone(tmp_path: Path) -> None:
    path = saved(tmp_path, dark(ink()))
    with pytest.raises(ImageError, match=r"reads 2; save an array of 2x9x9 as \.npy"):
        load_image(path, (2, 9, 9))


# ---- .npy


def stored(folder: Path, array: Plane, **options: Any) -> Path:
    np.save(folder / "array.npy", array, **options)
    return folder / "array.npy"


@pytest.mark.parametrize("shape", [(28, 28), (1, 28, 28)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, ">f8"])
def test_floats_are_taken_as_they_are(tmp_path: Path, shape: tuple[int, ...], dtype: Any) -> None:
    array = np.random.default_rng(1).normal(0, 5, shape).astype(dtype)
    picture = load_image(stored(tmp_path, array), MNIST)
    assert np.array_equal(picture.pixels, array.reshape(MNIST).astype(float))
    assert picture.pixels.dtype == np.float64
    assert picture.pixels.flags.writeable


@pytest.mark.parametrize("kind", ["grey", "channel first", "channel last", "bool"])
def test_whole_numbers_are_a_picture(tmp_path: Path, prepared: Plane, kind: str) -> None:
    grey = dark(ink())
    arrays: dict[str, Plane] = {
        "grey": grey.astype(np.int64),
        "channel first": np.stack([grey] * 3),
        "channel last": np.dstack([grey] * 3),
        "bool": grey > 127,
    }
    assert likeness(load_image(stored(tmp_path, arrays[kind]), MNIST).pixels[0], prepared) > 0.98


def test_other_channels_of_whole_numbers(tmp_path: Path) -> None:
    array = np.arange(8, dtype=np.int16).reshape(2, 2, 2)
    assert np.array_equal(load_image(stored(tmp_path, array), (2, 2, 2)).pixels, array / 255)


def test_pillow_is_imported_late() -> None:
    code = "import sys, xlconv.images; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
