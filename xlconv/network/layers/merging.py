"""Merging: several tensors become one.

Must not know how they are computed, drawn or written.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from xlconv.errors import NetworkError
from xlconv.network.access import Access, Part
from xlconv.network.arithmetic import Arithmetic, Side, sum_of_lengths
from xlconv.network.layers.base import Layer, sources
from xlconv.network.shapes import Shape, shape_text

MOST_SUMMANDS = 12  # that are written out


@dataclass(frozen=True)
class _Merge(Layer):
    """A layer that reads two tensors or more."""

    reads: ClassVar[tuple[int, int]] = (2, 1000)

    def signed(self, *read: bool) -> bool:
        return any(read)

    def check_same(self, shapes: Iterable[Shape], compared: Iterable[Shape], remedy: str) -> None:
        """NetworkError where what must be the same of several shapes is not."""
        if len(set(compared)) > 1:
            read = ", ".join(
                f"{name} {shape_text(shape)}"
                for name, shape in zip(sources(self), shapes, strict=True)
            )
            raise NetworkError(
                f"layer {self.name!r} ({type(self).__name__}) reads {read}: {remedy}"
            )


@dataclass(frozen=True)
class Add(_Merge):
    """The sum of tensors of one shape, cell by cell: a skip connection."""

    inputs: tuple[str, ...] = ()

    operation: ClassVar[str] = "added"

    def output_shape(self, *shapes: Shape) -> Shape:
        self.check_same(shapes, shapes, "a 1x1 Conv2D on one of them can make them equal")
        return shapes[0]

    def words(self) -> str:
        return " + ".join(sources(self)) + ", cell by cell"


@dataclass(frozen=True)
class Concat(_Merge):
    """The maps of several tensors, one tensor's after the other's; vectors likewise."""

    inputs: tuple[str, ...] = ()

    operation: ClassVar[str] = "same"

    def output_shape(self, *shapes: Shape) -> Shape:
        sizes = [shape[1:] for shape in shapes]
        self.check_same(shapes, sizes, "maps must have equal height and width")
        return sum(shape[0] for shape in shapes), *shapes[0][1:]

    def access(self, number: int, *shapes: Shape) -> Access:
        return Part(sum(shape[0] for shape in shapes[:number]))

    def words(self) -> str:
        return "the maps of " + ", then of ".join(sources(self))

    def lengths(self, *shapes: Shape) -> list[Arithmetic]:
        counts, maps = [shape[0] for shape in shapes], len(shapes[0]) == 3
        if len(counts) > MOST_SUMMANDS:
            what = "tensors" if maps else "vectors"
            first = Arithmetic(f"{len(counts)} {what}: {sum(counts)}", sum(counts))
        else:
            first = sum_of_lengths(counts if maps else [Side(name, 0) for name in sources(self)])
        return [first, *super().lengths(*shapes)[1:]]


KINDS = (Add, Concat)
