"""How a cell came about, in words and rounded numbers.

Sentences are lists of texts and numbers, so that rounding comes last: where a number lies in the
middle between two that can be shown, both are right. Must not know formulas.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import product

from xlconv.network.layers.base import Layer
from xlconv.network.sentences import Either, Sentence, pieces
from xlconv.sheets.explain.sentence.templates import THEN
from xlconv.sheets.explain.table import EXPONENTS, LayerLine
from xlconv.sheets.explain.terms import Cell3, CellValue, Composition, Terms

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
    first map that is read, the cell, and the number, from 0, of the strongest term."""

    made: Composition
    terms: Terms
    outcome: float
    caption: str
    cell: Cell3
    strongest: int


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


def sentence_parts(
    sentence: Sentence, blanks: Mapping[str, float | str], holds: Mapping[str, bool]
) -> list[Part]:
    """A sentence with its blanks filled in.

    >>> sentence_parts("{x:2} in {row}", {"x": 0.964, "row": 3.0}, {})
    [Number(value=0.964, digits=2), ' in ', '3']
    """
    parts: list[Part] = []
    for piece in pieces(sentence):
        if isinstance(piece, str):
            parts.append(piece)
        elif isinstance(piece, Either):
            chosen = piece.yes if holds[piece.condition] else piece.no
            parts += sentence_parts(chosen, blanks, holds)
        else:
            parts.append(_blank_part(blanks[piece.name], piece.digits))
    return parts


def _blank_part(held: float | str, digits: int | None) -> Part:
    if isinstance(held, str):
        return held
    return _plain(Decimal(repr(held))) if digits is None else Number(held, digits)


def sentence_of(line: LayerLine, account: Account) -> list[Part]:
    """How a layer's cell came about."""
    terms, values, products = account.terms, account.terms.values, account.terms.products
    facts, bias = account.made.facts, account.made.facts.get("bias")
    blanks: dict[str, float | str] = {
        "x": float(values[0]),
        "result": account.outcome,
        "cells": float(len(values)),
        "products": float(len(products)),
        "total": float(products.sum()) + (bias or 0.0),
        "sum": float(products.sum()),
        "largest": float(values.max()),
        "caption": account.caption,
        "row": terms.row[0],
        "column": terms.column[0],
        "value": _held(terms.value[account.strongest]),
        "weight": _held(terms.weight[account.strongest]),
        "winner_row": terms.row[account.strongest],
        "winner_column": terms.column[account.strongest],
        **line.numbers,
        **facts,
    }
    if len(values) > 1:
        blanks["second"] = float(values[1])
    if line.weights == EXPONENTS:
        blanks["logit"] = float(values[account.cell[1]])
    holds = {
        "positive": values[0] > 0,
        "positive result": account.outcome > 0,
        "several products": len(products) > 1,
        "several columns": terms.several_columns,
        "more than two": len(values) > 2,
        "no bias": bias is None,
        **{key: fact == 1 for key, fact in facts.items()},
    }
    return sentence_parts(line.sentence, blanks, holds)


def _held(value: CellValue) -> float | str:
    return "" if value is None else value


def then_parts(then: Layer | None, before: float, after: float | None) -> list[Part]:
    """What the activation behind makes of the cell."""
    if then is None or after is None:
        return []
    holds = {
        "nothing behind": False,
        "rectifies": then.rectifies,
        "positive result": before > 0,
    }
    return sentence_parts(THEN, {"then_name": then.name, "then": after}, holds)
