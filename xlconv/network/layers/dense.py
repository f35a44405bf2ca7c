"""Dense: fully connected layers.

Must not know how they are computed, drawn or written.
"""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from xlconv.network.access import Access, Everything
from xlconv.network.arithmetic import Arithmetic, Side, product, sides
from xlconv.network.layers.base import Layer, Weight, source
from xlconv.network.layers.settings import check_positive, check_true_or_false
from xlconv.network.shapes import Shape


@dataclass(frozen=True)
class Dense(Layer):
    """Every output is a weighted sum of all inputs, plus a bias (fully connected).
    Maps are read in the order C, H, W."""

    units: int
    bias: bool = True
    inputs: tuple[str, ...] = ()

    operation: ClassVar[str] = "weighted"

    def __post_init__(self) -> None:
        check_positive(self.name, "units", self.units)
        check_true_or_false(self.name, "bias", self.bias)

    def output_shape(self, *shapes: Shape) -> Shape:
        return (self.units,)

    def access(self, number: int, *shapes: Shape) -> Access:
        return Everything()

    def weights(self, *shapes: Shape) -> dict[str, Weight]:
        [shape] = shapes
        weight = Weight((self.units, prod(shape)))
        return {"weight": weight} | (
            {"bias": Weight((self.units,), start=0.0)} if self.bias else {}
        )

    def words(self) -> str:
        return f"every cell × its own weight, summed{', + bias' if self.bias else ''}"

    def lengths(self, *shapes: Shape) -> list[Arithmetic]:
        return [Arithmetic(f"one for each unit: {self.units}", self.units)]

    def parameters(self, *shapes: Shape) -> Arithmetic:
        read = sides(source(self), shapes[0])
        return product([self.units], read, self.units if self.bias else 0)

    def multiplications(self, *shapes: Shape) -> Arithmetic:
        return product([Side(self.name, 0)], sides(source(self), shapes[0]))


KINDS = (Dense,)
