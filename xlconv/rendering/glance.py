"""What is shown of a book at a glance: its tensors, stored or computed, and its answer.

Must not know how it is shown: in a terminal or in a notebook.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from xlconv.book.book import FoundBook
from xlconv.network.model import Array
from xlconv.network.network import INPUT, Network, found_labels, found_words
from xlconv.reference.forward import forward

STORED, ABSENT, OTHER, PARTLY = "stored", "absent", "other", "partly"
_CLOSE = 1e-9  # of a tensor's largest number: what no picture can show


@dataclass(frozen=True)
class Glance:
    """The tensors of a book. `state` is "stored" (as the file was saved), "absent" (the file
    stores none: NumPy's), "other" (stored, but not what NumPy computes now) or "partly" (some
    cells store no number: NaN)."""

    tensors: Mapping[str, Array]
    state: str


def glance(book: FoundBook) -> Glance:
    """A book's tensors as the file stores them; where it stores none, NumPy's own."""
    computed = forward(book.model, book.image, book.drawn)
    stored = {**book.stored, INPUT: book.image}
    if all(np.isnan(stored[layer.name]).all() for layer in book.network.layers):
        return Glance(computed, ABSENT)
    if any(np.isnan(array).any() for array in stored.values()):
        return Glance(stored, PARTLY)
    same = all(_close(stored[name], computed[name]) for name in computed)
    return Glance(stored, STORED if same else OTHER)


def _close(one: Array, other: Array) -> bool:
    return bool(np.allclose(one, other, rtol=_CLOSE, atol=_CLOSE * float(np.abs(other).max())))


def answer_words(network: Network, output: Array) -> str | None:
    """What a network answers, in words: "7 (1.0000)"; None if it says nothing of classes, or no
    number is stored."""
    if len(network.shapes[network.output]) != 1 or np.isnan(output).any():
        return None
    found = found_labels(network, output)
    if len(found) == 1:
        value = output[network.labels.index(found[0])]
        return f"{found[0]} ({value:.4f})"
    return found_words(network, output)
