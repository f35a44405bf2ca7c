"""What common misunderstandings of a layer give, each with its name and the words for it.

Plain arithmetic on the numbers that cells read. Must not know formulas, nor what was found.
"""

from collections.abc import Callable
from functools import singledispatch

import numpy as np

from xlconv.grading.diagnosis.guess import Guess, Guesses, Reduce, ignoring, neighbours, shift_words
from xlconv.grading.diagnosis.situation import Situation
from xlconv.grading.diagnosis.sums import RELU_FORGOTTEN, sum_guesses
from xlconv.grading.diagnosis.windows import cells_of
from xlconv.network.layers.activation import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from xlconv.network.layers.base import Layer
from xlconv.network.layers.convolution import Conv2D, KernelDemo
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.merging import Add
from xlconv.network.layers.normalization import BatchNorm2D
from xlconv.network.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from xlconv.network.model import Array

_MOST_DECIMALS = 8
_LARGEST = 700.0  # beyond it, exp is infinite
_SLOPES = (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3)
_REDUCING = (MaxPool2D, AvgPool2D, GlobalAvgPool2D, Add)
_FUNCTION, _NORM = "another function", "normalization"


def all_guesses(layer: Layer, around: Situation) -> Guesses:
    """Whatever mistakes with a layer give, the likeliest ones first."""
    with np.errstate(all="ignore"):  # NaN explains nothing
        yield from guesses(layer, around)
        if len(around.values) > 1:
            yield from _guesses_of_many(around.values, _reduces(layer, around))
        yield from _guesses_of_any(around)
        if len(around.values) == 1:
            yield Guess("", "only repeats the cell that it reads", around.values[0])


@singledispatch
def guesses(layer: Layer, around: Situation) -> Guesses:
    """What mistakes with a layer of this kind give."""
    yield from ()


def _guesses_of_any(around: Situation) -> Guesses:
    """What mistakes give with any layer."""
    expected = around.expected
    yield Guess("sign", "the sign is turned", -expected)
    many = "is 100 times too large: per cent are only a number format"
    yield Guess("per cent", many, 100 * expected)
    for decimals in range(_MOST_DECIMALS):
        where = f"{decimals} decimal{'s' if decimals != 1 else ''}"
        words = f"is rounded to {where}: a number format rounds what is shown"
        yield Guess("rounded", words, np.round(expected, decimals))


def _reduces(layer: Layer, around: Situation) -> bool:
    """Whether a cell makes one number of several alike: who takes another one slips; elsewhere it
    is no slip to do so."""
    steps = (f"{layer.name}_max", f"{layer.name}_sum")
    return isinstance(layer, _REDUCING) or around.key in steps


def _guesses_of_many(values: Array, named: bool) -> Guesses:
    """What becomes of several numbers."""
    total = np.nansum(values, axis=0)
    smallest, mean, largest = (ignoring(f, values) for f in (np.nanmin, np.nanmean, np.nanmax))
    for slip, what, value in (
        ("minimum", "smallest", smallest),
        ("mean", "mean", mean),
        ("sum", "sum", total),
        ("maximum", "largest", largest),
    ):
        words = f"takes the {what} of the cells that it reads"
        yield Guess(slip if named else "", words, value)


@guesses.register(Conv2D)
@guesses.register(Dense)
@guesses.register(KernelDemo)
def _of_sums(layer: Conv2D | Dense | KernelDemo, around: Situation) -> Guesses:
    yield from sum_guesses(layer, around)


@guesses.register
def _of_largest(layer: MaxPool2D, around: Situation) -> Guesses:
    largest = np.maximum(0.0, ignoring(np.nanmax, around.values))
    padded = np.isnan(around.values).any(axis=0)
    if padded.any():
        words = "counts the empty padding as 0: it counts as nothing"
        counted = np.where(padded, largest, ignoring(np.nanmax, around.values))
        yield Guess("padding counted", words, counted)
    words = "makes 0 of what is negative: the largest may be negative"
    yield Guess("ReLU added", words, largest)
    yield from _of_windows(around, np.nanmax)


@guesses.register
def _of_mean(layer: AvgPool2D, around: Situation) -> Guesses:
    if np.isnan(around.values).any():
        words = f"divides by {around.size}, but the empty padding counts as nothing"
        yield Guess("padding counted", words, np.nansum(around.values, axis=0) / around.size)
    yield from _of_windows(around, np.nanmean)


