"""Collecting a gallery's pictures.

    folder of files | shipped digits -> Gallery -> one picture chosen: the sample, or the user's

Owns which files of a folder are pictures, their order and what the names of folders say. Must
not know how one picture is read (`images`), nor weights, nor what a workbook makes of them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from xlconv.errors import ImageError, TemplateError
from xlconv.images.gallery import Gallery, printable, shown_first
from xlconv.images.load import load_image
from xlconv.importers.template import DESCRIPTION_FILE, Description, small_data
from xlconv.network.model import Array
from xlconv.network.network import Network
from xlconv.network.shapes import shape_text
from xlconv.training.dataset import read_pair
from xlconv.training.scenes import DIGITS, SCENES

MAX_PICTURES = 400  # of a folder: each pixel of each of them is a cell
KINDS = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".npy")
# Pictures that are left out, which is worth a word; of all other files there is none.
_OTHERS = (".avif", ".bmp", ".gif", ".heic", ".heif", ".pdf", ".svg", ".tif", ".tiff", ".webp")
_MOST_LISTED = 40
_SEPARATORS = (",", "_", None)  # between the labels in a folder's name; None: blanks
SHIPPED = "digits"  # instead of a folder in a template.toml: the test digits that come with xlconv
# How many pictures of each scene a gallery holds, and among how many classes: a coloured one
# has three cells a pixel, a canvas of several more than twice a digit's.
_SHIPPED_SIZES = {DIGITS: (100, 10), "coloured": (30, 30), "several": (40, 10)}

_Path = str | os.PathLike[str]


def load_gallery(
    folder: _Path, network: Network, photo: bool = False, raw: bool = False
) -> tuple[Gallery, list[str]]:
    """The pictures in a folder and its sub-folders, the first one chosen, and, in words, what
    was left out.

    A picture is labelled by the folder directly under `folder` that it lies in ("7/photo.jpg"),
    or not at all. Labels come in the network's order, pictures without one last, files in
    natural order. `photo` and `raw` are `load_image`'s. Raises ImageError, in one line that
    names the file or folder, for what cannot be read, for a folder that is no label, and for
    none or too many pictures.
    """
    top = Path(folder)
    if not top.is_dir():
        if top.exists():
            raise ImageError(f"{top}: a file, not a folder; name a folder of pictures")
        raise ImageError(f"{top}: no such folder; check the name")
    files, notes = _pictures_under(top)
    _check_count(top, len(files), notes)
    labels = {file: _label(top, file, network) for file in files}
    files.sort(key=lambda file: (_rank(labels[file], network), _natural(file)))
    pixels = [load_image(top / file, network.input_shape, raw, photo).pixels for file in files]
    names = tuple(printable(file.name) for file in files)
    spelled = tuple(", ".join(labels[file]) for file in files)
    return Gallery(np.stack(pixels), spelled, names, 1), notes


def template_gallery(about: Description, network: Network, sample: Array) -> Gallery:
    """A template's pictures: shipped digits, those in a folder of its own, or its sample alone;
    with the sample chosen."""
    name = about.image or ""
    if about.gallery is None:
        return Gallery(sample[None], ("",), (printable(name),), 1)
    if about.gallery == SHIPPED:
        return shown_first(_shipped(about, network), sample, name)
    inside = Path(about.gallery)
    if not inside.parts or inside.is_absolute() or ".." in inside.parts:
        raise TemplateError(
            f"{about.folder / DESCRIPTION_FILE}: gallery is {about.gallery!r}; name a folder "
            f'inside the template\'s own, or "{SHIPPED}"'
        )
    gallery, _ = load_gallery(about.folder / inside, network, about.photo)
    return shown_first(gallery, sample, name)


# ---- folders


def _pictures_under(top: Path) -> tuple[list[Path], list[str]]:
    """The pictures in a folder and its sub-folders, relative to it, and what was left out."""
    files: list[Path] = []
    others: list[str] = []
    links: list[str] = []
    for folder, folders, names in os.walk(top, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        # A link may lead back up, or to a whole disk.
        links += [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in names:
            path, kind = Path(folder) / name, Path(name).suffix.lower()
            if name.startswith("."):
                continue
            if kind in KINDS and (path.is_file() or not path.exists()):  # broken links, no pipes
                files.append(path.relative_to(top))
            elif kind in _OTHERS:
                others.append(kind)
    return files, list(_notes(others, links))


def _refuse(error: OSError) -> None:
    """What `os.walk` would leave out without a word."""
    raise ImageError(
        f"{error.filename}: cannot be read ({error.strerror}); check its permissions"
    ) from error


def _notes(others: list[str], links: list[str]) -> Iterator[str]:
    if others:
        files = "1 file" if len(others) == 1 else f"{len(others)} files"
        kinds = ", ".join(sorted(set(others)))
        yield f"left out {files} of other kinds ({kinds}): save as PNG or JPEG"
    for link in sorted(links):
        yield f"left out {printable(link)}: links to folders are not followed"


def _check_count(top: Path, count: int, notes: list[str]) -> None:
    if not count:
        left_out = f" ({'; '.join(notes)})" if notes else ""
        raise ImageError(
            f"{top}: no pictures in it{left_out}; put PNG, JPEG or .npy files into it, or into "
            "a folder in it for each label"
        )
    if count > MAX_PICTURES:
        raise ImageError(
            f"{top}: {count:,} pictures, but a gallery holds at most {MAX_PICTURES}, since each "
            "pixel is a cell; leave some out"
        )


def _label(top: Path, file: Path, network: Network) -> tuple[str, ...]:
    """What a picture shows, by the folder it lies in; nothing if it lies in none."""
    if len(file.parts) == 1 or not network.labels:
        return ()
    folder = file.parts[0]
    labels = _labels_named(folder, network)
    if labels:
        return labels
    listed = ", ".join(network.labels[:_MOST_LISTED])
    if len(network.labels) > _MOST_LISTED:
        listed += f", ... ({len(network.labels)} in all)"
    several = ", or several of them with commas between" if _several(network) else ""
    raise ImageError(
        f"{top / folder}: {printable(folder)!r} is no label of {network.name!r}; call the folder "
        f"by one of its labels ({listed}){several}, or put its pictures into {top} itself"
    )


def _labels_named(folder: str, network: Network) -> tuple[str, ...]:
    """The labels that a folder's name spells, in the network's order; none if it is no label."""
    known = {normalize("NFC", label): label for label in network.labels}
    name = normalize("NFC", folder)  # macOS may spell letters with accents as two characters
    if name in known:
        return (known[name],)
    for separator in _SEPARATORS if _several(network) else ():
        parts = {part.strip() for part in name.split(separator)}
        if parts <= known.keys():
            named = {known[part] for part in parts}
            return tuple(label for label in network.labels if label in named)
    return ()


def _several(network: Network) -> bool:
    """Whether a picture may be of several classes."""
    return network.answers == "several"


def _rank(labels: tuple[str, ...], network: Network) -> tuple[int, ...]:
    """Where pictures of some labels stand: in the network's order, those of none last."""
    return tuple(network.labels.index(label) for label in labels) or (len(network.labels),)


