"""Data sets: IDX files, as MNIST's are, to pictures and labels.

Owns the IDX format and the names of its files. Must not know how a network learns, nor what
`scenes` makes of digits.

IDX: two zero bytes, a byte for the type (8: unsigned bytes), a byte for the number of
dimensions, each dimension as a big-endian 32-bit number, then the data, last dimension
fastest (Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits").
"""

import gzip
import zlib
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from xlconv.errors import DatasetError, meant
from xlconv.network.network import Network
from xlconv.network.shapes import Shape, shape_text
from xlconv.system.files import open_stream
from xlconv.training.scenes import DIGIT, DIGITS, SCENES

Images = NDArray[np.float32] | NDArray[np.uint8]
Labels = NDArray[np.int64]

_BYTES = 8  # the type code of unsigned bytes
_GZIP = b"\x1f\x8b"
MAX_BYTES = 200_000_000  # four times MNIST's


@dataclass(frozen=True)
class Dataset:
    """Pictures of shape (N, C, H, W), as bytes or as float32 in 0..1, and their classes: int64 of
    shape (N,), or, where a picture may be of several classes, 1 or 0 for each, (N, classes)."""

    images: Images
    labels: Labels

    def __post_init__(self) -> None:
        if len(self.images) != len(self.labels):
            raise DatasetError(
                f"the data set has {len(self.images)} pictures but {len(self.labels)} labels; "
                "give one label for each picture"
            )
        if not len(self.images):
            raise DatasetError("the data set has no pictures; give at least one")

    def __len__(self) -> int:
        return len(self.images)

    def pictures(self, chosen: slice | NDArray[np.integer]) -> NDArray[np.float32]:
        """Some of the pictures, in 0..1."""
        some = self.images[chosen]
        if some.dtype == np.uint8:
            return some.astype(np.float32) / np.float32(255)
        return some.astype(np.float32, copy=False)

    def check(self, network: Network) -> None:
        """DatasetError if the network cannot read these pictures or has no such classes."""
        _check_size(self.images.shape[1:], network, "the data set")
        several = network.answers == "several"
        if several != (self.labels.ndim == 2):
            found = "several classes" if self.labels.ndim == 2 else "one class"
            wants = "several (it ends in Sigmoid)" if several else "one (it ends in Softmax)"
            raise DatasetError(
                f"the data set has {found} a picture, but {network.name!r} learns {wants}; "
                "change the last layer or the template's scene"
            )
        _check_classes(self.labels, network, "the data set")


def load_datasets(folder: Path, network: Network, scene: str = DIGITS) -> tuple[Dataset, Dataset]:
    """The training and the test set of a folder, for a network.

    Reads `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, and the one other pair
    there is (`t10k-...`, `test5k-...`); each may be gzipped, with or without `.gz` in its
    name. `scene` names what is made of the digits (see `scenes`). Raises DatasetError, naming
    the file, if one is missing, damaged or does not fit.
    """
    if scene not in SCENES:
        raise DatasetError(f"no scene {scene!r}; {meant(scene, SCENES)}")
    if not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder; name the one that holds the IDX files")
    pairs = []
    for stem in ("train", _test_stem(folder)):
        images, labels = read_pair(folder, stem)
        where = str(_find(folder, f"{stem}-images", "idx3"))
        if scene != DIGITS and images.shape[1:] != (1, *DIGIT):
            raise DatasetError(
                f"{where}: pictures of {shape_text(images.shape[2:])}, but the scene {scene!r} is "
                f"made of digits of {shape_text(DIGIT)}; use MNIST's files"
            )
        if scene == DIGITS:
            _check_size(images.shape[1:], network, where)
            _check_classes(labels, network, str(_find(folder, f"{stem}-labels", "idx1")))
        elif labels.max() > 9 or labels.min() == labels.max():
            raise DatasetError(f"{where}: not digits of several classes; use MNIST's files")
        made = SCENES[scene](images, labels, stem == "train")
        pairs.append(Dataset(*made))
        pairs[-1].check(network)
    return pairs[0], pairs[1]


def read_pair(folder: Path, stem: str) -> tuple[NDArray[np.uint8], Labels]:
    """The pictures (N, 1, H, W) and the labels of a folder's two files of a stem ("train")."""
    images_path = _find(folder, f"{stem}-images", "idx3")
    labels_path = _find(folder, f"{stem}-labels", "idx1")
    pixels, labels = read_idx(images_path, 3), read_idx(labels_path, 1)
    if not len(pixels):
        raise DatasetError(f"{images_path}: holds no pictures; download it again")
    if len(pixels) != len(labels):
        raise DatasetError(
            f"{labels_path}: {len(labels)} labels, but {images_path.name} has {len(pixels)} "
            "pictures; the two files belong to different sets, download them again"
        )
    return pixels[:, None], labels.astype(np.int64)


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """The array of an IDX file of unsigned bytes, gzipped or not.

    Raises DatasetError if it is not one, has other than `dimensions` dimensions, or is cut off.
    What the header calls for is all that is unpacked.
    """
    try:
        with open_stream(path) as stream:
            packed = stream.read(2) == _GZIP
            stream.seek(0)
            with gzip.GzipFile(fileobj=stream) if packed else stream as data:
                return _read_idx(path, data, dimensions)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DatasetError(
            f"{path}: cannot be unpacked ({error}); it is cut off or damaged, download it again"
        ) from error
    except OSError as error:
        reason = error.strerror or error
        raise DatasetError(f"{path}: cannot be read ({reason}); check its permissions") from error


