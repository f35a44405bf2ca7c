"""What every kind of layer is: a small frozen dataclass with its settings and all facts about it.

A layer makes one tensor, which has its name. Facts are methods and attributes, with a default
here where most kinds agree. Must not know how layers are linked, nor how they are computed,
drawn or written: each side registers what it computes for a kind on its own.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar, Literal

import numpy as np

from xlconv.errors import NetworkError
from xlconv.network.access import Access, SameCell, Windows
from xlconv.network.arithmetic import Arithmetic, Side, WindowCount, same, sides, slid
from xlconv.network.sentences import Sentence
from xlconv.network.shapes import NO_MARGIN, Margin, Shape, Window, shape_text

# Weights follow their gradients, or batches' statistics, or are given and stay.
Origin = Literal["learned", "statistic", "given"]


@dataclass(frozen=True)
class Weight:
    """One array of a layer's weights. `least` is the smallest number that makes sense in it,
    `start` what training begins with, None for random numbers."""

    shape: Shape
    least: float | None = None
    start: float | None = None
    origin: Origin = "learned"


@dataclass(frozen=True)
class Layer:
    """An operator with its settings. `inputs` names the tensors that it reads; left empty,
    it reads the tensor of the layer before it."""

    name: str

    reads: ClassVar[tuple[int, int]] = (1, 1)  # how many tensors, at least and at most
    controls: ClassVar[tuple[str, ...]] = ()  # settings that stand in cells, to be changed there
    unwritten: ClassVar[tuple[str, ...]] = ()  # settings of a workbook that no description has
    steps: ClassVar[tuple[str, ...]] = ()  # what it shows on its way without a name of its own
    random: ClassVar[bool] = False  # whether it draws random numbers
    shares: ClassVar[bool] = False  # whether its numbers are from 0 to 1: parts of a whole
    activates: ClassVar[bool] = False  # whether it makes each cell, by itself, another number
    several: ClassVar[bool] = False  # whether, at the end, it may find several classes at once
    operation: ClassVar[str] = ""  # what becomes of the cells that it reads, if others do the same
    # How one of its cells came about, for people, where its operation does not say.
    sentence: ClassVar[Sentence] = "{x:2} becomes {result:2}"

    @property
    def window(self) -> Window | None:
        """The window that it slides over maps, if it does."""
        return None

    @property
    def control_options(self) -> tuple[str, ...]:
        """The names that one of its controls chooses from, if there is a list."""
        return ()

    @property
    def rectifies(self) -> bool:
        """Whether max(0, x) is the last that it does."""
        return False

    def margin(self, shape: Shape) -> Margin:
        """The cells that it reads around maps of `shape`."""
        if self.window is None or len(shape) != 3:
            return NO_MARGIN
        return self.window.margin(shape)

    def output_shape(self, *shapes: Shape) -> Shape:
        """The shape of the tensor that it makes of those that it reads.

        Raises NetworkError, naming the layer, the shapes and a remedy, where it makes none.
        """
        raise NotImplementedError(f"no output shape for {type(self).__name__}")

    def access(self, number: int, *shapes: Shape) -> Access:
        """Which cells of the tensor of a number, from 0, one of its cells reads, of those of
        `shapes` that the layer reads."""
        return SameCell()

    def weights(self, *shapes: Shape) -> dict[str, Weight]:
        """Its weights, by their short names, for inputs of `shapes`."""
        return {}

    def beside(self, *shapes: Shape) -> tuple[str, ...]:
        """The short names of the numbers that a cell's formula reads beside tensors and kernels:
        of the weights, those of which each map, or unit, has one."""
        return tuple(key for key, one in self.weights(*shapes).items() if len(one.shape) == 1)

    @property
    def numbers(self) -> dict[str, float]:
        """The settings that a cell's formula holds as numbers."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            key: value
            for key, value in given.items()
            if isinstance(value, float) and key not in self.controls
        }

    def inner_shapes(self, shape: Shape) -> dict[str, Shape]:
        """The shapes of what it shows on its way to its tensor, by short names."""
        return {}

    def for_trial(self, random: np.random.Generator) -> Layer:
        """The layer with all that it can do at work, as a trial with random numbers wants it."""
        return self

    def signed(self, *read: bool) -> bool:
        """Whether its tensor can be negative, by whether those that it reads can."""
        return True

    def words(self) -> str:
        """What it does, in a line for people."""
        raise NotImplementedError(f"no words for {type(self).__name__}")

    def lengths(self, *shapes: Shape) -> list[Arithmetic]:
        """How its tensor's maps, rows and columns come about, or its vector's length: here, as
        many as are read."""
        name = "its inputs" if len(shapes) > 1 else source(self)
        return [same(name, length) for length in sides(source(self), shapes[0])]

    def parameters(self, *shapes: Shape) -> Arithmetic | None:
        """How the number of its weights' numbers comes about; None if it has none."""
        return None

    def multiplications(self, *shapes: Shape) -> Arithmetic | None:
        """How often it multiplies a weight with a value, those with padding included; None if it
        never does."""
        return None


@dataclass(frozen=True)
class Windowed(Layer):
    """A layer whose window slides over maps."""

    @property
    def window(self) -> Window:
        """The window, with its stride, padding and dilation."""
        raise NotImplementedError(f"no window for {type(self).__name__}")

    def access(self, number: int, *shapes: Shape) -> Access:
        return Windows(self.window, self.margin(shapes[number]))

    def slid(self, shape: Shape, what: str, remedy: str) -> tuple[int, int]:
        """The rows and columns that the windows make, sliding over padded maps; NetworkError,
        calling the window `what`, where none fits."""
        need_maps(self, shape)
        covered, padded = self.window.extent, self.window.padded(shape)
        if covered[0] > padded[0] or covered[1] > padded[1]:
            raise NetworkError(
                f"layer {self.name!r}: {what} of {shape_text(covered)} is larger than its padded "
                f"map of {shape_text(padded)} (map {shape_text(shape[1:])}); {remedy}"
            )
        return self.window.slid(shape)

    def lengths(self, *shapes: Shape) -> list[Arithmetic]:
        [shape], margin = shapes, self.margin(shapes[0])
        window, name = self.window, source(self)
        rings = (margin.top, margin.bottom), (margin.left, margin.right)
        steps = zip(rings, window.size, window.dilation, window.stride, strict=True)
        slides = [WindowCount(Side(name, axis), *step) for axis, step in enumerate(steps)]
        return [same(name, shape[0]), *map(slid, slides, shape[1:])]


def sources(layer: Layer) -> tuple[str, ...]:
    """The names of the tensors that a layer of a network reads."""
    inputs: tuple[str, ...] = getattr(layer, "inputs", ())
    return inputs


def source(layer: Layer) -> str:
    """The name of the one tensor that a layer of a network reads."""
    return sources(layer)[0]


def need_maps(layer: Layer, shape: Shape) -> None:
    """NetworkError for a vector where only maps make sense."""
    if len(shape) != 3:
        raise NetworkError(
            f"layer {layer.name!r} ({type(layer).__name__}) needs maps of shape C x H x W but "
            f"reads a vector of {shape_text(shape)}; put it before the dense layer"
        )
