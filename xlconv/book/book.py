"""`read_book`: a workbook that xlconv built, as it is now, wherever it was edited and saved.

    book.xlsx -> reader -> manifest -> network, layout -> model, image, stored values

Reads the network, the weights and the picture from the file alone. Must not compute
anything, nor judge what it finds: that is for `verification`.
"""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from xlconv.book.choices import (
    FoundCells,
    found_built,
    found_checks,
    found_choices,
    found_gallery,
    found_image,
    found_outside,
    found_pen,
    found_said,
    found_start,
    stored_image,
)
from xlconv.book.location import check_places, found_manifest, own_sheets, sheet_names
from xlconv.book.sheet_names import SheetNames
from xlconv.errors import BookError, meant
from xlconv.formulas.layers.base import Rule
from xlconv.network.borders import with_outside
from xlconv.network.model import Array, Model, below
from xlconv.network.network import INPUT, Network
from xlconv.network.shapes import Shape
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.board.places import plan
from xlconv.sheets.exercise.numbers import EMPTY_CELLS
from xlconv.sheets.exercise.places import ExercisePlaces, exercise_places
from xlconv.sheets.formulas import workbook_rules
from xlconv.sheets.model.numbers import HELD
from xlconv.sheets.on_board.originals.numbers import ORIGINAL
from xlconv.sheets.on_board.originals.places import original_places
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.spreadsheet.keys import cell_key, range_keys
from xlconv.state.choices import Display, shown_picture
from xlconv.state.manifest import Manifest
from xlconv.state.sheet_names import BOARD, IMAGES, MODEL, WORKS
from xlconv.system.progress import tell
from xlconv.xlsx.dynamic_arrays import PlainWords
from xlconv.xlsx.package import Parcel
from xlconv.xlsx.plain import PlainSheet
from xlconv.xlsx.reader import Package, open_package
from xlconv.xlsx.sheet import EMPTY, FoundBlock, FoundCell, FoundSheet


