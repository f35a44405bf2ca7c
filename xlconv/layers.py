"""Layers: small frozen dataclasses, one a kind, and the inference of shapes.

Owns each kind's settings, the zeros that it reads around a map, and the shapes of its
output and its weights. Must not know how layers are linked, computed, drawn or written.

A layer makes one tensor, which has its name. Shapes are (C, H, W) for maps and (n,) for
vectors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import singledispatch
from math import prod

from xlconv.errors import NetworkError

Shape = tuple[int, ...]

ACTIVATIONS = ("relu",)


def _pair(layer: str, setting: str, value: int | Iterable[int]) -> tuple[int, int]:
    pair = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(pair) != 2 or not all(type(number) is int and number >= 1 for number in pair):
        raise NetworkError(
            f"layer {layer!r}: {setting} is {value!r}; give one whole number from 1, "
            "or two of them for rows and columns"
        )
    return pair[0], pair[1]


def _positive(layer: str, setting: str, value: int) -> None:
    if type(value) is not int or value < 1:
        raise NetworkError(f"layer {layer!r}: {setting} is {value!r}; give a whole number from 1")


@dataclass(frozen=True)
class Layer:
    """An operator with its settings. `inputs` names the tensors that it reads; left empty,
    it reads the tensor of the layer before it."""

    name: str


@dataclass(frozen=True)
class Conv2D(Layer):
    """Cross-correlation of every input map with a kernel of its own, summed, plus a bias.

    `size` and `stride` are one number or (rows, columns). `padding` is "valid" (none),
    "same" (as many zeros as make the output ceil(size / stride); where the number is odd
    the extra row and column stand at the bottom and the right), or a number for all sides.
    `activation = "relu"` is applied in the same formula.
    """

    kernels: int
    size: int | tuple[int, int]
    stride: int | tuple[int, int] = 1
    padding: str | int = "valid"
    bias: bool = True
    activation: str | None = None
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _positive(self.name, "kernels", self.kernels)
        object.__setattr__(self, "size", _pair(self.name, "size", self.size))
        object.__setattr__(self, "stride", _pair(self.name, "stride", self.stride))
        number = type(self.padding) is int and int(self.padding) >= 0
        if not number and self.padding not in ("same", "valid"):
            raise NetworkError(
                f'layer {self.name!r}: padding is {self.padding!r}; give "same", "valid" '
                "or a whole number from 0"
            )
        if type(self.bias) is not bool:
            raise NetworkError(f"layer {self.name!r}: bias is {self.bias!r}; give true or false")
        if self.activation is not None and self.activation not in ACTIVATIONS:
            raise NetworkError(
                f"layer {self.name!r}: activation is {self.activation!r}; "
                'give "relu" or leave it out'
            )


@dataclass(frozen=True)
class ReLU(Layer):
    """max(0, x), cell by cell."""

    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class MaxPool2D(Layer):
    """The largest value of each window; `stride` is the window's size unless given.
    Rows and columns that fill no whole window are left out."""

    size: int | tuple[int, int] = 2
    stride: int | tuple[int, int] | None = None
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        size = _pair(self.name, "size", self.size)
        stride = size if self.stride is None else _pair(self.name, "stride", self.stride)
        object.__setattr__(self, "size", size)
        object.__setattr__(self, "stride", stride)


@dataclass(frozen=True)
class Dense(Layer):
    """Every output is a weighted sum of all inputs, plus a bias (fully connected).
    Maps are read in the order C, H, W."""

    units: int
    bias: bool = True
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _positive(self.name, "units", self.units)
        if type(self.bias) is not bool:
            raise NetworkError(f"layer {self.name!r}: bias is {self.bias!r}; give true or false")


@dataclass(frozen=True)
class Softmax(Layer):
    """exp(x - max x), divided by its sum: logits to probabilities."""

    inputs: tuple[str, ...] = ()


def pair(value: int | tuple[int, int] | None) -> tuple[int, int]:
    """A layer's `size` or `stride`, which its constructor has made a pair, as one."""
    assert isinstance(value, tuple)
    return value


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


@singledispatch
def padding(layer: Layer, shape: Shape) -> Margin:
    """The zeros that a layer reads around maps of `shape`."""
    return NO_MARGIN


