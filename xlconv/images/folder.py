"""Collecting a gallery's pictures.

    folder of files -> Gallery -> one picture chosen

Owns which files of a folder are pictures, their order and what the names of folders say. Must
not know how one picture is read (`images`), nor weights, nor what a workbook makes of them.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from unicodedata import normalize

import numpy as np

from xlconv.errors import ImageError
from xlconv.images.doubts import GREY, is_grey
from xlconv.images.gallery import Gallery, printable
from xlconv.images.image_file import has_heic
from xlconv.images.load import load_image
from xlconv.network.network import Network
from xlconv.system.files import is_file, is_folder, natural_order

MAX_PICTURES = 400  # of a folder: each pixel of each of them is a cell
KINDS = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".npy")
HEIC = (".heic", ".heif")
# Pictures that are left out, which is worth a word; of all other files there is none.
_OTHERS = (".avif", ".bmp", ".gif", *HEIC, ".pdf", ".svg", ".webp")
_INSTALL = ", or install what reads them (pip install pillow-heif)"
_MOST_LISTED = 40
_SEPARATORS = (",", "_", None)  # between the labels in a folder's name; None: blanks
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
    if not is_folder(top):
        if is_file(top):
            raise ImageError(f"{top}: a file, not a folder; name a folder of pictures")
        raise ImageError(f"{top}: no such folder; check the name")
    files, notes = _pictures_under(top)
    _check_count(top, len(files), notes)
    labels = {file: _label(top, file, network) for file in files}
    files.sort(key=lambda file: (_rank(labels[file], network), _natural(file)))
    pixels = [load_image(top / file, network.input_shape, raw, photo).pixels for file in files]
    grey = sum(map(is_grey, pixels)) if network.input_shape[0] == 3 else 0
    if grey:
        are = "1 picture is grey" if grey == 1 else f"{grey} pictures are grey"
        notes.append(GREY.format(are))
    names = tuple(printable(file.name) for file in files)
    spelled = tuple(", ".join(labels[file]) for file in files)
    return Gallery(np.stack(pixels), spelled, names), notes


# ---- folders


def _pictures_under(top: Path) -> tuple[list[Path], list[str]]:
    """The pictures in a folder and its sub-folders, relative to it, and what was left out."""
    files: list[Path] = []
    others: list[str] = []
    links: list[str] = []
    kinds = (*KINDS, *HEIC) if has_heic() else KINDS
    for folder, folders, names in os.walk(top, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        # A link may lead back up, or to a whole disk.
        links += [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in names:
            path, kind = Path(folder) / name, Path(name).suffix.lower()
            if name.startswith("."):
                continue
            if kind in kinds and (path.is_file() or not path.exists()):  # broken links, no pipes
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
        more = "" if has_heic() or not set(HEIC) & set(others) else _INSTALL
        yield f"left out {files} of other kinds ({kinds}): save as PNG or JPEG{more}"
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
    return [(natural_order(part), part) for part in file.parts]