@guesses.register
def _of_global_mean(layer: GlobalAvgPool2D, around: Situation) -> Guesses:
    for some in (slice(0, -1), slice(1, None)):
        words = "leaves out a cell of the map"
        yield Guess("sum one short", words, ignoring(np.nanmean, around.values[some]))


def _of_windows(around: Situation, reduce: Reduce) -> Guesses:
    """Windows of a pool at another place, or of another size."""
    windows = around.windows
    if windows is None:
        return
    if windows.stride != (1, 1):
        words = "the stride is forgotten: the window moves by 1 cell from one cell to the next"
        yield Guess("stride forgotten", words, ignoring(reduce, windows.read(0, stride=(1, 1))))
    for shift in neighbours():
        words = f"the window is off by {shift_words(*shift)}"
        yield Guess("window off", words, ignoring(reduce, windows.read(0, shift)))
    (down, across), (height, width) = windows.stride, windows.size
    for stride in ((0, 0), (0, across), (down, 0)):
        words = "the window does not move with the cell: $ is superfluous"
        fixed = ignoring(reduce, windows.read(0, stride=stride))
        yield Guess("window fixed", words, fixed)
    whole = np.arange(height * width).reshape(height, width)
    for what, some in (
        ("its last column", whole[:, :-1]),
        ("its last row", whole[:-1]),
        ("its first column", whole[:, 1:]),
        ("its first row", whole[1:]),
    ):
        if some.size:
            less = ignoring(reduce, windows.read(0)[some.reshape(-1)])
            yield Guess("window size", f"the window lacks {what}", less)


@guesses.register
def _of_relu(layer: ReLU, around: Situation) -> Guesses:
    [x] = around.values
    yield Guess("ReLU forgotten", RELU_FORGOTTEN, x)
    yield Guess("sign", "drops the sign: a negative number should become 0", np.abs(x))
    yield Guess("sign", "keeps what is negative and drops what is positive", np.minimum(0.0, x))


@guesses.register
def _of_leak(layer: LeakyReLU, around: Situation) -> Guesses:
    [x] = around.values
    slope = f"{layer.slope:g}"
    words = f"ReLU without its leak: a negative number is multiplied by {slope}"
    yield Guess(_FUNCTION, words, np.maximum(0.0, x))
    yield Guess("ReLU forgotten", f"a negative number is not multiplied by {slope}", x)
    yield Guess("sign", "drops the sign of a negative number", np.abs(x))
    for other in _SLOPES:
        if other != layer.slope:
            words = f"the slope is {other:g} instead of {slope}"
            yield Guess(_FUNCTION, words, np.where(x < 0, other * x, x))


@guesses.register
def _of_tanh(layer: Tanh, around: Situation) -> Guesses:
    [x] = around.values
    yield Guess(_FUNCTION, "is the sigmoid, not the hyperbolic tangent", _sigmoid(x))
    yield Guess(_FUNCTION, "is TAN, not the hyperbolic tangent (TANH)", np.tan(x))
    yield Guess(_FUNCTION, "is the arctangent, not the hyperbolic tangent (TANH)", np.arctan(x))


@guesses.register
def _of_sigmoid(layer: Sigmoid, around: Situation) -> Guesses:
    [x] = around.values
    yield Guess("sign", "the minus before x is forgotten: 1 / (1 + exp(-x))", _sigmoid(-x))
    yield Guess(_FUNCTION, "is the hyperbolic tangent, not the sigmoid", np.tanh(x))
    ten = 1 / (1 + 10 ** np.minimum(-x, 300.0))
    yield Guess("another base", "takes 10 to the power instead of e", ten)
    yield Guess(_FUNCTION, "the 1 in the denominator is forgotten", _exp(x))


def _exp(x: Array) -> Array:
    made: Array = np.exp(np.minimum(x, _LARGEST))
    return made


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + _exp(-x))


@guesses.register
def _of_softmax(layer: Softmax, around: Situation) -> Guesses:
    values, name = around.values, layer.name
    if around.key == f"{name}_max":
        yield from _one_short(around, np.nanmax, "the largest of all logits but")
    elif around.key == f"{name}_shifted":
        logit, largest = values
        words = f"the largest logit ({around.places['maximum'].a1}) is not subtracted"
        yield Guess("maximum not subtracted", words, logit)
        yield Guess("sign", "the largest logit is added instead of subtracted", logit + largest)
        yield from _not_fixed(around, "maximum", lambda moved: logit - moved)
        yield from _not_fixed(around, "logits", lambda moved: logit - moved, np.nanmax)
    elif around.key == f"{name}_exp":
        yield from _of_exp(around, values[0])
    elif around.key == f"{name}_sum":
        yield from _one_short(around, np.nansum, "the sum of all but")
    else:
        yield from _of_share(around)


