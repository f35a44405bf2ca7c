"""Variations: other kernels and another picture for each student, the same each time.

Must not know workbooks. Only convolutions are varied: their kernels are what a learner meets
in the formulas, and a network whose kernels are nearly its own still tells digits.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from xlconv.gallery import Gallery
from xlconv.layers import Conv2D
from xlconv.network import Array, Model

SPREAD = 0.2  # of a layer's own standard deviation
DECIMALS = 2  # so that the numbers of a kernel can be read off the board


def varied_model(model: Model, seed: int, student: str) -> Model:
    """The model with each convolution's kernels and biases moved a little, and rounded."""
    random = _random("kernels", seed, student)
    weights = dict(model.weights)
    for layer in model.network.layers:
        if isinstance(layer, Conv2D):
            for name in model.network.weight_shapes(layer):
                weights[name] = _moved(weights[name], random)
    # A template stays one, with its title and its pictures.
    return replace(model, weights=weights)


def _moved(array: Array, random: np.random.Generator) -> Array:
    spread = SPREAD * float(array.std() or np.abs(array).max() or 1.0)
    moved: Array = np.round(array + random.normal(0.0, spread, array.shape), DECIMALS)
    # A number that became 0 would hide whether it is read.
    return np.where(moved == 0, 10.0**-DECIMALS, moved)


def varied_gallery(gallery: Gallery, seed: int, student: str) -> Gallery:
    """The gallery with another picture chosen."""
    return replace(
        gallery, chosen=int(_random("picture", seed, student).integers(len(gallery))) + 1
    )


def _random(what: str, seed: int, student: str) -> np.random.Generator:
    """Random numbers that depend on all three and on nothing else."""
    digest = hashlib.sha256(f"{what}\0{seed}\0{student}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))
