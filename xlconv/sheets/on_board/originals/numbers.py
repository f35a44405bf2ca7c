"""Which pixels and weights differ from their originals, and how many, as NumPy compares them.

Must not know the formulas that say the same.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from xlconv.network.model import Array
from xlconv.network.network import INPUT
from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.model.numbers import HELD
from xlconv.sheets.on_board.originals.places import Kept, original_places
from xlconv.state.choices import Display

ORIGINAL = f"{HELD}original_"  # begins the names of what a workbook keeps of an array


def steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """0 or 1 for each cell, or each kernel, then how many there are."""
    places = original_places(display.network, layout)
    names = []
    for number, (kept, now) in enumerate(zip(places.picture, numbers(values[INPUT]), strict=True)):
        names.append(f"changed:{INPUT}_{number + 1}")
        yield _differs(names[-1], now, _original_map(values, number, now, layout), kept)
    yield _total("changed:pixels", names, values)
    names = []
    for (layer, key), ranges in places.weights.items():
        name = f"{layer}.{key}"
        array = display.model.weights[name].reshape(-1)
        before = numbers(values.get(f"{ORIGINAL}{name}", array))
        parts = zip(ranges, _parts(array, ranges), _parts(before, ranges), strict=True)
        for number, (kept, now, then) in enumerate(parts, 1):
            names.append(f"changed:{name}_{number}")
            yield _differs(names[-1], now, then, kept)
    if names:
        yield _total("changed:weights", names, values)


def _original_map(values: Mapping[str, Values], number: int, now: Array, layout: Layout) -> Array:
    """A map of the picture as it was: looked up in the gallery, kept, or in a new book as it is."""
    if layout.gallery is not None:
        return numbers(values[f"picture:original_{number + 1}"]).reshape(now.shape)
    kept = values.get(f"{ORIGINAL}{INPUT}")
    return now if kept is None else numbers(kept).reshape(-1, *now.shape)[number]


def _parts(array: Array, ranges: tuple[Kept, ...]) -> list[Array]:
    """An array cut as it stands in equal ranges, in C order."""
    return np.split(array.reshape(-1), len(ranges))


def _differs(name: str, now: Array, before: Array, kept: Kept) -> Step:
    if kept.differs.size == kept.board.size:
        return Step.exact(name, *np.where(now == before, 0.0, 1.0).reshape(-1).tolist())
    return Step.exact(name, 0.0 if now.sum() == before.sum() else 1.0)


def _total(name: str, names: list[str], values: Mapping[str, Values]) -> Step:
    return Step.exact(name, float(sum(numbers(values[one]).sum() for one in names)))
