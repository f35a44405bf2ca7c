"""Data sets under their own names and in their own ways: EMNIST's, torchvision's, Keras's; labels
from 1, classes that are missing, no test set. Small ones, whose numbers are known."""

import gzip
import shlex
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from support import command_line as cli
from support.command_line import npz

from xlconv import Dense, Network, Softmax
from xlconv.errors import DatasetError
from xlconv.importers.datasets.load import load_datasets
from xlconv.importers.datasets.sets import IdxSet, chosen_set
from xlconv.importers.template import small_data, template_folder
from xlconv.training.dataset import Dataset

THREE = Network("three", (1, 2, 2), (Dense("dense", 3), Softmax("softmax")), ("a", "b", "c"))
# Two pictures of 2 x 2, and what they are with rows and columns in each other's place.
FIRST, SECOND = [[1, 2], [3, 4]], [[5, 6], [7, 8]]
TURNED = [[[[1, 3], [2, 4]]], [[[5, 7], [6, 8]]]]
PIXELS = np.array([FIRST, SECOND], np.uint8)
OTHER = PIXELS + 100


def idx(array: Any) -> bytes:
    array = np.asarray(array, np.uint8)
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def put(
    folder: Path, stem: str, pixels: NDArray[np.uint8], labels: Sequence[int], form: str = "-{}"
) -> None:
    """Two IDX files; `form` is how their names go on behind "images" and "labels"."""
    folder.mkdir(parents=True, exist_ok=True)
    for what, kind, array in (("images", "idx3-ubyte", pixels), ("labels", "idx1-ubyte", labels)):
        name = f"{stem}-{what}{form.format(kind)}"
        data = idx(array)
        (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)


def put_set(folder: Path, before: str = "", test: str = "t10k", form: str = "-{}") -> None:
    put(folder, f"{before}train", PIXELS, [0, 1], form)
    put(folder, f"{before}{test}", OTHER, [2, 0], form)


def load(
    place: Path, network: Network = THREE, **options: Any
) -> tuple[Dataset, Dataset, list[str]]:
    said: list[str] = []
    learning, testing = load_datasets(place, network, say=said.append, **options)
    return learning, testing, said


