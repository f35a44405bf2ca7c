"""Shapes: what a layer makes of tensors of given shapes, and the padding and weights it needs.

Owns the arithmetic of windows. Must not know how layers are linked, computed or drawn.
Shapes are (C, H, W) for maps and (n,) for vectors.

Source: the output sizes of convolution and pooling, Dumoulin and Visin, "A guide to
convolution arithmetic for deep learning", arXiv:1603.07285.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import singledispatch
from math import prod

from xlconv.errors import NetworkError
from xlconv.network.layers.base import (
    Add,
    AvgPool2D,
    BatchNorm2D,
    Concat,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    KernelDemo,
    Layer,
    LeakyReLU,
    MaxPool2D,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    Windowed,
    pair,
    sources,
)

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


def dilation(layer: Windowed) -> tuple[int, int]:
    """How far apart the cells of a window are, in rows and columns."""
    return pair(layer.dilation) if isinstance(layer, Conv2D) else (1, 1)


def extent(layer: Windowed) -> tuple[int, int]:
    """The rows and columns that a window covers, the gaps of its dilation included."""
    rows, columns = (
        (size - 1) * apart + 1
        for size, apart in zip(pair(layer.size), dilation(layer), strict=True)
    )
    return rows, columns


def padding(layer: Layer, shape: Shape) -> Margin:
    """The cells that a layer reads around maps of `shape`."""
    if not isinstance(layer, Windowed) or layer.padding == "valid" or len(shape) != 3:
        return NO_MARGIN
    if layer.padding != "same":
        down, across = pair(layer.padding)
        return Margin(down, down, across, across)
    sides: list[int] = []
    for length, size, stride in zip(shape[1:], extent(layer), pair(layer.stride), strict=True):
        total = max((-(-length // stride) - 1) * stride + size - length, 0)
        sides += [total // 2, total - total // 2]
    return Margin(*sides)


def channels_read(layer: Conv2D, channels: int, output: int) -> range:
    """The numbers, from 0, of the input maps that an output map reads: those of its group."""
    each = channels // layer.groups
    first = output // (layer.kernels // layer.groups) * each
    return range(first, first + each)


@singledispatch
def output_shape(layer: Layer, *shapes: Shape) -> Shape:
    """The shape of the tensor that a layer makes of those that it reads.

    Raises NetworkError, naming the layer, the shapes and a remedy, where it makes none.
    """
    raise NotImplementedError(f"no output shape for {type(layer).__name__}")


def _needs_maps(layer: Layer, shape: Shape) -> None:
    if len(shape) != 3:
        raise NetworkError(
            f"layer {layer.name!r} ({type(layer).__name__}) needs maps of shape C x H x W but "
            f"reads a vector of {shape_text(shape)}; put it before the dense layer"
        )


def _slid(layer: Windowed, shape: Shape, what: str, remedy: str) -> tuple[int, int]:
    """The rows and columns that windows make, sliding over padded maps."""
    _needs_maps(layer, shape)
    margin, covered = padding(layer, shape), extent(layer)
    padded = (shape[1] + margin.top + margin.bottom, shape[2] + margin.left + margin.right)
    if covered[0] > padded[0] or covered[1] > padded[1]:
        raise NetworkError(
            f"layer {layer.name!r}: {what} of {shape_text(covered)} is larger than its padded map "
            f"of {shape_text(padded)} (map {shape_text(shape[1:])}); {remedy}"
        )
    rows, columns = (
        (length - size) // stride + 1
        for length, size, stride in zip(padded, covered, pair(layer.stride), strict=True)
    )
    return rows, columns


_SMALLER = 'use a smaller size or padding = "same"'


@output_shape.register
def _conv_shape(layer: Conv2D, shape: Shape) -> Shape:
    slid = _slid(layer, shape, "a kernel", _SMALLER)
    if shape[0] % layer.groups:
        raise NetworkError(
            f"layer {layer.name!r}: {shape[0]} input maps cannot be parted into {layer.groups} "
            "groups; give a number of groups that divides them"
        )
    return layer.kernels, *slid


@output_shape.register
def _demo_shape(layer: KernelDemo, shape: Shape) -> Shape:
    return shape[0], *_slid(layer, shape, "a kernel", _SMALLER)


@output_shape.register(MaxPool2D)
@output_shape.register(AvgPool2D)
def _pool_shape(layer: MaxPool2D | AvgPool2D, shape: Shape) -> Shape:
    slid = _slid(layer, shape, "a pool window", "use a smaller size or leave the layer out")
    return shape[0], *slid


@output_shape.register(ReLU)
@output_shape.register(LeakyReLU)
@output_shape.register(Tanh)
@output_shape.register(Sigmoid)
@output_shape.register(Dropout)
def _cellwise_shape(layer: Layer, shape: Shape) -> Shape:
    return shape


@output_shape.register
def _norm_shape(layer: BatchNorm2D, shape: Shape) -> Shape:
    _needs_maps(layer, shape)
    return shape


@output_shape.register
def _global_shape(layer: GlobalAvgPool2D, shape: Shape) -> Shape:
    _needs_maps(layer, shape)
    return (shape[0],)


@output_shape.register
def _add_shape(layer: Add, *shapes: Shape) -> Shape:
    _same(layer, shapes, shapes, "Add", "a 1x1 Conv2D on one of them can make them equal")
    return shapes[0]


@output_shape.register
def _concat_shape(layer: Concat, *shapes: Shape) -> Shape:
    sizes = [shape[1:] for shape in shapes]
    _same(layer, shapes, sizes, "Concat", "maps must have equal height and width")
    return sum(shape[0] for shape in shapes), *shapes[0][1:]


def _same(
    layer: Layer, shapes: Iterable[Shape], compared: Iterable[Shape], kind: str, remedy: str
) -> None:
    if len(set(compared)) > 1:
        read = ", ".join(
            f"{name} {shape_text(shape)}"
            for name, shape in zip(sources(layer), shapes, strict=True)
        )
        raise NetworkError(f"layer {layer.name!r} ({kind}) reads {read}: {remedy}")


@output_shape.register
def _flat_shape(layer: Flatten, shape: Shape) -> Shape:
    return (prod(shape),)


@output_shape.register
def _dense_shape(layer: Dense, shape: Shape) -> Shape:
    return (layer.units,)


@output_shape.register
def _softmax_shape(layer: Softmax, shape: Shape) -> Shape:
    if len(shape) != 1:
        raise NetworkError(
            f"layer {layer.name!r} (Softmax) needs a vector but reads maps of "
            f"{shape_text(shape)}; put a Dense layer before it"
        )
    return shape


@singledispatch
def weight_shapes(layer: Layer, *shapes: Shape) -> dict[str, Shape]:
    """The shapes of a layer's weights, by their short names, for inputs of `shapes`."""
    return {}


