"""Layout: the order of a weight's axes, as Keras keeps it, and how it becomes a network's own.

Keras has a convolution's kernels as (rows, columns, input maps, kernels), those of a depthwise one
as (rows, columns, input maps, kernels a map), a dense layer's weights as (inputs, units), and it
flattens maps cell by cell, through all maps: a dense layer's inputs stand in that order, where
this network's vector may hold them map after map. Must not know files or names.

Source: Keras, `Conv2D`, `DepthwiseConv2D`, `Dense` and `Flatten`, keras.io/api/layers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import singledispatch
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlconv.network.access import Part, Unravelled, WholeMap
from xlconv.network.layers.base import Layer, source, sources
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.settings import pair
from xlconv.network.network import INPUT, Network
from xlconv.network.shapes import Shape

KERAS = "keras"
LAYOUTS = ("torch", KERAS)  # "torch": as xlconv and PyTorch keep weights

Order = NDArray[np.intp]  # for each cell of a tensor, map after map, its number in Keras's vector


@dataclass(frozen=True)
class Form:
    """How Keras keeps a weight: its shape, what its axes are, the order in which they are the
    network's, the network's shape, and, of a dense layer's inputs, the order that they get."""

    shape: Shape
    words: str
    axes: tuple[int, ...]
    own: Shape
    inputs: Order | None = None

    @property
    def reorders(self) -> bool:
        """Whether a dense layer's inputs stand in another order."""
        return self.inputs is not None and bool((np.diff(self.inputs) != 1).any())

    def turn(self, array: NDArray[Any]) -> NDArray[Any]:
        """An array of Keras's as the network's own; every number as it is."""
        made: NDArray[Any] = array.transpose(self.axes).reshape(self.own)
        return made if self.inputs is None else made[:, self.inputs]


def keras_forms(network: Network) -> dict[str, tuple[Form, ...]]:
    """How Keras may keep each of a network's weights whose axes it has in another order."""
    orders = _orders(network)
    return {
        f"{layer.name}.{key}": found
        for layer in network.layers
        for key, found in _forms(layer, network.read_shapes(layer), orders[source(layer)]).items()
    }


@singledispatch
def _forms(layer: Layer, shapes: list[Shape], order: Order | None) -> dict[str, tuple[Form, ...]]:
    """What else a layer has stands in one order everywhere."""
    return {}


@_forms.register
def _convolution(
    layer: Conv2D, shapes: list[Shape], order: Order | None
) -> dict[str, tuple[Form, ...]]:
    maps = shapes[0][0]
    size, read = pair(layer.size), maps // layer.groups
    own = (layer.kernels, read, *size)
    words = "rows, columns, input maps, kernels"
    forms = [Form((*size, read, layer.kernels), words, (3, 2, 0, 1), own)]
    if layer.groups == maps > 1:
        shape = (*size, maps, layer.kernels // maps)
        forms.append(Form(shape, f"{words} a map", (2, 3, 0, 1), own))
    return {"weight": tuple(forms)}


@_forms.register
def _dense(layer: Dense, shapes: list[Shape], order: Order | None) -> dict[str, tuple[Form, ...]]:
    if order is None:  # Keras cannot have such a layer, so no array is one of its
        return {"weight": ()}
    inputs = prod(shapes[0])
    return {
        "weight": (
            Form((inputs, layer.units), "inputs, units", (1, 0), (layer.units, inputs), order),
        )
    }


def _orders(network: Network) -> dict[str, Order | None]:
    """For each tensor, in which order Keras has its cells as a vector; None where that depends
    on which of several tensors one looks at."""
    orders: dict[str, Order | None] = {INPUT: _cell_by_cell(network.input_shape)}
    for layer in network.layers:
        orders[layer.name] = _order(network, layer, orders)
    return orders


def _order(network: Network, layer: Layer, orders: Mapping[str, Order | None]) -> Order | None:
    shape, access = network.shapes[layer.name], network.access(layer)
    if len(shape) == 3:
        return _cell_by_cell(shape)
    read = [orders[name] for name in sources(layer)]
    known = [order for order in read if order is not None]
    if isinstance(access, Unravelled) and access.order == "hwc" and len(access.shape) == 3:
        return np.arange(shape[0])
    if isinstance(access, Unravelled):
        return read[0]
    if isinstance(access, Part) and len(known) == len(read):
        lengths = [len(order) for order in known]
        before = np.cumsum([0, *lengths[:-1]])
        return np.concatenate([a + b for a, b in zip(known, before, strict=True)])
    if isinstance(layer, Dense) or isinstance(access, WholeMap):
        return np.arange(shape[0])
    same = len(known) == len(read) and all(np.array_equal(known[0], one) for one in known)
    return known[0] if same else None


def _cell_by_cell(shape: Shape) -> Order:
    channels, height, width = shape
    numbers = np.arange(prod(shape)).reshape(height, width, channels)
    return numbers.transpose(2, 0, 1).reshape(-1)
