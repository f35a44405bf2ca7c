"""Convolution: kernels that slide over maps.

Must not know how they are computed, drawn or written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from xlconv.errors import NetworkError
from xlconv.network.access import Access, Groups, Windows
from xlconv.network.arithmetic import Arithmetic, Factor, Side, product, sides
from xlconv.network.layers.base import Weight, Windowed
from xlconv.network.layers.settings import (
    Pair,
    check_one_of,
    check_positive,
    check_true_or_false,
    padding_of,
    pair,
    pair_of,
)
from xlconv.network.names import check_disguised
from xlconv.network.shapes import Shape, Window

ACTIVATIONS = ("relu",)
OUTSIDES = ("0", "1", "edge")  # what padding holds: a number, or the map's nearest cell
MAX_LIST_LENGTH = 250
_LISTED = re.compile(r"[^\W\d_]([\w -]*[\w-])?")
_SMALLER = 'use a smaller size or padding = "same"'


@dataclass(frozen=True)
class Conv2D(Windowed):
    """Cross-correlation of input maps with a kernel for each of them, summed, plus a bias.

    `size`, `stride` and `dilation` are one number or (rows, columns). `padding` is "valid"
    (none), "same" (as many zeros as make the output ceil(size / stride); where the number is
    odd the extra row and column stand at the bottom and the right), a number for all sides,
    or (rows, columns). With `dilation` d a kernel's numbers are d cells apart. With `groups`,
    input and output maps are parted into so many groups, and an output map reads those of its
    own group alone (as many groups as maps: a depthwise convolution).
    `activation = "relu"` is applied in the same formula. `outside` is what a workbook's padding
    holds; networks are trained with 0.
    """

    kernels: int
    size: Pair
    stride: Pair = 1
    padding: str | Pair = "valid"
    bias: bool = True
    activation: str | None = None
    dilation: Pair = 1
    groups: int = 1
    inputs: tuple[str, ...] = ()
    outside: str = "0"

    unwritten: ClassVar[tuple[str, ...]] = ("outside",)
    operation: ClassVar[str] = "weighted"

    def __post_init__(self) -> None:
        check_positive(self.name, "kernels", self.kernels)
        check_positive(self.name, "groups", self.groups)
        for setting in ("size", "stride", "dilation"):
            value = pair_of(self.name, setting, getattr(self, setting))
            object.__setattr__(self, setting, value)
        object.__setattr__(self, "padding", padding_of(self.name, self.padding))
        check_true_or_false(self.name, "bias", self.bias)
        if self.activation is not None:
            check_one_of(self.name, "activation", self.activation, ACTIVATIONS)
        check_one_of(self.name, "outside", self.outside, OUTSIDES)
        if self.kernels % self.groups:
            raise NetworkError(
                f"layer {self.name!r}: {self.kernels} kernels cannot be parted into "
                f"{self.groups} groups; give a multiple of it"
            )

    @property
    def window(self) -> Window:
        padding = self.padding if isinstance(self.padding, str) else pair(self.padding)
        return Window(pair(self.size), pair(self.stride), padding, pair(self.dilation))

    @property
    def rectifies(self) -> bool:
        return self.activation == "relu"

    def output_shape(self, *shapes: Shape) -> Shape:
        [shape] = shapes
        rows, columns = self.slid(shape, "a kernel", _SMALLER)
        if shape[0] % self.groups:
            raise NetworkError(
                f"layer {self.name!r}: {shape[0]} input maps cannot be parted into {self.groups} "
                "groups; give a number of groups that divides them"
            )
        return self.kernels, rows, columns

    def access(self, number: int, *shapes: Shape) -> Access:
        [shape] = shapes
        return Windows(self.window, self.margin(shape), self.grouped(shape[0]))

    def weights(self, *shapes: Shape) -> dict[str, Weight]:
        [shape] = shapes
        weight = Weight((self.kernels, shape[0] // self.groups, *pair(self.size)))
        return {"weight": weight} | (
            {"bias": Weight((self.kernels,), start=0.0)} if self.bias else {}
        )

    def grouped(self, channels: int) -> Groups:
        """Its groups, for so many input maps."""
        return Groups(self.groups, self.kernels // self.groups, channels // self.groups)

    def channels_read(self, channels: int, output: int) -> range:
        """The numbers, from 0, of the input maps that an output map reads: those of its group."""
        return self.grouped(channels).maps(output)

    def signed(self, *read: bool) -> bool:
        return not self.rectifies

    def words(self) -> str:
        height, width = pair(self.size)
        words = f"{height} × {width} window × kernel, summed"
        words += ", + bias" if self.bias else ""
        words += ", then max(0, x)" if self.rectifies else ""
        if pair(self.stride) != (1, 1):
            words += moves(self.window)
        if pair(self.dilation) != (1, 1):
            words += f"; its cells {' and '.join(map(str, sorted(set(pair(self.dilation)))))} apart"
        if self.groups > 1:
            words += f"; in {self.groups} groups of maps"
        return words

    def lengths(self, *shapes: Shape) -> list[Arithmetic]:
        return [
            Arithmetic(f"one a kernel: {self.kernels}", self.kernels),
            *super().lengths(*shapes)[1:],
        ]

    def parameters(self, *shapes: Shape) -> Arithmetic:
        return product([self.kernels], self._kernel(*shapes), self.kernels if self.bias else 0)

    def multiplications(self, *shapes: Shape) -> Arithmetic:
        """Every weight is used once in each place of its kernel."""
        return product(sides(self.name, self.output_shape(*shapes)), self._kernel(*shapes))

    def _kernel(self, *shapes: Shape) -> list[Factor]:
        """The maps that a kernel reads, its rows and its columns."""
        return [shapes[0][0] // self.groups, *kernel_sides(self.name, "weight")]


@dataclass(frozen=True)
class KernelDemo(Windowed):
    """Cross-correlation of every map with one kernel, chosen by name from a list on the board.

    `kernels` are the names, `chosen` is one of them; their numbers are the layer's weights
    `presets`. There is no bias.
    """

    kernels: tuple[str, ...]
    chosen: str
    size: Pair = 3
    padding: str | Pair = "same"
    inputs: tuple[str, ...] = ()
    outside: str = "0"

    unwritten: ClassVar[tuple[str, ...]] = ("outside",)
    controls: ClassVar[tuple[str, ...]] = ("chosen",)
    steps: ClassVar[tuple[str, ...]] = ("steps", "number")
    operation: ClassVar[str] = "weighted"

    def __post_init__(self) -> None:
        if isinstance(self.kernels, list):
            object.__setattr__(self, "kernels", tuple(self.kernels))
        names = self.kernels
        texts = isinstance(names, tuple) and all(isinstance(name, str) for name in names)
        if not texts or len({name.casefold() for name in names}) != len(names) or not names:
            raise NetworkError(
                f"layer {self.name!r}: kernels is {names!r}; give a list of different names"
            )
        for name in names:
            # What a spreadsheet takes for a number, a wildcard or the end of a list is no name.
            if not _LISTED.fullmatch(name) or name.lower() in ("true", "false"):
                raise NetworkError(
                    f"layer {self.name!r}: kernels has {name!r}, which no list can hold; begin "
                    "with a letter, and use letters, digits, blanks, - and _"
                )
            check_disguised(f"layer {self.name!r}: the kernel", name)
        if len(",".join(names)) > MAX_LIST_LENGTH:
            raise NetworkError(
                f"layer {self.name!r}: the names of the kernels are longer than the "
                f"{MAX_LIST_LENGTH} characters of a drop-down list; use fewer or shorter ones"
            )
        check_one_of(self.name, "chosen", self.chosen, names)
        check_one_of(self.name, "outside", self.outside, OUTSIDES)
        object.__setattr__(self, "size", pair_of(self.name, "size", self.size))
        object.__setattr__(self, "padding", padding_of(self.name, self.padding))

    @property
    def window(self) -> Window:
        padding = self.padding if isinstance(self.padding, str) else pair(self.padding)
        return Window(pair(self.size), padding=padding)

    @property
    def control_options(self) -> tuple[str, ...]:
        return self.kernels

    def output_shape(self, *shapes: Shape) -> Shape:
        [shape] = shapes
        return shape[0], *self.slid(shape, "a kernel", _SMALLER)

    def weights(self, *shapes: Shape) -> dict[str, Weight]:
        return {"presets": Weight((len(self.kernels), *pair(self.size)), origin="given")}

    def inner_shapes(self, shape: Shape) -> dict[str, Shape]:
        return {"kernel": (1, *pair(self.size))}

    def for_trial(self, random: np.random.Generator) -> KernelDemo:
        return replace(self, chosen=self.kernels[random.integers(len(self.kernels))])

    def words(self) -> str:
        height, width = pair(self.size)
        return f"{height} × {width} window × the chosen kernel, summed"

    def parameters(self, *shapes: Shape) -> Arithmetic:
        return product([len(self.kernels)], kernel_sides(self.name, "presets"))

    def multiplications(self, *shapes: Shape) -> Arithmetic:
        made = sides(self.name, self.output_shape(*shapes))
        return product(made, kernel_sides(self.name, "presets"))


def kernel_sides(layer: str, weight: str) -> list[Factor]:
    """The rows and columns of a kernel."""
    return [Side(layer, 0, weight), Side(layer, 1, weight)]


def moves(window: Window) -> str:
    """How far a window moves, in words behind others."""
    return f"; the window moves by {' and '.join(map(str, sorted(set(window.stride))))}"


KINDS = (Conv2D, KernelDemo)
