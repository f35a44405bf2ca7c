"""What was chosen in a workbook's yellow cells, and its gallery, as they are found.

Must not compute anything from them. Raises BookError, naming the cell, for what cannot be chosen.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from xlconv.book.sheet_names import SheetNames
from xlconv.errors import BookError, NetworkError
from xlconv.network.beginnings import first_convolution, kernels_of
from xlconv.network.layers.base import Layer
from xlconv.network.layers.convolution import OUTSIDES
from xlconv.network.layers.settings import setting_of
from xlconv.network.model import Array
from xlconv.network.network import INPUT, Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.exercise.places import exercise_places
from xlconv.sheets.guide.places import ANSWER, guide_places
from xlconv.sheets.images.numbers import drawn
from xlconv.sheets.images.places import GalleryPlaces
from xlconv.sheets.model.places import head_places
from xlconv.sheets.on_model.beginnings.places import beginnings
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.spreadsheet.keys import key_cell, range_keys
from xlconv.state.choices import SCALES, UNKNOWN, Choices, Explained, Laboratory, Pen, labelled_row
from xlconv.state.exercise import CHECKS, Checks
from xlconv.state.sheet_names import BOARD, GUIDE, IMAGES, MODEL, WORKS
from xlconv.xlsx.sheet import EMPTY, FoundCell, FoundSheet

MOST_SHIFTED = 1000  # rows or columns of a picture
PATTERN = frozenset("*?~")  # what stands for other letters in a text that is looked up


@dataclass(frozen=True)
class FoundCells:
    """The cells of a book's sheets, with the file's path for errors."""

    path: Path
    sheets: Mapping[str, FoundSheet]
    names: SheetNames

    def words(self, sheet: str, cell: Cell, what: str) -> str:
        """A cell and what it is for, by the name that its sheet has now, after the file's path."""
        return f"{self.path}: {self.names.place(sheet, cell)} ({what})"

    def at(self, sheet: str, cell: Cell) -> FoundCell:
        """What a cell holds; nothing on a sheet that is gone."""
        return self.sheets[sheet].get(cell, EMPTY) if sheet in self.sheets else EMPTY

    def read(self, sheet: str, cell: Cell, what: str, kinds: type, remedy: str) -> object:
        """The constant that a cell holds, None if it is empty."""
        found = self.at(sheet, cell)
        kind_is_right = isinstance(found.value, kinds) and not isinstance(found.value, bool)
        if found.formula is None and (found.value is None or kind_is_right):
            return found.value
        raise BookError(f"{self.words(sheet, cell, what)} holds {found.words(cell)}; {remedy}")

    def number(self, sheet: str, cell: Cell, what: str, remedy: str) -> float:
        """The number that a cell holds, 0 if it is empty."""
        value = self.read(sheet, cell, what, float, remedy)
        return value if isinstance(value, float) else 0.0

    def numbers(
        self,
        sheet: str,
        ranges: Collection[Range],
        what: str,
        apart: tuple[int, int] = (1, 1),
    ) -> Array:
        """The numbers that ranges hold, one after another, an empty cell's 0."""
        found = self.sheets[sheet].block(ranges, apart)
        for position in found.positions[found.no_numbers].tolist():
            cell, held = found.sheet.place(position), found.sheet.cell(position)
            raise BookError(
                f"{self.words(sheet, cell, what)} holds {held.words(cell)} where a number belongs; "
                "type a number"
            )
        return np.nan_to_num(found.numbers)

    def setting(self, sheet: str, cell: Cell, layer: Layer, setting: str) -> Layer:
        """The layer with a setting as its cell holds it."""
        found, now = self.at(sheet, cell), getattr(layer, setting)
        switch = isinstance(now, bool) and found.value not in (0.0, 1.0, None)
        if found.formula is not None or isinstance(found.value, bool) or switch:
            what = "1 for on or 0 for off" if isinstance(now, bool) else "a value"
            told = self.words(sheet, cell, f"{setting} of {layer.name!r}")
            raise BookError(f"{told} holds {found.words(cell)}; type {what}")
        try:
            value: Any = setting_of(layer, setting, found.value)
            return replace(layer, **{setting: value})
        except NetworkError as error:
            raise BookError(f"{self.path}: {self.names.place(sheet, cell)}: {error}") from error

    def switch(self, sheet: str, cell: Cell, what: str, remedy: str) -> bool:
        """Whether a cell holds 1; 0 and nothing mean no."""
        number = self.number(sheet, cell, what, remedy)
        if number in (0.0, 1.0):
            return number == 1.0
        raise BookError(f"{self.words(sheet, cell, what)} holds {number:g}; {remedy}")

    def one_of(self, sheet: str, cell: Cell, what: str, names: tuple[str, ...]) -> str:
        """The one of several names that a cell holds; the case of letters says nothing."""
        remedy = f"choose one of {', '.join(names)}"
        value = str(self.read(sheet, cell, what, str, remedy) or "")
        for name in names:
            if name.lower() == value.lower():
                return name
        raise BookError(f"{self.words(sheet, cell, what)} holds {value!r}; {remedy}")


