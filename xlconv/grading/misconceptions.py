"""What common misunderstandings of a layer give, each with the words for it.

Plain arithmetic on the numbers that a cell reads. Must not know cells, nor formulas.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from itertools import permutations

from xlconv.network.layers.activation import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from xlconv.network.layers.base import Layer
from xlconv.network.layers.convolution import Conv2D, KernelDemo
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.merging import Add
from xlconv.network.layers.normalization import BatchNorm2D
from xlconv.network.layers.pooling import AvgPool2D, MaxPool2D

Guess = tuple[str, float]  # words, and the number that such a mistake gives
MOST_KERNELS = 5  # of which all orders are tried
MOST_DECIMALS = 8
LARGEST = 700.0  # beyond it, exp is infinite


@dataclass(frozen=True)
class Product:
    """A window and the weights that it is multiplied with, row by row, each row `width` long."""

    window: Sequence[float]
    weights: Sequence[float]
    width: int

    @property
    def total(self) -> float:
        return self.by(self.weights)

    def by(self, weights: Sequence[float]) -> float:
        """The sum with other weights."""
        return sum(value * weight for value, weight in zip(self.window, weights, strict=True))

    @property
    def flipped_weights(self) -> list[float]:
        return list(self.weights[::-1])

    @property
    def transposed(self) -> list[float]:
        """The weights read down instead of across; as they are where that is no kernel."""
        height = len(self.weights) // self.width
        if height != self.width:
            return list(self.weights)
        return [self.weights[c * self.width + r] for r in range(height) for c in range(height)]


@dataclass(frozen=True)
class Situation:
    """The numbers around a cell: what belongs in it; those that it should read, in the order of
    its right formula; the `size` of its windows, with the empty cells; the windows and weights that
    it should multiply, and those of the numbers that stand `beside` them, by name."""

    key: str
    expected: float
    values: Sequence[float]
    size: int
    products: Sequence[Product] = ()
    beside: Mapping[str, float] = field(default_factory=dict)

    @property
    def bias(self) -> float:
        return self.beside.get("bias", 0.0)

    @property
    def sum(self) -> float:
        """The sum before any activation."""
        return sum(product.total for product in self.products) + self.bias


@singledispatch
def guesses(layer: Layer, around: Situation) -> Iterator[Guess]:
    """What mistakes with a layer of this kind give."""
    yield from ()


def guesses_of_any(around: Situation) -> Iterator[Guess]:
    """What mistakes give with any layer."""
    expected = around.expected
    if expected == 0:
        return
    yield "the sign is turned", -expected
    yield "is 100 times too large: per cent are only a number format", 100 * expected
    for decimals in range(MOST_DECIMALS):
        rounded = round(expected, decimals)
        if rounded not in (0, expected):
            where = f"{decimals} decimal{'s' if decimals != 1 else ''}"
            yield f"is rounded to {where}: a number format rounds what is shown", rounded


def guesses_of_many(values: Sequence[float]) -> Iterator[Guess]:
    """What becomes of several numbers."""
    yield "takes the smallest of the cells that it reads", min(values)
    yield "takes the mean of the cells that it reads", sum(values) / len(values)
    yield "takes the sum of the cells that it reads", sum(values)
    yield "takes the largest of the cells that it reads", max(values)


@guesses.register(Conv2D)
@guesses.register(Dense)
@guesses.register(KernelDemo)
def _of_sums(layer: Conv2D | Dense | KernelDemo, around: Situation) -> Iterator[Guess]:
    rectified = layer.rectifies
    for words, value in _sums(layer, around):
        yield words, value
        if rectified and value > 0:  # a negative one becomes 0, whatever the mistake was
            yield words, max(0.0, value)
    if rectified:
        each = sum(max(0.0, product.total) for product in around.products)
        yield "ReLU is around each map's sum, not around all of it", each + around.bias
        yield "ReLU is around each map's sum, not around all of it", max(0.0, each + around.bias)
        sums = sum(product.total for product in around.products)
        yield "the bias is added behind ReLU instead of before", max(0.0, sums) + around.bias
    elif around.sum < 0:
        yield "ReLU does not belong here: this layer has none", 0.0


def _sums(layer: Layer, around: Situation) -> Iterator[Guess]:
    """Sums of products in which something is otherwise."""
    products, bias = around.products, around.bias
    if not products:
        return
    sums = around.sum - bias
    what = "weights" if isinstance(layer, Dense) else "kernel"
    turned = sum(product.by(product.flipped_weights) for product in products)
    yield f"the {what} is turned by half a turn: a CNN does not flip it", turned + bias
    transposed = sum(product.by(product.transposed) for product in products)
    yield f"rows and columns of the {what} are swapped", transposed + bias
    if bias:
        yield "the bias is subtracted instead of added", sums - bias
        yield "the bias is added twice", sums + 2 * bias
        yield "the bias is multiplied instead of added", sums * bias
    one = len(products[0].weights)
    for count in sorted({one, one * len(products), len(products)} - {1}):
        words = f"divides the sum of the products by {count}: it is not a mean"
        yield words, sums / count + bias
        yield words, (sums + bias) / count
    if len(products) <= MOST_KERNELS:
        for order in permutations(product.weights for product in products):
            if all(len(one) == len(p.window) for one, p in zip(order, products, strict=True)):
                mixed = sum(p.by(one) for p, one in zip(products, order, strict=True))
                yield (
                    f"the {_plural(what)} of the maps that are read are mixed up (wrong channel)",
                    mixed + bias,
                )


def _plural(what: str) -> str:
    return what if what.endswith("s") else f"{what}s"


@guesses.register
def _of_largest(layer: MaxPool2D, around: Situation) -> Iterator[Guess]:
    largest = max(around.values, default=0.0)
    if around.size > len(around.values):
        yield "counts the empty padding as 0: it counts as nothing", max(0.0, largest)
    yield "makes 0 of what is negative: the largest may be negative", max(0.0, largest)


@guesses.register
def _of_mean(layer: AvgPool2D, around: Situation) -> Iterator[Guess]:
    total = sum(around.values)
    if around.size > len(around.values):
        words = f"divides by {around.size}, but the empty padding counts as nothing"
        yield words, total / around.size


@guesses.register
def _of_relu(layer: ReLU, around: Situation) -> Iterator[Guess]:
    for x in around.values:
        if x < 0:
            yield "ReLU is forgotten: a negative number should become 0", x
            yield "drops the sign: a negative number should become 0", -x
        yield "keeps what is negative and drops what is positive", min(0.0, x)


@guesses.register
def _of_leak(layer: LeakyReLU, around: Situation) -> Iterator[Guess]:
    for x in around.values:
        words = f"ReLU without its leak: a negative number is multiplied by {layer.slope:g}"
        yield words, max(0.0, x)
        if x < 0:
            yield f"a negative number is not multiplied by {layer.slope:g}", x
            yield "drops the sign of a negative number", -x
            for slope in (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3):
                if slope != layer.slope:
                    yield f"the slope is {slope:g} instead of {layer.slope:g}", slope * x


@guesses.register
def _of_tanh(layer: Tanh, around: Situation) -> Iterator[Guess]:
    for x in around.values:
        yield "is the sigmoid, not the hyperbolic tangent", _sigmoid(x)
        yield "is TAN, not the hyperbolic tangent (TANH)", math.tan(x)
        yield "is the arctangent, not the hyperbolic tangent (TANH)", math.atan(x)


@guesses.register
def _of_sigmoid(layer: Sigmoid, around: Situation) -> Iterator[Guess]:
    for x in around.values:
        yield "the minus before x is forgotten: 1 / (1 + exp(-x))", _sigmoid(-x)
        yield "is the hyperbolic tangent, not the sigmoid", math.tanh(x)
        yield "takes 10 to the power instead of e", 1 / (1 + 10 ** min(-x, 300.0))
        yield "the 1 in the denominator is forgotten", _exp(x)


def _exp(x: float) -> float:
    return math.exp(min(x, LARGEST))


def _sigmoid(x: float) -> float:
    return 1 / (1 + _exp(-x))


@guesses.register
def _of_softmax(layer: Softmax, around: Situation) -> Iterator[Guess]:
    if around.key == f"{layer.name}_exp":
        for x in around.values:
            yield "EXP is forgotten", x
            yield "takes 10 to the power instead of e: use EXP", 10 ** min(x, 300.0)
            yield "takes 2 to the power instead of e: use EXP", 2 ** min(x, 1000.0)
            for e in (2.7, 2.71, 2.72, 2.718, 2.7183, 2.71828):
                yield f"takes {e} for e: use EXP, which has all its digits", e ** min(x, LARGEST)
    if around.key == layer.name and len(around.values) == 2 and around.values[1]:
        exp, total = around.values
        yield "multiplies with the sum instead of dividing by it", exp * total
        yield "divides the sum by exp: the other way round", total / exp if exp else math.inf
        yield "subtracts the sum instead of dividing by it", exp - total


@guesses.register
def _of_norm(layer: BatchNorm2D, around: Situation) -> Iterator[Guess]:
    if len(around.values) != 1 + len(around.beside):
        return
    x, mean, variance, scale, shift = around.values
    inner = variance + layer.epsilon
    if inner <= 0:
        return
    root, off = math.sqrt(inner), x - mean
    yield "the root is forgotten: divides by the variance", off / inner * scale + shift
    if variance > 0:
        without = off / math.sqrt(variance) * scale + shift
        yield "the small number beside the variance is forgotten", without
        apart = off / (math.sqrt(variance) + layer.epsilon) * scale + shift
        yield "the small number is added to the root instead of to the variance", apart
    yield "scale and shift are swapped", off / root * shift + scale
    yield "multiplies with the deviation instead of dividing by it", off * root * scale + shift
    yield "adds the mean instead of subtracting it", (x + mean) / root * scale + shift
    yield "brackets are missing around x − mean", x - mean / root * scale + shift
    yield "the shift is added before scaling", (off / root + shift) * scale
    yield "the shift is subtracted instead of added", off / root * scale - shift


@guesses.register
def _of_added(layer: Add, around: Situation) -> Iterator[Guess]:
    if len(around.values) < 2:
        return
    first, *rest = around.values
    yield "subtracts instead of adding", first - sum(rest)
    if len(rest) == 1:
        yield "subtracts instead of adding", rest[0] - first
    yield "multiplies instead of adding", math.prod(around.values)
