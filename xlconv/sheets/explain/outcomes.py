"""What becomes of the cells that a cell reads, by the kind of its layer, in plain Python.

Works on one cell's terms, where `operators` works on whole tensors. Must not know formulas.
"""

from __future__ import annotations

from functools import singledispatch

import numpy as np

from xlconv.network.layers.activation import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from xlconv.network.layers.base import Layer
from xlconv.network.layers.convolution import Conv2D, KernelDemo
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.dropout import Dropout
from xlconv.network.layers.merging import Add, Concat
from xlconv.network.layers.normalization import BatchNorm2D
from xlconv.network.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from xlconv.network.layers.reshaping import Flatten
from xlconv.sheets.explain.terms import Cell3, Seen, Terms

Outcome = tuple[float, float]  # a number, and what its rounding errors are relative to


@singledispatch
def outcome(layer: Layer, made: Seen, terms: Terms, cell: Cell3) -> Outcome:
    """What a layer makes of a cell's terms."""
    raise NotImplementedError(f"no outcome for {type(layer).__name__}")


@outcome.register
def _relu_outcome(layer: ReLU, made: Seen, terms: Terms, cell: Cell3) -> Outcome:
    x = float(terms.values[0])
    return max(0.0, x), abs(x)


@outcome.register
def _leaky_outcome(layer: LeakyReLU, made: Seen, terms: Terms, cell: Cell3) -> Outcome:
    x = float(terms.values[0])
    return (x if x > 0 else layer.slope * x), abs(x)


@outcome.register
def _tanh_outcome(layer: Tanh, made: Seen, terms: Terms, cell: Cell3) -> Outcome:
    return float(np.tanh(terms.values[0])), 1.0


@outcome.register
def _sigmoid_outcome(layer: Sigmoid, made: Seen, terms: Terms, cell: Cell3) -> Outcome:
    x = float(terms.values[0])
    chance = 1 / (1 + float(np.exp(-abs(x))))
    return (chance if x >= 0 else 1 - chance), 1.0


@outcome.register(Conv2D)
@outcome.register(Dense)
@outcome.register(KernelDemo)
def _weighted_result(layer: Layer, made: Seen, terms: Terms, cell: Cell3) -> Outcome:
    bias = made.facts.get("bias", 0.0)
    total = float(terms.products.sum()) + bias
    fused = layer.rectifies
    return (max(0.0, total) if fused else total), float(sum(terms.error)) + abs(bias)


@outcome.register
def _largest_result(layer: MaxPool2D, made: Seen, terms: Terms, cell: Cell3) -> Outcome:
    largest = float(terms.values.max())
    return largest, abs(largest)


@outcome.register(AvgPool2D)
@outcome.register(GlobalAvgPool2D)
def _mean_result(layer: Layer, made: Seen, terms: Terms, cell: Cell3) -> Outcome:
    return float(terms.values.mean()), float(np.abs(terms.values).mean())


@outcome.register
def _added_result(layer: Add, made: Seen, terms: Terms, cell: Cell3) -> Outcome:
    return float(terms.values.sum()), float(np.abs(terms.values).sum())


@outcome.register(Concat)
@outcome.register(Flatten)
def _same_result(layer: Layer, made: Seen, terms: Terms, cell: Cell3) -> Outcome:
    return float(terms.values[0]), abs(float(terms.values[0]))


@outcome.register
def _norm_result(layer: BatchNorm2D, made: Seen, terms: Terms, cell: Cell3) -> Outcome:
    x, facts = float(terms.values[0]), made.facts
    deviation = float(np.sqrt(facts["variance"] + layer.epsilon))
    scaled = facts["scale"] / deviation
    size = (abs(x) + abs(facts["mean"])) * abs(scaled) + abs(facts["shift"])
    return (x - facts["mean"]) * scaled + facts["shift"], size


@outcome.register
def _dropped_result(layer: Dropout, made: Seen, terms: Terms, cell: Cell3) -> Outcome:
    x = float(terms.values[0])
    made_of = x * made.facts["mask"] * made.facts["factor"] if layer.active else x
    return made_of, abs(made_of)


@outcome.register
def _softmax_result(layer: Softmax, made: Seen, terms: Terms, cell: Cell3) -> Outcome:
    share = float(terms.products[cell[1]] / terms.products.sum())
    return share, share * (1.0 + sum(terms.spread))
