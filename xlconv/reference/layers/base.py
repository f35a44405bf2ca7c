"""Forward: what a layer computes, step by step, in the plainest float64 NumPy.

Each family registers its kinds. Must not know how a workbook computes the same: its agreement
with the formulas is what xlconv proves, so nothing here may import `formulas` or a sheet.
Convolutions are sums of shifted maps, one for each place of the kernel, where the
formulas take one window after the other; pools likewise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, singledispatch
from math import isnan

import numpy as np
from numpy.typing import NDArray

from xlconv.network.borders import Outside
from xlconv.network.layers.base import Layer, sources
from xlconv.network.model import Array
from xlconv.network.shapes import Margin, Window

Weights = Mapping[str, Array]
Values = NDArray[np.float64] | NDArray[np.str_] | NDArray[np.object_]


@dataclass(frozen=True)
class Step:
    """One named result: a tensor, a step of softmax, or a text of the board.

    `scale` is, for each number, the sum of the absolute `terms` that made it; rounding errors
    are relative to this and not to the result, which may have cancelled to nearly nothing
    (Higham, Accuracy and Stability of Numerical Algorithms, 3.1). Texts have none. Where some cells
    hold texts and others numbers, the values are objects, None for what cannot be known. `also`
    are values that are as right where rounding decides.
    """

    name: str
    value: Values
    terms: Array | Callable[[], Array] | None = None
    also: frozenset[float | str] = frozenset()

    @cached_property
    def scale(self) -> Array | None:
        """The sums of absolute terms, made when they are asked for, which a build never does."""
        if not callable(self.terms):
            return self.terms
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return self.terms()

    @classmethod
    def text(cls, name: str, text: str, *also: str) -> Step:
        """One text, and those that are as right."""
        return cls(name, np.array([text]), also=frozenset(also))

    @classmethod
    def exact(cls, name: str, *held: float | str) -> Step:
        """Numbers that rounding does not change, or one text."""
        return cls(name, np.array(held), np.zeros(len(held)))

    @classmethod
    def measured(cls, name: str, value: Array) -> Step:
        """Numbers of which programs keep 15 digits or more."""
        return cls(name, value, np.abs(value))

    @classmethod
    def mixed(
        cls, name: str, held: Sequence[float | str | None], sizes: Sequence[float] | Array
    ) -> Step:
        """Cells of which each holds a number or a text, None where nothing can be said, with what
        the numbers' rounding errors are relative to."""
        cells = np.empty(len(held), dtype=object)
        cells[:] = [None if isinstance(one, float) and isnan(one) else one for one in held]
        return cls(name, cells, np.nan_to_num(np.array(sizes, dtype=np.float64)))

    @classmethod
    def unknown(cls, name: str) -> Step:
        """One cell of which nothing can be said, as it reads what is no number."""
        return cls.exact(name, np.nan)


@singledispatch
def apply(layer: Layer, weights: Weights, *xs: Array) -> Array:
    """The tensor that one layer makes of those that it reads."""
    raise NotImplementedError(f"no reference for {type(layer).__name__}")


@singledispatch
def layer_steps(layer: Layer, weights: Weights, values: Mapping[str, Values]) -> Iterator[Step]:
    """The results of one layer: its tensor alone, for most."""
    xs = [numbers(values[name]) for name in sources(layer)]

    def scale() -> Array:
        absolute = {name: np.abs(array) for name, array in weights.items()}
        return np.abs(apply(layer, absolute, *map(np.abs, xs)))

    yield Step(layer.name, apply(layer, weights, *xs), scale)


def numbers(values: Values) -> Array:
    """Values as numbers; NaN for what is none."""
    if values.dtype.kind == "f":
        return np.asarray(values, dtype=np.float64)
    flat = [one if isinstance(one, float) else np.nan for one in values.reshape(-1).tolist()]
    return np.array(flat).reshape(values.shape)


def padded(maps: Array, margin: Margin, outside: Outside) -> Array:
    """Maps (.., H, W) with a margin that holds `outside`, or the nearest cell of the map."""
    ring = [(0, 0)] * (maps.ndim - 2)
    ring += [(margin.top, margin.bottom), (margin.left, margin.right)]
    if outside == "edge":
        return np.pad(maps, ring, mode="edge")
    return np.pad(maps, ring, constant_values=outside)


def shifted_maps(window: Window, x: Array, outside: Outside) -> Iterator[tuple[int, int, Array]]:
    """For each place (i, j) of a window, the cells that all windows have there; the padding
    holds `outside`, or the nearest cell of the map."""
    whole = padded(x, window.margin(x.shape), outside)
    apart_down, apart_across = window.dilation
    height, width = window.slid(x.shape)
    (rows, columns), (down, across) = window.size, window.stride
    for i in range(rows):
        for j in range(columns):
            top, left = i * apart_down, j * apart_across
            below, right = top + down * height, left + across * width
            yield i, j, whole[:, top:below:down, left:right:across]
