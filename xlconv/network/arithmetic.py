"""Arithmetic as data: how a size, or a count, comes about from lengths that stand on the board.

Each kind of layer says it once, and each side reads it in its own way: NumPy's as numbers, the
workbook's as formulas that count rows and columns. Must not know kinds, nor either reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xlconv.network.shapes import Shape


@dataclass(frozen=True)
class Side:
    """The rows (`axis` 0) or columns (1) of each map of a tensor; a vector has rows alone. With
    `weight`, those of each of the arrays that a layer has by this short name."""

    tensor: str
    axis: int
    weight: str = ""


@dataclass(frozen=True)
class Product:
    factors: tuple[Expression, ...]


@dataclass(frozen=True)
class Sum:
    terms: tuple[Expression, ...]


@dataclass(frozen=True)
class WindowCount:
    """How many windows of `size` cells, each `apart` from the next, fit into a length with a
    `ring` before and behind it."""

    length: Side
    ring: tuple[int, int]
    size: int
    apart: int
    stride: int

    @property
    def extent(self) -> int:
        """The cells that a window covers."""
        return self.apart * (self.size - 1) + 1

    @property
    def steps(self) -> str:
        """How often the window moves, with a gap for the length: all but one of them.

        >>> WindowCount(Side("input", 0), (1, 1), 3, 1, 1).steps
        '({} + 2·1 − 3)/1'
        >>> WindowCount(Side("input", 0), (0, 1), 3, 2, 2).steps
        '({} + 0 + 1 − (2·(3 − 1) + 1))/2'
        """
        before, behind = self.ring
        ring = f"2·{before}" if before == behind else f"{before} + {behind}"
        kernel = f"{self.size}" if self.apart == 1 else f"({self.apart}·({self.size} − 1) + 1)"
        return f"({{}} + {ring} − {kernel})/{self.stride}"


Expression = int | Side | Product | Sum | WindowCount
Factor = int | Side


@dataclass(frozen=True)
class Arithmetic:
    """A number, and the `line` that says for people how it comes about; what the workbook counts
    stands in its `gaps`, if anything."""

    line: str
    value: Expression
    gaps: tuple[Expression, ...] = ()


def sides(tensor: str, shape: Shape) -> list[Factor]:
    """A tensor's maps, rows and columns, or a vector's length."""
    if len(shape) == 1:
        return [Side(tensor, 0)]
    return [shape[0], Side(tensor, 0), Side(tensor, 1)]


def same(name: str, length: Factor) -> Arithmetic:
    """As many as something else has."""
    if isinstance(length, int):
        return Arithmetic(f"as {name}: {length}", length)
    return Arithmetic(f"as {name}: {{}}", length, (length,))


def product(outside: Sequence[Factor], inside: Sequence[Factor] = (), plus: int = 0) -> Arithmetic:
    """A product, of which some factors belong together, and what is added to it.

    >>> product([2], [1, Side("conv", 0, "weight"), Side("conv", 1, "weight")], plus=2).line
    '2 × (1 × {} × {}) + 2'
    >>> product([4], [Side("dense", 0)]).line, product([4, 8]).line
    ('4 × {}', '4 × 8')
    """
    groups = [_times(some) for some in (outside, inside) if some]
    if len(inside) > 1:
        groups[1] = f"({groups[1]})"
    line = " × ".join(groups) + (f" + {plus}" if plus else "")
    factors = (*outside, *inside)
    value = Sum((Product(factors), plus)) if plus else Product(factors)
    return Arithmetic(line, value, tuple(one for one in factors if isinstance(one, Side)))


def _times(factors: Sequence[Factor]) -> str:
    return " × ".join(str(one) if isinstance(one, int) else "{}" for one in factors)


def sum_of_lengths(lengths: Sequence[Factor]) -> Arithmetic:
    """Lengths and their sum.

    >>> sum_of_lengths([Side("a", 0), Side("b", 0)]).line, sum_of_lengths([3, 4]).line
    ('{} + {} = {}', '3 + 4 = 7')
    """
    numbers = [one for one in lengths if isinstance(one, int)]
    if len(numbers) == len(lengths):
        return Arithmetic(f"{' + '.join(map(str, numbers))} = {sum(numbers)}", sum(numbers))
    value = Sum(tuple(lengths))
    return Arithmetic(" + ".join("{}" for _ in lengths) + " = {}", value, (*lengths, value))


def slid(windows: WindowCount, length: int) -> Arithmetic:
    """How many windows fit into a length: (H + 2p − k)/s + 1. Brackets say that a part of one is
    left out (Dumoulin and Visin, arXiv:1603.07285).

    >>> slid(WindowCount(Side("input", 0), (1, 1), 3, 1, 1), 28).line
    '({} + 2·1 − 3)/1 + 1 = {}'
    >>> slid(WindowCount(Side("input", 0), (0, 0), 2, 1, 2), 9).line
    '⌊({} + 2·0 − 2)/2⌋ + 1 = {}'
    """
    left_out = (length + sum(windows.ring) - windows.extent) % windows.stride
    steps = f"⌊{windows.steps}⌋" if left_out else windows.steps
    return Arithmetic(f"{steps} + 1 = {{}}", windows, (windows.length, windows))
