"""What misunderstandings of a sum of products give: of a convolution or a dense layer.

Plain arithmetic on the numbers around cells. Must not know formulas, nor what was found.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import permutations

import numpy as np

from xlconv.grading.diagnosis.guess import WAYS, Guess, Guesses, neighbours, rectified, shift_words
from xlconv.grading.diagnosis.situation import Product, Situation
from xlconv.grading.diagnosis.windows import Windows, as_terms
from xlconv.network.layers.base import Layer, source
from xlconv.network.layers.dense import Dense
from xlconv.network.model import Array

RELU_FORGOTTEN = "ReLU is forgotten: a negative number should become 0"
BIAS_PLACE, KERNEL_PLACE = "{bias}", "{kernel}"  # in words, where these are called by their cells
_MOST_COPIED = 8  # maps that are read, of a map that may have been copied
_MOST_KERNELS = 5  # of which all orders are tried
_TYPED_DECIMALS = (*range(1, 7), 15)
_COUNTS = ("", "once", "twice", "three times", "four times", "five times", "six times")
_MORE_COUNTS = ("seven times", "eight times", "nine times", "ten times")

Weights = Callable[[Product], Array]
Reader = Callable[[int], Array]  # a map's number -> what its windows hold

_RELU_PLACES = "ReLU is around each map's sum, not around all of it"


def sum_guesses(layer: Layer, around: Situation) -> Guesses:
    """What mistakes with a sum of products give."""
    if not around.products:
        return
    plain = _sums(layer, around)
    yield from rectified(plain) if layer.rectifies else plain
    if layer.rectifies:
        each = np.sum([np.maximum(0.0, product.total) for product in around.products], axis=0)
        yield Guess("ReLU forgotten", RELU_FORGOTTEN, around.sum)
        yield Guess("ReLU misplaced", _RELU_PLACES, each + around.bias)
        yield Guess("ReLU misplaced", _RELU_PLACES, np.maximum(0.0, each + around.bias))
        yield Guess(
            "ReLU misplaced",
            "the bias is added behind ReLU instead of before",
            np.maximum(0.0, around.products_sum) + around.bias,
        )
    else:
        added = "ReLU does not belong here: this layer has none"
        yield Guess("ReLU added", added, np.maximum(0.0, around.sum))


def _sums(layer: Layer, around: Situation) -> Guesses:
    """Sums of products in which something is otherwise."""
    what = "weights" if isinstance(layer, Dense) else "kernel"
    yield from _biases(around)
    yield from _typed(around)
    yield from _kernels(what, around)
    yield from _other_maps(layer, what, around)
    yield from _means(around)
    if around.windows is not None:
        yield from _windows(what, around, around.windows)


def _biases(around: Situation) -> Guesses:
    bias, sums = around.beside.get("bias"), around.products_sum
    if bias is None:
        return
    yield Guess("bias forgotten", "the bias is forgotten", sums)
    yield Guess("bias subtracted", "the bias is subtracted instead of added", sums - bias)
    yield Guess("bias subtracted", "the bias is multiplied instead of added", sums * bias)
    one = len(around.products[0].weights)
    for count in sorted({2, len(around.products), one, one * len(around.products)} - {0, 1}):
        words = f"the bias is added {times_words(count)}"
        yield Guess("bias added more than once", words, sums + count * bias, sure=True)


def times_words(count: int) -> str:
    """How often, in words.

    >>> times_words(2), times_words(9), times_words(25)
    ('twice', 'nine times', '25 times')
    """
    words = (*_COUNTS, *_MORE_COUNTS)
    return words[count] if count < len(words) else f"{count} times"


def _typed(around: Situation) -> Guesses:
    """Numbers that stand where bias or weights should be read, all of their digits or some."""
    sums, bias = around.products_sum, around.beside.get("bias")
    if bias is not None and math.isfinite(around.rest) and around.rest != 0:
        yield Guess("bias typed", typed_words(around.rest), sums + around.rest, sure=True)
    for decimals in _TYPED_DECIMALS:
        products = _with(around.products, _rounded(decimals))
        words = f"numbers stand where {KERNEL_PLACE} should be read"
        yield Guess("kernel typed", words, products + around.bias, sure=True)
        if bias is not None and math.isfinite(around.rest):
            both = f"numbers stand where {KERNEL_PLACE} and {BIAS_PLACE} should be read"
            own = np.round(around.has["bias"], decimals)
            yield Guess("kernel typed", both, products + own, sure=True)


def typed_words(number: float, where: str = BIAS_PLACE) -> str:
    """That a number was typed.

    >>> typed_words(0.19000000000000017, "AI12")
    '0.19 stands where AI12 should be read'
    """
    return f"{number:.12g} stands where {where} should be read"


def _rounded(decimals: int) -> Weights:
    return lambda product: np.round(product.own, decimals)


def _with(products: Sequence[Product], weights: Weights) -> Array:
    """The sum of products with other weights."""
    made: Array = np.sum([product.by(weights(product)) for product in products], axis=0)
    return made


def _kernels(what: str, around: Situation) -> Guesses:
    products, bias = around.products, around.bias
    turned = f"the {what} is turned by half a turn: a CNN does not flip it"
    yield Guess("kernel turned", turned, _with(products, lambda p: p.flipped_weights) + bias)
    swapped = f"rows and columns of the {what} are swapped"
    yield Guess("kernel transposed", swapped, _with(products, lambda p: p.transposed) + bias)
    if 1 < len(products) <= _MOST_KERNELS:
        several = what if what.endswith("s") else f"{what}s"
        words = f"the {several} of the maps that are read are mixed up (wrong channel)"
        for order in permutations(range(len(products))):
            if order == tuple(range(len(products))):
                continue
            weights = [products[number].weights for number in order]
            pairs = list(zip(weights, products, strict=True))
            if all(len(one) == len(product.window) for one, product in pairs):
                mixed = np.sum([product.by(one) for one, product in pairs], axis=0)
                yield Guess("wrong map", words, mixed + bias)
    for number, read in enumerate(products if len(products) > 1 else (), 1):
        if all(len(one.weights) == len(read.window) for one in products):
            once = np.sum([replace(one, window=read.window).total for one in products], axis=0)
            yield Guess("wrong map", f"map {number} is read in place of all", once + bias)
    for number, product in enumerate(products if len(products) > 1 else (), 1):
        less = around.products_sum - product.total
        yield Guess("map left out", f"map {number} is left out", less + bias)


def _other_maps(layer: Layer, what: str, around: Situation) -> Guesses:
    """The formula of another map, copied with its kernel, or only its kernel or bias."""
    products, windows = around.products, around.windows
    of = "value" if what == "weights" else "map"
    for other in around.others:
        pairs = zip(products, other.weights, strict=True)
        sums = np.sum([product.by(one) for product, one in pairs], axis=0)
        words = f"reads the {what} of {of} {other.number}"
        yield Guess("wrong map", words, sums + around.bias)
        yield Guess("wrong map", words, sums + other.bias)
        if "bias" in around.beside:
            words = f"adds the bias of {of} {other.number}"
            yield Guess("bias of another map", words, around.products_sum + other.bias)
        if windows is not None and other.away != (0, 0) and len(products) <= _MOST_COPIED:
            maps = f"{len(products)} maps" if len(products) > 1 else "one map"
            words = f"copied from map {other.number}: {source(layer)} has {maps}, for all alike"
            read = [as_terms(windows.read(n, other.away)) for n in range(len(products))]
            theirs = np.sum([w.T @ one for w, one in zip(read, other.weights, strict=True)], axis=0)
            moving = [replace(one, window=w) for w, one in zip(read, products, strict=True)]
            own = np.sum([one.total for one in moving], axis=0)
            for moved in (theirs, own):
                for bias in (other.bias, around.bias):
                    yield Guess("wrong map", words, moved + bias, sure=True)


def _means(around: Situation) -> Guesses:
    sums, bias = around.products_sum, around.bias
    one, count = len(around.products[0].weights), len(around.products)
    for number in sorted({one, one * count, count} - {1}):
        words = f"divides the sum of the products by {number}: it is not a mean"
        yield Guess("mean", words, sums / number + bias)
        yield Guess("mean", words, (sums + bias) / number)


def _windows(what: str, around: Situation, windows: Windows) -> Guesses:
    """Windows and kernels at another place of the board."""
    products, bias, count = around.products, around.bias, len(around.products)

    def total(read: Reader) -> Array:
        pairs = zip(products, map(read, range(count)), strict=True)
        sums = [replace(product, window=as_terms(window)).total for product, window in pairs]
        made: Array = np.sum(sums, axis=0)
        return made

    for shift in neighbours():
        words = f"the window is off by {shift_words(*shift)}"
        yield Guess("window off", words, total(partial(windows.read, shift=shift)) + bias)
    if windows.stride != (1, 1):
        words = "the stride is forgotten: the window moves by 1 cell from one cell to the next"
        by_one = total(partial(windows.read, stride=(1, 1)))
        yield Guess("stride forgotten", words, by_one + bias)
    down, across = windows.stride
    for stride in ((0, 0), (0, across), (down, 0)):
        words = "the window does not move with the cell: $ is superfluous"
        fixed = total(partial(windows.read, stride=stride)) + bias
        yield Guess("window fixed", words, fixed)
    if windows.kernels and len(windows.kernels) == count:
        yield from _moving(what, around, windows)


def _moving(what: str, around: Situation, windows: Windows) -> Guesses:
    """Kernels and a bias that move with the cell."""
    read = [as_terms(windows.read(number)) for number in range(len(windows.kernels))]
    for way in WAYS:
        kernels = [as_terms(windows.kernel(n, way)) for n in range(len(windows.kernels))]
        pairs = zip(read, kernels, strict=True)
        sums = np.sum([np.einsum("kn,kn->n", w, k) for w, k in pairs], axis=0)
        words = f"the {what} moves with the cell: $ is missing"
        yield Guess("kernel not fixed", words, sums + around.bias)
        if windows.bias is not None:
            bias = windows.bias_moving(way)
            yield Guess("kernel not fixed", words, sums + bias)
            moves = "the bias moves with the cell: $ is missing"
            yield Guess("kernel not fixed", moves, around.products_sum + bias)