@weight_shapes.register
def _conv_weights(layer: Conv2D, shape: Shape) -> dict[str, Shape]:
    weight = {"weight": (layer.kernels, shape[0] // layer.groups, *pair(layer.size))}
    return weight | ({"bias": (layer.kernels,)} if layer.bias else {})


@weight_shapes.register
def _demo_weights(layer: KernelDemo, shape: Shape) -> dict[str, Shape]:
    return {"presets": (len(layer.kernels), *pair(layer.size))}


@weight_shapes.register
def _norm_weights(layer: BatchNorm2D, shape: Shape) -> dict[str, Shape]:
    return dict.fromkeys(("mean", "variance", "scale", "shift"), (shape[0],))


@weight_shapes.register
def _dense_weights(layer: Dense, shape: Shape) -> dict[str, Shape]:
    weight: dict[str, Shape] = {"weight": (layer.units, prod(shape))}
    return weight | ({"bias": (layer.units,)} if layer.bias else {})


@singledispatch
def inner_shapes(layer: Layer, shape: Shape) -> dict[str, Shape]:
    """The shapes of what a layer shows on its way to its tensor, by short names."""
    return {}


@inner_shapes.register
def _demo_inner(layer: KernelDemo, shape: Shape) -> dict[str, Shape]:
    return {"kernel": (1, *pair(layer.size))}


@inner_shapes.register
def _dropout_inner(layer: Dropout, shape: Shape) -> dict[str, Shape]:
    return {"random": shape, "mask": shape}


def map_count(shape: Shape) -> int:
    """How many maps a tensor has; a vector is drawn as one column."""
    return shape[0] if len(shape) == 3 else 1


def shape_text(shape: Iterable[int]) -> str:
    """A shape for people.

    >>> shape_text((2, 28, 28))
    '2x28x28'
    """
    return "x".join(map(str, shape))
