"""Dropout: random cells become 0.

Must not know how it is computed, drawn or written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from xlconv.network.layers.base import Layer
from xlconv.network.layers.settings import check_share, check_true_or_false
from xlconv.network.sentences import Either, Sentence
from xlconv.network.shapes import Shape


@dataclass(frozen=True)
class Dropout(Layer):
    """While it is `active`, each cell becomes 0 with the probability `rate`; the others are
    divided by 1 - rate, unless `rescale` is false, so that their expected sum stays.

    It is off by default, as it has to be where a network is used rather than trained; training
    always drops.
    """

    rate: float = 0.5
    active: bool = False
    rescale: bool = True
    inputs: tuple[str, ...] = ()

    controls: ClassVar[tuple[str, ...]] = ("rate", "active", "rescale")
    steps: ClassVar[tuple[str, ...]] = ("steps", "share", "factor")
    random: ClassVar[bool] = True
    sentence: ClassVar[Sentence] = (
        Either(
            "active",
            "{x:2} × mask {mask:2} × factor {factor:2} = {result:2}",
            "dropout is off: {x:2} stays",
        ),
    )

    def __post_init__(self) -> None:
        check_share(self.name, "rate", self.rate)
        object.__setattr__(self, "rate", float(self.rate))
        check_true_or_false(self.name, "active", self.active)
        check_true_or_false(self.name, "rescale", self.rescale)

    def output_shape(self, *shapes: Shape) -> Shape:
        [shape] = shapes
        return shape

    def beside(self, *shapes: Shape) -> tuple[str, ...]:
        return ("mask", "factor", "active")

    def inner_shapes(self, shape: Shape) -> dict[str, Shape]:
        return {"random": shape, "mask": shape}

    def for_trial(self, random: np.random.Generator) -> Dropout:
        return replace(self, active=True)

    def signed(self, *read: bool) -> bool:
        return any(read)

    def words(self) -> str:
        return "random cells become 0, while it is on"


KINDS = (Dropout,)
