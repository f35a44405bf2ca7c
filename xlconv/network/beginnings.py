"""Beginnings: of which kernels it is kept what training started from.

Must not know files or how networks learn.
"""

from math import prod

from xlconv.network.layers.base import sources
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.network import INPUT, Network

MOST = 1_000  # numbers of kernels that a sheet shows beside each other


def first_convolution(network: Network) -> Conv2D | None:
    """The convolution that reads the picture, whose kernels people can read; None if there is none,
    or its kernels are too many."""
    for layer in network.layers:
        if isinstance(layer, Conv2D) and sources(layer) == (INPUT,):
            return layer if prod(network.weight_shapes(layer)[kernels_of(layer)]) <= MOST else None
    return None


def kernels_of(layer: Conv2D) -> str:
    """The full name of a convolution's kernels."""
    return f"{layer.name}.weight"