def found_choices(cells: FoundCells, network: Network, layout: Layout) -> Choices:
    """What is chosen now."""
    panel = layout.panel
    picture = 0
    actual: float | str = UNKNOWN
    if layout.gallery is not None and panel.picture is not None:
        picture = _picture(cells, panel.picture.first, layout.gallery.count)
    elif layout.verdict is not None:
        actual = _label(cells, BOARD, layout.verdict.actual.first)
    pixel = [
        cells.read(BOARD, place.first, "the pixel to follow", float, "type a number, or nothing")
        for place in (panel.pixel_row, panel.pixel_column)
    ]
    row, column = pixel
    return Choices(
        explained=_explained(cells, network, panel.chosen),
        picture=picture,
        actual=actual,
        scale=cells.one_of(BOARD, panel.scale.first, "one colour scale for each", SCALES),
        pixel=(row, column) if isinstance(row, float) and isinstance(column, float) else None,
        outlined=cells.switch(
            BOARD, panel.outlined.first, "outlines", "type 1 for on or 0 for off"
        ),
        hidden=frozenset(_hidden(cells, network, panel.reveal.first)),
        numbers=cells.one_of(BOARD, panel.numbers.first, "numbers", ("on", "off")) == "on",
        shift=_shift(cells, layout),
        winners=panel.winners is not None
        and cells.switch(BOARD, panel.winners.first, "winners", "type 1 for on or 0 for off"),
        invert=panel.invert is not None
        and cells.switch(BOARD, panel.invert.first, "invert", "type 1 for on or 0 for off"),
        laboratory=_laboratory(cells, layout),
        head=_head(cells, network),
        answers=_answers(cells, network, layout),
    )


def _head(cells: FoundCells, network: Network) -> tuple[float, ...]:
    """The sizes for which it is said what the last layers cost."""
    places = head_places(network)
    if places is None:
        return ()
    read = [cell for number in range(2) for cell in places.sizes(number).cells()]
    return tuple(cells.number(MODEL, cell, "a size to compare", "type a number") for cell in read)


def _laboratory(cells: FoundCells, layout: Layout) -> Laboratory:
    """What is chosen in the softmax laboratory."""
    if layout.laboratory is None:
        return Laboratory()
    temperature, times, minus_max = (place.first for place in layout.laboratory.choices)
    what, remedy = "the laboratory's temperature", "type a number above 0"
    divisor = cells.number(BOARD, temperature, what, remedy)
    if divisor <= 0:
        raise BookError(f"{cells.words(BOARD, temperature, what)} holds {divisor:g}; {remedy}")
    return Laboratory(
        divisor,
        cells.number(BOARD, times, "what the laboratory multiplies logits with", "type a number"),
        cells.switch(BOARD, minus_max, "minus the largest", "type 1 for on or 0 for off"),
    )


def _shift(cells: FoundCells, layout: Layout) -> tuple[int, int]:
    """How many rows and columns the picture is moved."""
    panel = layout.panel
    if panel.shift_down is None or panel.shift_right is None:
        return 0, 0
    what = "how far the picture is moved"
    remedy = f"type a whole number from -{MOST_SHIFTED} to {MOST_SHIFTED}"
    moved = []
    for place in (panel.shift_down, panel.shift_right):
        number = cells.number(BOARD, place.first, what, remedy)
        if not number.is_integer() or abs(number) > MOST_SHIFTED:
            told = cells.words(BOARD, place.first, what)
            raise BookError(f"{told} holds {number:g}; {remedy}")
        moved.append(int(number))
    return moved[0], moved[1]


