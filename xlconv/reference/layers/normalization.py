"""Normalization in NumPy: forward, and a gradient's way back.

Must not know how a workbook computes the same.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from xlconv.network.layers.base import source
from xlconv.network.layers.normalization import BatchNorm2D
from xlconv.network.model import Array
from xlconv.reference.layers.base import Step, Values, Weights, layer_steps, numbers
from xlconv.reference.layers.gradient import Batch, Learning, Pass, propagate, to_one


def _column(numbers: Array) -> Array:
    """Numbers for maps, one each."""
    return numbers[:, None, None]


@layer_steps.register
def _norm_steps(
    layer: BatchNorm2D, weights: Weights, values: Mapping[str, Values]
) -> Iterator[Step]:
    """Batch normalisation by the kept statistics (Ioffe and Szegedy, arXiv:1502.03167)."""
    x = numbers(values[source(layer)])
    mean, scale, shift = (_column(weights[key]) for key in ("mean", "scale", "shift"))
    deviation = np.sqrt(_column(weights["variance"]) + layer.epsilon)
    terms = (np.abs(x) + np.abs(mean)) / deviation * np.abs(scale) + np.abs(shift)
    yield Step(layer.name, (x - mean) / deviation * scale + shift, terms)


# ---- backward


@propagate.register
def _norm_gradient(
    layer: BatchNorm2D, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    """While it learns, by the batch's mean and (biased) variance; else by those that were kept."""
    own = learning is not None and layer.name not in learning.kept
    across = (0, 2, 3)
    mean = x.mean(axis=across) if own else weights["mean"]
    variance = x.var(axis=across) if own else weights["variance"]
    deviation = np.sqrt(variance + layer.epsilon)[:, None, None].astype(x.dtype)
    normal = (x - mean[:, None, None]) / deviation
    scale = weights["scale"][:, None, None]

    def to_input(gradient: Batch) -> Batch:
        back = gradient * scale
        if own:  # mean and variance depend on x, too
            along = (back * normal).mean(axis=across, keepdims=True)
            back = back - back.mean(axis=across, keepdims=True) - normal * along
        result: Batch = back / deviation
        return result

    def to_weights(gradient: Batch) -> dict[str, Batch]:
        return {"scale": (gradient * normal).sum(axis=across), "shift": gradient.sum(axis=across)}

    output = normal * scale + weights["shift"][:, None, None]
    statistics = {"mean": mean, "variance": variance} if own else {}
    return Pass(output, to_one(to_input), to_weights, statistics)