@padding.register
def _conv_padding(layer: Conv2D, shape: Shape) -> Margin:
    if layer.padding == "valid":
        return NO_MARGIN
    if isinstance(layer.padding, int):
        return Margin(*[layer.padding] * 4)
    sides: list[int] = []
    for length, size, stride in zip(shape[1:], pair(layer.size), pair(layer.stride), strict=True):
        total = max((-(-length // stride) - 1) * stride + size - length, 0)
        sides += [total // 2, total - total // 2]
    return Margin(*sides)


@singledispatch
def output_shape(layer: Layer, shape: Shape) -> Shape:
    """The shape of the tensor that a layer makes of one of `shape`.

    Raises NetworkError, naming the layer, the shapes and a remedy, where it makes none.
    """
    raise NotImplementedError(f"no output shape for {type(layer).__name__}")


def _needs_maps(layer: Layer, shape: Shape) -> None:
    if len(shape) != 3:
        raise NetworkError(
            f"layer {layer.name!r} ({type(layer).__name__}) needs maps of shape C x H x W but "
            f"reads a vector of {shape_text(shape)}; put it before the dense layer"
        )


def _slid(length: int, size: int, stride: int) -> int:
    return (length - size) // stride + 1


@output_shape.register
def _conv_shape(layer: Conv2D, shape: Shape) -> Shape:
    _needs_maps(layer, shape)
    margin = padding(layer, shape)
    height = shape[1] + margin.top + margin.bottom
    width = shape[2] + margin.left + margin.right
    size, stride = pair(layer.size), pair(layer.stride)
    if size[0] > height or size[1] > width:
        raise NetworkError(
            f"layer {layer.name!r}: a kernel of {shape_text(size)} is larger than its padded map "
            f"of {shape_text((height, width))} (map {shape_text(shape[1:])}); use a smaller "
            'size or padding = "same"'
        )
    return layer.kernels, _slid(height, size[0], stride[0]), _slid(width, size[1], stride[1])


@output_shape.register
def _relu_shape(layer: ReLU, shape: Shape) -> Shape:
    return shape


@output_shape.register
def _pool_shape(layer: MaxPool2D, shape: Shape) -> Shape:
    _needs_maps(layer, shape)
    size, stride = pair(layer.size), pair(layer.stride)
    if size[0] > shape[1] or size[1] > shape[2]:
        raise NetworkError(
            f"layer {layer.name!r}: a pool window of {shape_text(size)} leaves nothing of a map of "
            f"{shape_text(shape[1:])}; use a smaller size or leave the layer out"
        )
    return shape[0], _slid(shape[1], size[0], stride[0]), _slid(shape[2], size[1], stride[1])


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
def weight_shapes(layer: Layer, shape: Shape) -> dict[str, Shape]:
    """The shapes of a layer's weights, by their short names, for an input of `shape`."""
    return {}


@weight_shapes.register
def _conv_weights(layer: Conv2D, shape: Shape) -> dict[str, Shape]:
    weight = {"weight": (layer.kernels, shape[0], *pair(layer.size))}
    return weight | ({"bias": (layer.kernels,)} if layer.bias else {})


@weight_shapes.register
def _dense_weights(layer: Dense, shape: Shape) -> dict[str, Shape]:
    weight: dict[str, Shape] = {"weight": (layer.units, prod(shape))}
    return weight | ({"bias": (layer.units,)} if layer.bias else {})


def sources(layer: Layer) -> tuple[str, ...]:
    """The names of the tensors that a layer of a network reads."""
    inputs: tuple[str, ...] = getattr(layer, "inputs", ())
    return inputs


def source(layer: Layer) -> str:
    """The name of the one tensor that a layer of a network reads."""
    return sources(layer)[0]


def settings(layer: Layer) -> dict[str, object]:
    """A layer's settings by name, without its name and its links."""
    names = [field.name for field in fields(layer) if field.name not in ("name", "inputs")]
    return {name: getattr(layer, name) for name in names}


def map_count(shape: Shape) -> int:
    """How many maps a tensor has; a vector is drawn as one column."""
    return shape[0] if len(shape) == 3 else 1


def shape_text(shape: Iterable[int]) -> str:
    """A shape for people.

    >>> shape_text((2, 28, 28))
    '2x28x28'
    """
    return "x".join(map(str, shape))
