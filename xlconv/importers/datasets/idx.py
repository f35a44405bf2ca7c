"""IDX files, as MNIST's are: to arrays of bytes.

Owns the format. Must not know how such files are called, nor what a network wants.

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

from xlconv.errors import DatasetError
from xlconv.importers.foreign import foreign_file
from xlconv.network.shapes import shape_text
from xlconv.system.files import open_stream
from xlconv.training.dataset import Labels

_BYTES = 8  # the type code of unsigned bytes
_GZIP = b"\x1f\x8b"
MAX_BYTES = 200_000_000  # four times MNIST's


@dataclass(frozen=True)
class Pair:
    """The two IDX files of one part of a set: those that there are, or should be."""

    images: Path
    labels: Path

    def check(self) -> None:
        """DatasetError for a file that is missing."""
        for path in (self.images, self.labels):
            if not path.is_file():
                raise DatasetError(f"{path}: no such file, nor with .gz; {PUT_FILES}")


PUT_FILES = "put MNIST's four IDX files, or others that are called so, in this folder"


def read_idx_pair(pair: Pair) -> tuple[NDArray[np.uint8], Labels]:
    """The pictures (N, 1, H, W) and the labels of two files."""
    pair.check()
    images_path, labels_path = pair.images, pair.labels
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
        raise _not_idx(path, data, head, dimensions)
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


def _not_idx(
    path: Path, data: IO[bytes] | gzip.GzipFile, head: bytes, dimensions: int
) -> DatasetError:
    """What is said of a file that is no IDX file: what it is, if that is known."""
    begins = f"begins with {head.hex(' ') or 'nothing'}, not 00 00 08 0{dimensions}"
    foreign = None
    if not isinstance(data, gzip.GzipFile):
        data.seek(0)
        foreign = foreign_file(path, data)
    what = "" if foreign is None else f"{foreign.what}, "
    remedy = "download it again" if foreign is None else foreign.remedy
    return DatasetError(f"{path}: {what}not an IDX file of unsigned bytes ({begins}); {remedy}")
