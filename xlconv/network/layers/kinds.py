"""The kinds of layers by their names. A new family is a word here; a new kind of a family is none.

Must not know anything about a kind.
"""

from importlib import import_module

from xlconv.network.layers.base import Layer

# The same files stand in `reference.layers` and `formulas.layers`.
FAMILIES = (
    *("convolution", "normalization", "activation", "pooling", "merging", "dropout"),
    *("reshaping", "dense"),
)
KINDS: dict[str, type[Layer]] = {
    kind.__name__: kind
    for family in FAMILIES
    for kind in import_module(f"xlconv.network.layers.{family}").KINDS
}
