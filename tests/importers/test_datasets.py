"""IDX files, written here byte by byte, and what is said of damaged ones."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from xlconv import Dense, Network, Sigmoid, Softmax
from xlconv.errors import DatasetError
from xlconv.importers.datasets.load import load_datasets
from xlconv.importers.template import small_data
from xlconv.training.dataset import Dataset

NETWORK = Network("tiny", (1, 2, 3), (Dense("dense", 2), Softmax("softmax")))
PIXELS = bytes([0, 255, 51, 102, 153, 204, 255, 0, 0, 0, 0, 255])  # two pictures of 2x3


def images(pixels: bytes = PIXELS, height: int = 2, width: int = 3) -> bytes:
    count = len(pixels) // (height * width)
    return b"\0\0\x08\x03" + struct.pack(">III", count, height, width) + pixels


def labels(classes: tuple[int, ...] = (1, 0)) -> bytes:
    return b"\0\0\x08\x01" + struct.pack(">I", len(classes)) + bytes(classes)


def mnist(folder: Path, **replaced: bytes | None) -> Path:
    """A folder of four files; a keyword such as `train_images` replaces or leaves out one."""
    for stem, name in (("train", "train"), ("t10k", "test")):
        for kind, number, content in (("images", 3, images()), ("labels", 1, labels())):
            data = replaced.get(f"{name}_{kind}", content)
            if data is not None:
                (folder / f"{stem}-{kind}-idx{number}-ubyte").write_bytes(data)
    return folder


def failure(folder: Path, network: Network = NETWORK, scene: str = "digits") -> str:
    with pytest.raises(DatasetError) as caught:
        load_datasets(folder, network, scene)
    message = str(caught.value)
    assert "\n" not in message
    assert str(folder) in message
    return message


def test_pictures_and_labels(tmp_path: Path) -> None:
    train, test = load_datasets(mnist(tmp_path, test_labels=labels((0, 1))), NETWORK)
    assert train.images.shape == (2, 1, 2, 3)
    pictures = train.pictures(slice(None))
    assert pictures.dtype == np.float32
    np.testing.assert_allclose(pictures[0, 0], [[0, 1, 0.2], [0.4, 0.6, 0.8]], rtol=1e-6)
    assert train.labels.dtype == np.int64
    assert train.labels.tolist() == [1, 0]
    assert test.labels.tolist() == [0, 1]
    assert len(train) == 2


@pytest.mark.parametrize("end", ["", ".gz"])
def test_gzipped_files_whatever_their_name(tmp_path: Path, end: str) -> None:
    for stem, content in (("images-idx3", images()), ("labels-idx1", labels())):
        for name in ("train", "test5k"):
            path = tmp_path / f"{name}-{stem}-ubyte{end}"
            path.write_bytes(gzip.compress(content, mtime=0))
    train, test = load_datasets(tmp_path, NETWORK)
    assert train.labels.tolist() == test.labels.tolist() == [1, 0]


def test_mnists_own_test_set_goes_before_others(tmp_path: Path) -> None:
    mnist(tmp_path, test_labels=labels((0, 0)))
    (tmp_path / "extra-images-idx3-ubyte").write_bytes(images())
    assert load_datasets(tmp_path, NETWORK)[1].labels.tolist() == [0, 0]


def test_a_dot_before_idx(tmp_path: Path) -> None:
    mnist(tmp_path)
    for path in list(tmp_path.iterdir()):
        path.rename(tmp_path / path.name.replace("-idx", ".idx"))
    assert len(load_datasets(tmp_path, NETWORK)[1]) == 2


def test_no_folder(tmp_path: Path) -> None:
    assert "no such folder; name the one" in failure(tmp_path / "nowhere")


@pytest.mark.parametrize("kind", ["images-idx3", "labels-idx1"])
@pytest.mark.parametrize("part", ["train", "t10k"])
def test_a_file_that_is_missing(tmp_path: Path, part: str, kind: str) -> None:
    missing = mnist(tmp_path) / f"{part}-{kind}-ubyte"
    missing.unlink()
    assert failure(tmp_path).startswith(f"{missing}: no such file")


def test_several_test_sets(tmp_path: Path) -> None:
    mnist(tmp_path, test_images=None, test_labels=None)
    for name in ("a", "b"):
        (tmp_path / f"{name}-images-idx3-ubyte").write_bytes(images())
    assert "several test sets (a, b); leave one" in failure(tmp_path)


PACKED = gzip.compress(images(), mtime=0)
DAMAGED = [
    (
        "train_images",
        images()[:-1],
        "has 27 bytes where its header (2x2x3) calls for 28; it is cut",
    ),
    ("train_images", images() + b"\0", "has 29 or more bytes where"),
    ("train_images", images()[:10], "it is cut off or damaged, download it again"),
    ("train_images", PACKED[:-12], "cannot be unpacked"),
    ("train_images", PACKED[:-5] + b"\1\1\1\1\1", "cannot be unpacked"),
    ("train_images", b"", "begins with nothing, not 00 00 08 03"),
    ("train_images", b"<!DOCTYPE html>", "begins with 3c 21 44 4f, not 00 00 08 03"),
    ("train_images", b"\0\0\x0d\x03" + bytes(40), "not an IDX file of unsigned bytes"),
    ("train_images", b"\0\0\x08\x03" + b"\xff" * 12, "cut off or damaged"),
    ("train_images", labels(), "of 1 dimensions, but pictures have 3; put the pictures file under"),
    ("train_images", images(b""), "holds no pictures"),
    ("train_images", images(height=3, width=2), "pictures of 1x3x2 but 'tiny' reads 1x2x3"),
    ("test_labels", images(), "of 3 dimensions, but labels have 1; put the labels file under this"),
    ("test_labels", labels((1, 0, 1)), "3 labels, but t10k-images-idx3-ubyte has 2 pictures"),
    ("test_labels", labels((1, 2)), "label 2 is out of range: 'tiny' has 2 classes (0 to 1)"),
]


@pytest.mark.parametrize(("file", "content", "said"), DAMAGED)
def test_a_damaged_file(tmp_path: Path, file: str, content: bytes, said: str) -> None:
    message = failure(mnist(tmp_path, **{file: content}))
    named = {"train_images": "train-", "test_labels": "t10k-labels-idx1-ubyte: "}[file]
    assert message.startswith(str(tmp_path / named))
    assert said in message


def test_a_set_without_pictures(tmp_path: Path) -> None:
    message = failure(mnist(tmp_path, train_images=images(b""), train_labels=labels(())))
    assert "holds no pictures" in message


def test_a_data_set_made_in_memory() -> None:
    pictures = np.zeros((2, 1, 2, 3), np.float32)
    with pytest.raises(DatasetError, match="2 pictures but 1 labels"):
        Dataset(pictures, np.array([0]))
    with pytest.raises(DatasetError, match="no pictures"):
        Dataset(pictures[:0], np.array([], np.int64))
    with pytest.raises(DatasetError, match="label -1 is out of range"):
        Dataset(pictures, np.array([0, -1])).check(NETWORK)
    with pytest.raises(DatasetError, match="pictures of 1x2x2 but 'tiny' reads 1x2x3"):
        Dataset(pictures[..., :2], np.array([0, 1])).check(NETWORK)


def test_pictures_are_numbers_from_0_to_1_whatever_is_kept() -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(4, 1, 8, 8)
    numbers = pixels.astype(np.float32) / np.float32(255)
    chosen = np.array([3, 0, 3])
    for images in (pixels, numbers, numbers.astype(np.float64)):
        data = Dataset(images, np.zeros(4, np.int64))  # type: ignore[arg-type]
        assert data.pictures(chosen).dtype == np.float32
        assert np.array_equal(data.pictures(chosen), numbers[chosen])
        assert np.array_equal(data.pictures(slice(1, 3)), numbers[1:3])
    assert data.pictures(slice(None)).min() == 0
    assert data.pictures(slice(None)).max() == 1


def test_the_digits_that_come_with_xlconv() -> None:
    network = Network("digits", (1, 28, 28), (Dense("dense", 10), Softmax("softmax")))
    train, test = load_datasets(small_data(), network)
    for data, each in ((train, 40), (test, 10)):
        assert np.bincount(data.labels).tolist() == [each] * 10
        assert data.images.max() == 255
        assert (data.images.max(axis=(1, 2, 3)) > 100).all()
    # None is there twice, so none is tested that was learned from.
    pictures = [image.tobytes() for data in (train, test) for image in data.images]
    assert len(set(pictures)) == 500


COLOURED = Network("coloured", (3, 32, 32), (Dense("dense", 30), Softmax("softmax")))
SEVERAL = Network("several", (1, 32, 56), (Dense("dense", 10), Sigmoid("sigmoid")))
SCENES = [(COLOURED, "coloured"), (SEVERAL, "several")]


def squares(folder: Path, classes: tuple[int, ...] = tuple(range(10)), side: int = 28) -> Path:
    """A folder of white squares in place of digits."""
    pictures = images(b"\xff" * (len(classes) * side * side), side, side)
    own = {"images": pictures, "labels": labels(classes)}
    return mnist(folder, **{f"{s}_{kind}": own[kind] for s in ("train", "test") for kind in own})


def test_coloured_digits_of_a_folder(tmp_path: Path) -> None:
    train, test = load_datasets(squares(tmp_path), COLOURED, "coloured")
    for data in (train, test):
        assert data.images.shape == (10, 3, 32, 32)
        assert (data.labels % 10).tolist() == list(range(10))
        assert 0 <= data.labels.min() <= data.labels.max() < 30
    assert not np.array_equal(train.images, test.images)


def test_several_digits_of_a_folder(tmp_path: Path) -> None:
    classes = tuple(range(10)) * 20
    train, test = load_datasets(squares(tmp_path, classes), SEVERAL, "several")
    assert train.images.shape == test.images.shape == (200, 1, 32, 56)
    assert set(train.labels.sum(axis=1).tolist()) == {0, 1, 2}
    assert set(test.labels.sum(axis=1).tolist()) == {2}


@pytest.mark.parametrize(("network", "scene"), SCENES)
@pytest.mark.parametrize("classes", [(1, 10), (3, 3, 3), (0, 255)])
@pytest.mark.parametrize("part", ["train", "test"])
def test_a_scene_of_what_are_no_digits(
    tmp_path: Path, network: Network, scene: str, classes: tuple[int, ...], part: str
) -> None:
    squares(tmp_path, tuple(range(len(classes))))
    mnist_name = {"train": "train", "test": "t10k"}[part]
    (tmp_path / f"{mnist_name}-labels-idx1-ubyte").write_bytes(labels(classes))
    message = failure(tmp_path, network, scene)
    assert message.startswith(f"{tmp_path / mnist_name}-")
    assert "not digits of several classes; use MNIST's files" in message


@pytest.mark.parametrize(("network", "scene"), SCENES)
@pytest.mark.parametrize("side", [1, 20, 32])
def test_a_scene_of_pictures_of_another_size(
    tmp_path: Path, network: Network, scene: str, side: int
) -> None:
    message = failure(squares(tmp_path, side=side), network, scene)
    assert message.startswith(f"{tmp_path / 'train-images-idx3-ubyte'}: ")
    assert "28" in message


def test_a_scene_that_the_network_cannot_read(tmp_path: Path) -> None:
    squares(tmp_path)
    with pytest.raises(DatasetError, match="3x32x32 but 'several' reads 1x32x56"):
        load_datasets(tmp_path, SEVERAL, "coloured")
    fewer = Network("fewer", (1, 32, 56), (Dense("dense", 9), Sigmoid("sigmoid")))
    with pytest.raises(DatasetError, match="10 classes a picture, but 'fewer' has 9"):
        load_datasets(tmp_path, fewer, "several")
    ten = Network("ten", (3, 32, 32), (Dense("dense", 10), Softmax("softmax")))
    with pytest.raises(DatasetError, match=r"label \d\d is out of range: 'ten' has 10 classes"):
        load_datasets(tmp_path, ten, "coloured")


def test_an_unknown_scene(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no scene 'colored'; did you mean 'coloured'") as no:
        load_datasets(squares(tmp_path), COLOURED, "colored")
    assert "\n" not in str(no.value)
