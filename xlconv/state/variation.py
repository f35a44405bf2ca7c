"""Variations: other kernels and another picture for each student, the same each time.

Must not know workbooks. Only convolutions are varied: their kernels are what a learner meets
in the formulas, and a network whose kernels are nearly its own still tells digits.
"""

from __future__ import annotations  # NumPy's random numbers are imported where they are used

import hashlib
from dataclasses import replace
from typing import TypeVar

import numpy as np

from xlconv.images.gallery import Gallery
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.model import Array, Model
from xlconv.state.exercise import Exercise

ModelKind = TypeVar("ModelKind", bound=Model)  # a template stays one, with its pictures

SPREAD = 0.2  # of a layer's own standard deviation
DECIMALS = 2  # so that the numbers of a kernel can be read off the board


def varied(
    model: ModelKind, gallery: Gallery, exercise: Exercise, keep_picture: bool = False
) -> tuple[ModelKind, Gallery]:
    """A model, or template, and a gallery as an exercise's student and seed have them; as they are
    if it names neither. With `keep_picture`, the chosen picture stays."""
    if exercise.seed is None and exercise.student is None:
        return model, gallery
    who = (exercise.seed or 0, exercise.student or "")
    if not keep_picture:
        number = _random("picture", *who).integers(len(gallery))
        gallery = replace(gallery, chosen=int(number) + 1)
    return _varied_model(model, _random("kernels", *who)), gallery


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
