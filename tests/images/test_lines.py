"""Lines that are no ink, digits that are nothing but lines, and what is only told."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from support.figures import MNIST, THREE, Plane, dark, extent, ink, likeness, pixels, saved

from xlconv.images.load import load_image
from xlconv.images.pieces import Box, boxes_of, components
from xlconv.images.straight import straight_strokes
from xlconv.importers.gallery import template_gallery
from xlconv.importers.template import load_template

Line = tuple[float, float, float, float]  # from x, y to x, y, in hundredths of the sheet
FRAME: list[Line] = [(0, 6, 100, 6), (0, 95, 100, 95), (7, 0, 7, 100), (92, 0, 92, 100)]
BOX: list[Line] = [(25, 20, 75, 20), (25, 80, 75, 80), (25, 20, 25, 80), (75, 20, 75, 80)]
RULES: list[Line] = [(-5, y - 1, 105, y + 1) for y in range(5, 100, 18)]
SQUARES: list[Line] = RULES + [(x + 1, -5, x - 1, 105) for x in range(3, 100, 16)]


def sheet(
    lines: Iterable[Line] = (),
    width: float = 3,
    level: float = 1,
    side: int = 400,
    figure: Plane | None = None,
    at: tuple[int, int] = (30, 30),
) -> Plane:
    """Ink 0..1: a figure of 40 hundredths on a sheet with straight lines."""
    picture = Image.new("L", (2 * side, 2 * side))
    for line in lines:
        ends = [round(end * side / 50) for end in line]
        ImageDraw.Draw(picture).line(ends, fill=255, width=round(2 * width))
    plane: Plane = level * np.asarray(picture.resize((side, side), Image.Resampling.BOX)) / 255
    drawn = ink(side * 2 // 5) if figure is None else figure
    rows, columns = (slice(side * a // 100, side * a // 100 + drawn.shape[0]) for a in at)
    plane[rows, columns] = np.maximum(plane[rows, columns], drawn)
    return plane


def steps_of(folder: Path, plane: Plane) -> tuple[str, ...]:
    return load_image(saved(folder, plane), MNIST).steps


LINED: dict[str, tuple[int, Plane]] = {
    "a frame": (4, sheet(FRAME)),
    "a thick frame": (4, sheet(FRAME, 12)),
    "a frame of hairlines": (4, sheet(FRAME, 1)),
    "a pale frame": (4, sheet(FRAME, level=0.3)),
    "a frame on a small picture": (4, sheet(FRAME, 1, side=80)),
    "a frame on a large picture": (4, sheet(FRAME, 6, side=1700)),
    "three sides of a frame": (3, sheet(FRAME[:3])),
    "two sides of a frame": (2, sheet(FRAME[1:3])),
    "one side of a frame": (1, sheet(FRAME[3:])),
    "a double frame": (8, sheet([*FRAME, *(tuple(np.add(line, 3)) for line in FRAME)], 2)),  # type: ignore[list-item]
    "a frame that the figure touches": (4, sheet(FRAME, at=(57, 30))),
    "a box": (4, sheet(BOX)),
    "a box without its top": (3, sheet(BOX[1:])),
    "a small box on a large sheet": (
        4,
        sheet([tuple(np.array(line) / 4 + 30) for line in BOX], figure=ink(40), at=(39, 38)),  # type: ignore[misc]
    ),
    "a line beside it": (1, sheet([(80, 15, 80, 85)])),
    "ruled": (len(RULES), sheet(RULES, 2)),
    "squared": (len(SQUARES), sheet(SQUARES, 2)),
}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Plane:
    return pixels(tmp_path_factory.mktemp("clean"), dark(sheet()))


@pytest.mark.parametrize("name", LINED)
def test_lines_are_taken_out(tmp_path: Path, clean: Plane, name: str) -> None:
    count, plane = LINED[name]
    picture = load_image(saved(tmp_path, dark(plane)), MNIST)
    lines = "a long straight line" if count == 1 else f"{count} long straight lines"
    assert f"took out {lines}, as of a frame or ruled paper" in picture.steps
    assert likeness(picture.pixels[0], clean) > 0.93


@pytest.mark.parametrize("name", ["a frame", "a box", "squared"])
def test_lines_are_taken_out_of_light_ink_on_dark(tmp_path: Path, clean: Plane, name: str) -> None:
    assert likeness(pixels(tmp_path, 255 - dark(LINED[name][1])), clean) > 0.93


# ---- digits that are nothing but straight strokes

DIGITS: dict[str, tuple[tuple[tuple[int, int], ...], ...]] = {
    "1": (((50, 5), (50, 95)),),
    "1 that leans": (((60, 5), (40, 95)),),
    "1 with a foot": (((50, 5), (50, 95)), ((20, 95), (80, 95))),
    "1 with a flag": (((30, 30), (50, 5), (50, 95)),),
    "7": (((15, 5), (85, 5), (40, 95)),),
    "7 with a bar": (((15, 5), (85, 5), (40, 95)), ((25, 50), (75, 50))),
    "4": (((55, 5), (15, 65), (85, 65)), ((60, 30), (60, 95))),
    "open 4": (((20, 5), (20, 55), (80, 55)), ((65, 5), (65, 95))),
    "2": (((15, 5), (85, 5), (15, 95), (85, 95)),),
    "5": (((80, 5), (25, 5), (25, 45), (75, 45), (75, 95), (20, 95)),),
    "5 with its bar apart": (
        ((25, 5), (80, 5)),
        ((25, 20), (25, 50), (75, 50), (75, 95), (20, 95)),
    ),
}


def digit(name: str, side: int = 200) -> Plane:
    strokes = [ink(side, 0.07, points) for points in DIGITS[name]]
    plane: Plane = np.max(strokes, axis=0)
    return plane


@pytest.mark.parametrize("closely", [False, True])
@pytest.mark.parametrize("name", DIGITS)
def test_a_digits_own_strokes_are_no_lines(tmp_path: Path, name: str, closely: bool) -> None:
    plane = digit(name)
    rows, columns = (np.flatnonzero(plane.max(axis=axis) > 0.5) for axis in (1, 0))
    plane = plane[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    plane = np.pad(plane, 3 if closely else 90)
    picture = load_image(saved(tmp_path, dark(plane)), MNIST)
    assert not any("line" in step for step in picture.steps)
    # All of it is there: the longer side is what it is in MNIST, the other in proportion.
    longest = max(np.ptp(rows), np.ptp(columns)) + 1
    expected = [max(round(20 * (np.ptp(side) + 1) / longest), 1) for side in (rows, columns)]
    assert extent(picture.pixels[0]) == pytest.approx(expected, abs=1)


# ---- the parts


def test_straight_strokes_of_a_mask() -> None:
    marks = np.zeros((100, 120), dtype=bool)
    marks[20:23, :] = True  # its middle is row 21, and it is 3 wide
    marks[30:90, 50] = True
    marks[40:70, 70:110] = True  # no line
    long, short = straight_strokes(marks, 0)
    assert (long.lying, long.start, long.end, long.width) == (True, 0, 120, 3)
    assert long.middles == pytest.approx(np.full(120, 21))
    assert (short.lying, short.start, short.end, short.width) == (False, 30, 90, 1)
    assert short.middles == pytest.approx(np.full(60, 50))


def test_pieces_are_connected_by_their_corners_too() -> None:
    picture = [
        "##..#",
        "..#.#",
        "#...#",
        "#.##.",
    ]
    labels = components(np.array([[sign == "#" for sign in row] for row in picture]))
    boxes = sorted(boxes_of(labels).values(), key=lambda box: (box.left, box.top))
    assert boxes == [Box(0, 0, 3, 2), Box(0, 2, 1, 4), Box(2, 0, 5, 4)]
    assert len(np.unique(labels)) == 4


# ---- a shadow's edge

Y, X = np.mgrid[-1:1:300j, -1:1:300j]


@pytest.mark.parametrize("angle", [0, 35, 90, 150, 250])
@pytest.mark.parametrize("place", [-0.4, 0.3])
def test_a_shadows_edge_is_no_ink(tmp_path: Path, clean: Plane, angle: int, place: float) -> None:
    across = np.cos(np.radians(angle)) * X + np.sin(np.radians(angle)) * Y
    light = 0.9 - 0.4 / (1 + np.exp(-80 * (across - place)))
    grain = np.random.default_rng(1).normal(0, 0.01, light.shape)
    photo = light * (1 - 0.75 * sheet(side=300)) + grain
    found = pixels(tmp_path, dark(1 - photo))
    # Its centre of mass may be rounded to the pixel beside.
    shifts = [np.roll(found, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    assert max(likeness(shifted, clean) for shifted in shifts) > 0.93


# ---- a picture of the network's size


def shipped_digits() -> Plane:
    template = load_template("lesson3")
    pictures: Plane = template_gallery(template.about, template.network, template.image).pictures
    return pictures[:, 0]


def test_shipped_digits_are_taken_exactly(tmp_path: Path) -> None:
    for plane in shipped_digits():
        levels = np.rint(plane * 255).astype(np.uint8)
        assert np.array_equal(pixels(tmp_path, levels), levels / 255)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.9])
def test_a_dim_digit_is_made_as_light_as_mnists(tmp_path: Path, share: float) -> None:
    plane = shipped_digits()[1]
    found = pixels(tmp_path, np.rint(share * plane * 255).astype(np.uint8))
    assert found.max() == 1
    assert likeness(found, plane) > 0.97


def test_thin_strokes_of_the_networks_size_are_thickened(tmp_path: Path, clean: Plane) -> None:
    """Half a pixel wide: its brightest pixels are made white, as a scanner's are."""
    thin = ink(600, 0.012, THREE)[10:-30, 10:-30].reshape(28, 20, 28, 20).mean(axis=(1, 3))
    levels = np.rint(255 * np.clip(thin / np.percentile(thin[thin > 0.05], 95), 0, 1))
    found = pixels(tmp_path, levels.astype(np.uint8))
    assert found.sum() > 1.5 * levels.sum() / 255


