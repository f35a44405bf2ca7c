"""Which tensors can be negative: it decides the colours of their maps.

Must not know colours.
"""

from __future__ import annotations

from xlconv.network.layers.base import (
    Add,
    AvgPool2D,
    Concat,
    Conv2D,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    LeakyReLU,
    MaxPool2D,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    sources,
)
from xlconv.network.network import INPUT, Network

# Layers of which nothing negative comes where nothing negative went in.
PASSING = (MaxPool2D, AvgPool2D, GlobalAvgPool2D, Add, Concat, Dropout, Flatten, LeakyReLU, Tanh)


def signed(network: Network, tensor: str) -> bool:
    """Whether a tensor's values can be negative."""
    if tensor == INPUT:
        return False
    layer = network.layer(tensor)
    if isinstance(layer, PASSING):
        return any(signed(network, name) for name in sources(layer))
    rectified = isinstance(layer, Conv2D) and layer.activation == "relu"
    return not (rectified or isinstance(layer, ReLU | Softmax | Sigmoid))
