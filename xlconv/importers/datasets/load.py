"""Loading: the training and the test set that a network learns from and is tested with.

Owns what is made of a data set on its way: pictures transposed, labels that begin at 1, a part
that is held out, scenes; and what of this people should know. Must not know file formats.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xlconv.errors import DatasetError, meant
from xlconv.importers.datasets.archive import read_archive
from xlconv.importers.datasets.idx import read_idx_pair
from xlconv.importers.datasets.sets import IdxSet, Set, chosen_set
from xlconv.network.network import Network
from xlconv.network.shapes import shape_text
from xlconv.training.dataset import (
    Dataset,
    Images,
    Labels,
    check_classes,
    check_size,
    transposition,
)
from xlconv.training.scenes import DIGIT, DIGITS, SCENES

HELD_OUT = 10  # one picture in so many tests, where nothing else does
_MOST_NAMED = 30
Say = Callable[[str], object]


@dataclass(frozen=True)
class _Part:
    """Pictures (N, C, H, W) and labels as they were read, and what messages call them."""

    images: Images
    labels: Labels
    images_name: str
    labels_name: str

    def chosen(self, numbers: NDArray[np.intp]) -> "_Part":
        return replace(self, images=self.images[numbers], labels=self.labels[numbers])


def load_datasets(
    place: Path,
    network: Network,
    scene: str = DIGITS,
    *,
    name: str | None = None,
    transpose: bool = False,
    say: Say | None = None,
) -> tuple[Dataset, Dataset]:
    """The training and the test set of a folder, or a file, for a network.

    Reads IDX files by any set's names, gzipped or not, and .npz files as Keras's; `name` chooses
    where there are several. With `transpose` rows and columns change places. `scene` names what
    is made of the digits (see `scenes`). `say` is told, a line each, what was made of the data
    that they do not say themselves. Raises DatasetError, naming the file, if one is missing,
    damaged or does not fit.
    """
    if scene not in SCENES:
        raise DatasetError(f"no scene {scene!r}; {meant(scene, SCENES)}")
    notes: list[str] = []
    parts = _parts(chosen_set(place, name), 1 if scene != DIGITS else network.input_shape[0])
    if transpose:
        parts = [replace(one, images=transposition(one.images)) for one in parts]
    if scene == DIGITS:
        parts = _from_zero(parts, network, notes)
    for part in parts:
        _check(part, network, scene)
    if len(parts) == 1:
        parts = _held_out(parts[0], notes)
    learning, testing = (
        Dataset(*SCENES[scene](part.images, part.labels, number == 0))  # type: ignore[arg-type]
        for number, part in enumerate(parts)
    )
    for data in (learning, testing):
        data.check(network)
    notes += _absent(learning.missing(network), testing.missing(network))
    if say is not None:
        for note in notes:
            say(note)
    return learning, testing


def _parts(chosen: Set, channels: int) -> list[_Part]:
    """What to learn from, and what to test with if there is anything."""
    if isinstance(chosen, IdxSet):
        pairs = [chosen.train, *([chosen.test] if chosen.test else [])]
        return [_Part(*read_idx_pair(one), str(one.images), str(one.labels)) for one in pairs]
    read = read_archive(chosen.path, channels)
    parts = []
    for part, (images, labels) in read.items():
        names = (f"{chosen.path}: the {what} to {_FOR[part]}" for what in ("pictures", "labels"))
        parts.append(_Part(images, labels, *names))
    return parts


_FOR = {"train": "learn from", "test": "test with"}


def _from_zero(parts: list[_Part], network: Network, notes: list[str]) -> list[_Part]:
    """Labels from 0 on, where they go from 1 to the number of the classes."""
    classes = len(network.labels)
    first = parts[0].labels
    counted = len(first) > 0 and first.min() >= 1 and first.max() == classes
    if not counted or any(((part.labels < 1) | (part.labels > classes)).any() for part in parts):
        return parts
    notes.append(
        f"labels go from 1 to {classes}: 1 is taken for the first class, {network.labels[0]!r}, "
        f"and {classes} for the last, {network.labels[-1]!r}"
    )
    return [replace(part, labels=part.labels - 1) for part in parts]


def _check(part: _Part, network: Network, scene: str) -> None:
    """DatasetError for pictures and labels that are not what the network, or the scene, wants."""
    if not len(part.images):
        raise DatasetError(f"{part.images_name}: no pictures; download the data set again")
    if len(part.images) != len(part.labels):
        raise DatasetError(
            f"{part.labels_name}: {len(part.labels)} for {len(part.images)} pictures; "
            "download the data set again"
        )
    if scene == DIGITS:
        check_size(part.images.shape[1:], network, part.images_name)
        check_classes(part.labels, network, part.labels_name)
        return
    if part.images.shape[1:] != (1, *DIGIT) or part.images.dtype != np.uint8:
        raise DatasetError(
            f"{part.images_name}: pictures of {shape_text(part.images.shape[2:])} "
            f"({part.images.dtype}), but the scene {scene!r} is made of digits of "
            f"{shape_text(DIGIT)} (uint8); use MNIST's files"
        )
    if part.labels.max() > 9 or part.labels.min() == part.labels.max():
        name = part.images_name
        raise DatasetError(f"{name}: not digits of several classes; use MNIST's files")


def _held_out(part: _Part, notes: list[str]) -> list[_Part]:
    """Two parts of one: about a tenth of each class tests, the same pictures each time."""
    count = len(part.labels)
    if count < 2:
        raise DatasetError(f"{part.images_name}: one picture, and no test set; give more pictures")
    order = np.random.default_rng(0).permutation(count)
    order = order[np.argsort(part.labels[order], kind="stable")]
    tested = np.zeros(count, bool)
    tested[order[min(HELD_OUT, count) - 1 :: HELD_OUT]] = True
    testing = int(tested.sum())
    notes.append(
        f"no test set: {testing:,} of the {count:,} training pictures are held out to test with, "
        f"{count - testing:,} are learned from"
    )
    return [part.chosen(np.flatnonzero(~tested)), part.chosen(np.flatnonzero(tested))]


def _absent(learning: tuple[str, ...], testing: tuple[str, ...]) -> list[str]:
    """Lines on the classes that no picture shows: neither of those to learn from nor to test
    with, or of one of them."""
    both = tuple(label for label in learning if label in testing)
    kinds = {
        "": both,
        "training ": tuple(label for label in learning if label not in both),
        "test ": tuple(label for label in testing if label not in both),
    }
    return [f"no {kind}picture of {_list(labels)}" for kind, labels in kinds.items() if labels]


def _list(labels: tuple[str, ...]) -> str:
    more = f" and {len(labels) - _MOST_NAMED} more" if len(labels) > _MOST_NAMED else ""
    return ", ".join(labels[:_MOST_NAMED]) + more
