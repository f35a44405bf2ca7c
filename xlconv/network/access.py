"""Access: which cells of a tensor a layer's cell reads, as data.

There are six answers. Rows of a vector are its units: it is one map of one column. Must not know
kinds of layers, nor what becomes of the cells; `reference` computes without it, so that an
access that is wrong shows as a difference.
"""

from dataclasses import dataclass

from xlconv.network.shapes import Margin, Shape, Window, as_maps


@dataclass(frozen=True)
class SameCell:
    """The very same cell."""


@dataclass(frozen=True)
class Everything:
    """All cells."""


@dataclass(frozen=True)
class WholeMap:
    """A unit reads all cells of the map of its number."""


@dataclass(frozen=True)
class Groups:
    """In each of `count` groups so many maps are made, which all read the same so many maps."""

    count: int
    made: int
    read: int

    def maps(self, number: int) -> range:
        """The maps that a map reads, all from 0."""
        first = number // self.made * self.read
        return range(first, first + self.read)


@dataclass(frozen=True)
class Windows:
    """A window that slides over maps with a margin: over all of a group, or, without groups, over
    the map of its own number alone. What lies outside counts as 0, or, if the window `skips` it,
    as nothing."""

    window: Window
    margin: Margin
    groups: Groups | None = None
    skips: bool = False

    def maps(self, number: int) -> range:
        """The maps that a map reads, all from 0."""
        return self.groups.maps(number) if self.groups else range(number, number + 1)

    @property
    def axes(self) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
        """For rows and columns: the stride, the margin before, the cells that a window covers."""
        (down, across), (high, wide) = self.window.stride, self.window.extent
        return (down, self.margin.top, high), (across, self.margin.left, wide)


@dataclass(frozen=True)
class Part:
    """The same cell of one of several tensors that are joined: so many maps, or units of a
    vector, come `before` it."""

    before: int


@dataclass(frozen=True)
class Unravelled:
    """A unit is one cell of a tensor of `shape`, in the order "chw" or "hwc"."""

    shape: Shape
    order: str

    @property
    def strides(self) -> tuple[int, int, int]:
        """The units from map to map, from row to row and from column to column."""
        channels, height, width = as_maps(self.shape)
        if self.order == "chw":
            return height * width, width, 1
        return 1, channels * width, channels

    def cell(self, unit: int) -> tuple[int, int, int]:
        """The map, row and column of a unit, all from 0."""
        channel, row, column = (
            unit // stride % size
            for stride, size in zip(self.strides, as_maps(self.shape), strict=True)
        )
        return channel, row, column


Access = SameCell | Everything | WholeMap | Windows | Part | Unravelled
