"""Dropout in NumPy: forward, and a gradient's way back.

Must not know how a workbook computes the same.
"""

import zlib
from collections.abc import Iterator, Mapping

import numpy as np

from xlconv.network.layers.base import source
from xlconv.network.layers.dropout import Dropout
from xlconv.network.model import Array
from xlconv.reference.layers.base import Step, Values, Weights, layer_steps, numbers
from xlconv.reference.layers.gradient import Batch, Learning, Pass, propagate, to_one


@layer_steps.register
def _dropout_steps(
    layer: Dropout, weights: Weights, values: Mapping[str, Values]
) -> Iterator[Step]:
    """Inverted dropout (Srivastava et al., JMLR 15, 2014, section 10), with every step shown.

    The random numbers are those that `values` holds, or else drawn the same way each time.
    """
    x, name = numbers(values[source(layer)]), layer.name
    random = drawn_numbers(name, x.shape)
    if f"{name}_random" in values:
        found = numbers(values[f"{name}_random"])
        random = np.where((found >= 0) & (found < 1), found, 0.5)
    yield Step(f"{name}_random", random, np.zeros_like(random))
    kept = np.where(numbers(values[f"{name}_random"]) < layer.rate, 0.0, 1.0)
    yield Step(f"{name}_mask", kept, np.zeros_like(kept))
    mask = numbers(values[f"{name}_mask"])
    share = np.array([(mask == 0).sum() / np.isfinite(mask).sum()])
    yield Step(f"{name}_share", share, share)
    factor = np.array([1.0 / (1.0 - layer.rate) if layer.rescale else 1.0])
    yield Step(f"{name}_factor", factor, factor / (1.0 - layer.rate))
    made = x * mask * numbers(values[f"{name}_factor"]) if layer.active else x
    yield Step.measured(name, made)


def drawn_numbers(name: str, shape: tuple[int, ...]) -> Array:
    """Random numbers from 0 to 1 for a layer of this name: the same each time, with the 15
    digits that spreadsheets keep."""
    random = np.random.default_rng(zlib.crc32(name.encode())).random(shape)
    return np.round(random, 15)


# ---- backward


@propagate.register
def _dropout_gradient(
    layer: Dropout, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    if learning is None:
        return Pass(x, to_one(lambda gradient: gradient))
    kept = learning.random.random(x.shape, dtype=np.float32) >= layer.rate
    factor = (kept / (1 - layer.rate) if layer.rescale else kept).astype(x.dtype)
    return Pass(x * factor, to_one(lambda gradient: gradient * factor))