def found_start(cells: FoundCells, network: Network, layout: Layout) -> Array:
    """The kernels that training started from, (outputs, maps, rows, columns)."""
    found, layer = beginnings(network, layout), first_convolution(network)
    if not found or layer is None:
        return np.empty((0, 0, 0, 0))
    numbers = cells.numbers(MODEL, [one.start for one in found], "a kernel of the start")
    return numbers.reshape(network.weight_shapes(layer)[kernels_of(layer)])


def found_outside(cells: FoundCells, cell: Cell) -> str:
    """What lies beyond the maps: one of OUTSIDES."""
    what, remedy = "what is outside of maps", f"choose one of {', '.join(OUTSIDES)}"
    value = cells.read(BOARD, cell, what, float | str, remedy)  # type: ignore[arg-type]
    text = f"{value:g}" if isinstance(value, float) else str(value or "0").lower()
    if text not in OUTSIDES:
        raise BookError(f"{cells.words(BOARD, cell, what)} holds {text!r}; {remedy}")
    return text


def _answers(cells: FoundCells, network: Network, layout: Layout) -> dict[str, float | str]:
    """What was answered on the Guide."""
    found = {}
    for card in guide_places(network, layout).cards:
        if card.mission.options:
            place = card.cell(ANSWER)
            held = cells.read(GUIDE, place, "an answer", float | str, "choose one of its list")  # type: ignore[arg-type]
            if held not in (None, ""):
                found[card.mission.key] = held
    return found  # type: ignore[return-value]


def found_built(cells: FoundCells, network: Network, layout: Layout) -> dict[str, float | str]:
    """What the build left for the ticks of the Guide; nothing where it was spoiled."""
    found = {}
    for key, cell in guide_places(network, layout).built.items():
        held = cells.at(WORKS, cell)
        if held.formula is None and isinstance(held.value, float | str):
            found[key] = held.value
    return found


def _explained(cells: FoundCells, network: Network, chosen: Sequence[Cell]) -> Explained:
    """The cell that Explain takes apart."""
    names = tuple(layer.name for layer in network.layers)
    layer = cells.one_of(BOARD, chosen[0], "the layer to explain", names)

    def number(cell: Cell, what: str) -> float:
        return cells.number(BOARD, cell, f"the {what} to explain", "type a number from 1")

    number_of_map, column = number(chosen[1], "map"), number(chosen[3], "column")
    return Explained(layer, number_of_map, _explained_row(cells, network, layer, chosen[2]), column)


def _explained_row(cells: FoundCells, network: Network, layer: str, cell: Cell) -> float | str:
    """The row: a number, or the label of a vector's row, but none that a look-up would take for a
    pattern."""
    held = cells.at(BOARD, cell)
    label = held.value if isinstance(held.value, str) and held.formula is None else None
    if label is not None and labelled_row(network, layer, label) is not None:
        if not PATTERN & {*label}:
            return label
        remedy = "type the row's number: programs read *, ? and ~ as patterns"
        return cells.number(BOARD, cell, "the row to explain", remedy)
    vector = len(network.shapes[layer]) == 1
    remedy = "type a number from 1" + (", or a label" if vector else "")
    return cells.number(BOARD, cell, "the row to explain", remedy)


def found_checks(cells: FoundCells, network: Network, layout: Layout) -> Checks:
    """What the checks of an exercise know; NaN where they were spoiled."""
    places = exercise_places(network, layout)
    if places is None:
        return Checks()

    def known(place: Range) -> list[float]:
        found = (cells.at(WORKS, cell).value for cell in list(place.cells())[-2:])
        return [one if isinstance(one, float) else np.nan for one in found]

    return Checks(
        np.array(
            [
                [known(places.check(number, check)) for check in range(CHECKS)]
                for number in range(len(places.parts))
            ]
        ),
        np.array([known(places.sums(tensor)) for tensor in places.given]),
    )


