"""Merging in NumPy: forward, and a gradient's way back.

Must not know how a workbook computes the same.
"""

import numpy as np

from xlconv.network.layers.merging import Add, Concat
from xlconv.network.model import Array
from xlconv.reference.layers.base import Weights, apply
from xlconv.reference.layers.gradient import Batch, Learning, Pass, propagate


@apply.register
def _add(layer: Add, weights: Weights, *xs: Array) -> Array:
    total: Array = np.sum(xs, axis=0)
    return total


@apply.register
def _concat(layer: Concat, weights: Weights, *xs: Array) -> Array:
    return np.concatenate(xs)


# ---- backward


@propagate.register
def _add_gradient(
    layer: Add, weights: Weights, *xs: Batch, learning: Learning | None = None
) -> Pass:
    return Pass(sum(xs[1:], xs[0]), lambda gradient: (gradient,) * len(xs))


@propagate.register
def _concat_gradient(
    layer: Concat, weights: Weights, *xs: Batch, learning: Learning | None = None
) -> Pass:
    ends = np.cumsum([x.shape[1] for x in xs])[:-1]
    return Pass(
        np.concatenate(xs, axis=1), lambda gradient: tuple(np.split(gradient, ends, axis=1))
    )
