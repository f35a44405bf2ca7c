"""What a network says of each picture of its gallery, in words: when a workbook is built, once.

Must not know cells.
"""

import re

import numpy as np

from xlconv.network.model import Array, Model
from xlconv.network.network import Network, found_words
from xlconv.training.loss import layer_passes

UNSURE = 80  # per cent, below which a network is called unsure
_AT_ONCE = 50  # pictures
_SHARE = re.compile(r", (\d+) %")


def said_of(model: Model, pictures: Array) -> tuple[str, ...]:
    """What a network says of each picture: "says 9, 60 %"; nothing where it tells no classes."""
    network = model.network
    if len(network.labels) < 2 or network.answers == "none":
        return ("",) * len(pictures)
    found: list[str] = []
    for start in range(0, len(pictures), _AT_ONCE):
        passes = layer_passes(network, model.weights, pictures[start : start + _AT_ONCE])
        outputs = np.asarray(passes[network.output].output, dtype=np.float64)
        found += [_words(network, output) for output in outputs]
    return tuple(found)


def _words(network: Network, output: Array) -> str:
    if not np.isfinite(output).all():
        return ""
    share = ""
    if network.answers == "one" and network.layer(network.output).shares:
        share = f", {round(100 * float(output.max()))} %"
    return f"says {found_words(network, output)}{share}"


def is_unsure(said: str) -> bool:
    """Whether a network was unsure of what it said.

    >>> is_unsure("says 9, 60 %"), is_unsure("says 9, 97 %"), is_unsure("says 3, 7")
    (True, False, False)
    """
    share = _SHARE.search(said)
    return share is not None and int(share[1]) < UNSURE
