"""`build`: a model and a picture become a workbook.

    model -> layout -> lower -> blocks -> writer -> book.xlsx

Owns the order of these steps and which sheets a workbook has; each step is elsewhere.
"""

from __future__ import annotations

import os
from pathlib import Path

from xlconv._version import __version__
from xlconv.blocks import Book
from xlconv.gallery import Gallery
from xlconv.grid import Range
from xlconv.layout import plan
from xlconv.lower import lower
from xlconv.manifest import NAME as MANIFEST_NAME
from xlconv.manifest import Manifest, manifest_lines
from xlconv.network import Array, Model
from xlconv.palette import palette_named
from xlconv.places import BOARD
from xlconv.reference import forward_steps
from xlconv.sheets import guide
from xlconv.sheets import model as model_sheet_module
from xlconv.templates import Template
from xlconv.writer import write_book


def build(
    path: str | os.PathLike[str],
    model: Model,
    image: Array,
    *,
    gallery: Gallery | None = None,
    palette: str | None = None,
    overwrite: bool = True,
) -> None:
    """Write the workbook of a model that looks at a picture.

    `image` has the network's input shape (C, H, W). `palette` is "lesson", "colourblind" or
    "grey"; left out, a template's own. `gallery` holds pictures to choose from.
    The file is written beside `path` and then renamed.

    Raises ImageError for a picture of another shape, LimitError for a network larger than a
    worksheet, OutputError if the file cannot be written, or exists and `overwrite` is false.
    """
    write_book(Path(path), compile_book(model, image, palette, gallery), overwrite)


def compile_book(
    model: Model, image: Array, palette: str | None = None, gallery: Gallery | None = None
) -> Book:
    """The workbook as data: every sheet with its blocks."""
    del gallery  # TODO: its sheet, and the list on the board
    network = model.network
    title, description, own_palette = network.name, DESCRIPTION, DEFAULT_PALETTE
    if isinstance(model, Template):
        about = model.about
        title, description, own_palette = about.title, about.description, about.palette
    chosen = palette or own_palette
    colours = palette_named(chosen)
    layout = plan(network)
    values = forward_steps(model, image)
    lines = manifest_lines(Manifest(__version__, chosen, network))
    text = model_sheet_module.text_range(network, lines)
    names: dict[str, tuple[str, Range]] = {
        name: (BOARD, place) for name, place in layout.names(network).items()
    }
    return Book(
        title,
        description,
        __version__,
        (
            lower(model, values, layout, colours),
            guide.guide_sheet(network, layout, title, description, colours),
            model_sheet_module.model_sheet(network, layout, values, lines, colours),
        ),
        names | {MANIFEST_NAME: (model_sheet_module.NAME, text)},
    )


DEFAULT_PALETTE = "lesson"
DESCRIPTION = "A convolutional network in which every activation is a live formula."
