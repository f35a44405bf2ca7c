"""The reference: what a network computes, in the plainest float64 NumPy.

Must not know how a workbook computes the same: its agreement with the formulas is
what xlconv proves, so nothing here may import `formulas`, `rules` or `lower`.
Convolutions are sums of shifted maps, one for each place of the kernel, where the
formulas take one window after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import singledispatch

import numpy as np
from numpy.typing import NDArray

from xlconv.errors import ImageError
from xlconv.layers import (
    Conv2D,
    Dense,
    Layer,
    MaxPool2D,
    ReLU,
    Softmax,
    output_shape,
    padding,
    pair,
    shape_text,
    source,
)
from xlconv.network import (
    INPUT,
    Array,
    Model,
    Network,
    label_cell,
)

Weights = Mapping[str, Array]
Values = NDArray[np.float64] | NDArray[np.str_]


@dataclass(frozen=True)
class Step:
    """One named result: a tensor, a step of softmax, or a text of the board.

    `scale` is, for each number, the sum of the absolute terms that made it; rounding errors
    are relative to this and not to the result, which may have cancelled to nearly nothing
    (Higham, Accuracy and Stability of Numerical Algorithms, 3.1). Texts have none.
    """

    name: str
    value: Values
    scale: Array | None = None


def forward(model: Model, image: Array) -> dict[str, Array]:
    """Every tensor by name, in the order of computation, beginning with `input`.

    `image` has the network's input shape (C, H, W). Maps are float64 of shape (C, H, W),
    vectors of shape (n,). Raises ImageError for another shape or for NaN and infinity.
    """
    values = forward_steps(model, image)
    return {name: np.asarray(values[name], dtype=np.float64) for name in model.network.shapes}


def forward_steps(model: Model, image: Array) -> dict[str, Values]:
    """What `forward` gives, and besides the steps of softmax, the answer and the titles."""
    values: dict[str, Values] = {INPUT: checked_image(model, image)}
    for step in steps(model, values):
        values[step.name] = step.value
    return values


def steps(model: Model, values: Mapping[str, Values]) -> Iterator[Step]:
    """Each result in the order of computation, computed from those before it as `values` has
    them when it is asked for: the reference's own, or those that were found in a workbook."""
    for layer in model.network.layers:
        yield from layer_steps(layer, model.layer_weights(layer), values)
    yield from answer_steps(model.network, values)
    yield from title_steps(model.network)
    yield from sum_steps(model, values)


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
def layer_steps(layer: Layer, weights: Weights, values: Mapping[str, Values]) -> Iterator[Step]:
    """The results of one layer: its tensor alone, for most."""
    x = _numbers(values[source(layer)])
    absolute = {name: np.abs(array) for name, array in weights.items()}
    scale = np.abs(apply(layer, absolute, np.abs(x)))
    yield Step(layer.name, apply(layer, weights, x), scale)


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


@apply.register
def _softmax(layer: Softmax, weights: Weights, x: Array) -> Array:
    exp = np.exp(x - x.max())
    result: Array = exp / exp.sum()
    return result


@layer_steps.register
def _softmax_steps(
    layer: Softmax, weights: Weights, values: Mapping[str, Values]
) -> Iterator[Step]:
    """Softmax step by step. Subtracting the maximum changes nothing but keeps exp from
    overflowing (Goodfellow et al., Deep Learning, 4.1)."""
    name = layer.name
    logits = _numbers(values[source(layer)])
    yield Step(f"{name}_max", np.array([logits.max()]), np.abs([logits.max()]))
    largest = _numbers(values[f"{name}_max"])
    yield Step(f"{name}_shifted", logits - largest, np.abs(logits) + np.abs(largest))
    shifted = _numbers(values[f"{name}_shifted"])
    # exp turns an absolute error of its argument into a relative one of its value.
    yield Step(f"{name}_exp", np.exp(shifted), np.exp(shifted) * (1.0 + np.abs(shifted)))
    exp = _numbers(values[f"{name}_exp"])
    yield Step(f"{name}_sum", np.array([exp.sum()]), np.array([np.abs(exp).sum()]))
    share = exp / _numbers(values[f"{name}_sum"])
    yield Step(name, share, np.abs(share))


def answer_steps(network: Network, values: Mapping[str, Values]) -> Iterator[Step]:
    """The answer beside the picture: the class of the largest output, and each class's value."""
    if len(network.shapes[network.output]) != 1:
        return
    output = _numbers(values[network.output])
    if np.isnan(output).any():
        return  # found so in a workbook: there is no largest one
    best = int(output.argmax())
    yield Step("answer_label", np.array([label_cell(network.labels[best])]), np.zeros(1))
    yield Step("answer_value", output[[best]], np.abs(output[[best]]))
    if len(output) > 1:
        for number, label in enumerate(network.labels, 1):
            value = output[[number - 1]]
            yield Step(f"answer_label_{number}", np.array([label_cell(label)]), np.zeros(1))
            yield Step(f"answer_value_{number}", value, np.abs(value))


def title_steps(network: Network) -> Iterator[Step]:
    """The texts of the board that say a tensor's shape, and a map's."""
    for tensor, shape in network.shapes.items():
        if len(shape) == 1:
            yield Step(f"titles_{tensor}", np.array([f"{shape[0]} values"]))
            continue
        yield Step(f"titles_{tensor}", np.array([" × ".join(map(str, shape))]))
        for number in range(1, shape[0] + 1):
            text = f"{tensor} map {number} · {shape[1]} × {shape[2]}"
            yield Step(f"titles_{tensor}_{number}", np.array([text]))


def sum_steps(model: Model, values: Mapping[str, Values]) -> Iterator[Step]:
    """The sums of the picture's numbers and of each layer's weights."""
    summed = {INPUT: _numbers(values[INPUT]).reshape(-1)}
    for layer in model.network.layers:
        weights = model.layer_weights(layer).values()
        if weights:
            summed[layer.name] = np.concatenate([array.reshape(-1) for array in weights])
    for name, numbers in summed.items():
        yield Step(f"sums_{name}", np.array([numbers.sum()]), np.array([np.abs(numbers).sum()]))


def _numbers(values: Values) -> Array:
    return np.asarray(values, dtype=np.float64)
