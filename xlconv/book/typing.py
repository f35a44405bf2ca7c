"""Numbers for a workbook's own cells, as constants to type: pictures, tensors, weights, choices.

Must not know which numbers, nor who types them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from xlconv.network.model import Array
from xlconv.sheets.board.layout import Layout
from xlconv.spreadsheet.cells import Place, Range
from xlconv.spreadsheet.keys import Keys, cell_key, key_cell, range_keys
from xlconv.state.choices import Explained
from xlconv.state.sheet_names import BOARD


@dataclass(frozen=True)
class TypedNumbers:
    """Numbers for cells of a sheet, by their keys."""

    sheet: str
    keys: Keys
    numbers: Array


@dataclass(frozen=True)
class Constants:
    """Constants to type: `numbers` of many cells, and what single `cells` get."""

    numbers: tuple[TypedNumbers, ...] = ()
    cells: Mapping[Place, float | str] = field(default_factory=dict)

    def __or__(self, other: Constants) -> Constants:
        return Constants((*self.numbers, *other.numbers), {**self.cells, **other.cells})

    def __bool__(self) -> bool:
        return bool(self.numbers or self.cells)

    @cached_property
    def places(self) -> dict[Place, float | str]:
        """What every cell gets, by its place."""
        numbers = {
            Place(one.sheet, key_cell(key)): number
            for one in self.numbers
            for key, number in zip(one.keys.tolist(), one.numbers.tolist(), strict=True)
        }
        return {**numbers, **self.cells}

    def by_sheet(self) -> dict[str, tuple[Keys, list[float | str]]]:
        """The keys of cells, and what they get, by sheet."""
        found: dict[str, tuple[list[Keys], list[float | str]]] = {}
        for one in self.numbers:
            keys, values = found.setdefault(one.sheet, ([], []))
            keys.append(one.keys)
            values += one.numbers.tolist()
        for (sheet, cell), value in self.cells.items():
            keys, values = found.setdefault(sheet, ([], []))
            keys.append(np.array([cell_key(*cell)]))
            values.append(value)
        return {sheet: (np.concatenate(keys), values) for sheet, (keys, values) in found.items()}


def typed_maps(sheet: str, maps: Iterable[Range], array: Array) -> Constants:
    """A tensor's or a picture's numbers in the cells of its maps."""
    return Constants((TypedNumbers(sheet, range_keys([*maps]), array.reshape(-1)),))


def typed_weights(layout: Layout, layer: str, arrays: Mapping[str, Array]) -> Constants:
    """A layer's weights, by their short names, in their cells on the board."""

    def keys(key: str) -> Keys:
        places = layout.weights[layer]
        return range_keys(places.arrays[key], places.apart)

    return Constants(
        tuple(TypedNumbers(BOARD, keys(key), one.reshape(-1)) for key, one in arrays.items())
    )


def typed_explained(layout: Layout, explained: Explained) -> Constants:
    """The cell that Explain takes apart."""
    chosen = (explained.layer, explained.map, explained.row, explained.column)
    cells = (Place(BOARD, cell) for cell in layout.panel.chosen)
    return Constants(cells=dict(zip(cells, chosen, strict=True)))
