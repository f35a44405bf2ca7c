"""The reference: what a network computes, in the plainest float64 NumPy.

Must not know how a workbook computes the same: its agreement with the formulas is
what xlconv proves, so nothing here may import `formulas`, `rules` or `lower`.
Convolutions are sums of shifted maps, one for each place of the kernel, where the
formulas take one window after the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch

import numpy as np

from xlconv.errors import ImageError
from xlconv.network import (
    INPUT,
    Array,
    Conv2D,
    Dense,
    Layer,
    MaxPool2D,
    Model,
    ReLU,
    Softmax,
    output_shape,
    padding,
    pair,
    shape_text,
    source,
)

Weights = Mapping[str, Array]


def forward(model: Model, image: Array) -> dict[str, Array]:
    """Every tensor by name, in the order of computation, beginning with `input`.

    `image` has the network's input shape (C, H, W). Maps are float64 of shape (C, H, W),
    vectors of shape (n,). Raises ImageError for another shape or for NaN and infinity.
    """
    tensors = {INPUT: checked_image(model, image)}
    for layer in model.network.layers:
        tensors[layer.name] = apply(layer, model.layer_weights(layer), tensors[source(layer)])
    return tensors


def checked_image(model: Model, image: Array) -> Array:
    """The picture as float64, of the shape that the network reads."""
    array = np.array(image, dtype=np.float64)
    if array.shape != model.network.input_shape:
        raise ImageError(
            f"the picture has shape {shape_text(array.shape) or 'scalar'} but "
            f"{model.network.name!r} reads {shape_text(model.network.input_shape)} "
            "(channels, height, width)"
        )
    if not np.isfinite(array).all():
        raise ImageError("the picture holds NaN or infinity; give finite numbers")
    return array


@singledispatch
def apply(layer: Layer, weights: Weights, x: Array) -> Array:
    """The tensor that one layer makes of `x`."""
    raise NotImplementedError(f"no reference for {type(layer).__name__}")


@singledispatch
def magnitude(layer: Layer, weights: Weights, x: Array) -> Array:
    """For each output, the sum of the absolute terms that made it.

    Rounding errors are relative to this and not to the result, which may have cancelled
    to nearly nothing (Higham, Accuracy and Stability of Numerical Algorithms, 3.1).
    """
    absolute = {name: np.abs(array) for name, array in weights.items()}
    return np.abs(apply(layer, absolute, np.abs(x)))


@apply.register
def _conv(layer: Conv2D, weights: Weights, x: Array) -> Array:
    """Cross-correlation, as deep-learning libraries mean it (Goodfellow et al., 9.1)."""
    kernel = weights["weight"]
    margin = padding(layer, x.shape)
    padded = np.pad(x, ((0, 0), (margin.top, margin.bottom), (margin.left, margin.right)))
    _, height, width = output_shape(layer, x.shape)
    down, across = pair(layer.stride)
    result = np.zeros((layer.kernels, height, width))
    for i in range(kernel.shape[2]):
        for j in range(kernel.shape[3]):
            shifted = padded[:, i : i + down * height : down, j : j + across * width : across]
            result += np.tensordot(kernel[:, :, i, j], shifted, axes=1)
    if layer.bias:
        result += weights["bias"][:, None, None]
    return np.maximum(result, 0.0) if layer.activation == "relu" else result


@apply.register
def _relu(layer: ReLU, weights: Weights, x: Array) -> Array:
    return np.maximum(x, 0.0)


@apply.register
def _max_pool(layer: MaxPool2D, weights: Weights, x: Array) -> Array:
    _, height, width = output_shape(layer, x.shape)
    (down, across), size = pair(layer.stride), pair(layer.size)
    result = np.full((x.shape[0], height, width), -np.inf)
    for i in range(size[0]):
        for j in range(size[1]):
            shifted = x[:, i : i + down * height : down, j : j + across * width : across]
            result = np.maximum(result, shifted)
    return result


@apply.register
def _dense(layer: Dense, weights: Weights, x: Array) -> Array:
    result: Array = weights["weight"] @ x.reshape(-1)
    return result + weights["bias"] if layer.bias else result


def softmax_steps(logits: Array) -> dict[str, Array]:
    """Softmax step by step: `max`, `shifted` (minus max), `exp`, `sum` and the result.

    Subtracting the maximum changes nothing but keeps exp from overflowing
    (Goodfellow et al., Deep Learning, 4.1).
    """
    largest = logits.max()
    shifted = logits - largest
    exp = np.exp(shifted)
    total = exp.sum()
    return {
        "max": np.array([largest]),
        "shifted": shifted,
        "exp": exp,
        "sum": np.array([total]),
        "probability": exp / total,
    }


@apply.register
def _softmax(layer: Softmax, weights: Weights, x: Array) -> Array:
    return softmax_steps(x)["probability"]
