"""The kinds of layers by their names. A new family is a line here; a new kind of a family is none.

Must not know anything about a kind.
"""

from __future__ import annotations

from xlconv.network.layers import (
    activation,
    convolution,
    dense,
    dropout,
    merging,
    normalization,
    pooling,
    reshaping,
)
from xlconv.network.layers.base import Layer

FAMILIES = (
    convolution,
    normalization,
    activation,
    pooling,
    merging,
    dropout,
    reshaping,
    dense,
)
KINDS: dict[str, type[Layer]] = {
    kind.__name__: kind for family in FAMILIES for kind in family.KINDS
}
