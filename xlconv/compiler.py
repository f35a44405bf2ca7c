"""`build`: a model and a picture become a workbook.

    model -> layout -> lower -> blocks -> writer -> book.xlsx

Owns the order of these steps and which sheets a workbook has; each step is elsewhere.
"""

from __future__ import annotations

import os
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np

from xlconv import __version__
from xlconv.errors import LimitError, TemplateError, meant
from xlconv.images.gallery import Gallery, shown_first
from xlconv.importers.gallery import template_gallery
from xlconv.importers.template import Template
from xlconv.network.model import Array, Model
from xlconv.reference.forward import checked_image, forward
from xlconv.sheets.board.looks import lower
from xlconv.sheets.board.places import plan
from xlconv.sheets.exercise.looks import exercise_sheet
from xlconv.sheets.exercise.places import exercise_places
from xlconv.sheets.explain.looks import counting, explain_sheet
from xlconv.sheets.first_display import first_display
from xlconv.sheets.formulas import board_range, inspector_places
from xlconv.sheets.guide import looks as guide
from xlconv.sheets.images.looks import images_sheet
from xlconv.sheets.model import looks as model_sheet_module
from xlconv.sheets.numbers import handed_out, handed_out_values
from xlconv.sheets.styles import palette_named
from xlconv.spreadsheet.blocks import Book
from xlconv.spreadsheet.cells import SMALLEST_NUMBER, Range
from xlconv.state.choices import SCALES, Display
from xlconv.state.exercise import Exercise, exercise_of
from xlconv.state.manifest import NAME as MANIFEST_NAME
from xlconv.state.manifest import Manifest, manifest_lines, range_name
from xlconv.state.sheet_names import BOARD, MODEL
from xlconv.xlsx.writer import write_book


def build(
    path: str | os.PathLike[str],
    model: Model,
    image: Array,
    *,
    palette: str | None = None,
    overwrite: bool = True,
    gallery: Gallery | None = None,
    scale: str = "layer",
    protect: bool = False,
    exercise: Exercise | None = None,
) -> None:
    """Write the workbook of a model that looks at a picture.

    `image` has the network's input shape (C, H, W). `palette` is "lesson", "colourblind" or
    "grey"; left out, a template's own. With a `gallery` the board looks its picture up, and people
    may choose another; a template has one of its own. There is one colour `scale` for each "map",
    for each "layer" or for the whole "network". With `protect`, only cells that are meant to be
    changed can be; there is no password. With an `exercise`, the cells of some layers are left
    open for a learner to fill in. The file is written beside `path` and then renamed.

    Raises ImageError for a picture of another shape, LimitError for a network larger than a
    worksheet, OutputError if the file cannot be written, or exists and `overwrite` is false.
    """
    book = compile_book(model, image, palette, gallery, scale, protect, exercise)
    write_book(Path(path), book, overwrite)


def compile_book(
    model: Model,
    image: Array,
    palette: str | None = None,
    gallery: Gallery | None = None,
    scale: str = "layer",
    protect: bool = False,
    exercise: Exercise | None = None,
) -> Book:
    """The workbook as data: every sheet with its blocks."""
    network = model.network
    title, description, own_palette = network.name, DESCRIPTION, DEFAULT_PALETTE
    if isinstance(model, Template):
        about = model.about
        title, description, own_palette = about.title, about.description, about.palette
        gallery = gallery or template_gallery(about, network, model.image)
    chosen = palette or own_palette
    colours = palette_named(chosen)
    if exercise is not None:
        exercise = exercise_of(network, *astuple(exercise))
    display = _display(model, image, gallery, scale, exercise)
    layout = plan(network, display.count, exercise)
    display = handed_out(display, layout)
    values = handed_out_values(display, layout)
    places = inspector_places(network, layout)
    names: dict[str, tuple[str, Range]] = {
        name: (BOARD, place) for name, place in layout.names(network).items()
    }
    sheets = [
        lower(display, values, layout, colours, counting(places, display.count or 0)),
        explain_sheet(display, values, places, board_range(layout), colours),
        guide.guide_sheet(display, layout, title, description, colours),
    ]
    if layout.gallery is not None:
        sheets.insert(1, images_sheet(display, layout.gallery, colours))
    open_places = exercise_places(network, layout)
    if open_places is not None:
        sheets.insert(1, exercise_sheet(display, layout, open_places, values))
    manifest = Manifest(__version__, chosen, network, display.count, exercise)
    model_sheet = sheets[0]
    for _ in range(2):  # the last sheet tells its own size, too: first it is made to measure it
        used = {sheet.name: sheet.used for sheet in sheets} | {MODEL: model_sheet.used}
        sizes = {name: (place.bottom, place.right) for name, place in used.items()}
        lines = manifest_lines(replace(manifest, sizes=sizes))
        model_sheet = model_sheet_module.model_sheet(network, layout, values, lines, colours)
    sheets.append(model_sheet)
    text = model_sheet_module.text_range(network, lines)
    return Book(
        title,
        description,
        __version__,
        tuple(replace(sheet, protected=protect) for sheet in sheets),
        names | {MANIFEST_NAME: (MODEL, text)},
        {range_name(sheet.name): (sheet.name, sheet.used) for sheet in sheets},
    )


def _display(
    model: Model, image: Array, gallery: Gallery | None, scale: str, exercise: Exercise | None
) -> Display:
    """What the new workbook shows."""
    if scale not in SCALES:
        raise TemplateError(f"no colour scale for each {scale!r}; {meant(scale, SCALES)}")
    model = Model(model.network, {name: _in_cells(one) for name, one in model.weights.items()})
    checked = _in_cells(checked_image(model, image))
    for layer, tensor in forward(model, checked).items():
        if not np.isfinite(tensor).all():
            raise LimitError(
                f"layer {layer!r}: its numbers become too large for a cell (infinity); "
                "use smaller weights, or a picture of smaller numbers"
            )
    if gallery is not None:
        gallery = replace(gallery, pictures=_in_cells(gallery.pictures))
        gallery = shown_first(gallery, checked, "the picture of the build")
    first = first_display(model, checked, gallery, exercise.layers if exercise else ())
    return replace(first, choices=replace(first.choices, scale=scale))


def _in_cells(array: Array) -> Array:
    """Numbers as cells hold them: those too near to 0 for a spreadsheet are 0."""
    held: Array = np.where(np.abs(array) < SMALLEST_NUMBER, 0.0, array)
    return held


DEFAULT_PALETTE = "lesson"
DESCRIPTION = "A convolutional network in which every activation is a live formula."
