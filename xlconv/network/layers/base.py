"""Layers: small frozen dataclasses, one a kind, with their settings.

Owns what can be set and which values make sense by themselves. Must not know shapes, nor
how layers are linked, computed, drawn or written. A layer makes one tensor, which has its
name. Settings that are named in `controls` stand in cells of their own on the board, where
people change them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from xlconv.errors import NetworkError
from xlconv.spreadsheet.cells import SMALLEST_NUMBER

ACTIVATIONS = ("relu",)
ORDERS = ("chw", "hwc")
Pair = int | tuple[int, int]
MAX_LIST_LENGTH = 250
_LISTED = re.compile(r"[^\W\d_]([\w -]*[\w-])?")


def _pair(layer: str, setting: str, value: Pair, least: int = 1) -> tuple[int, int]:
    pair = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(pair) != 2 or not all(type(number) is int and number >= least for number in pair):
        raise NetworkError(
            f"layer {layer!r}: {setting} is {value!r}; give one whole number from {least}, "
            "or two of them for rows and columns"
        )
    return pair[0], pair[1]


def _positive(layer: str, setting: str, value: int) -> None:
    if type(value) is not int or value < 1:
        raise NetworkError(f"layer {layer!r}: {setting} is {value!r}; give a whole number from 1")


def _true_or_false(layer: str, setting: str, value: bool) -> None:
    if type(value) is not bool:
        raise NetworkError(f"layer {layer!r}: {setting} is {value!r}; give true or false")


def _one_of(layer: str, setting: str, value: object, allowed: Iterable[str]) -> None:
    if value not in (names := tuple(allowed)):
        raise NetworkError(
            f"layer {layer!r}: {setting} is {value!r}; give one of {', '.join(names)}"
        )


def _share(layer: str, setting: str, value: float, one: bool = False) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not (0 <= value < 1 or (one and value == 1)):
        end = "to" if one else "below"
        raise NetworkError(f"layer {layer!r}: {setting} is {value!r}; give a number from 0 {end} 1")
    if 0 < value < SMALLEST_NUMBER:
        raise NetworkError(
            f"layer {layer!r}: {setting} is {value!r}, smaller than any number of a spreadsheet "
            f"but 0; give 0, or a number from {SMALLEST_NUMBER:.2e}"
        )


def _padding(layer: str, value: str | Pair) -> str | tuple[int, int]:
    if isinstance(value, str):
        if value not in ("same", "valid"):
            raise NetworkError(
                f'layer {layer!r}: padding is {value!r}; give "same", "valid", a whole number '
                "from 0, or two of them for rows and columns"
            )
        return value
    return _pair(layer, "padding", value, least=0)


@dataclass(frozen=True)
class Layer:
    """An operator with its settings. `inputs` names the tensors that it reads; left empty,
    it reads the tensor of the layer before it."""

    name: str

    reads: ClassVar[tuple[int, int]] = (1, 1)  # how many tensors, at least and at most
    controls: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True)
class Conv2D(Layer):
    """Cross-correlation of input maps with a kernel for each of them, summed, plus a bias.

    `size`, `stride` and `dilation` are one number or (rows, columns). `padding` is "valid"
    (none), "same" (as many zeros as make the output ceil(size / stride); where the number is
    odd the extra row and column stand at the bottom and the right), a number for all sides,
    or (rows, columns). With `dilation` d a kernel's numbers are d cells apart. With `groups`,
    input and output maps are parted into so many groups, and an output map reads those of its
    own group alone (as many groups as maps: a depthwise convolution).
    `activation = "relu"` is applied in the same formula.
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

    def __post_init__(self) -> None:
        _positive(self.name, "kernels", self.kernels)
        _positive(self.name, "groups", self.groups)
        for setting in ("size", "stride", "dilation"):
            value = _pair(self.name, setting, getattr(self, setting))
            object.__setattr__(self, setting, value)
        object.__setattr__(self, "padding", _padding(self.name, self.padding))
        _true_or_false(self.name, "bias", self.bias)
        if self.activation is not None:
            _one_of(self.name, "activation", self.activation, ACTIVATIONS)
        if self.kernels % self.groups:
            raise NetworkError(
                f"layer {self.name!r}: {self.kernels} kernels cannot be parted into "
                f"{self.groups} groups; give a multiple of it"
            )


@dataclass(frozen=True)
class KernelDemo(Layer):
    """Cross-correlation of every map with one kernel, chosen by name from a list on the board.

    `kernels` are the names, `chosen` is one of them; their numbers are the layer's weights
    `presets`. There is no bias.
    """

    kernels: tuple[str, ...]
    chosen: str
    size: Pair = 3
    padding: str | Pair = "same"
    inputs: tuple[str, ...] = ()

    controls: ClassVar[tuple[str, ...]] = ("chosen",)

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
        if len(",".join(names)) > MAX_LIST_LENGTH:
            raise NetworkError(
                f"layer {self.name!r}: the names of the kernels are longer than the "
                f"{MAX_LIST_LENGTH} characters of a drop-down list; use fewer or shorter ones"
            )
        _one_of(self.name, "chosen", self.chosen, names)
        object.__setattr__(self, "size", _pair(self.name, "size", self.size))
        object.__setattr__(self, "padding", _padding(self.name, self.padding))

    @property
    def stride(self) -> Pair:
        return 1, 1