def _read_idx(path: Path, data: IO[bytes] | gzip.GzipFile, dimensions: int) -> NDArray[np.uint8]:
    head = data.read(4)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] != _BYTES:
        begins = head.hex(" ") or "nothing"
        raise DatasetError(
            f"{path}: not an IDX file of unsigned bytes (begins with {begins}, not "
            f"00 00 08 0{dimensions}); download it again"
        )
    if head[3] != dimensions:
        kinds = {1: "labels", 3: "pictures"}
        raise DatasetError(
            f"{path}: an IDX file of {head[3]} dimensions, but {kinds[dimensions]} have "
            f"{dimensions}; put the {kinds[dimensions]} file under this name"
        )
    lengths = data.read(4 * dimensions)
    shape = tuple(int(n) for n in np.frombuffer(lengths.ljust(4 * dimensions, b"\0"), ">u4"))
    start, size = 4 + 4 * dimensions, prod(shape)
    if size > MAX_BYTES:
        raise DatasetError(
            f"{path}: its header calls for {size:,} bytes ({shape_text(shape)}), more than the "
            f"{MAX_BYTES:,} that training can hold; it is cut off or damaged, or give a part of it"
        )
    content = _bytes_of(data, size + 1)
    if len(content) != size or len(lengths) < 4 * dimensions:
        found = f"{4 + len(lengths) + len(content)}{' or more' if len(content) > size else ''}"
        raise DatasetError(
            f"{path}: has {found} bytes where its header ({shape_text(shape)}) calls for "
            f"{start + size}; it is cut off or damaged, download it again"
        )
    return np.frombuffer(content, np.uint8).reshape(shape)


def _bytes_of(data: IO[bytes] | gzip.GzipFile, most: int) -> bytearray:
    """The rest of a stream, up to so many bytes; what a header claims is not allocated before."""
    content = bytearray()
    while len(content) < most and (part := data.read(min(most - len(content), 1 << 20))):
        content += part
    return content


def _names(stem: str, kind: str) -> tuple[str, ...]:
    # Some mirrors of MNIST write a dot before "idx".
    return tuple(f"{stem}{mark}{kind}-ubyte{end}" for mark in "-." for end in ("", ".gz"))


def _find(folder: Path, stem: str, kind: str) -> Path:
    for name in _names(stem, kind):
        if (folder / name).is_file():
            return folder / name
    raise DatasetError(
        f"{folder / _names(stem, kind)[0]}: no such file, nor with .gz; put MNIST's four IDX files "
        "in this folder"
    )


def _test_stem(folder: Path) -> str:
    """What the names of the test files begin with: "t10k" for MNIST's own."""
    patterns = _names("*-images", "idx3")
    names = [path.name for pattern in patterns for path in folder.glob(pattern)]
    stems = sorted({name.rpartition("-images")[0] for name in names} - {"train"})
    if len(stems) > 1 and "t10k" not in stems:
        raise DatasetError(
            f"{folder}: several test sets ({', '.join(stems)}); leave one beside the training set"
        )
    return "t10k" if not stems or "t10k" in stems else stems[0]


def _check_size(shape: Shape, network: Network, where: str) -> None:
    if shape != network.input_shape:
        raise DatasetError(
            f"{where}: pictures of {shape_text(shape)} but {network.name!r} reads "
            f"{shape_text(network.input_shape)} (channels, height, width); "
            "use other data or change the network's input"
        )


def _check_classes(labels: NDArray[np.integer], network: Network, where: str) -> None:
    classes = len(network.labels)
    if labels.ndim == 2:
        if labels.shape[1] != classes:
            raise DatasetError(
                f"{where}: {labels.shape[1]} classes a picture, but {network.name!r} has "
                f"{classes}; use other data or change the network's outputs"
            )
        return
    wrong = labels[(labels < 0) | (labels >= classes)]
    if len(wrong):
        raise DatasetError(
            f"{where}: label {wrong[0]} is out of range: {network.name!r} has {classes} classes "
            f"(0 to {classes - 1}); use other data or give the network more outputs"
        )
