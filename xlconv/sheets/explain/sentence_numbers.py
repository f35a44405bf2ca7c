"""How a cell came about, in words and rounded numbers.

Sentences are lists of texts and numbers, so that rounding comes last: where a number lies in the
middle between two that can be shown, both are right. Must not know formulas.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import singledispatch
from itertools import product

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
from xlconv.network.model import Array
from xlconv.sheets.board.numbers import LOOKED_UP
from xlconv.sheets.explain.terms import Cell3, Seen, Terms

PLAIN = 1e9  # below it all programs write numbers without an exponent
_MOST = 64  # texts that are as right as each other: more doubtful numbers no sentence has


@dataclass(frozen=True)
class Number:
    """A number in a sentence, with so many digits behind the point."""

    value: float
    digits: int = 2


Part = str | Number


@dataclass(frozen=True)
class Account:
    """What a sentence tells of: what a cell is made of, the terms, their outcome, the name of the
    first map that is read, and the cell."""

    made: Seen
    terms: Terms
    outcome: float
    caption: str
    cell: Cell3


def rounded(number: Number) -> tuple[str, ...]:
    """A number as it is shown; two texts where rounding errors decide.

    >>> rounded(Number(0.964)), rounded(Number(-0.001)), rounded(Number(2.5))
    (('0.96',), ('0',), ('2.5',))
    >>> rounded(Number(0.125)), rounded(Number(20.0))
    (('0.13', '0.12'), ('20',))
    """
    step, exact = Decimal(1).scaleb(-number.digits), Decimal(repr(number.value))
    slip = abs(exact) * Decimal("1e-13")
    near = [one.quantize(step, ROUND_HALF_UP) for one in (exact, exact - slip, exact + slip)]
    return tuple(dict.fromkeys(_plain(one) for one in near))


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def rounded_texts(parts: Iterable[Part]) -> tuple[str, ...] | None:
    """Every text that a sentence may be, the likeliest first; None with numbers so large that each
    program writes them in its own way."""
    parts = list(parts)
    if any(isinstance(part, Number) and abs(part.value) >= PLAIN for part in parts):
        return None
    choices = [(part,) if isinstance(part, str) else rounded(part) for part in parts]
    texts = ("".join(chosen) for chosen in product(*choices))
    return tuple(text for text, _ in zip(texts, range(_MOST), strict=False))


def near(numbers: Array, one: float) -> list[int]:
    """The places of the numbers that a spreadsheet's look-up may take for one, the first that is
    exactly it in front: it compares by the first digits."""
    close = np.flatnonzero(np.abs(numbers - one) <= LOOKED_UP * max(1.0, abs(one))).tolist()
    return sorted(close, key=lambda place: numbers[place] != one)


def term_said(terms: Terms, caption: str, number: int) -> list[Part]:
    """A term: its value, its weight, where it stands."""
    column: list[Part] = []
    if terms.several_columns:
        column.append(f", column {_plain(Decimal(terms.column[number]))}")
    row = _plain(Decimal(terms.row[number]))
    return [*_product(terms, number), f": {caption}, row {row}", *column]


def _product(terms: Terms, number: int) -> list[Part]:
    value, weight = terms.value[number], terms.weight[number]
    assert isinstance(value, float)
    assert isinstance(weight, float)
    return [Number(value), " × ", Number(weight)]


def then_said(then: Layer | None, before: float, after: float | None) -> list[Part]:
    """What the activation behind makes of the cell."""
    if then is None or after is None:
        return []
    if isinstance(then, ReLU):
        return [f"; {then.name}{' keeps it' if before > 0 else ' makes it 0'}"]
    return [f"; {then.name} makes it ", Number(after)]


@singledispatch
def said(layer: Layer, account: Account) -> list[list[Part]]:
    """How a layer's cell came about; several sentences where a look-up may find one of several
    numbers that are nearly equal."""
    raise NotImplementedError(f"no sentence for {type(layer).__name__}")


@said.register(Conv2D)
@said.register(Dense)
@said.register(KernelDemo)
def _weighted_said(layer: Layer, account: Account) -> list[list[Part]]:
    terms, products = account.terms, account.terms.products
    largest, least = products.max(), products.min()
    strongest = [largest] if largest >= -least else [least]
    if abs(largest + least) <= LOOKED_UP * max(1.0, abs(largest)):
        strongest = [largest, least]
    more: list[Part] = [f" + … ({len(products)} products)"] if len(products) > 1 else []
    bias = account.made.facts.get("bias")
    added: list[Part] = [" + bias ", Number(bias)] if bias is not None else []
    total = float(products.sum()) + (bias or 0.0)
    fused = layer.rectifies
    end: list[Part] = ["; ReLU keeps it" if total > 0 else "; ReLU makes it 0"] if fused else []
    behind: list[Part] = [*more, *added, " = ", Number(total), *end]
    leads = [number for one in strongest for number in near(products, float(one))]
    return [[*_product(terms, number), *behind] for number in leads[:_MOST]]


@said.register
def _largest_said(layer: MaxPool2D, account: Account) -> list[list[Part]]:
    terms = account.terms
    filled = [number for number, value in enumerate(terms.value) if value != ""]
    sentences: list[list[Part]] = []
    for place in near(terms.values, account.outcome):
        row, column = (_plain(Decimal(one[filled[place]])) for one in (terms.row, terms.column))
        where = f", in row {row}, column {column}; the others are forgotten"
        lead = f"the largest of {len(terms.values)} cells is "
        sentences.append([lead, Number(account.outcome), where])
    return sentences


@said.register(AvgPool2D)
@said.register(GlobalAvgPool2D)
def _mean_said(layer: Layer, account: Account) -> list[list[Part]]:
    return [[f"the mean of {len(account.terms.values)} cells is ", Number(account.outcome)]]


def _x(account: Account) -> Number:
    return Number(float(account.terms.values[0]))


@said.register
def _relu_said(layer: ReLU, account: Account) -> list[list[Part]]:
    end = ": positive, it stays" if account.outcome > 0 else ": not positive, it becomes 0"
    return [["max(0, ", _x(account), ") = ", Number(account.outcome), end]]


@said.register
def _leaky_said(layer: LeakyReLU, account: Account) -> list[list[Part]]:
    x = _x(account)
    slope = Number(layer.slope, 4)
    return [["max(", slope, " × ", x, ", ", x, ") = ", Number(account.outcome)]]


@said.register
def _tanh_said(layer: Tanh, account: Account) -> list[list[Part]]:
    return [["tanh(", _x(account), ") = ", Number(account.outcome, 4)]]


@said.register
def _sigmoid_said(layer: Sigmoid, account: Account) -> list[list[Part]]:
    return [["1 / (1 + exp(−(", _x(account), "))) = ", Number(account.outcome, 4)]]


@said.register
def _norm_said(layer: BatchNorm2D, account: Account) -> list[list[Part]]:
    mean, variance, scale, shift = (Number(one) for one in account.made.facts.values())
    head: list[Part] = [
        "(",
        _x(account),
        " − ",
        mean,
        ") / √(",
        variance,
        " + ε) × ",
        scale,
        " + ",
        shift,
    ]
    return [[*head, " = ", Number(account.outcome)]]


@said.register
def _added_said(layer: Add, account: Account) -> list[list[Part]]:
    first, second, *others = (Number(float(one)) for one in account.terms.values)
    return [[first, " + ", second, " + …" if others else "", " = ", Number(account.outcome)]]


@said.register(Concat)
@said.register(Flatten)
def _same_said(layer: Layer, account: Account) -> list[list[Part]]:
    slot = account.made.slots[0]
    column = f", column {slot.column}" if account.terms.several_columns else ""
    return [[f"the same number as {account.caption}, row {slot.row}{column}: ", _x(account)]]


@said.register
def _dropped_said(layer: Dropout, account: Account) -> list[list[Part]]:
    if not layer.active:
        return [["dropout is off: ", _x(account), " stays"]]
    mask, factor, _ = (Number(one) for one in account.made.facts.values())
    return [[_x(account), " × mask ", mask, " × factor ", factor, " = ", Number(account.outcome)]]


@said.register
def _softmax_said(layer: Softmax, account: Account) -> list[list[Part]]:
    logits, exps = account.terms.values, account.terms.products
    sentence: list[Part] = [
        *("exp(", Number(float(logits[account.cell[1]])), " − ", Number(float(logits.max()))),
        *(") / ", Number(float(exps.sum())), " = ", Number(account.outcome, 4)),
        ": the logit minus the largest, exp, divided by the sum",
    ]
    return [sentence]
