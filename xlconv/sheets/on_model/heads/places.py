"""Where it is computed on Model what a network's last layers cost, and with which sizes at first.

Must not know formulas, values or looks.
"""

from dataclasses import dataclass

from xlconv.network.layers.base import source
from xlconv.network.layers.pooling import GlobalAvgPool2D
from xlconv.network.network import Network
from xlconv.spreadsheet.cells import Cell, Range

WORDS, FIRST = 2, 5  # columns: the words, and the first of the networks' sizes
SIZES = ("maps", "rows", "columns", "first", "second", "classes")
COSTS = ("averaged", "flat", "deep", "times")
VGG = (512.0, 7.0, 7.0, 4096.0, 4096.0, 1000.0)  # Simonyan and Zisserman, arXiv:1409.1556
_UNITS = 128.0  # of each of the two dense layers that the network might have instead
ROWS = 1 + len(SIZES) + len(COSTS) + 2  # its head, and what keeps it clear of what follows


@dataclass(frozen=True)
class HeadPlaces:
    """The table: in `top` its title, below it the names of the networks, then a row for each size
    and each cost; a column for this network, and one for VGG-16."""

    top: int

    @property
    def names(self) -> Range:
        """The heads of both columns."""
        return Range(self.top, FIRST, 1, 2)

    def sizes(self, network: int) -> Range:
        """The yellow cells of a network, 0 for this one, 1 for VGG-16."""
        return Range(self.top + 1, FIRST + network, len(SIZES), 1)

    def cost(self, what: str, network: int) -> Cell:
        """What a way to end a network costs."""
        return Cell(self.top + 1 + len(SIZES) + COSTS.index(what), FIRST + network)

    @property
    def classes(self) -> Cell:
        """The number of this network's classes."""
        return self.sizes(0).last


def has_head(network: Network) -> bool:
    """Whether there is something to compare: the last maps are averaged before the classes."""
    return len(network.shapes[network.output]) == 1 and _average(network) is not None


def first_sizes(network: Network) -> tuple[float, ...]:
    """The sizes that stand there at first: this network's, then VGG-16's."""
    average = _average(network)
    assert average is not None
    maps = tuple(map(float, network.shapes[source(average)]))
    return (*maps, _UNITS, _UNITS, float(network.shapes[network.output][0]), *VGG)


def _average(network: Network) -> GlobalAvgPool2D | None:
    """The layer that makes means of the last maps."""
    found = [one for one in network.layers if isinstance(one, GlobalAvgPool2D)]
    return found[-1] if found else None
