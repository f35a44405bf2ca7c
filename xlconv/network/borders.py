"""Borders: what lies beyond the maps of a network, where windows reach over their edge.

In a workbook the padding of maps that convolutions alone read over their edge may hold another
number than 0. Must not know where it stands.
"""

from dataclasses import replace
from typing import Literal

from xlconv.network.layers.base import Layer, source
from xlconv.network.layers.convolution import OUTSIDES, Conv2D, KernelDemo
from xlconv.network.network import Network
from xlconv.network.shapes import NO_MARGIN

Outside = float | Literal["edge"]  # a number, or the nearest cell of the map


def bordered(network: Network) -> tuple[str, ...]:
    """The tensors whose padding may hold numbers. A max or a mean does without what lies beyond:
    where a pool reads padding, it stays empty."""
    return tuple(tensor for tensor in network.shapes if _holds_numbers(network, tensor))


def _holds_numbers(network: Network, tensor: str) -> bool:
    shape = network.shapes[tensor]
    over = [one for one in network.readers(tensor) if one.margin(shape) != NO_MARGIN]
    return bool(over) and all(isinstance(one, Conv2D | KernelDemo) for one in over)


def outside_of(network: Network) -> str:
    """What the padding holds: one of OUTSIDES, the same for all of it."""
    held = (one.outside for one in network.layers if isinstance(one, Conv2D | KernelDemo))
    return max(held, key=OUTSIDES.index, default=OUTSIDES[0])


def outside_cell(outside: str) -> Outside:
    """What stands in a cell for one of OUTSIDES."""
    return "edge" if outside == "edge" else float(outside)


def with_outside(network: Network, outside: str) -> Network:
    """The network with another number in its padding, or the nearest cell of each map."""
    there = bordered(network)

    def padded(layer: Layer) -> Layer:
        if isinstance(layer, Conv2D | KernelDemo) and source(layer) in there:
            return replace(layer, outside=outside)
        return layer

    return replace(network, layers=tuple(padded(layer) for layer in network.layers))
