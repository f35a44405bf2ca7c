"""Activation in NumPy: forward, and a gradient's way back.

Must not know how a workbook computes the same.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from xlconv.network.layers.activation import Clip, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from xlconv.network.layers.base import source
from xlconv.network.model import Array
from xlconv.reference.layers.base import Step, Values, Weights, apply, layer_steps, numbers
from xlconv.reference.layers.gradient import Batch, Learning, Pass, propagate, to_one


@apply.register
def _relu(layer: ReLU, weights: Weights, x: Array) -> Array:
    return np.maximum(x, 0.0)


@apply.register
def _leaky_relu(layer: LeakyReLU, weights: Weights, x: Array) -> Array:
    """Maas et al., "Rectifier nonlinearities improve neural network acoustic models" (2013)."""
    return np.where(x < 0, layer.slope * x, x)


@layer_steps.register
def _clip_steps(layer: Clip, weights: Weights, values: Mapping[str, Values]) -> Iterator[Step]:
    """No rounding at all: what comes out is one of three numbers that went in."""
    value = np.clip(numbers(values[source(layer)]), layer.least, layer.most)
    yield Step(layer.name, value, np.abs(value))


@layer_steps.register
def _tanh_steps(layer: Tanh, weights: Weights, values: Mapping[str, Values]) -> Iterator[Step]:
    """Near 0 a program may subtract exponentials, which are near 1 there: an absolute error."""
    value = np.tanh(numbers(values[source(layer)]))
    yield Step(layer.name, value, np.abs(value) + 1e-3)


@layer_steps.register
def _sigmoid_steps(
    layer: Sigmoid, weights: Weights, values: Mapping[str, Values]
) -> Iterator[Step]:
    """1 / (1 + exp(-x)), with an exponent that is never positive and so cannot overflow."""
    x = numbers(values[source(layer)])
    fraction = np.exp(-np.abs(x))
    value = np.where(x < 0, fraction, 1.0) / (1.0 + fraction)
    # exp turns an absolute error of its argument into a relative one of its value.
    yield Step(layer.name, value, value * (1.0 + np.abs(x)))


@layer_steps.register
def _softmax_steps(
    layer: Softmax, weights: Weights, values: Mapping[str, Values]
) -> Iterator[Step]:
    """Softmax step by step. Subtracting the maximum changes nothing but keeps exp from
    overflowing (Goodfellow et al., Deep Learning, 4.1)."""
    name = layer.name
    logits = numbers(values[source(layer)])
    yield Step(f"{name}_max", np.array([logits.max()]), np.abs([logits.max()]))
    largest = numbers(values[f"{name}_max"])
    yield Step(f"{name}_shifted", logits - largest, np.abs(logits) + np.abs(largest))
    shifted = numbers(values[f"{name}_shifted"])
    # exp turns an absolute error of its argument into a relative one of its value.
    yield Step(f"{name}_exp", np.exp(shifted), np.exp(shifted) * (1.0 + np.abs(shifted)))
    exp = numbers(values[f"{name}_exp"])
    yield Step(f"{name}_sum", np.array([exp.sum()]), np.array([np.abs(exp).sum()]))
    share = exp / numbers(values[f"{name}_sum"])
    yield Step.measured(name, share)


# ---- backward


@propagate.register
def _relu_gradient(
    layer: ReLU, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    return Pass(np.maximum(x, 0), to_one(lambda gradient: gradient * (x > 0)))


@propagate.register
def _leaky_relu_gradient(
    layer: LeakyReLU, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    slope = np.where(x < 0, x.dtype.type(layer.slope), x.dtype.type(1))
    return Pass(x * slope, to_one(lambda gradient: gradient * slope))


@propagate.register
def _clip_gradient(
    layer: Clip, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    inside = (x > layer.least) & (x < layer.most)
    output = np.clip(x, x.dtype.type(layer.least), x.dtype.type(layer.most))
    return Pass(output, to_one(lambda gradient: gradient * inside))


@propagate.register
def _tanh_gradient(
    layer: Tanh, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    output = np.tanh(x)
    return Pass(output, to_one(lambda gradient: gradient * (1 - output**2)))


@propagate.register
def _sigmoid_gradient(
    layer: Sigmoid, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    output = sigmoid(x)
    return Pass(output, to_one(lambda gradient: gradient * output * (1 - output)))


def sigmoid(x: Batch) -> Batch:
    """1 / (1 + exp(-x)), with an exponent that is never positive and so cannot overflow."""
    fraction = np.exp(-np.abs(x))
    value: Batch = np.where(x < 0, fraction, 1) / (1 + fraction)
    return value


@propagate.register
def _softmax_gradient(
    layer: Softmax, weights: Weights, x: Batch, learning: Learning | None = None
) -> Pass:
    exp = np.exp(x - x.max(axis=1, keepdims=True))
    output = exp / exp.sum(axis=1, keepdims=True)

    def to_input(gradient: Batch) -> Batch:
        mean = (gradient * output).sum(axis=1, keepdims=True)
        back: Batch = output * (gradient - mean)
        return back

    return Pass(output, to_one(to_input))