def _picture(cells: FoundCells, cell: Cell, count: int) -> int:
    remedy = f"choose one from 0 (your own) to {count}"
    number = cells.number(BOARD, cell, "the number of a picture", remedy)
    if number not in range(count + 1):
        raise BookError(
            f"{cells.words(BOARD, cell, 'the number of a picture')} holds {number:g}; {remedy}"
        )
    return int(number)


def _label(cells: FoundCells, sheet: str, cell: Cell) -> float | str:
    value = cells.read(sheet, cell, "what the picture shows", float | str, "type a class")  # type: ignore[arg-type]
    return UNKNOWN if value in (None, "") else value  # type: ignore[return-value]


def _hidden(cells: FoundCells, network: Network, cell: Cell) -> list[str]:
    """The tensors behind the one up to which the board is shown."""
    tensors = tuple(network.shapes)
    last = cells.one_of(BOARD, cell, "up to which layer it is shown", tensors)
    return list(tensors[tensors.index(last) + 1 :])


def found_gallery(
    cells: FoundCells, gallery: GalleryPlaces, pen: Pen
) -> tuple[Array, tuple[float | str, ...]]:
    """The pictures, the drawing first, of shape (1 + N, C, H, W), and what each shows."""
    count = gallery.count + 1
    pictures = np.zeros((count, *gallery.shape))
    pictures[0] = _drawing(cells, gallery, drawn(pen, gallery))
    for number in range(1, count):
        pictures[number] = _pixels(cells, gallery, number)
    labels = tuple(_label(cells, IMAGES, gallery.label(n).first) for n in range(count))
    return pictures, labels


def found_pen(cells: FoundCells, gallery: GalleryPlaces) -> Pen:
    """The pen of the drawing."""
    grids, switch = gallery.pen.grids, gallery.pen.switch.first
    shape = len(grids), grids[0].height, grids[0].width
    held = cells.numbers(IMAGES, grids, "a cell of the pen").reshape(shape)
    return Pen(held, cells.one_of(IMAGES, switch, "the pen", ("on", "off")) == "on")


def found_said(
    cells: FoundCells, gallery: GalleryPlaces
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """What the network said of each picture when the book was built, and their ink then."""
    numbers = range(1, gallery.count + 1)
    said = (cells.at(IMAGES, gallery.said(number).first).value for number in numbers)
    inks = (cells.at(IMAGES, gallery.ink(number)).value for number in numbers)
    return (
        tuple(one if isinstance(one, str) else "" for one in said),
        tuple(one if isinstance(one, float) else np.nan for one in inks),
    )


def _drawing(cells: FoundCells, gallery: GalleryPlaces, made: Array) -> Array:
    """Picture 0: as the pen made it, but for the pixels that are typed."""
    maps = gallery.maps(0)
    found, keys = cells.sheets[IMAGES].block(maps), range_keys(maps)
    picture = made.copy()
    for index in np.flatnonzero(found.formulas < 0):
        what, remedy = "a pixel of picture 0", "type a number, or nothing"
        picture.flat[index] = cells.number(IMAGES, key_cell(int(keys[index])), what, remedy)
    return picture


def _pixels(cells: FoundCells, gallery: GalleryPlaces, number: int) -> Array:
    found = cells.sheets[IMAGES].block(gallery.maps(number))
    what, remedy = f"a pixel of picture {number}", "type a number, or nothing"
    for position in found.positions[found.no_numbers].tolist():
        cells.number(IMAGES, found.sheet.place(position), what, remedy)
    return np.nan_to_num(found.numbers).reshape(gallery.shape)


def stored_image(cells: FoundCells, layout: Layout, network: Network) -> Array:
    """The picture that the file was saved with; NaN for what is no number."""
    maps = layout.tensors[INPUT].maps
    return cells.sheets[BOARD].block(maps).numbers.reshape(network.input_shape)


def found_image(cells: FoundCells, layout: Layout, picture: Array) -> Array:
    """The picture on the board: the chosen one, but for the pixels that are typed over it."""
    maps = layout.tensors[INPUT].maps
    found = cells.sheets[BOARD].block(maps)
    keys = range_keys(maps)
    image = picture.copy()
    for index in np.flatnonzero(found.formulas < 0):
        cell = key_cell(int(keys[index]))
        image.flat[index] = cells.number(BOARD, cell, INPUT, "type a number")
    return image
