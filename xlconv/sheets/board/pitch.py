"""The pitch of a tensor: how many rows lie from one of its maps to the next.

A map needs its title, the padding that its readers want, and room for the weights beside it.
Must not know columns, formulas, values or looks.
"""

from functools import reduce

from xlconv.network.layers.base import sources
from xlconv.network.network import INPUT, Network
from xlconv.network.shapes import Margin, map_count
from xlconv.sheets.board.furniture import TITLE_ROWS, apart, furniture

HEAD_ROWS = 3  # name, shape, words: frozen at the top of the board
MAP_HEAD = TITLE_ROWS + 1  # a map's title and the numbers of its columns; its padding follows


class Pitches:
    """The rows of a network's maps. `top` and `bottom` are the rows of padding above and below
    every map: the same for all, so that the maps of neighbouring layers stand in line."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._pitches: dict[str, int] = {}
        self.rings = {tensor: ring(network, tensor) for tensor in network.shapes}
        self.top = max(margin.top for margin in self.rings.values())
        self.bottom = max(margin.bottom for margin in self.rings.values())
        self.skips = _skips(network)
        lanes = max((lane for _, _, lane in self.skips), default=0)
        # Below the titles: the lines, an empty row, the maps' titles, the padding.
        self.first = HEAD_ROWS + lanes + 2 + self.above

    @property
    def above(self) -> int:
        """Rows from a map's title to its first row."""
        return MAP_HEAD + self.top

    def of(self, tensor: str) -> int:
        """Rows from one map of a tensor to the next: title, ring, map, ring, gap."""
        if tensor not in self._pitches:
            self._pitches[tensor] = self._pitch(tensor)
        return self._pitches[tensor]

    def top_of(self, tensor: str, number: int) -> int:
        """The first row of a tensor's map; a colour picture itself stands above its first one."""
        number += tensor == INPUT and self._network.in_colour
        return self.first + number * self.of(tensor) if number else self.first

    def _pitch(self, tensor: str) -> int:
        shape = self._network.shapes[tensor]
        if len(shape) == 1:
            return self.above + shape[0]
        rows = self.above + shape[1] + self.bottom + 1
        if tensor == INPUT:
            return rows
        layer = self._network.layer(tensor)
        if not apart(layer, self._network):
            rows = max(rows, self.above + furniture(layer, self._network, self, 0, 1).rows + 1)
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


def _skips(network: Network) -> list[tuple[str, str, int]]:
    """The readings of a tensor further back than the one before, each with the number of the
    first line from 1 that is free all the way."""
    order = {tensor: number for number, tensor in enumerate(network.shapes)}
    ends: list[int] = []
    skips = []
    for tensor in network.shapes:
        for layer in network.readers(tensor):
            if order[layer.name] - order[tensor] < 2:
                continue
            free = next((n for n, end in enumerate(ends) if end <= order[tensor]), len(ends))
            ends[free : free + 1] = [order[layer.name]]
            skips.append((tensor, layer.name, free + 1))
    return skips
