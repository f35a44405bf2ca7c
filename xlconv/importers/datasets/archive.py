"""Data sets in one .npz file, as Keras's `mnist.npz`: arrays `x_train`, `y_train`, `x_test` and
`y_test`, or `train_images`, `train_labels`, ..

Owns the names of those arrays and what they may hold. Must not know networks beyond the number of
their maps.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from xlconv.errors import DatasetError
from xlconv.importers.datasets.idx import MAX_BYTES
from xlconv.importers.npz import Head, Use, array_names, read_arrays
from xlconv.network.shapes import shape_text
from xlconv.training.dataset import Images, Labels

_WORDS = {
    "images": {"x", "image", "images", "imgs", "data"},
    "labels": {"y", "label", "labels", "targets"},
}
PARTS = ("train", "test")
_USE = Use(
    error=DatasetError,
    most_bytes=2 * MAX_BYTES,
    too_many="more than training can hold; save bytes, or a part of them",
    remedy="download it again, or save one with numpy.savez",
    source="name the data set's file",
)
Names = dict[tuple[str, str], str]  # by "train" or "test" and "images" or "labels"


def is_archive(path: Path) -> bool:
    """Whether a file holds pictures to learn from."""
    return ("train", "images") in _names(array_names(path))


def _names(names: Iterable[str]) -> Names:
    found: Names = {}
    for name in names:
        words = set(re.split(r"[^a-z0-9]+", name.lower()))
        for part in PARTS:
            for what, ours in _WORDS.items():
                if part in words and len(words) == 2 and words & ours:
                    found.setdefault((part, what), name)
    return found


def read_archive(path: Path, channels: int) -> dict[str, tuple[Images, Labels]]:
    """The parts of an .npz file, "train" and, if there is one, "test": pictures (N, C, H, W), whose
    maps may stand last in the file, and labels. Raises DatasetError, naming file and array."""
    found: Names = {}

    def wanted(heads: Mapping[str, Head]) -> list[str]:
        found.update(_names(heads))
        for part in PARTS:
            there = [found.get((part, what)) for what in _WORDS]
            if (part == "train" or any(there)) and None in there:
                missing = list(_WORDS)[there.index(None)]
                raise DatasetError(
                    f"{path}: no {missing} to {'learn from' if part == 'train' else 'test with'} "
                    f"among its arrays {', '.join(list(heads)[:8])}; call them x_{part} and "
                    f"y_{part}, as Keras does"
                )
        return list(found.values())

    arrays = read_arrays(path, _USE, wanted)
    parts = {}
    for part in PARTS:
        if (part, "images") in found:
            x, y = found[part, "images"], found[part, "labels"]
            pictures = _pictures(f"{path}: {x!r}", arrays[x], channels)
            parts[part] = pictures, _labels(f"{path}: {y!r}", arrays[y])
    return parts


def _pictures(where: str, array: NDArray[Any], channels: int) -> Images:
    if array.ndim not in (3, 4) or 0 in array.shape[1:]:
        raise DatasetError(
            f"{where} is {shape_text(array.shape) or 'one number'}; pictures are (number, height, "
            "width), or with channels behind them or before"
        )
    pixels = _pixels(where, array)
    if pixels.ndim == 3:
        return pixels[:, None]
    if array.shape[1] == channels != array.shape[3]:
        return pixels
    return cast(Images, np.ascontiguousarray(np.moveaxis(pixels, 3, 1)))


def _pixels(where: str, array: NDArray[Any]) -> Images:
    """Bytes, or floats from 0 to 1 as float32: nothing is scaled."""
    if array.dtype.kind not in "iuf":
        raise DatasetError(f"{where} holds {array.dtype}; save bytes, or floats from 0 to 1")
    low, high = (array.min(), array.max()) if array.size else (0, 0)
    if array.dtype.kind in "iu" and low >= 0 and high <= 255:
        return array.astype(np.uint8, copy=False)
    if array.dtype.kind == "f" and low >= 0 and high <= 1:
        return array.astype(np.float32, copy=False)
    raise DatasetError(
        f"{where} holds {array.dtype} from {low:g} to {high:g}; pixels are bytes from 0 to 255 or "
        "floats from 0 to 1: save them so"
    )


def _labels(where: str, array: NDArray[Any]) -> Labels:
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise DatasetError(
            f"{where} is {shape_text(array.shape) or 'one number'}; give one label a picture, as "
            "y.argmax(axis=1) makes of one column a class"
        )
    if array.dtype.kind not in "iu" or (len(array) and array.max() > 1_000_000):
        raise DatasetError(f"{where} holds {array.dtype}; labels are whole numbers from 0 or 1")
    return array.astype(np.int64)
