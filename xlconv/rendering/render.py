"""`render`: a sheet of a workbook as a picture, with the values that the file stores.

    book.xlsx -> FoundBook -> stored sheet -> painting -> PNG

Owns how large a picture is and which part of a sheet it shows. Must not know how a sheet is
painted.
"""

import os
from pathlib import Path

from PIL import Image, ImageChops

from xlconv.book.book import FoundBook, read_book, tensor_named
from xlconv.errors import OutputError
from xlconv.rendering.paint import paint
from xlconv.rendering.stored import stored_sheet
from xlconv.rendering.view import View, chart_range, range_with_charts
from xlconv.sheets.board.furniture import GAP
from xlconv.sheets.board.layout import Band
from xlconv.sheets.board.places import MIN_BAND
from xlconv.spreadsheet.blocks import Sheet
from xlconv.spreadsheet.cells import Range
from xlconv.state.sheet_names import BOARD
from xlconv.system.files import check_no_folder, check_target, replacing

SIDE = 2400  # pixels of the longer side that a picture has if nobody says how large
SMALLEST, LARGEST = 2, 64  # pixels a cell
MAX_PIXELS = 150_000_000


def render(
    book: FoundBook | str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    sheet: str = BOARD,
    layer: str | None = None,
    cell: int | None = None,
    overwrite: bool = True,
) -> Image.Image:
    """A sheet as a picture, or one layer's band of the board, and as a PNG if `out` is given.

    `cell` are the pixels of a row's height, on the board of a grid cell; left out, the longer
    side has about 2400, and no other sheet is smaller than it opens. From about 20 on, the numbers
    stand in the board's cells. Raises BookError if the book cannot be read, stores no values or
    has no such sheet or layer, OutputError if `out` cannot be written, or exists and `overwrite`
    is false.
    """
    if out is not None:
        _check_out(Path(out), overwrite)
    found = book if isinstance(book, FoundBook) else read_book(book)
    picture = sheet_picture(found, sheet, layer=layer, cell=cell)
    if out is not None:
        with replacing(Path(out)) as stream:
            picture.save(stream, format="PNG")
    return picture


def _check_out(out: Path, overwrite: bool) -> None:
    check_no_folder(out, "board.png")
    if out.suffix.lower() != ".png":
        raise OutputError(f"{out}: pictures are written as .png; call it {out.with_suffix('.png')}")
    check_target(out, overwrite, "board.png")


def sheet_picture(
    book: FoundBook,
    name: str = BOARD,
    *,
    layer: str | None = None,
    cell: int | None = None,
    side: int = SIDE,
) -> Image.Image:
    """A sheet of a book that was read, or one layer's band of the board; without the paper to the
    right and below."""
    if cell is not None and not SMALLEST <= cell <= LARGEST:
        raise OutputError(f"a cell of {cell} pixels; give {SMALLEST} to {LARGEST} (--cell)")
    sheet = stored_sheet(book, name)
    if layer is not None and sheet.name != BOARD:
        raise OutputError(
            f"the layer {layer!r} is drawn on the {BOARD}, not on {sheet.name}; leave out --layer "
            "or --sheet"
        )
    area = _layer_area(book, sheet, layer) if layer is not None else _whole_area(book, sheet)
    pixels = cell or _usual_cell(sheet, area, side)
    if _pixels(sheet, area, pixels) > MAX_PIXELS:
        width, height = View(sheet, area, pixels).size
        raise OutputError(
            f"a picture of {width:,} × {height:,} pixels is too large; give a smaller --cell, "
            "or one layer (--layer)"
        )
    return _trimmed(paint(sheet, pixels, area), pixels)


def _usual_cell(sheet: Sheet, area: Range, side: int) -> int:
    """The pixels of a row at which the longer side has about so many; of a sheet that is read
    rather than looked at, not less than it opens with."""
    whole = sheet.row_height  # at 100 %
    longest = max(View(sheet, area, whole).size)
    fitting = max(SMALLEST, min(whole, side * whole // longest))
    opened = round(whole * sheet.zoom / 100)
    if sheet.name == BOARD or _pixels(sheet, area, opened) > MAX_PIXELS:
        return fitting
    return max(fitting, opened)


def _pixels(sheet: Sheet, area: Range, cell: int) -> int:
    width, height = View(sheet, area, cell).size
    return width * height


def _trimmed(picture: Image.Image, margin: int) -> Image.Image:
    """A picture without the empty paper to the right and below, but for a margin."""
    drawn = ImageChops.invert(picture).getbbox()
    if drawn is None:
        return picture
    width, height = picture.size
    return picture.crop((0, 0, min(width, drawn[2] + margin), min(height, drawn[3] + margin)))


def _whole_area(book: FoundBook, sheet: Sheet) -> Range:
    """All of a sheet, and on the board room for the last layer's title."""
    used = range_with_charts(sheet)
    beside = book.layout.bands[-1].first + MIN_BAND if sheet.name == BOARD else 0
    return Range(1, 1, used.height + 1, max(used.right, beside) + 1)


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
