"""Variations: other kernels and another picture for each student, the same each time.

Who fills in a softmax gets a picture of which the network is not sure: where all but one of the
probabilities are nothing, so is what a wrong cell of theirs changes, and no check sees it. Must not
know workbooks. Only convolutions are varied: their kernels are what a learner meets
in the formulas, and a network whose kernels are nearly its own still tells digits.
"""

from __future__ import annotations  # NumPy's random numbers are imported where they are used

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from xlconv.images.gallery import Gallery
from xlconv.network.layers.activation import Softmax
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.model import Array, Model
from xlconv.reference.forward import forward
from xlconv.state.exercise import Exercise

ModelKind = TypeVar("ModelKind", bound=Model)  # a template stays one, with its pictures

SPREAD = 0.2  # of a layer's own standard deviation
COUNTS = 1e-6  # the least probability that counts: far above what checks let pass
UNSURE = 0.3  # beside the largest probability
_MOST_UNSURE = 3  # pictures of a gallery from which one is chosen where a softmax is left open
DECIMALS = 2  # so that the numbers of a kernel can be read off the board


def varied(
    model: ModelKind, gallery: Gallery, exercise: Exercise, keep_picture: bool = False
) -> tuple[ModelKind, Gallery]:
    """A model, or template, and a gallery as an exercise's student and seed have them; if it names
    neither, as they are, but for the picture where a softmax is left open. With `keep_picture`, the
    chosen picture stays."""
    who = (exercise.seed or 0, exercise.student or "")
    named = exercise.seed is not None or exercise.student is not None
    if named:
        model = _varied_model(model, _random("kernels", *who))
    if not keep_picture:
        gallery = _with_picture(model, gallery, exercise, named, _random("picture", *who))
    return model, gallery


def _with_picture(
    model: Model, gallery: Gallery, exercise: Exercise, named: bool, random: np.random.Generator
) -> Gallery:
    """The gallery with a picture chosen for an exercise."""
    layers = [model.network.layer(name) for name in exercise.layers]
    shares = [layer.name for layer in layers if isinstance(layer, Softmax)]
    numbers = np.arange(len(gallery))
    if shares:
        found = np.array([_spread(model, picture, shares) for picture in gallery.pictures])
        found[np.isnan(found)] = -np.inf  # numbers too large, which `build` refuses
        best = np.argsort(found, kind="stable")[::-1][:_MOST_UNSURE]
        numbers = best[found[best] >= found[best[0]] - 1.0]
    elif not named:
        return gallery
    return replace(gallery, chosen=int(numbers[random.integers(len(numbers))]) + 1)


def _spread(model: Model, picture: Array, layers: Sequence[str]) -> float:
    """How far the probabilities of softmax layers are spread for a picture, in powers of ten: how
    unsure the network is, the least probability, and those of the first and last classes, which a
    sum that is a cell short leaves out; none of them more than it need be."""
    tensors = forward(model, picture)
    return min(
        _power(1.0 - one.max(), UNSURE) + _power(one.min(), COUNTS) + _power(min(one[0], one[-1]))
        for one in (tensors[name] for name in layers)
    )


def _power(number: float, enough: float = 1e-3) -> float:
    return float(np.log10(np.clip(number, 1e-15, enough)))


def _varied_model(model: ModelKind, random: np.random.Generator) -> ModelKind:
    """The model with each convolution's kernels and biases moved a little, and rounded."""
    weights = dict(model.weights)
    for layer in model.network.layers:
        if isinstance(layer, Conv2D):
            for name in model.network.weight_shapes(layer):
                weights[name] = _perturb(weights[name], random)
    return replace(model, weights=weights)


def _perturb(array: Array, random: np.random.Generator) -> Array:
    spread = SPREAD * float(array.std() or np.abs(array).max() or 1.0)
    moved: Array = np.round(array + random.normal(0.0, spread, array.shape), DECIMALS)
    # A number that became 0 would hide whether it is read.
    return np.where(moved == 0, 10.0**-DECIMALS, moved)


def _random(what: str, seed: int, student: str) -> np.random.Generator:
    """Random numbers that depend on all three and on nothing else."""
    digest = hashlib.sha256(f"{what}\0{seed}\0{student}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))
