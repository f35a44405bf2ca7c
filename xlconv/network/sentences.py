"""Sentences with numbers to be filled in: one template, which each side reads in its own way.

`{row}` in a text stands for what is called so, as it is, `{x:2}` for a number rounded to so many
digits. Must not know what the names stand for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from string import Formatter


@dataclass(frozen=True)
class Either:
    """One of two sentences, by whether a condition of a name holds."""

    condition: str
    yes: Sentence
    no: Sentence = ""


@dataclass(frozen=True)
class Blank:
    """What is filled in: by its name, rounded to so many digits, or as it is."""

    name: str
    digits: int | None = None


Sentence = str | tuple[str | Either, ...]


def pieces(sentence: Sentence) -> Iterator[str | Blank | Either]:
    """The texts, blanks and alternatives of a sentence, in their order.

    >>> list(pieces("{x:2} in {row}"))
    [Blank(name='x', digits=2), ' in ', Blank(name='row', digits=None)]
    """
    for part in (sentence,) if isinstance(sentence, str) else sentence:
        if isinstance(part, Either):
            yield part
            continue
        for text, name, digits, _ in Formatter().parse(part):
            if text:
                yield text
            if name:
                yield Blank(name, int(digits) if digits else None)
