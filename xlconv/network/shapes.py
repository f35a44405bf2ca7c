"""Shapes: (C, H, W) for maps and (n,) for vectors, and the arithmetic of windows that slide.

Must not know kinds of layers.

Source: the output sizes of convolution and pooling, Dumoulin and Visin, "A guide to
convolution arithmetic for deep learning", arXiv:1603.07285.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Margin:
    """Rows and columns around a map."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0

    def union(self, other: Margin) -> Margin:
        """The smallest margin that holds both."""
        return Margin(
            max(self.top, other.top),
            max(self.bottom, other.bottom),
            max(self.left, other.left),
            max(self.right, other.right),
        )


NO_MARGIN = Margin()


@dataclass(frozen=True)
class Window:
    """A window that slides over maps, in (rows, columns).

    `padding` is "valid", "same" or (rows, columns), as for `Conv2D`; the cells of the window are
    `dilation` apart.
    """

    size: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: str | tuple[int, int] = "valid"
    dilation: tuple[int, int] = (1, 1)

    @property
    def extent(self) -> tuple[int, int]:
        """The rows and columns that the window covers, the gaps of its dilation included."""
        rows, columns = (
            (size - 1) * apart + 1 for size, apart in zip(self.size, self.dilation, strict=True)
        )
        return rows, columns

    def margin(self, shape: Shape) -> Margin:
        """The cells that are read around maps of `shape` (C, H, W)."""
        if self.padding == "valid":
            return NO_MARGIN
        if not isinstance(self.padding, str):
            down, across = self.padding
            return Margin(down, down, across, across)
        sides: list[int] = []
        for length, size, stride in zip(shape[1:], self.extent, self.stride, strict=True):
            total = max((-(-length // stride) - 1) * stride + size - length, 0)
            sides += [total // 2, total - total // 2]
        return Margin(*sides)

    def padded(self, shape: Shape) -> tuple[int, int]:
        """The rows and columns of maps of `shape` with their padding."""
        margin = self.margin(shape)
        return shape[1] + margin.top + margin.bottom, shape[2] + margin.left + margin.right

    def slid(self, shape: Shape) -> tuple[int, int]:
        """The rows and columns that the windows make of padded maps of `shape`."""
        rows, columns = (
            (length - size) // stride + 1
            for length, size, stride in zip(
                self.padded(shape), self.extent, self.stride, strict=True
            )
        )
        return rows, columns


def map_count(shape: Shape) -> int:
    """How many maps a tensor has; a vector is drawn as one column."""
    return shape[0] if len(shape) == 3 else 1


def as_maps(shape: Shape) -> tuple[int, int, int]:
    """A tensor's maps, rows and columns: a vector is one map of one column.

    >>> as_maps((2, 5, 4)), as_maps((10,))
    ((2, 5, 4), (1, 10, 1))
    """
    return (shape[0], shape[1], shape[2]) if len(shape) == 3 else (1, shape[0], 1)


def shape_text(shape: Iterable[int]) -> str:
    """A shape for people.

    >>> shape_text((2, 28, 28))
    '2x28x28'
    """
    return "x".join(map(str, shape))


def values_word(count: int) -> str:
    """What so many numbers of a vector are called.

    >>> values_word(1), values_word(10)
    ('value', 'values')
    """
    return "value" if count == 1 else "values"
