"""Data sets: pictures and their classes, and whether a network can learn from them.

Must not know files, how a network learns, nor what `scenes` makes of digits.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from xlconv.errors import DatasetError
from xlconv.network.network import Network
from xlconv.network.shapes import Shape, shape_text

Images = NDArray[np.float32] | NDArray[np.uint8]
Labels = NDArray[np.int64]


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

    def missing(self, network: Network) -> tuple[str, ...]:
        """The labels of the classes that no picture shows."""
        labels = self.labels
        shown = set((np.nonzero(labels)[1] if labels.ndim == 2 else labels).tolist())
        return tuple(name for number, name in enumerate(network.labels) if number not in shown)

    def check(self, network: Network) -> None:
        """DatasetError if the network cannot read these pictures or has no such classes."""
        check_size(self.images.shape[1:], network, "the data set")
        several = network.answers == "several"
        if several != (self.labels.ndim == 2):
            found = "several classes" if self.labels.ndim == 2 else "one class"
            wants = "several (it ends in Sigmoid)" if several else "one (it ends in Softmax)"
            raise DatasetError(
                f"the data set has {found} a picture, but {network.name!r} learns {wants}; "
                "change the last layer or the template's scene"
            )
        check_classes(self.labels, network, "the data set")


def transposition(images: Images) -> Images:
    """Pictures with rows and columns in each other's place."""
    return cast(Images, np.ascontiguousarray(images.swapaxes(2, 3)))


def check_size(shape: Shape, network: Network, where: str) -> None:
    """DatasetError for pictures of another shape than a network reads; `where` says whose."""
    if shape != network.input_shape:
        turned = (shape[0], shape[2], shape[1]) == network.input_shape
        remedy = "use other data or change the network's input"
        if turned:
            remedy = "with rows and columns in each other's place they fit: give --transpose"
        raise DatasetError(
            f"{where}: pictures of {shape_text(shape)} but {network.name!r} reads "
            f"{shape_text(network.input_shape)} (channels, height, width); "
            f"{remedy}"
        )


def check_classes(labels: NDArray[np.integer], network: Network, where: str) -> None:
    """DatasetError for classes that a network does not have; `where` says whose."""
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