@dataclass(frozen=True)
class FoundBook:
    """A workbook as it was found.

    `model` and `image` are what its cells hold now (an empty cell counts as 0, as it does in
    the formulas), settings in cells such as a threshold included; `image` has shape (C, H, W) and
    is the chosen picture with the pixels that were typed over it. `display` has them with the
    gallery and with what else was chosen. Sheets are known by their first names, and so they are
    in formulas; `names` says what they are called now. `ranges` are the names of cells of the
    board, whoever defined them, in small letters; None for other names. `parcel` is what the file
    holds beside cells, `others` are the sheets that somebody added, as they are called and spelled
    today; `written` is the network with the settings that its text has, `rules_as_written` are its
    rules.
    """

    path: Path
    manifest: Manifest
    layout: Layout
    sheets: Mapping[str, FoundSheet]
    display: Display
    names: SheetNames
    ranges: Mapping[str, Range | None]
    parcel: Parcel
    others: Mapping[str, FoundSheet]
    written: Network
    rules_as_written: tuple[Rule, ...]

    @property
    def model(self) -> Model:
        return self.display.model

    @property
    def image(self) -> Array:
        return self.display.image

    @property
    def network(self) -> Network:
        return self.manifest.network

    @property
    def formats(self) -> tuple[str, ...]:
        """The number formats, by the `style` of a cell."""
        return self.parcel.formats

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of all its computed cells."""
        if self.network == self.written:
            return self.rules_as_written
        return tuple(workbook_rules(self.network, self.layout))

    @cached_property
    def exercise(self) -> ExercisePlaces | None:
        """Where its open cells and their checks stand, if it is an exercise."""
        return exercise_places(self.network, self.layout)

    @cached_property
    def awaited(self) -> str | None:
        """The first layer for whose empty cells the network's answer waits, if it does."""
        opened = self.exercise
        for name in opened.needs.get(self.network.output, ()) if opened else ():
            places = [part.open for part in opened.of_layer(name)] if opened else []
            if (self.block(BOARD, places).positions < 0).any():
                return name
        return None

    @cached_property
    def plain_sheets(self) -> dict[str, PlainSheet]:
        """Its sheets for engines, in their order, by the names that they have now. What people
        write on the board of an exercise may have to be said in other words."""
        names = {name: place for name, place in self.ranges.items() if place is not None}
        learners = self.layout.exercise is not None
        sheets = {
            self.names.now[sheet]: PlainSheet(
                cells, words=PlainWords(cells, names) if learners and sheet == BOARD else None
            )
            for sheet, cells in self.sheets.items()
        }
        sheets |= {name: PlainSheet(cells) for name, cells in self.others.items()}
        return {name: sheets[name] for name in self.parcel.sheets}

    @cached_property
    def stored(self) -> dict[str, Array]:
        """The tensors as the file was saved with them, by name; NaN where nothing is stored."""
        return {
            tensor: self._numbers(self.layout.tensors[tensor].maps, shape)
            for tensor, shape in self.network.shapes.items()
        }

    @cached_property
    def drawn(self) -> dict[str, Array]:
        """The random numbers that dropout layers were saved with, as `forward` takes them; those
        of a layer for which the file holds none are left out."""
        found = {
            key: self._numbers(self.layout.inner[key].maps, shape)
            for key, shape in self.network.random_shapes.items()
        }
        return {key: array for key, array in found.items() if not np.isnan(array).any()}

    @cached_property
    def filled_counts(self) -> dict[str, Array]:
        """How many cells of the picture, and of each layer's weights, are not empty, and which
        cells of each part of an exercise are: beside found values, by name."""
        owned = {INPUT: self.block(BOARD, self.layout.tensors[INPUT].maps)}
        for layer, places in self.layout.weights.items():
            ranges = [place for one in places.arrays.values() for place in one]
            owned[layer] = self.block(BOARD, ranges, places.apart)
        counts = {
            f"{HELD}{name}": np.array([np.count_nonzero(block.positions >= 0)], dtype=np.float64)
            for name, block in owned.items()
        }
        counts |= self._originals()
        opened = self.exercise
        for number, part in enumerate(opened.parts if opened else (), 1):
            empty = self.block(BOARD, [part.open]).positions < 0
            counts[f"{EMPTY_CELLS}{number}"] = empty.astype(np.float64)
        return counts

    def _originals(self) -> dict[str, Array]:
        """The weights, and a picture that stands in no gallery, as they were built."""
        if WORKS not in self.sheets:
            return {}
        places, found = original_places(self.network, self.layout), {}
        for (layer, key), ranges in places.weights.items():
            kept, apart = [one.original for one in ranges], self.layout.weights[layer].apart
            found[f"{ORIGINAL}{layer}.{key}"] = self.block(WORKS, kept, apart).numbers
        if self.layout.gallery is None:
            kept = [one.original for one in places.picture]
            found[f"{ORIGINAL}{INPUT}"] = self.block(WORKS, kept).numbers
        return {name: np.nan_to_num(held) for name, held in found.items()}

    def _numbers(self, maps: tuple[Range, ...], shape: Shape) -> Array:
        return self.block(BOARD, maps).numbers.reshape(shape)

    def formula_at(self, cell: Cell) -> str:
        """The formula in a cell of the board as a spreadsheet shows it, "" for none."""
        held = self.sheets[BOARD].get(cell, EMPTY).formula
        return held.at(cell) if held is not None else ""

    def own_formula(self, cell: Cell) -> str:
        """The same for a cell of the learner's own making, "" for all others."""
        return self.formula_at(cell) if cell_key(*cell) in self._own_formulas else ""

    @cached_property
    def _own_formulas(self) -> frozenset[int]:
        """The keys of cells on the board with formulas where none belongs."""
        board = self.sheets[BOARD]
        computed = range_keys([rule.range for rule in self.rules if rule.sheet == BOARD])
        return frozenset(np.setdiff1d(board.keys_of_cells[board.held >= 0], computed).tolist())

    def cell(self, sheet: str, place: Range, row: int = 0, column: int = 0) -> FoundCell:
        """The cell at an offset inside a range."""
        return self.sheets[sheet].get((place.row + row, place.column + column), EMPTY)

    def block(
        self, sheet: str, ranges: Collection[Range], apart: tuple[int, int] = (1, 1)
    ) -> FoundBlock:
        """What stands in ranges, one after another, each row by row."""
        return self.sheets[sheet].block(ranges, apart)


