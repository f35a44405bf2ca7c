"""`build`: a model and a picture become a workbook.

    model -> layout -> lower -> blocks -> writer -> book.xlsx

Owns the order of these steps and which sheets a workbook has; each step is elsewhere.
"""

import os
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np

from xlconv import __version__
from xlconv.errors import LimitError, TemplateError, meant
from xlconv.images.gallery import Gallery, shown_first
from xlconv.importers.gallery import template_gallery
from xlconv.importers.template import Template, known_start
from xlconv.network.model import Array, Model
from xlconv.reference.forward import checked_image, forward
from xlconv.sheets import parts
from xlconv.sheets.board.places import plan
from xlconv.sheets.board.zoom import READABLE, start_zoom
from xlconv.sheets.exercise.places import answers_wait
from xlconv.sheets.first_display import first_display
from xlconv.sheets.formulas import workbook_rules
from xlconv.sheets.images.places import GalleryPlaces
from xlconv.sheets.images.said import said_of
from xlconv.sheets.numbers import exercise_display, new_workbook_values, remember_build
from xlconv.sheets.shown import Shown
from xlconv.sheets.styles import palette_named
from xlconv.spreadsheet.blocks import Book
from xlconv.spreadsheet.cells import SMALLEST_NUMBER, Range
from xlconv.state.choices import SCALES, Display, Pen
from xlconv.state.exercise import Exercise, exercise_of
from xlconv.state.manifest import Manifest, range_name
from xlconv.state.sheet_names import EXERCISE, SHEETS
from xlconv.system.progress import tell
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
    tell("laying out the network")
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
    colours = palette_named(chosen, network.in_colour)
    if exercise is not None:
        exercise = exercise_of(network, *astuple(exercise))
    display = _display(model, image, gallery, scale, exercise)
    start = known_start(model)
    display = replace(display, started=start)
    layout = plan(network, display.count, exercise, start.size > 0)
    readable = exercise is not None or start_zoom(network, layout) >= READABLE
    display = replace(display, choices=replace(display.choices, numbers=readable))
    display = exercise_display(display, layout)
    values = new_workbook_values(display, layout)
    display = remember_build(display, layout, values)
    shown = Shown(
        title=title,
        description=description,
        manifest=Manifest(__version__, chosen, network, display.count, exercise, layout.started),
        display=display,
        layout=layout,
        rules=tuple(workbook_rules(network, layout)),
        values=values,
        colours=colours,
    )
    return _book(shown, protect)


def _book(shown: Shown, protect: bool) -> Book:
    """The sheets of all rooms, and the names that lead to them."""
    for sheet in parts("looks", "sheet"):
        if (made := sheet(shown)) is not None:
            shown = replace(shown, before=(*shown.before, made))
    names: dict[str, tuple[str, Range]] = {}
    for named in parts("looks", "names"):
        names |= named(shown)
    hidden: dict[str, tuple[str, Range] | str] = {}
    for named in parts("looks", "hidden_names"):
        hidden |= named(shown)
    sheets = sorted(shown.before, key=lambda sheet: SHEETS.index(sheet.name))
    return Book(
        shown.title,
        shown.description,
        __version__,
        tuple(replace(sheet, protected=protect) for sheet in sheets),
        names,
        {
            **hidden,
            **{range_name(sheet.name): (sheet.name, sheet.used_range) for sheet in sheets},
        },
        EXERCISE if shown.layout.exercise is not None else None,
    )


def _display(
    model: Model, image: Array, gallery: Gallery | None, scale: str, exercise: Exercise | None
) -> Display:
    """What the new workbook shows."""
    if scale not in SCALES:
        raise TemplateError(f"no colour scale for each {scale!r}; {meant(scale, SCALES)}")
    model = Model(model.network, {name: _in_cells(one) for name, one in model.weights.items()})
    checked = _in_cells(checked_image(model, image))
    tensors = forward(model, checked)
    for layer, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise LimitError(
                f"layer {layer!r}: its numbers become too large for a cell (infinity); "
                "use smaller weights, or a picture of smaller numbers"
            )
    if gallery is not None:
        gallery = replace(gallery, pictures=_in_cells(gallery.pictures))
        gallery = shown_first(gallery, checked, "the picture of the build")
    unexplained = exercise.layers if exercise else ()
    first = first_display(model, checked, tensors, gallery, unexplained)
    first = replace(first, choices=replace(first.choices, scale=scale))
    return first if gallery is None else _with_gallery(first, gallery, exercise)


def _with_gallery(display: Display, gallery: Gallery, exercise: Exercise | None) -> Display:
    """What is shown with what the network says of each picture of a gallery, unless that is what a
    learner is asked for; and a pen that has drawn nothing yet."""
    pictures, model = gallery.pictures, display.model
    asked = exercise is not None and answers_wait(model.network, exercise.layers)
    said = ("",) * len(pictures) if asked else said_of(model, pictures)
    inks = tuple(float(picture.sum()) for picture in pictures)
    grids = GalleryPlaces(model.network.input_shape, len(pictures)).pen.grids
    cells = np.zeros((len(grids), grids[0].height, grids[0].width))
    return replace(display, said=said, inks=inks, pen=Pen(cells))


def _in_cells(array: Array) -> Array:
    """Numbers as cells hold them: those too near to 0 for a spreadsheet are 0."""
    held: Array = np.where(np.abs(array) < SMALLEST_NUMBER, 0.0, array)
    return held


DEFAULT_PALETTE = "lesson"
DESCRIPTION = "A convolutional network in which every activation is a live formula."
