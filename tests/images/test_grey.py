"""Pictures without colours for a network that reads them: taken, and told about in one line."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.command_line import printed

import xlconv
from xlconv import Conv2D, Dense, Network
from xlconv.images.folder import load_gallery
from xlconv.images.load import load_image

SHAPE = (3, 8, 8)
NETWORK = Network("shapes", SHAPE, (Conv2D("conv", 1, 3), Dense("dense", 2)), ("a", "b"))
TOLD = "doubtful: the picture is grey, but the network was taught with colours and may go by them"


def told(path: Path, raw: bool = False, shape: tuple[int, int, int] = SHAPE) -> bool:
    """Whether it is told of a picture that it is grey, in the last line."""
    *before, last = load_image(path, shape, raw).steps
    assert not any("grey," in step for step in before)
    return last.startswith(TOLD)


def saved(folder: Path, levels: np.ndarray, name: str = "picture.png") -> Path:
    Image.fromarray(levels.astype(np.uint8)).save(folder / name)
    return folder / name


def ramp(*channels: float) -> np.ndarray:
    """A picture from black to a colour."""
    return np.linspace(0, 255, 64).reshape(8, 8, 1) * np.array(channels)


@pytest.mark.parametrize("raw", [False, True])
def test_a_grey_picture_is_taken_and_told(tmp_path: Path, raw: bool) -> None:
    for levels in (ramp(1)[..., 0], ramp(1, 1, 1), ramp(1, 0.95, 0.97), ramp(0, 0, 0)):
        assert told(saved(tmp_path, levels), raw)


@pytest.mark.parametrize("raw", [False, True])
def test_a_coloured_one_is_not(tmp_path: Path, raw: bool) -> None:
    """Nor one with a few coloured pixels on white: a stroke of a blue pen."""
    stroke = np.full((8, 8, 3), 255.0)
    stroke[4, 2:4] = (40, 60, 200)
    for levels in (ramp(1, 0.5, 0), ramp(0.9, 1, 0.7), stroke):
        assert not told(saved(tmp_path, levels), raw)


def test_an_array_is_told_about_by_its_own_scale(tmp_path: Path) -> None:
    plane = np.linspace(-3, 3, 64).reshape(8, 8)
    np.save(tmp_path / "grey.npy", np.stack([plane] * 3))
    np.save(tmp_path / "dim.npy", np.stack([plane, -plane, plane]) / 1000)
    assert told(tmp_path / "grey.npy")
    assert not told(tmp_path / "dim.npy")


def test_a_network_of_one_channel_wants_no_colours(tmp_path: Path) -> None:
    path = saved(tmp_path, ramp(1)[..., 0])
    assert not told(path, raw=True, shape=(1, 8, 8))


def test_a_folder_is_told_about_in_one_line(tmp_path: Path) -> None:
    for number, channels in enumerate(((1, 1, 1), (1, 0, 0), (1, 1, 1))):
        saved(tmp_path, ramp(*channels), f"{number}.png")
    gallery, notes = load_gallery(tmp_path, NETWORK)
    assert len(gallery) == 3
    assert [note.partition(", but")[0] for note in notes] == ["doubtful: 2 pictures are grey"]


def test_build_says_so_and_goes_on(tmp_path: Path) -> None:
    saved(tmp_path, np.linspace(0, 255, 32 * 32).reshape(32, 32), "grey.png")
    words = printed("build", "a.xlsx", "--template", "rgb", "--image", "grey.png", folder=tmp_path)
    assert TOLD in " ".join(words.split())
    assert "give one in colour" in " ".join(words.split())
    image = xlconv.read_book(tmp_path / "a.xlsx").image
    assert (image[0] == image[1]).all()