@dataclass(frozen=True)
class BatchNorm2D(Layer):
    """(x - mean) / sqrt(variance + epsilon) * scale + shift, with four numbers a map.

    Mean and variance are those that training kept; scale and shift were learned.
    """

    epsilon: float = 1e-5
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        value = self.epsilon
        if type(value) is not float or not 1e-15 <= value < 1:
            raise NetworkError(
                f"layer {self.name!r}: epsilon is {value!r}; give a number such as 0.00001"
            )


@dataclass(frozen=True)
class ReLU(Layer):
    """max(0, x), cell by cell."""

    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeakyReLU(Layer):
    """x where it is positive, else slope * x."""

    slope: float = 0.01
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _share(self.name, "slope", self.slope)
        object.__setattr__(self, "slope", float(self.slope))


@dataclass(frozen=True)
class Tanh(Layer):
    """The hyperbolic tangent, cell by cell: from -1 to 1."""

    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sigmoid(Layer):
    """1 / (1 + exp(-x)), cell by cell: from 0 to 1, each by itself.

    Where it ends a network, every class from `threshold` on counts as found.
    """

    threshold: float = 0.5
    inputs: tuple[str, ...] = ()

    controls: ClassVar[tuple[str, ...]] = ("threshold",)

    def __post_init__(self) -> None:
        _share(self.name, "threshold", self.threshold, one=True)
        object.__setattr__(self, "threshold", float(self.threshold))


@dataclass(frozen=True)
class MaxPool2D(Layer):
    """The largest value of each window; `stride` is the window's size unless given.

    `padding` is as for `Conv2D`, but counts as nothing rather than as zeros. Rows and columns
    that fill no whole window are left out.
    """

    size: Pair = 2
    stride: Pair | None = None
    padding: str | Pair = "valid"
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_pool(self)


@dataclass(frozen=True)
class AvgPool2D(Layer):
    """The mean of each window; settings as those of `MaxPool2D`.

    Padding counts as nothing: at the edge it is the mean of the fewer cells that there are.
    """

    size: Pair = 2
    stride: Pair | None = None
    padding: str | Pair = "valid"
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_pool(self)


def _check_pool(layer: MaxPool2D | AvgPool2D) -> None:
    size = _pair(layer.name, "size", layer.size)
    stride = size if layer.stride is None else _pair(layer.name, "stride", layer.stride)
    padding = _padding(layer.name, layer.padding)
    if not isinstance(padding, str) and (padding[0] >= size[0] or padding[1] >= size[1]):
        raise NetworkError(
            f"layer {layer.name!r}: padding of {padding[0]} and {padding[1]} cells makes windows "
            f"of {size[0]} x {size[1]} that hold nothing else; use less than the size"
        )
    object.__setattr__(layer, "size", size)
    object.__setattr__(layer, "stride", stride)
    object.__setattr__(layer, "padding", padding)


@dataclass(frozen=True)
class GlobalAvgPool2D(Layer):
    """The mean of each whole map: maps become a vector with a number for each."""

    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Add(Layer):
    """The sum of tensors of one shape, cell by cell: a skip connection."""

    inputs: tuple[str, ...] = ()

    reads: ClassVar[tuple[int, int]] = (2, 1000)


@dataclass(frozen=True)
class Concat(Layer):
    """The maps of several tensors, one tensor's after the other's; vectors likewise."""

    inputs: tuple[str, ...] = ()

    reads: ClassVar[tuple[int, int]] = (2, 1000)


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

    def __post_init__(self) -> None:
        _share(self.name, "rate", self.rate)
        object.__setattr__(self, "rate", float(self.rate))
        _true_or_false(self.name, "active", self.active)
        _true_or_false(self.name, "rescale", self.rescale)


@dataclass(frozen=True)
class Flatten(Layer):
    """Maps as one vector. `order` is "chw" (map after map, each row by row: PyTorch, ONNX) or
    "hwc" (cell after cell, each through all maps: TensorFlow, Keras)."""

    order: str = "chw"
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _one_of(self.name, "order", self.order, ORDERS)


@dataclass(frozen=True)
class Dense(Layer):
    """Every output is a weighted sum of all inputs, plus a bias (fully connected).
    Maps are read in the order C, H, W."""

    units: int
    bias: bool = True
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _positive(self.name, "units", self.units)
        _true_or_false(self.name, "bias", self.bias)


@dataclass(frozen=True)
class Softmax(Layer):
    """exp(x - max x), divided by its sum: logits to probabilities."""

    inputs: tuple[str, ...] = ()


Pool = MaxPool2D | AvgPool2D
Windowed = Conv2D | KernelDemo | MaxPool2D | AvgPool2D


def pair(value: Pair | str | None) -> tuple[int, int]:
    """A layer's `size`, `stride` or `padding`, which its constructor has made a pair, as one."""
    assert isinstance(value, tuple)
    return value


def sources(layer: Layer) -> tuple[str, ...]:
    """The names of the tensors that a layer of a network reads."""
    inputs: tuple[str, ...] = getattr(layer, "inputs", ())
    return inputs


def source(layer: Layer) -> str:
    """The name of the one tensor that a layer of a network reads."""
    return sources(layer)[0]