def _of_exp(around: Situation, x: Array) -> Guesses:
    place = around.places["logits"]
    logit = around.board[place.row : place.bottom + 1, place.column]
    words = (
        "takes exp of the logit itself, not of logit − max: the probabilities are the same, "
        "but exp of a large logit is too large a number"
    )
    yield Guess("maximum not subtracted", words, _exp(logit), sure=True)
    yield Guess("EXP forgotten", "EXP is forgotten", x)
    for base in (10.0, 2.0):
        words = f"takes {base:g} to the power instead of e: use EXP"
        yield Guess("another base", words, base ** np.minimum(x, 300.0))
    for e in (2.7, 2.71, 2.72, 2.718, 2.7183, 2.71828):
        words = f"takes {e} for e: use EXP, which has all its digits"
        yield Guess("another base", words, e ** np.minimum(x, 300.0))


def _of_share(around: Situation) -> Guesses:
    exp, total = around.values
    yield Guess("not divided", "multiplies with the sum instead of dividing by it", exp * total)
    yield Guess("not divided", "divides the sum by exp: the other way round", total / exp)
    yield Guess("not divided", "subtracts the sum instead of dividing by it", exp - total)
    yield Guess("not divided", "is not divided by the sum of exp", exp)
    for some, what in ((slice(0, -1), "last"), (slice(1, None), "first")):
        words = f"the sum that it is divided by leaves out the {what} cell"
        yield Guess("sum one short", words, exp / np.nansum(exp[some]), sure=True)
    yield from _not_fixed(around, "total", lambda moved: exp / moved)
    yield from _not_fixed(around, "exp", lambda moved: exp / moved)


def _one_short(around: Situation, reduce: Reduce, what: str) -> Guesses:
    """A sum, or the largest, of all cells but the last or the first."""
    for some, which in ((slice(0, -1), "last"), (slice(1, None), "first")):
        made = ignoring(reduce, around.values[some])
        yield Guess("sum one short", f"takes {what} the {which} cell", made)


def _not_fixed(
    around: Situation, name: str, made: Callable[[Array], Array], reduce: Reduce = np.nansum
) -> Guesses:
    """A range that should stay and moves with the cell."""
    place = around.places[name]
    count = np.arange(len(around.expected))
    rows = place.row + np.arange(place.height)[:, None] + count[None, :]
    moved = cells_of(around.board, rows, np.full_like(rows, place.column))
    words = f"{place.a1} moves with the cell: $ is missing"
    yield Guess("range not fixed", words, made(ignoring(reduce, moved)))


@guesses.register
def _of_norm(layer: BatchNorm2D, around: Situation) -> Guesses:
    if set(around.beside) != {"mean", "variance", "scale", "shift"}:
        return
    [x] = around.values
    mean, variance, scale, shift = (
        around.beside[key] for key in ("mean", "variance", "scale", "shift")
    )
    inner = variance + layer.epsilon
    root, off = np.sqrt(inner), x - mean
    small = "the small number beside the variance is forgotten"
    for words, value in (
        ("the root is forgotten: divides by the variance", off / inner * scale + shift),
        (small, off / np.sqrt(variance) * scale + shift),
        (
            "the small number is added to the root instead of to the variance",
            off / (np.sqrt(variance) + layer.epsilon) * scale + shift,
        ),
        ("scale and shift are swapped", off / root * shift + scale),
        ("multiplies with the deviation instead of dividing by it", off * root * scale + shift),
        ("adds the mean instead of subtracting it", (x + mean) / root * scale + shift),
        ("brackets are missing around x − mean", x - mean / root * scale + shift),
        ("the shift is added before scaling", (off / root + shift) * scale),
        ("the shift is subtracted instead of added", off / root * scale - shift),
    ):
        yield Guess(_NORM, words, value)


@guesses.register
def _of_added(layer: Add, around: Situation) -> Guesses:
    if len(around.values) < 2:
        return
    first, *rest = around.values
    yield Guess("sign", "subtracts instead of adding", first - sum(rest))
    if len(rest) == 1:
        yield Guess("sign", "subtracts instead of adding", rest[0] - first)
    yield Guess(_FUNCTION, "multiplies instead of adding", np.prod(around.values, axis=0))
    for number in range(len(around.values)):
        others = np.delete(around.values, number, axis=0).sum(axis=0)
        yield Guess("map left out", "one of the tensors is left out", others)
