"""Weights from a file: an .npz file's arrays as a network's weights.

Must not know how a file is read, nor what decides which array is which.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from xlconv.errors import WeightsError
from xlconv.importers.npz import Head, Use, read_arrays
from xlconv.importers.weights.fit import Fit, fit
from xlconv.importers.weights.types import check_floats
from xlconv.network.model import Array
from xlconv.network.network import Network

WEIGHTS = Use(
    error=WeightsError,
    most_bytes=160_000_000,  # twenty million numbers: more than any workbook can hold
    too_many="which no workbook can hold; leave arrays out",
    remedy="save one with numpy.savez or `xlconv train`",
    source="make it with `xlconv train`",
)
Say = Callable[[str], object]


def load_weights(
    path: Path, network: Network | None = None, layout: str | None = None, say: Say | None = None
) -> dict[str, Array]:
    """The arrays of an .npz file by name; pickled objects are refused. With a `network` their
    names and shapes become its own, or none of their numbers is read.

    `layout` "keras" turns axes that stand in Keras's order. `say` is told, a line each, which
    array is which where names differ, and which is turned. Raises WeightsError, naming the file.
    """
    if network is None:
        return read_arrays(path, WEIGHTS, lambda heads: _floats(path, heads))
    return _network_weights(path, network, layout, say, whole=True)


def starting_weights(
    path: Path, network: Network, layout: str | None = None, say: Say | None = None
) -> dict[str, Array]:
    """As `load_weights`, but some may be missing, be of other shapes or belong to no layer, as
    after a change of the network."""
    return _network_weights(path, network, layout, say, whole=False)


def _floats(path: Path, heads: Mapping[str, Head]) -> Mapping[str, Head]:
    for name, head in heads.items():
        check_floats(path, name, head)
    return heads


def _network_weights(
    path: Path, network: Network, layout: str | None, say: Say | None, whole: bool
) -> dict[str, Array]:
    fits: list[Fit] = []

    def wanted(heads: Mapping[str, Head]) -> list[str]:
        fits.append(fit(path, network, heads, layout, whole))
        return list(fits[0].theirs.values())

    arrays = read_arrays(path, WEIGHTS, wanted)
    if say is not None:
        for note in fits[0].notes:
            say(note)
    return fits[0].weights(arrays)
