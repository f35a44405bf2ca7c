"""Reshaping in NumPy: forward, and a gradient's way back.

Must not know how a workbook computes the same.
"""

from xlconv.network.layers.reshaping import Flatten
from xlconv.network.model import Array
from xlconv.reference.layers.base import Weights, apply
from xlconv.reference.layers.gradient import Batch, Learning, Pass, propagate, to_one


@apply.register
def _flatten(layer: Flatten, weights: Weights, x: Array) -> Array:
    if layer.order == "hwc" and x.ndim == 3:
        x = x.transpose(1, 2, 0)
    return x.reshape(-1)


# ---- backward


@propagate.register
def _flatten_gradient(
    layer: Flatten, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    if x.ndim == 4 and layer.order == "hwc":
        moved = x.transpose(0, 2, 3, 1)
        return Pass(
            moved.reshape(len(x), -1),
            to_one(lambda gradient: gradient.reshape(moved.shape).transpose(0, 3, 1, 2)),
        )
    return Pass(x.reshape(len(x), -1), to_one(lambda gradient: gradient.reshape(x.shape)))