def read_book(path: str | os.PathLike[str], needless: Collection[str] = ()) -> FoundBook:
    """Read a workbook of xlconv's, whatever its sheets are called now. Those that are `needless`,
    by their first names, may be gone.

    Raises BookError, in one line, for what is no workbook, none of xlconv's, one that reaches
    outside of itself, or one whose cells were moved or whose pixels and weights are not numbers.
    """
    tell(f"reading {Path(path).name}")
    package = open_package(Path(path))
    names = sheet_names(package, needless)
    model_sheet = package.sheet(names.now[MODEL], 0, translate=names.first)
    manifest = found_manifest(package, names, model_sheet, needless)
    layout = plan(manifest.network, manifest.pictures, manifest.exercise, manifest.started)
    rules = workbook_rules(manifest.network, layout)
    sheets = own_sheets(package, names, manifest, layout, rules)
    sheets[MODEL] = model_sheet
    others = package.others({names.now[sheet] for sheet in sheets})
    check_places(package, names, manifest, layout, rules, sheets)
    cells = FoundCells(Path(path), sheets, names)
    network = _as_set(manifest.network, layout, cells)
    model = Model(network, _weights(network, layout, cells))
    return FoundBook(
        path=Path(path),
        manifest=replace(manifest, network=network),
        layout=layout,
        sheets=sheets,
        display=replace(
            _display(cells, model, layout), started=found_start(cells, model.network, layout)
        ),
        names=names,
        ranges=_ranges(package, names.now[BOARD]),
        parcel=package.parcel,
        others=others,
        written=manifest.network,
        rules_as_written=tuple(rules),
    )


def _ranges(package: Package, board: str) -> dict[str, Range | None]:
    """The names of the file, with the ranges of those that are on the board."""
    found: dict[str, Range | None] = {name.lower(): None for name in package.other_names}
    for name, (sheet, place) in package.names.items():
        found[name.lower()] = place if sheet == board else None
    return found


def _display(cells: FoundCells, model: Model, layout: Layout) -> Display:
    """What the cells of all sheets hold now."""
    choices = found_choices(cells, model.network, layout)
    checks = found_checks(cells, model.network, layout)
    built = found_built(cells, model.network, layout)
    if layout.gallery is None:
        maps = layout.tensors[INPUT].maps
        image = cells.numbers(BOARD, maps, INPUT).reshape(model.network.input_shape)
        return Display(model, image, choices, checks=checks, built=built)
    if not {IMAGES, WORKS} <= cells.sheets.keys():
        image = stored_image(cells, layout, model.network)
        return Display(model, image, choices, checks=checks, built=built)
    pen = found_pen(cells, layout.gallery)
    pictures, labels = found_gallery(cells, layout.gallery, pen)
    said, inks = found_said(cells, layout.gallery)
    picture = shown_picture(pictures[choices.picture], choices)
    image = found_image(cells, layout, picture)
    return Display(
        model,
        image,
        choices,
        pictures=pictures,
        labels=labels,
        said=said,
        inks=inks,
        pen=pen,
        checks=checks,
        built=built,
    )


def _as_set(network: Network, layout: Layout, cells: FoundCells) -> Network:
    """The network with the settings that their cells on the board hold now."""
    layers = []
    for layer in network.layers:
        for setting, place in layout.controls.get(layer.name, {}).items():
            layer = cells.setting(BOARD, place.first, layer, setting)
        layers.append(layer)
    network = replace(network, layers=tuple(layers)) if layout.controls else network
    if layout.panel.outside is None:
        return network
    return with_outside(network, found_outside(cells, layout.panel.outside.first))


def _weights(network: Network, layout: Layout, found: FoundCells) -> dict[str, Array]:
    weights = {}
    for layer, places in layout.weights.items():
        described = network.weights(network.layer(layer))
        for key, ranges in places.arrays.items():
            numbers = found.numbers(BOARD, ranges, layer, places.apart)
            weight = described[f"{layer}.{key}"]
            if weight.least is not None and (numbers < weight.least).any():
                cells = [cell for place in ranges for cell in places.cells(place)]
                cell, value = cells[int(numbers.argmin())], numbers.min()
                raise BookError(
                    f"{found.words(BOARD, cell, layer)} holds {value:g}, but a {key} "
                    f"is never {below(weight.least)}; type a number from {weight.least:g}"
                )
            weights[f"{layer}.{key}"] = numbers.reshape(weight.shape)
    return weights


def tensor_named(book: FoundBook, name: str) -> str:
    """A tensor of a book by its name; BookError, naming those that exist, if there is none."""
    if name not in book.network.shapes:
        raise BookError(f"{book.path}: no layer {name!r}; {meant(name, book.network.shapes)}")
    return name
