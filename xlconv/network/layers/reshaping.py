"""Reshaping: the same numbers in another shape.

Must not know how they are computed, drawn or written.
"""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from xlconv.network.access import Access, Unravelled
from xlconv.network.arithmetic import Arithmetic, product, sides
from xlconv.network.layers.base import Layer, source
from xlconv.network.layers.settings import check_one_of
from xlconv.network.shapes import Shape

ORDERS = ("chw", "hwc")


@dataclass(frozen=True)
class Flatten(Layer):
    """Maps as one vector. `order` is "chw" (map after map, each row by row: PyTorch, ONNX) or
    "hwc" (cell after cell, each through all maps: TensorFlow, Keras)."""

    order: str = "chw"
    inputs: tuple[str, ...] = ()

    operation: ClassVar[str] = "same"

    def __post_init__(self) -> None:
        check_one_of(self.name, "order", self.order, ORDERS)

    def output_shape(self, *shapes: Shape) -> Shape:
        [shape] = shapes
        return (prod(shape),)

    def access(self, number: int, *shapes: Shape) -> Access:
        return Unravelled(shapes[0], self.order)

    def signed(self, *read: bool) -> bool:
        return any(read)

    def words(self) -> str:
        order = "map after map, row by row" if self.order == "chw" else "cell after cell, all maps"
        return f"as one column: {order}"

    def lengths(self, *shapes: Shape) -> list[Arithmetic]:
        if len(shapes[0]) == 1:
            return super().lengths(*shapes)
        cells = product(sides(source(self), shapes[0]))
        line = f"{cells.line} = {{}} in a column"
        return [Arithmetic(line, cells.value, (*cells.gaps, cells.value))]


KINDS = (Flatten,)
