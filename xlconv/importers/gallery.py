"""The gallery of a template: shipped digits, a folder of pictures, or its sample alone.

Must not know how one picture is read (`images`), nor what a workbook makes of them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlconv.errors import TemplateError
from xlconv.images.folder import load_gallery
from xlconv.images.gallery import Gallery, printable, shown_first
from xlconv.importers.datasets.idx import read_idx_pair
from xlconv.importers.datasets.sets import pair_of
from xlconv.importers.template import DESCRIPTION_FILE, Description, small_data
from xlconv.network.model import Array
from xlconv.network.network import Network
from xlconv.network.shapes import shape_text
from xlconv.training.scenes import DIGITS, SCENES

HARD = "hard"  # the folder beside the shipped digits of those that are hard to tell, one a class
SHIPPED = "digits"  # instead of a folder in a template.toml: the test digits that come with xlconv
# How many pictures of each scene a gallery holds, and among how many classes: a coloured one
# has three cells a pixel, a canvas of several more than twice a digit's.
_SHIPPED_SIZES = {DIGITS: (100, 10), "coloured": (30, 30), "several": (40, 10)}


def template_gallery(about: Description, network: Network, sample: Array) -> Gallery:
    """A template's pictures: shipped digits, those in a folder of its own, or its sample alone;
    with the sample chosen."""
    name = about.image or ""
    if about.gallery is None:
        return Gallery(sample[None], ("",), (printable(name),))
    if about.gallery == SHIPPED:
        return shown_first(_shipped_gallery(about, network, sample), sample, name)
    inside = Path(about.gallery)
    if not inside.parts or inside.is_absolute() or ".." in inside.parts:
        raise TemplateError(
            f"{about.folder / DESCRIPTION_FILE}: gallery is {about.gallery!r}; name a folder "
            f'inside the template\'s own, or "{SHIPPED}"'
        )
    gallery, _ = load_gallery(about.folder / inside, network, about.photo)
    return shown_first(gallery, sample, name)


def _shipped_gallery(about: Description, network: Network, sample: Array) -> Gallery:
    """Pictures that the template's scene makes of the shipped test digits, class by class."""
    where, scene = about.folder / DESCRIPTION_FILE, about.scene
    if scene not in _SHIPPED_SIZES:
        known = ", ".join(_SHIPPED_SIZES)
        raise TemplateError(f"{where}: no scene {scene!r} for a gallery; there are {known}")
    count, classes = _SHIPPED_SIZES[scene]
    digits = read_idx_pair(pair_of(small_data(), "test"))
    made, found = SCENES[scene](*digits, False)
    if made.shape[1:] != network.input_shape:
        raise TemplateError(
            f'{where}: gallery "{SHIPPED}" holds pictures of {shape_text(made.shape[1:])}, but '
            f"{network.name!r} reads {shape_text(network.input_shape)}; name a folder of pictures"
        )
    there = found if found.ndim == 2 else np.equal.outer(found, np.arange(classes)).astype(int)
    shown = [tuple(np.flatnonzero(row).tolist()) for row in there]
    chosen = sorted(_evenly(there, count), key=lambda number: (shown[number], number))
    spelled = _class_labels(network, classes)
    kind = "test digit" if scene == DIGITS else "test picture"
    gallery = Gallery(
        made[chosen].astype(np.float64) / 255,
        tuple(", ".join(filter(None, (spelled[c] for c in shown[n]))) for n in chosen),
        tuple(f"{kind} {number + 1}" for number in chosen),
    )
    return _with_hard_ones(gallery, spelled, sample) if scene == DIGITS else gallery


def _with_hard_ones(gallery: Gallery, spelled: Sequence[str], sample: Array) -> Gallery:
    """A gallery of digits in which the last one of each class, but for the sample, is one that
    networks get wrong."""
    pixels, digits = read_idx_pair(pair_of(small_data() / HARD, "test"))
    pictures, names = gallery.pictures.copy(), list(gallery.names)
    others = (pictures != sample).any(axis=(1, 2, 3))
    for picture, digit in zip(pixels.astype(np.float64) / 255, digits.tolist(), strict=True):
        places = np.flatnonzero(others & (np.array(gallery.labels) == spelled[digit]))
        if spelled[digit] and len(places):
            pictures[places[-1]], names[places[-1]] = picture, f"hard test digit {digit}"
    return Gallery(pictures, gallery.labels, tuple(names))


def _class_labels(network: Network, classes: int) -> tuple[str, ...]:
    """The network's labels of a scene's classes; "" for a class that the network does not have."""
    if len(network.labels) == classes:
        return network.labels
    names = map(str, range(classes))
    return tuple(name if name in network.labels else "" for name in names)


def _evenly(there: NDArray[Any], count: int) -> list[int]:
    """Numbers of at most so many pictures, in which the classes appear about equally often;
    `there` has 1 or 0 for each picture and class."""
    taken = np.zeros(there.shape[1], dtype=np.int64)
    free = np.ones(len(there), dtype=bool)
    chosen: list[int] = []
    while len(chosen) < min(count, len(there)):
        often = np.where(free, there @ taken, np.iinfo(np.int64).max)
        best = int(np.argmin(often))
        free[best] = False
        taken += there[best]
        chosen.append(best)
    return chosen
