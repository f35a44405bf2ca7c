"""Dense in NumPy: forward, and a gradient's way back.

Must not know how a workbook computes the same.
"""

from xlconv.network.layers.dense import Dense
from xlconv.network.model import Array
from xlconv.reference.layers.base import Weights, apply
from xlconv.reference.layers.gradient import Batch, Learning, Pass, propagate, to_one


@apply.register
def _dense(layer: Dense, weights: Weights, x: Array) -> Array:
    result: Array = weights["weight"] @ x.reshape(-1)
    return result + weights["bias"] if layer.bias else result


# ---- backward


@propagate.register
def _dense_gradient(
    layer: Dense, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    weight = weights["weight"]
    rows = x.reshape(len(x), -1)
    output = rows @ weight.T
    if layer.bias:
        output += weights["bias"]

    def to_weights(gradient: Batch) -> dict[str, Batch]:
        bias = {"bias": gradient.sum(axis=0)} if layer.bias else {}
        return {"weight": gradient.T @ rows} | bias

    return Pass(output, to_one(lambda gradient: (gradient @ weight).reshape(x.shape)), to_weights)