def _natural(file: Path) -> list[tuple[list[str | int], str]]:
    """The order of people, in which 7-2.png comes before 7-10.png."""
    return [(_split_numbers(part), part) for part in file.parts]


def _split_numbers(text: str) -> list[str | int]:
    # Texts and numbers take turns, so that like is compared with like.
    pieces = re.split(r"(\d+)", text.casefold())
    return [int(piece) if number % 2 else piece for number, piece in enumerate(pieces)]


# ---- shipped digits


def _shipped(about: Description, network: Network) -> Gallery:
    """Pictures that the template's scene makes of the shipped test digits, class by class."""
    where, scene = about.folder / DESCRIPTION_FILE, about.scene
    if scene not in _SHIPPED_SIZES:
        known = ", ".join(_SHIPPED_SIZES)
        raise TemplateError(f"{where}: no scene {scene!r} for a gallery; there are {known}")
    count, classes = _SHIPPED_SIZES[scene]
    made, found = SCENES[scene](*read_pair(small_data(), "test"), False)
    if made.shape[1:] != network.input_shape:
        raise TemplateError(
            f'{where}: gallery "{SHIPPED}" holds pictures of {shape_text(made.shape[1:])}, but '
            f"{network.name!r} reads {shape_text(network.input_shape)}; name a folder of pictures"
        )
    there = found if found.ndim == 2 else np.equal.outer(found, np.arange(classes)).astype(int)
    shown = [tuple(np.flatnonzero(row).tolist()) for row in there]
    chosen = sorted(_evenly(there, count), key=lambda number: (shown[number], number))
    spelled = _spelled(network, classes)
    kind = "test digit" if scene == DIGITS else "test picture"
    return Gallery(
        made[chosen].astype(np.float64) / 255,
        tuple(", ".join(filter(None, (spelled[c] for c in shown[n]))) for n in chosen),
        tuple(f"{kind} {number + 1}" for number in chosen),
        1,
    )


def _spelled(network: Network, classes: int) -> tuple[str, ...]:
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
