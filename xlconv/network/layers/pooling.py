"""Pooling: one number for each window, or for each whole map.

Must not know how it is computed, drawn or written.
"""

from dataclasses import dataclass
from typing import ClassVar

from xlconv.errors import NetworkError
from xlconv.network.access import Access, WholeMap, Windows
from xlconv.network.arithmetic import Arithmetic
from xlconv.network.layers.base import Layer, Windowed, need_maps
from xlconv.network.layers.convolution import moves
from xlconv.network.layers.settings import Pair, padding_of, pair, pair_of
from xlconv.network.shapes import Shape, Window

_REMEDY = "use a smaller size or leave the layer out"


@dataclass(frozen=True)
class _Pool(Windowed):
    """One number for each window of each map."""

    size: Pair = 2
    stride: Pair | None = None
    padding: str | Pair = "valid"
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        size = pair_of(self.name, "size", self.size)
        stride = size if self.stride is None else pair_of(self.name, "stride", self.stride)
        padding = padding_of(self.name, self.padding)
        if not isinstance(padding, str) and (padding[0] >= size[0] or padding[1] >= size[1]):
            raise NetworkError(
                f"layer {self.name!r}: padding of {padding[0]} and {padding[1]} cells makes "
                f"windows of {size[0]} x {size[1]} that hold nothing else; use less than the size"
            )
        object.__setattr__(self, "size", size)
        object.__setattr__(self, "stride", stride)
        object.__setattr__(self, "padding", padding)

    @property
    def window(self) -> Window:
        padding = self.padding if isinstance(self.padding, str) else pair(self.padding)
        return Window(pair(self.size), pair(self.stride), padding)

    def output_shape(self, *shapes: Shape) -> Shape:
        [shape] = shapes
        return shape[0], *self.slid(shape, "a pool window", _REMEDY)

    def access(self, number: int, *shapes: Shape) -> Access:
        return Windows(self.window, self.margin(shapes[0]), skips=True)

    def signed(self, *read: bool) -> bool:
        return any(read)

    @property
    def window_words(self) -> str:
        """Its window in words, and how it moves where that is not by its size."""
        window = self.window
        (height, width), moved = window.size, window.stride != window.size
        return f"{height} × {width} window{moves(window) if moved else ''}"


@dataclass(frozen=True)
class MaxPool2D(_Pool):
    """The largest value of each window; `stride` is the window's size unless given.

    `padding` is as for `Conv2D`, but counts as nothing rather than as zeros. Rows and columns
    that fill no whole window are left out.
    """

    operation: ClassVar[str] = "largest"

    def words(self) -> str:
        return f"the largest of each {self.window_words}"


@dataclass(frozen=True)
class AvgPool2D(_Pool):
    """The mean of each window; settings as those of `MaxPool2D`.

    Padding counts as nothing: at the edge it is the mean of the fewer cells that there are.
    """

    operation: ClassVar[str] = "mean"

    def words(self) -> str:
        return f"the mean of each {self.window_words}"


@dataclass(frozen=True)
class GlobalAvgPool2D(Layer):
    """The mean of each whole map: maps become a vector with a number for each."""

    inputs: tuple[str, ...] = ()

    operation: ClassVar[str] = "mean"

    def output_shape(self, *shapes: Shape) -> Shape:
        [shape] = shapes
        need_maps(self, shape)
        return (shape[0],)

    def access(self, number: int, *shapes: Shape) -> Access:
        return WholeMap()

    def signed(self, *read: bool) -> bool:
        return any(read)

    def words(self) -> str:
        return "the mean of each whole map"

    def lengths(self, *shapes: Shape) -> list[Arithmetic]:
        maps = shapes[0][0]
        return [Arithmetic(f"one for each map: {maps}", maps)]


KINDS = (MaxPool2D, AvgPool2D, GlobalAvgPool2D)