# ---- what is only told


def test_two_digits_are_told(tmp_path: Path) -> None:
    two = np.hstack([ink(200), np.zeros((200, 30)), digit("4"), np.zeros((200, 30))])
    for plane in (two, two.T):
        told = steps_of(tmp_path, dark(np.pad(plane, 60)))[-1]
        assert told.startswith("doubtful: 2 digits or pieces stand apart")


def test_of_two_digits_with_a_line_between_them_the_larger_is_taken(
    tmp_path: Path, clean: Plane
) -> None:
    plane = sheet([*FRAME, (0, 60, 100, 60)], at=(12, 30))
    plane[265:365, 130:230] = digit("4", 100)
    picture = load_image(saved(tmp_path, dark(plane)), MNIST)
    assert picture.steps[-1].startswith("doubtful: a digit stands on either side of a line")
    assert likeness(picture.pixels[0], clean) > 0.93


def test_ink_over_nearly_all_of_the_picture_is_told(tmp_path: Path) -> None:
    rough = np.random.default_rng(2).random((20, 20)) < 0.4
    plane = np.kron(rough, np.ones((15, 15)))
    assert any("nearly all of the picture" in step for step in steps_of(tmp_path, dark(plane)))


@pytest.mark.parametrize("name", [*DIGITS])
def test_one_digit_is_not_doubted(tmp_path: Path, name: str) -> None:
    steps = steps_of(tmp_path, dark(np.pad(digit(name), 60)))
    assert not any(step.startswith("doubtful") for step in steps)
