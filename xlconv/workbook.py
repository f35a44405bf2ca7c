"""`read_book`: a workbook that xlconv built, as it is now, wherever it was edited and saved.

    book.xlsx -> reader -> manifest -> network, layout -> model, image, stored values

Reads the network, the weights and the picture from the file alone. Must not compute
anything, nor judge what it finds: that is for `verification`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from xlconv.errors import BookError
from xlconv.grid import Range
from xlconv.layout import BOARD, Layout, plan
from xlconv.manifest import NAME as MANIFEST_NAME
from xlconv.manifest import Manifest, parse_manifest
from xlconv.network import (
    INPUT,
    Array,
    Model,
    Network,
)
from xlconv.reader import EMPTY, FoundCell, FoundSheet, Package, open_package
from xlconv.sheets.model import NAME as MODEL_SHEET


@dataclass(frozen=True)
class FoundBook:
    """A workbook as it was found.

    `model` and `image` are what its cells hold now (an empty cell counts as 0, as it does in
    the formulas); `image` has shape (C, H, W).
    """

    path: Path
    manifest: Manifest
    layout: Layout
    sheets: Mapping[str, FoundSheet]
    model: Model
    image: Array

    @property
    def network(self) -> Network:
        return self.manifest.network

    @cached_property
    def stored(self) -> dict[str, Array]:
        """The tensors as the file was saved with them, by name; NaN where nothing is stored."""
        return {tensor: self._stored(tensor) for tensor in self.network.shapes}

    def _stored(self, tensor: str) -> Array:
        maps = self.layout.tensors[tensor].maps
        cells = [self.cell(BOARD, place, r, c).value for place in maps for r, c in offsets(place)]
        numbers = [value if isinstance(value, float) else np.nan for value in cells]
        return np.array(numbers).reshape(self.network.shapes[tensor])

    def cell(self, sheet: str, place: Range, row: int = 0, column: int = 0) -> FoundCell:
        """The cell at an offset inside a range."""
        return self.sheets[sheet].get((place.row + row, place.column + column), EMPTY)


def offsets(place: Range) -> list[tuple[int, int]]:
    """The offsets of a range's cells, row by row."""
    return [(row, column) for row in range(place.height) for column in range(place.width)]


def read_book(path: str | os.PathLike[str]) -> FoundBook:
    """Read a workbook of xlconv's.

    Raises BookError, in one line, for what is no workbook, none of xlconv's, or one whose
    maps were moved or whose pixels and weights are not numbers.
    """
    package = open_package(Path(path))
    if MANIFEST_NAME not in package.names:
        raise BookError(
            f"{path}: not one of xlconv's workbooks (it has no name {MANIFEST_NAME!r}); "
            "make one with `xlconv build`"
        )
    model_sheet, place = package.names[MANIFEST_NAME]
    for name in (BOARD, MODEL_SHEET):
        if name not in package.parts:
            raise BookError(
                f"{path}: the sheet {name!r} is missing, there are {', '.join(package.parts)}; "
                "give it its name back"
            )
    sheets = {BOARD: package.sheet(BOARD), MODEL_SHEET: package.sheet(MODEL_SHEET)}
    lines = [
        str(sheets[MODEL_SHEET].get((row, place.column), EMPTY).value or "")
        for row in range(place.row, place.bottom + 1)
    ]
    manifest = parse_manifest(lines, f"{path}, {model_sheet}!{place.a1}")
    layout = plan(manifest.network)
    _check_places(package, layout, manifest)
    board = sheets[BOARD]
    image = np.stack([_constants(board, m, INPUT, path) for m in layout.tensors[INPUT].maps])
    model = Model(manifest.network, _weights(manifest.network, layout, board, path))
    return FoundBook(Path(path), manifest, layout, sheets, model, image)


def _check_places(package: Package, layout: Layout, manifest: Manifest) -> None:
    """A book is read where it was built: names follow cells that are moved, so they tell."""
    for name, place in layout.names(manifest.network).items():
        found = package.names.get(name)
        if found is None:
            raise BookError(
                f"{package.path}: the name {name!r} is missing or no single range; "
                f"define it as {BOARD}!{place.absolute} again"
            )
        if found != (BOARD, place):
            raise BookError(
                f"{package.path}: {name!r} is at {found[0]}!{found[1].a1}, but belongs at "
                f"{BOARD}!{place.a1}; undo the insertion or the move"
            )


def _weights(
    network: Network, layout: Layout, board: FoundSheet, path: str | os.PathLike[str]
) -> dict[str, Array]:
    weights = {}
    for layer, kernels in layout.kernels.items():
        shapes = network.weight_shapes(network.layer(layer))
        arrays = [
            _constants(board, place, layer, path) for places in kernels.weights for place in places
        ]
        name = f"{layer}.weight"
        weights[name] = np.stack(arrays).reshape(shapes[name])
        if kernels.biases:
            cells = [Range.of(cell) for cell in kernels.biases]
            biases = [_constants(board, cell, layer, path).reshape(()) for cell in cells]
            weights[f"{layer}.bias"] = np.array(biases)
    return weights


def _constants(board: FoundSheet, place: Range, owner: str, path: str | os.PathLike[str]) -> Array:
    numbers = np.zeros((place.height, place.width))
    for row, column in offsets(place):
        found = board.get((place.row + row, place.column + column), EMPTY)
        if found.formula is not None or not isinstance(found.value, float | None):
            cell = place.cell(row, column)
            holds = f"the formula {found.formula.at(cell)}" if found.formula else repr(found.value)
            raise BookError(
                f"{path}: {BOARD}!{cell.a1} ({owner}) holds {holds} where a number belongs; "
                "type a number"
            )
        numbers[row, column] = found.value or 0.0
    return numbers
