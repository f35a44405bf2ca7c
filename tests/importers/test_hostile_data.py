"""Training data from anywhere, and commands with arguments that mean nothing."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from support import command_line as cli

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def idx(shape: tuple[int, ...], data: bytes) -> bytes:
    return bytes([0, 0, 8, len(shape)]) + b"".join(n.to_bytes(4, "big") for n in shape) + data


PICTURES = idx((2, 28, 28), bytes(range(256)) * 6 + bytes(32))
FINE = {
    IMAGES: PICTURES,
    LABELS: idx((2,), b"\1\2"),
    "t10k-images-idx3-ubyte": PICTURES,
    "t10k-labels-idx1-ubyte": idx((2,), b"\1\2"),
}

TESTED = "t10k-labels-idx1-ubyte"
OF_TEN = "'lesson3' has 10 classes (0 to 9)"
PACKED = gzip.compress(PICTURES)


def bomb() -> bytes:
    return gzip.compress(PICTURES + bytes(300_000_000), 6)


# The file, what stands in it, and words of the refusal.
FILES: dict[str, tuple[Any, ...]] = {
    "empty": (IMAGES, b"", "begins with nothing, not 00 00 08 03"),
    "text": (IMAGES, b"hello", "not an IDX file"),
    "a page": (IMAGES, b"<!DOCTYPE html>", "begins with 3c 21 44 4f, not 00 00 08 03"),
    "labels for pictures": (IMAGES, FINE[LABELS], "of 1 dimensions, but pictures have 3; put"),
    "pictures for labels": (LABELS, PICTURES, "of 3 dimensions, but labels have 1; put the"),
    "floats": (IMAGES, b"\0\0\x0d\3" + PICTURES[4:], "not an IDX file of unsigned bytes"),
    "a short head": (IMAGES, PICTURES[:7], "it is cut off or damaged, download it again"),
    "short": (IMAGES, PICTURES[:-1], "has 1583 bytes where its header (2x28x28) calls for 1584"),
    "long": (IMAGES, PICTURES + b"x", "has 1585 or more bytes where", "1584"),
    "an enormous claim": (IMAGES, idx((2**32 - 1,) * 3, b""), "calls for", "it is cut off"),
    "a large claim": (IMAGES, idx((200_000, 30, 30), b""), "cut off"),
    "a gzip bomb": (IMAGES, bomb, "1585 or more bytes", "1584"),
    "a short gzip": (IMAGES, PACKED[:-9], "cannot be unpacked"),
    "a damaged gzip": (IMAGES, PACKED[:-6] + bytes(6), "cannot be unpacked"),
    "a gzip of nothing": (IMAGES, gzip.compress(b""), "begins with nothing"),
    "none": (IMAGES, idx((0, 28, 28), b""), "holds no pictures"),
    "no rows": (IMAGES, idx((2, 0, 28), b""), "1x0x28"),
    "another size": (IMAGES, idx((2, 2, 2), bytes(8)), "pictures of 1x2x2 but 'lesson3' reads"),
    "labels out of range": (LABELS, idx((2,), b"\1\xff"), "label 255 is out of range", OF_TEN),
    "a test's out of range": (TESTED, idx((2,), b"\1\x0a"), "label 10 is out of range", OF_TEN),
    "too many labels": (LABELS, idx((3,), b"\1\2\3"), f"3 labels, but {IMAGES} has 2 pictures"),
    "two dimensions": (LABELS, idx((2, 1), b"\1\2"), "2 dimensions"),
}

TRAIN: list[object] = ["train", "lesson3", "--out", "w.npz", "--data", "data"]


def put(what: str, folder: Path) -> tuple[str, ...]:
    """Fine data but for one file, and the words with which it is refused."""
    name, content, *words = FILES[what]
    made = content() if callable(content) else content
    (folder / "data").mkdir(parents=True)
    for each, data in (FINE | {name: made}).items():
        (folder / "data" / each).write_bytes(data)
    return f"data/{name}", *words


@pytest.mark.parametrize("what", FILES)
def test_data_that_cannot_be_used(what: str, tmp_path: Path) -> None:
    cli.refused(tmp_path, TRAIN, *put(what, tmp_path))


@cli.has_pipes
def test_data_that_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for what in ("a pipe", "a device"):
        cli.NO_FILES[what](tmp_path / "data" / IMAGES)
        cli.refused(tmp_path, TRAIN, IMAGES)
        (tmp_path / "data" / IMAGES).unlink()
    cli.refused(tmp_path, [*TRAIN[:-1], "/dev/zero"], "/dev/zero")


@cli.measures_memory
@pytest.mark.parametrize("what", ["a gzip bomb", "an enormous claim", "a large claim"])
def test_a_refusal_costs_no_memory(what: str, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    words = put(what, folder)
    cli.refused_cheaply(folder, TRAIN, *words)


MEANT: dict[str, tuple[list[object], str]] = {
    "template": (["build", "b.xlsx", "--template", "lesson33"], "did you mean 'lesson3'?"),
    "template to show": (["templates", "resnt"], "did you mean 'resnet'?"),
    "template to train": (["train", "lenet", "--out", "w.npz"], "did you mean 'lenet5'?"),
    "palette": (["build", "b.xlsx", "--palette", "gray"], "did you mean 'grey'?"),
    "scale": (["build", "b.xlsx", "--scale", "layers"], "did you mean 'layer'?"),
    "engine": (["verify", "a.xlsx", "--engine", "libre"], "did you mean 'libreoffice'?"),
    "layer to show": (["show", "a.xlsx", "--layer", "conv"], "did you mean 'conv"),
    "layer to draw": (["render", "a.xlsx", "a.png", "--layer", "desne"], "did you mean 'dense'?"),
    "nothing near": (["build", "b.xlsx", "--palette", "x\x1b[31m\n"], "there are lesson, "),
    "an empty name": (["templates", ""], "no template.toml in this folder"),
    "a rate of all numbers": (
        ["train", "lesson3", "--out", "w.npz", "--rate", "inf"],
        "rate is inf",
    ),
    "a rate that is none": (["train", "lesson3", "--out", "w.npz", "--rate", "nan"], "rate is nan"),
}


def test_names_that_are_nearly_right(tmp_path: Path) -> None:
    assert cli.command("build", "a.xlsx", folder=tmp_path).code == 0
    for what, (arguments, word) in MEANT.items():
        line = cli.refused(tmp_path, arguments, word)
        assert line.count("did you mean") <= 1, what


UNKNOWN = (
    ["build"],
    ["build", "a.xlsx", "b.xlsx"],
    ["build", "a.xlsx", "--nix"],
    ["train", "lesson3"],
    ["train", "lesson3", "--out", "w.npz", "--epochs", "many"],
    ["train", "lesson3", "--out", "w.npz", "--epochs", "0"],
    ["train", "lesson3", "--out", "w.npz", "--batch", "-1"],
    ["verify"],
    ["verify", "a.xlsx", "--max-findings", "-1"],
    ["render", "a.xlsx"],
    ["nix"],
)


@pytest.mark.parametrize("arguments", UNKNOWN, ids=lambda arguments: " ".join(arguments))
def test_arguments_that_are_none(arguments: list[str], tmp_path: Path) -> None:
    found = cli.command(*arguments, folder=tmp_path)
    assert (found.code, cli.contents(tmp_path)) == (2, {})
    assert "Traceback" not in found.err
    assert "Usage" in found.err
