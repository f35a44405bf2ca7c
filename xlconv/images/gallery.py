"""Galleries: pictures to choose from, with what they show, as data.

Must not know where pictures come from (`folder`), nor what a workbook makes of them.
"""

from dataclasses import dataclass, replace

import numpy as np

from xlconv.errors import ImageError
from xlconv.network.model import Array
from xlconv.network.shapes import shape_text


@dataclass(frozen=True)
class Gallery:
    """Pictures to choose from: `pictures` of shape (N, C, H, W), float64, finite.

    `labels[n]` says what picture n shows, as the network's labels spell it, several joined by
    ", ", and "" where nobody knows; `names[n]` where it came from: a file's name, "test digit
    17", or "". `chosen`, 1..N, is the picture that the board shows first.
    """

    pictures: Array
    labels: tuple[str, ...]
    names: tuple[str, ...]
    chosen: int = 1

    def __post_init__(self) -> None:
        try:
            pictures = np.array(self.pictures, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ImageError("a gallery's pictures are not one array of numbers") from error
        if pictures.ndim != 4 or not pictures.size:
            raise ImageError(
                f"a gallery's pictures have shape {shape_text(pictures.shape) or 'scalar'}; give "
                "one picture or more as (N, channels, height, width)"
            )
        if not np.isfinite(pictures).all():
            raise ImageError("a gallery's pictures hold NaN or infinity, which no cell can hold")
        pictures.flags.writeable = False
        object.__setattr__(self, "pictures", pictures)
        for key in ("labels", "names"):
            texts = tuple(getattr(self, key))
            if len(texts) != len(pictures) or not all(isinstance(text, str) for text in texts):
                raise ImageError(
                    f"a gallery of {len(pictures)} pictures has {len(texts)} {key}; "
                    'give a text for each, "" where there is none'
                )
            object.__setattr__(self, key, texts)
        if type(self.chosen) is not int or not 1 <= self.chosen <= len(pictures):
            raise ImageError(
                f"a gallery of {len(pictures)} pictures has none with the number {self.chosen!r}; "
                f"choose 1 to {len(pictures)}"
            )

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def image(self) -> Array:
        """The chosen picture, (C, H, W)."""
        picture: Array = self.pictures[self.chosen - 1]
        return picture


def shown_first(gallery: Gallery, picture: Array, name: str) -> Gallery:
    """The gallery with a picture chosen: with the very same pixels if they are in it, else put
    in front, without a label."""
    if np.shape(picture) != gallery.image.shape:
        raise ImageError(
            f"{name or 'the picture'}: {shape_text(np.shape(picture))} beside pictures of "
            f"{shape_text(gallery.image.shape)}; all pictures of a gallery have one shape"
        )
    same = np.flatnonzero((gallery.pictures == picture).all(axis=(1, 2, 3)))
    if len(same):
        return replace(gallery, chosen=int(same[0]) + 1)
    return Gallery(
        np.concatenate([[picture], gallery.pictures]),
        ("", *gallery.labels),
        (printable(name), *gallery.names),
    )


def printable(name: str) -> str:
    """A file's name as a cell and a terminal can hold it."""
    return "".join(letter if letter.isprintable() else "�" for letter in name)
