"""`render`: the board of a workbook as a picture, with the values that the file stores.

    book.xlsx -> FoundBook -> board rules' stored values -> lower -> painting -> PNG

Nothing is computed: what a file does not store is an empty cell. Must not know how a sheet
is painted.
"""

import os
from pathlib import Path

import numpy as np
from PIL import Image

from xlconv.book.book import FoundBook, read_book, tensor_named
from xlconv.errors import BookError, OutputError, TemplateError
from xlconv.formulas.layers.base import Rule
from xlconv.network.network import INPUT
from xlconv.reference.layers.base import Values
from xlconv.rendering.paint import paint
from xlconv.rendering.view import View, chart_range, range_with_charts
from xlconv.sheets.board.furniture import GAP
from xlconv.sheets.board.layout import Band
from xlconv.sheets.board.looks import sheet as board
from xlconv.sheets.board.places import MIN_BAND
from xlconv.sheets.panel.formulas import LOOKS
from xlconv.sheets.shown import Shown
from xlconv.sheets.styles import Palette, palette_named
from xlconv.spreadsheet.blocks import Sheet
from xlconv.spreadsheet.cells import Range
from xlconv.state.sheet_names import BOARD
from xlconv.system.files import check_no_folder, check_target, replacing
from xlconv.xlsx.sheet import FoundBlock

SIDE = 2400  # pixels of the longer side that a picture has if nobody says how large
SMALLEST, LARGEST, USUAL_LARGEST = 2, 64, 24  # pixels a cell
MAX_PIXELS = 150_000_000


def render(
    book: FoundBook | str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    layer: str | None = None,
    cell: int | None = None,
    overwrite: bool = True,
) -> Image.Image:
    """The board as a picture, or one layer's band of it, and as a PNG if `out` is given.

    `cell` are the pixels of a grid cell; left out, the longer side has about 2400. From about
    20 on, the numbers stand in the cells. Raises BookError if the book cannot be read, stores
    no values or has no such layer, OutputError if `out` cannot be written, or exists and
    `overwrite` is false.
    """
    if out is not None:
        _check_out(Path(out), overwrite)
    found = book if isinstance(book, FoundBook) else read_book(book)
    picture = board_picture(found, layer, cell)
    if out is not None:
        with replacing(Path(out)) as stream:
            picture.save(stream, format="PNG")
    return picture


def _check_out(out: Path, overwrite: bool) -> None:
    check_no_folder(out, "board.png")
    if out.suffix.lower() != ".png":
        raise OutputError(f"{out}: pictures are written as .png; call it {out.with_suffix('.png')}")
    check_target(out, overwrite, "board.png")


def board_picture(
    book: FoundBook, layer: str | None = None, cell: int | None = None, side: int = SIDE
) -> Image.Image:
    """The board of a book that was read, or one layer's band of it."""
    if cell is not None and not SMALLEST <= cell <= LARGEST:
        raise OutputError(f"a cell of {cell} pixels; give {SMALLEST} to {LARGEST} (--cell)")
    sheet = stored_board(book)
    area = _layer_area(book, sheet, layer) if layer is not None else _whole_area(book, sheet)
    pixels = cell or _fitting(sheet, area, side)
    width, height = View(sheet, area, pixels).size
    if width * height > MAX_PIXELS:
        raise OutputError(
            f"a picture of {width:,} × {height:,} pixels is too large; give a smaller --cell, "
            "or one layer (--layer)"
        )
    return paint(sheet, pixels, area)


def _fitting(sheet: Sheet, area: Range, side: int) -> int:
    """The pixels a cell at which the longer side has about so many."""
    longest = max(View(sheet, area, USUAL_LARGEST).size)
    return max(SMALLEST, min(USUAL_LARGEST, side * USUAL_LARGEST // longest))


def stored_board(book: FoundBook) -> Sheet:
    """The board with the values that the file stores, in the book's own palette."""
    shown = Shown(
        title="",
        description="",
        manifest=book.manifest,
        display=book.display,
        layout=book.layout,
        rules=book.rules,
        values=stored_values(book),
        colours=book_palette(book),
    )
    return board(shown)


def book_palette(book: FoundBook) -> Palette:
    """The palette that a book was built with."""
    try:
        return palette_named(book.manifest.palette)
    except TemplateError as error:
        raise BookError(f"{book.path}: {error}; build the workbook again") from error


def stored_values(book: FoundBook) -> dict[str, Values]:
    """The value of every computed cell of the board as the file stores it, by the key of its
    rule: NaN for a missing number, "" for a missing text."""
    parts: dict[str, list[Values]] = {}
    some = False
    for rule in book.rules:
        if rule.sheet != BOARD and rule.block != LOOKS:
            continue
        found = book.block(rule.sheet, [rule.range])
        some = some or found.has_stored_values
        parts.setdefault(rule.key, []).append(_rule_values(rule, found))
    if not some:
        raise BookError(
            f"{book.path}: no values are stored in it, so there is nothing to draw; save it once "
            "in Excel or LibreOffice"
        )
    values = {key: _join(arrays) for key, arrays in parts.items()}
    return {INPUT: book.image, **values}


def _rule_values(rule: Rule, found: FoundBlock) -> Values:
    """One rule's values: of a map, with its rows and columns."""
    if len(found) == 1 and isinstance(found.values[0], str):
        return np.array(found.values.tolist(), dtype=np.str_)
    if rule.channel is None:
        return found.numbers
    return found.numbers.reshape(1, rule.range.height, rule.range.width)


def _join(arrays: list[Values]) -> Values:
    if len(arrays) == 1:
        return arrays[0]
    return np.concatenate([np.asarray(array, dtype=np.float64) for array in arrays])


def _whole_area(book: FoundBook, sheet: Sheet) -> Range:
    """All of the board, and room for the last layer's title."""
    used, last = range_with_charts(sheet), book.layout.bands[-1]
    return Range(1, 1, used.height + 1, max(used.right, last.first + MIN_BAND) + 1)


def _layer_area(book: FoundBook, sheet: Sheet, layer: str) -> Range:
    """The columns of a layer, as far down as anything stands in them."""
    tensor = tensor_named(book, layer)
    bands = book.layout.bands
    number = next(number for number, band in enumerate(bands) if band.tensor == tensor)
    first = max(1, bands[number].first - 1)
    last = _last_column(bands[number], bands[number + 1 :])
    charts = [chart_range(sheet, chart) for chart in sheet.charts]
    beside = [place for place in charts if first <= place.column <= last]
    last = max([last, *(place.right + 1 for place in beside)])
    columns = Range(1, first, range_with_charts(sheet).bottom, last - first + 1)
    places = [block.range for block in sheet.blocks if block.range.overlaps(columns)]
    bottom = max(place.bottom for place in (*places, *beside))
    return Range(1, first, bottom + 1, last - first + 1)


def _last_column(band: Band, behind: tuple[Band, ...]) -> int:
    """The last column of a band with room for its title: up to the arrow into the next one, of
    which nothing is drawn."""
    wide = max(band.last, band.first + MIN_BAND) + 1
    return min(wide, behind[0].first - GAP) if behind else wide
