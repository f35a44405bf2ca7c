"""Every family's forward and backward, registered: whoever computes a layer takes it from here.

Must not know anything about a kind.
"""

from __future__ import annotations

from xlconv.reference.layers import (  # noqa: F401 - importing them registers their kinds
    activation,
    convolution,
    dense,
    dropout,
    merging,
    normalization,
    pooling,
    reshaping,
)
from xlconv.reference.layers.base import apply, layer_steps
from xlconv.reference.layers.gradient import propagate

__all__ = ["apply", "layer_steps", "propagate"]
