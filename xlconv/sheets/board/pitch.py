"""The pitch of a tensor: how many rows lie from one of its maps to the next.

A map needs its title, the padding that its readers want, and room for the weights beside it.
Must not know columns, formulas, values or looks.
"""

from __future__ import annotations

from functools import reduce, singledispatch

from xlconv.network.layers.base import Layer, source, sources
from xlconv.network.layers.convolution import Conv2D, KernelDemo
from xlconv.network.layers.dropout import Dropout
from xlconv.network.layers.merging import Add, Concat
from xlconv.network.layers.normalization import BatchNorm2D
from xlconv.network.network import INPUT, Network
from xlconv.network.shapes import Margin, map_count

KERNEL_ROWS = 14  # the rows that kernels may take beside a map that is lower


class Pitches:
    """The rows of a network's maps. `top` and `bottom` are the rows of padding above and below
    every map: the same for all, so that the maps of neighbouring layers stand in line."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._pitches: dict[str, int] = {}
        self.rings = {tensor: ring(network, tensor) for tensor in network.shapes}
        self.top = max(margin.top for margin in self.rings.values())
        self.bottom = max(margin.bottom for margin in self.rings.values())

    def of(self, tensor: str) -> int:
        """Rows from one map of a tensor to the next: title, ring, map, ring, gap."""
        if tensor not in self._pitches:
            self._pitches[tensor] = self._pitch(tensor)
        return self._pitches[tensor]

    def _pitch(self, tensor: str) -> int:
        shape = self._network.shapes[tensor]
        if len(shape) == 1:
            return 1 + self.top + shape[0]
        rows = 1 + self.top + shape[1] + self.bottom + 1
        if tensor == INPUT:
            return rows
        layer = self._network.layer(tensor)
        rows = max(rows, 1 + self.top + weight_rows(layer, self._network) + 1)
        for before in sources(layer):
            if map_count(self._network.shapes[before]) == shape[0]:
                rows = max(rows, self.of(before))
        return rows


def ring(network: Network, tensor: str) -> Margin:
    """The empty cells that the readers of a tensor need around its maps."""
    shape = network.shapes[tensor]
    return reduce(
        Margin.union, (layer.margin(shape) for layer in network.readers(tensor)), Margin()
    )


@singledispatch
def weight_rows(layer: Layer, network: Network) -> int:
    """The rows that one map's weights take."""
    return 0


def kernel_grid(layer: Conv2D, network: Network) -> tuple[int, int]:
    """How many rows and columns of kernels stand beside one map: one column as long as it is
    not much higher than the map."""
    channels = len(layer.channels_read(network.shapes[source(layer)][0], 0))
    height = network.shapes[layer.name][1]
    lines = (max(height, KERNEL_ROWS) - 2) // (1 + layer.window.extent[0])
    lines = max(1, min(channels, lines))
    return lines, -(-channels // lines)


@weight_rows.register
def _conv_rows(layer: Conv2D, network: Network) -> int:
    """Kernels with a caption each, then the bias with its own."""
    lines, _ = kernel_grid(layer, network)
    return lines * (1 + layer.window.extent[0]) + (2 if layer.bias else 0)


@weight_rows.register
def _norm_rows(layer: BatchNorm2D, network: Network) -> int:
    return 4


@weight_rows.register
def _dropout_rows(layer: Dropout, network: Network) -> int:
    return 12


@weight_rows.register
def _demo_rows(layer: KernelDemo, network: Network) -> int:
    return max(8 + layer.window.extent[0] + len(layer.kernels), preset_lines(layer, network)[1])


@weight_rows.register(Add)
@weight_rows.register(Concat)
def _read_rows(layer: Add | Concat, network: Network) -> int:
    return 2 * len(sources(layer))


def preset_lines(layer: KernelDemo, network: Network) -> tuple[int, int]:
    """How many presets stand in a column, and the rows that they take."""
    height = layer.window.extent[0] + 2
    shown = max(network.shapes[layer.name][1], 3 * height)
    lines = min(len(layer.kernels), shown // height)
    return lines, lines * height
