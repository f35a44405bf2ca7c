"""Every family's rules, registered: whoever needs a layer's rules takes them from here.

Must not know anything about a kind.
"""

from __future__ import annotations

from xlconv.formulas.layers import (  # noqa: F401 - importing them registers their kinds
    activation,
    convolution,
    dense,
    dropout,
    merging,
    normalization,
    pooling,
    reshaping,
)
from xlconv.formulas.layers.base import cell_text, layer_rules

__all__ = ["cell_text", "layer_rules"]
