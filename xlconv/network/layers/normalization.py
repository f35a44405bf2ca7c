"""Normalization: numbers that are moved and scaled map by map.

Must not know how they are computed, drawn or written.
"""

from dataclasses import dataclass
from typing import ClassVar

from xlconv.errors import NetworkError
from xlconv.network.arithmetic import Arithmetic, product, sides
from xlconv.network.layers.base import Layer, Weight, need_maps
from xlconv.network.sentences import Sentence
from xlconv.network.shapes import Shape


@dataclass(frozen=True)
class BatchNorm2D(Layer):
    """(x - mean) / sqrt(variance + epsilon) * scale + shift, with four numbers a map.

    Mean and variance are those that training kept; scale and shift were learned.
    """

    epsilon: float = 1e-5
    inputs: tuple[str, ...] = ()

    activates: ClassVar[bool] = True
    sentence: ClassVar[Sentence] = (
        "({x:2} − {mean:2}) / √({variance:2} + ε) × {scale:2} + {shift:2} = {result:2}"
    )

    def __post_init__(self) -> None:
        value = self.epsilon
        if type(value) is not float or not 1e-15 <= value < 1:
            raise NetworkError(
                f"layer {self.name!r}: epsilon is {value!r}; give a number such as 0.00001"
            )

    def output_shape(self, *shapes: Shape) -> Shape:
        [shape] = shapes
        need_maps(self, shape)
        return shape

    def weights(self, *shapes: Shape) -> dict[str, Weight]:
        [(maps, *_)] = shapes
        return {
            "mean": Weight((maps,), start=0.0, origin="statistic"),
            "variance": Weight((maps,), least=0.0, start=1.0, origin="statistic"),
            "scale": Weight((maps,), start=1.0),
            "shift": Weight((maps,), start=0.0),
        }

    def words(self) -> str:
        return "(x − mean) / √(variance + ε) × scale + shift"

    def parameters(self, *shapes: Shape) -> Arithmetic:
        return product([len(self.weights(*shapes)), shapes[0][0]])

    def multiplications(self, *shapes: Shape) -> Arithmetic:
        """One a cell, as a trained mean, deviation, scale and shift are one factor and one
        summand."""
        return product(sides(self.name, shapes[0]))


KINDS = (BatchNorm2D,)