def failure(place: Path, network: Network = THREE, **options: Any) -> str:
    with pytest.raises(DatasetError) as caught:
        load_datasets(place, network, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def check_set(place: Path, **options: Any) -> list[str]:
    """The set of `put_set` is read; what is said of it."""
    learning, testing, said = load(place, **options)
    assert (learning.images.tolist(), learning.labels.tolist()) == (
        PIXELS[:, None].tolist(),
        [0, 1],
    )
    assert (testing.images.tolist(), testing.labels.tolist()) == (OTHER[:, None].tolist(), [2, 0])
    return said


@pytest.mark.parametrize("form", ["-{}", "-{}.gz", ".{}", ".{}.gz"])
@pytest.mark.parametrize(
    ("before", "test"), [("", "t10k"), ("emnist-digits-", "test"), ("my_", "test"), ("", "valid")]
)
def test_sets_under_their_own_names(before: str, test: str, form: str, tmp_path: Path) -> None:
    put_set(tmp_path, before, test, form)
    assert check_set(tmp_path) == ["no training picture of c", "no test picture of b"]


@pytest.mark.parametrize("below", ["MNIST/raw", "raw", "gzip", "a/b/c"])
def test_a_set_below_the_folder(below: str, tmp_path: Path) -> None:
    put_set(tmp_path / below)
    check_set(tmp_path)
    check_set(tmp_path, name=below)


def test_a_set_that_lies_too_deep_or_is_hidden_is_not_looked_for(tmp_path: Path) -> None:
    put_set(tmp_path / "a/b/c/d")
    put_set(tmp_path / ".cache")
    (tmp_path / "ring").symlink_to(tmp_path)
    assert "train-images-idx3-ubyte: no such file, nor with .gz; put" in failure(tmp_path)


def test_several_sets_are_asked_about_and_chosen(tmp_path: Path) -> None:
    put_set(tmp_path, "emnist-digits-", "test")
    for before in ("emnist-letters-", ""):
        put(tmp_path, f"{before}train", OTHER, [1, 2])
        put(tmp_path, f"{before}test", OTHER, [1, 2])
    said = failure(tmp_path)
    assert said == (
        f"{tmp_path}: several data sets (emnist-digits, emnist-letters, train); choose one, as in "
        "--set emnist-digits"
    )
    check_set(tmp_path, name="emnist-digits")
    check_set(tmp_path / "emnist-digits-train-labels-idx1-ubyte")
    check_set(tmp_path / "emnist-digits-test-images-idx3-ubyte")
    for name in ("emnist-letters", "train"):
        assert load(tmp_path, name=name)[1].labels.tolist() == [1, 2]
    assert "no data set 'emnist-digit'; did you mean 'emnist-digits'?" in failure(
        tmp_path, name="emnist-digit"
    )


def test_sets_of_one_name_in_two_folders(tmp_path: Path) -> None:
    put_set(tmp_path / "EMNIST/raw", "emnist-digits-", "test")
    put_set(tmp_path / "old set", "emnist-digits-", "test")
    put_set(tmp_path / "MNIST/raw")
    assert "(EMNIST/raw/emnist-digits, MNIST/raw, old set/emnist-digits); choose" in failure(
        tmp_path
    )
    for name in ("EMNIST/raw/emnist-digits", "MNIST/raw", "old set/emnist-digits"):
        check_set(tmp_path, name=name)


def test_a_folder_with_a_set_is_asked_for_those_below_by_name_alone(tmp_path: Path) -> None:
    put_set(tmp_path)
    put(tmp_path / "more", "train", OTHER, [1, 2])
    check_set(tmp_path)
    assert load(tmp_path, name="more")[0].labels.tolist() == [1]


def test_a_test_set_belongs_to_the_set_whose_name_it_has(tmp_path: Path) -> None:
    """MNIST's test pictures are not for another set, which holds out some of its own."""
    put(tmp_path, "emnist-digits-train", PIXELS, [0, 1])
    put(tmp_path, "t10k", OTHER, [2, 0])
    _, testing, said = load(tmp_path)
    assert said[0].startswith("no test set: 1 of the 2 training pictures")
    assert testing.images.max() < 100


def test_one_of_several_test_sets_is_chosen_by_its_file(tmp_path: Path) -> None:
    put(tmp_path, "train", PIXELS, [0, 1])
    put(tmp_path, "hard", OTHER, [2, 2])
    put(tmp_path, "easy", OTHER, [1, 1])
    said = failure(tmp_path)
    assert "several test sets (easy, hard); leave one beside the training set, or choose" in said
    assert said.endswith(f"--data {tmp_path / 'easy-images-idx3-ubyte'}")
    assert load(tmp_path / "hard-labels-idx1-ubyte")[1].labels.tolist() == [2, 2]
    assert load(tmp_path / "easy-images-idx3-ubyte")[1].labels.tolist() == [1, 1]


def test_files_that_are_missing_are_named(tmp_path: Path) -> None:
    put_set(tmp_path, "emnist-digits-", "test")
    for name in ("test-labels-idx1", "test-images-idx3", "train-labels-idx1"):
        path = tmp_path / f"emnist-digits-{name}-ubyte"
        data = path.read_bytes()
        path.unlink()
        if name != "test-images-idx3":
            assert failure(tmp_path).startswith(f"{path}: no such file, nor with .gz")
            path.write_bytes(data)
        else:
            assert failure(tmp_path).startswith(f"{path}: no such file, nor with .gz")
            path.write_bytes(data)
    check_set(tmp_path)


def test_a_file_that_is_no_data_set(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("1,2")
    assert "data.csv: no data set; name a folder of IDX files" in failure(tmp_path / "data.csv")
    (tmp_path / "gzip.zip").write_bytes(cli.zipped({"a-train.npz": b""}))
    assert "gzip.zip: an archive with 'a-train.npz' in it, no" in failure(tmp_path / "gzip.zip")
    assert "in this folder (it holds data.csv, gzip.zip)" in failure(tmp_path)


@pytest.mark.parametrize("name", [".", "", "..", "n" * 252, "n" * 300, "a\nb"])
def test_paths_that_are_hardly_ones(name: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    arguments: list[object] = ["train", "lesson3", "--out", "w.npz", "--data", name]
    cli.refused(tmp_path / "in", arguments, "no such f")


# ---- transposed


def test_rows_and_columns_change_places(tmp_path: Path) -> None:
    put_set(tmp_path, "emnist-digits-", "test")
    learning, testing, _ = load(tmp_path, transpose=True)
    assert learning.images.tolist() == TURNED
    assert testing.images.tolist() == (np.array(TURNED) + 100).tolist()


def test_pictures_that_fit_only_transposed(tmp_path: Path) -> None:
    wide = Network("wide", (1, 2, 3), (Dense("dense", 3), Softmax("softmax")))
    tall = np.array([[[1, 4], [2, 5], [3, 6]]] * 2, np.uint8)
    put(tmp_path, "train", tall, [0, 1])
    said = failure(tmp_path, wide)
    assert "pictures of 1x3x2 but 'wide' reads 1x2x3" in said
    assert "give --transpose" in said
    learning, _, _ = load(tmp_path, wide, transpose=True)
    assert learning.images.tolist() == [[[[1, 2, 3], [4, 5, 6]]]]


# ---- labels and classes


def test_labels_from_1_become_the_classes_in_order(tmp_path: Path) -> None:
    put(tmp_path, "train", np.repeat(PIXELS, 2, axis=0), [1, 2, 3, 3])
    put(tmp_path, "test", OTHER, [2, 1])
    learning, testing, said = load(tmp_path)
    assert (learning.labels.tolist(), testing.labels.tolist()) == ([0, 1, 2, 2], [1, 0])
    assert said == [
        "labels go from 1 to 3: 1 is taken for the first class, 'a', and 3 for the last, 'c'",
        "no test picture of c",
    ]


@pytest.mark.parametrize("labels", [[0, 3], [1, 4]])
def test_labels_that_go_from_nowhere_are_out_of_range(labels: list[int], tmp_path: Path) -> None:
    put(tmp_path, "train", PIXELS, labels)
    assert f"label {labels[1]} is out of range: 'three' has 3 classes" in failure(tmp_path)


def test_a_test_set_that_begins_at_0_is_not_counted_from_1(tmp_path: Path) -> None:
    put(tmp_path, "train", PIXELS, [1, 3])
    put(tmp_path, "test", OTHER, [0, 1])
    assert "label 3 is out of range" in failure(tmp_path)


def test_labels_from_1_that_are_all_classes_stay(tmp_path: Path) -> None:
    """Of three classes 1 and 2 alone: the first is missing, nothing is moved."""
    put(tmp_path, "train", PIXELS, [1, 2])
    put(tmp_path, "test", PIXELS, [1, 2])
    learning, _, said = load(tmp_path)
    assert learning.labels.tolist() == [1, 2]
    assert said == ["no picture of a"]


def test_many_missing_classes_are_one_line(tmp_path: Path) -> None:
    many = Network("many", (1, 2, 2), (Dense("dense", 40), Softmax("softmax")))
    put(tmp_path, "train", PIXELS, [0, 1])
    put(tmp_path, "test", PIXELS, [0, 1])
    [line] = load(tmp_path, many)[2]
    assert line.startswith("no picture of 2, 3, 4, ")
    assert line.endswith(", 31 and 8 more")


# ---- no test set


def test_a_part_is_held_out_the_same_each_time(tmp_path: Path) -> None:
    pixels = np.arange(60 * 4, dtype=np.uint8).reshape(60, 2, 2)
    labels = [0] * 30 + [1] * 20 + [2] * 10
    put(tmp_path, "train", pixels, labels)
    learning, testing, said = load(tmp_path)
    assert said == [
        "no test set: 6 of the 60 training pictures are held out to test with, 54 are learned from"
    ]
    assert np.bincount(testing.labels).tolist() == [3, 2, 1]
    of = {image.tobytes(): label for image, label in zip(pixels, labels, strict=True)}
    shown = [
        (image.tobytes(), label)
        for data in (learning, testing)
        for image, label in zip(data.images, data.labels.tolist(), strict=True)
    ]
    assert len(shown) == 60
    assert dict(shown) == of
    assert testing.images.tolist() == load(tmp_path)[1].images.tolist()


def test_two_pictures_and_one(tmp_path: Path) -> None:
    put(tmp_path, "train", PIXELS, [0, 1])
    learning, testing, _ = load(tmp_path)
    assert (len(learning), len(testing)) == (1, 1)
    put(tmp_path, "train", PIXELS[:1], [0])
    assert "one picture, and no test set; give more pictures" in failure(tmp_path)


# ---- Keras's .npz


def archive(path: Path, **arrays: Any) -> Path:
    path.write_bytes(npz(arrays))
    return path


KERAS: dict[str, Any] = {
    **{"x_train": PIXELS, "y_train": np.array([0, 1], np.uint8)},
    **{"x_test": OTHER, "y_test": np.array([2, 0], np.uint8)},
}
ARCHIVES: dict[str, dict[str, Any]] = {
    "as Keras's": KERAS,
    "long numbers": {name: array.astype(np.int64) for name, array in KERAS.items()},
    "other names": {
        **{"train_images": PIXELS, "train_labels": np.array([[0], [1]])},
        **{"test_images": OTHER, "test_labels": np.array([[2], [0]])},
    },
    "channels last": KERAS | {"x_train": PIXELS[..., None], "x_test": OTHER[..., None]},
    "channels first": KERAS | {"x_train": PIXELS[:, None], "x_test": OTHER[:, None]},
    "with others": KERAS | {"x_extra": np.zeros(3), "note": np.array("made by me")},
}


@pytest.mark.parametrize("what", ARCHIVES)
def test_an_archive_of_keras(what: str, tmp_path: Path) -> None:
    path = archive(tmp_path / "mnist.npz", **ARCHIVES[what])
    for place in (path, tmp_path):
        assert check_set(place) == ["no training picture of c", "no test picture of b"]
    check_set(tmp_path, name="mnist.npz")


def test_floats_are_taken_from_0_to_1_alone(tmp_path: Path) -> None:
    path = archive(tmp_path / "d.npz", **KERAS | {"x_train": PIXELS / 8, "x_test": OTHER / 200})
    learning, _, _ = load(path)
    assert learning.images.dtype == np.float32
    assert learning.pictures(slice(None)).tolist() == (PIXELS[:, None] / 8).tolist()


def test_colours_stand_last(tmp_path: Path) -> None:
    colour = Network("colour", (3, 1, 2), (Dense("dense", 3), Softmax("softmax")))
    pixels = np.array([[[[1, 2, 3], [4, 5, 6]]]] * 2, np.uint8)  # [picture][row][column][colour]
    path = archive(tmp_path / "d.npz", x_train=pixels, y_train=np.array([0, 1]))
    learning, _, _ = load(path, colour)
    assert learning.images.tolist() == [[[[1, 4]], [[2, 5]], [[3, 6]]]]


def test_weights_beside_a_set_are_no_set(tmp_path: Path) -> None:
    put_set(tmp_path)
    archive(tmp_path / "w.npz", **{"conv1.weight": np.zeros(3)})
    check_set(tmp_path)
    archive(tmp_path / "mnist.npz", **KERAS)
    assert "several data sets (train, mnist.npz); choose one" in failure(tmp_path)


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "no labels": ({"x_train": PIXELS}, "no labels to learn from among its arrays x_train"),
    "no pictures": ({"y_train": PIXELS}, "no images to learn from among its arrays y_train"),
    "half a test": ({**KERAS, "y_test": None}, "no labels to test with among its arrays"),
    "too few labels": (
        KERAS | {"y_train": np.array([1])},
        "labels to learn from: 1 for 2",
    ),
    "no picture": (
        KERAS | {"x_train": PIXELS[:0], "y_train": np.array([], int)},
        "the pictures to learn from: no pictures",
    ),
    "a table": (KERAS | {"x_train": np.zeros((2, 4))}, "'x_train' is 2x4; pictures are (number,"),
    "a column a class": (KERAS | {"y_train": np.eye(3)[:2]}, "'y_train' is 2x3; give one label"),
    "labels of floats": (
        KERAS | {"y_train": np.array([0.0, 1.0])},
        "'y_train' holds float64",
    ),
    "large floats": (KERAS | {"x_train": PIXELS * 31.0}, "'x_train' holds float64 from 31 to 248"),
    "NaN": (KERAS | {"x_train": PIXELS * np.nan}, "'x_train' holds float64 from nan to nan"),
    "negative": (KERAS | {"x_train": PIXELS * -1.0}, "'x_train' holds float64 from -8 to -1"),
    "texts": (KERAS | {"x_train": PIXELS.astype(str)}, "'x_train' holds <U3; save bytes"),
    "another size": (KERAS | {"x_train": np.zeros((2, 3, 3))}, "pictures of 1x3x3 but 'three'"),
    "objects": (KERAS | {"y_train": np.array([{}, {}])}, "is a pickled object"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_an_archive_that_cannot_be_used(what: str, tmp_path: Path) -> None:
    arrays, said = BROKEN[what]
    arrays = {name: array for name, array in arrays.items() if array is not None}
    path = tmp_path / "d.npz"
    np.savez(path, **arrays)
    for place in (path, tmp_path):
        assert failure(place).startswith(f"{path}: ")
        assert said in failure(place)


def test_files_that_only_look_like_a_data_set(tmp_path: Path) -> None:
    path = archive(tmp_path / "mnist.npz", **KERAS)
    cut = path.read_bytes()[:-100]
    for data, said in (
        (cut, "not an .npz file of plain arrays"),
        (b"<!DOCTYPE html><html>", "a web page (HTML), not an .npz file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b"", "empty"),
    ):
        path.write_bytes(data)
        for place in (path, tmp_path):
            assert failure(place).startswith(f"{path}: ")
            assert said in failure(place)
    path.unlink()
    put_set(tmp_path)
    pointer = tmp_path / "train-images-idx3-ubyte"
    pointer.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    assert f"{pointer}: a Git LFS pointer" in failure(tmp_path)
    assert "not an IDX file of unsigned bytes (begins with 76 65 72 73" in failure(tmp_path)


def test_a_claim_of_an_enormous_array_is_refused_unread(tmp_path: Path) -> None:
    claim = cli.npy_header((10**9, 28, 28), "'|u1'")
    members = {"x_train.npy": claim, "y_train.npy": cli.npy(np.array([0]))}
    (tmp_path / "d.npz").write_bytes(cli.zipped(members))
    assert "more than 400,000,000 bytes in all with 'x_train'" in failure(tmp_path)


# ---- the command


DIGITS = Network("n", (1, 28, 28), (Dense("dense", 10), Softmax("softmax")))


def few_digits(place: Path, transposed: bool) -> None:
    """The digits that come with xlconv, as EMNIST would store them, or as they are."""
    pair = load_datasets(small_data(), DIGITS)
    for data, part in zip(pair, ("train", "test"), strict=True):
        pixels = data.images[:, 0]
        pixels = pixels.swapaxes(1, 2) if transposed else pixels
        put(place, f"emnist-digits-{part}", pixels, data.labels.tolist())  # type: ignore[arg-type]


HINT = "with rows and columns swapped; EMNIST's are stored so: give --transpose"


def test_transposed_pictures_are_found_out(tmp_path: Path) -> None:
    few_digits(tmp_path / "data", transposed=True)
    arguments: list[object] = ["train", "lesson3", "--data", "data", "--epochs", "1", "--out"]
    said = cli.printed(*arguments, "a.npz", folder=tmp_path, quiet=False)
    assert said.count(HINT) == 1
    assert "training pictures: " in said
    said = cli.printed(*arguments, "b.npz", "--transpose", folder=tmp_path, quiet=False)
    assert "swapped" not in said
    few_digits(tmp_path / "data", transposed=False)
    cli.printed(*arguments, "c.npz", folder=tmp_path, quiet=False)
    # As what they learn from is the same then, so are the weights, to the last bit.
    read = [dict(np.load(tmp_path / f"{name}.npz")) for name in "bc"]
    for name, array in read[0].items():
        np.testing.assert_array_equal(array, read[1][name])
    said = cli.printed(*arguments, "d.npz", "--transpose", folder=tmp_path, quiet=False)
    assert "with rows and columns swapped; leave --transpose out" in said


def test_a_test_set_alone_that_is_transposed_is_found_out(tmp_path: Path) -> None:
    few_digits(tmp_path / "data", transposed=False)
    learned = load_datasets(small_data(), DIGITS)[0]
    pixels = learned.images[:, 0].swapaxes(1, 2)
    put(tmp_path / "data", "emnist-digits-test", pixels, learned.labels.tolist())  # type: ignore[arg-type]
    own = template_folder() / "lesson3" / "weights.npz"
    arguments: list[object] = ["train", "lesson3", "--data", "data", "--epochs", "1", "--out"]
    arguments += ["w.npz", "--from", own, "--rate", "0.00001"]
    said = cli.printed(*arguments, folder=tmp_path, quiet=False)
    assert said.count("test pictures: ") == said.count(HINT) == 1


def test_options_of_data_want_data_and_several_sets_a_choice(tmp_path: Path) -> None:
    arguments: list[object] = ["train", "lesson3", "--out", "w.npz"]
    for option in (["--transpose"], ["--set", "x"]):
        cli.refused(tmp_path, [*arguments, *option], "--data DIR; give one")
    put_set(tmp_path / "data", "one-")
    put_set(tmp_path / "data", "two-")
    arguments += ["--data", "data"]
    cli.refused(tmp_path, arguments, "several data sets (one, two); choose one, as in --set one")
    cli.refused(tmp_path, [*arguments, "--set", "one"], "pictures of 1x2x2 but 'lesson3' reads")


def test_a_set_is_found_by_its_files_alone(tmp_path: Path) -> None:
    """Nothing is read to know which sets there are."""
    for stem in ("a-train", "b-train"):
        for what in ("images-idx3", "labels-idx1"):
            (tmp_path / f"{stem}-{what}-ubyte").write_bytes(b"nothing")
    with pytest.raises(DatasetError, match="several data sets"):
        chosen_set(tmp_path)


@pytest.mark.parametrize(("first", "word"), [("my a", "'my a'"), ("-a", "-a"), ("a", "a")])
def test_what_to_choose_can_be_copied_into_a_shell(first: str, word: str, tmp_path: Path) -> None:
    for stem in (f"{first}-train", "z-train"):
        for what in ("images-idx3", "labels-idx1"):
            (tmp_path / f"{stem}-{what}-ubyte").write_bytes(b"nothing")
    with pytest.raises(DatasetError) as caught:
        chosen_set(tmp_path)
    assert str(caught.value).endswith(f"choose one, as in --set {word}")
    assert isinstance(chosen_set(tmp_path, shlex.split(word)[0]), IdxSet)
