"""Names: which of a network's weights an array is, as other programs call them.

`module.conv1.weight`, `model/conv1/kernel:0`, `bn1.running_mean`: the last part says what it
is, the part before it, or several of them joined by `_`, are the layer's name; what stands before
that is another program's. A layer that cannot have its name here, as a spreadsheet reads `bn1` as
a cell, may have the one that is suggested for it, `norm1`, or `bn_1`. Owns those words; must not
know files, shapes or numbers.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from xlconv.errors import WeightsError
from xlconv.network.names import suggested_name
from xlconv.network.network import Network
from xlconv.spreadsheet.cells import looks_like_reference

# What others call a layer's weights, by xlconv's names. A `weight` or `bias` of batch
# normalisation is its scale and its shift: no layer has both words.
WORDS = {
    "weight": ("weight", "weights", "kernel", "depthwise_kernel", "w"),
    "bias": ("bias", "biases", "b"),
    "scale": ("scale", "gamma", "weight"),
    "shift": ("shift", "beta", "bias", "offset"),
    "mean": ("mean", "moving_mean", "running_mean", "input_mean"),
    "variance": ("variance", "var", "moving_variance", "moving_var", "running_var", "input_var"),
    "presets": ("presets",),
}
# What frameworks keep beside a layer's weights, and no computation reads.
_COUNTS = ("num_batches_tracked", "seed_generator_state")
_MOST_PARTS = 40  # of a name that are looked at


@dataclass(frozen=True)
class Naming:
    """Which array is which: the file's name of each of the network's weights that is there, and
    what in the file is none, because frameworks count in it or because nothing is called so."""

    theirs: Mapping[str, str]
    counts: tuple[str, ...]
    unknown: tuple[str, ...]


def naming_of(network: Network, names: Iterable[str]) -> Naming:
    """What the arrays of a file are. WeightsError where two would be the same."""
    known, weights = _known(network), network.all_weights
    theirs: dict[str, str] = {}
    counts, unknown = [], []
    for name in names:
        own = name if name in weights else _own(name, known)
        if own in theirs:
            raise WeightsError(
                f"both {theirs[own]!r} and {name!r} would be {own!r} of {network.name!r}; "
                "leave one of them out"
            )
        if own is not None:
            theirs[own] = name
        elif re.split(r"[./]", name)[-1].partition(":")[0] in _COUNTS:
            counts.append(name)
        else:
            unknown.append(name)
    return Naming(theirs, tuple(counts), tuple(unknown))


def says_kernel(name: str) -> bool:
    """Whether a name is one of Keras's, where axes stand in another order."""
    return word_of(name).endswith("kernel")


def word_of(name: str) -> str:
    """The last part of a name, which says what an array is."""
    return _parts(name)[-1].casefold()


def _known(network: Network) -> dict[tuple[str, str], str]:
    """The network's weights by what they may be called: the layer's name and a word."""
    return {
        (layer.name.casefold(), word): own
        for layer in network.layers
        for own in network.weights(layer)
        for word in WORDS.get(own.partition(".")[2], (own.partition(".")[2],))
    }


def _parts(name: str) -> list[str]:
    """A name's parts, without the number that TensorFlow counts a tensor by."""
    return re.split(r"[./]", re.sub(r":\d+$", "", name))[-_MOST_PARTS:]


def _own(name: str, known: Mapping[tuple[str, str], str]) -> str | None:
    *path, word = (part.casefold() for part in _parts(name))
    found = (known.get((layer, word)) for layer in _layers(path))
    return next((own for own in found if own is not None), None)


def _layers(path: list[str]) -> Iterator[str]:
    """The names that a layer may have by a path, the longest first."""
    for begin in range(len(path)):
        name = "_".join(path[begin:])
        yield name
        if looks_like_reference(name):
            yield from (suggested_name(name), re.sub(r"(\d+)$", r"_\1", name), f"{name}_")
