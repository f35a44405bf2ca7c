"""The `Images` sheet: a gallery from which the board takes its picture, and an empty grid to draw
into.

Must not know the network, nor how a file is written.
"""

from collections.abc import Iterator

import numpy as np

from xlconv.sheets import styles
from xlconv.sheets.panel.places import GalleryPlaces
from xlconv.sheets.shown import Shown
from xlconv.sheets.styles import CHANNEL_COLOURS, QUIET, Palette
from xlconv.spreadsheet.blocks import (
    BlankBlock,
    Block,
    Choice,
    ColourScale,
    ConstantBlock,
    Pages,
    Sheet,
    Style,
    TextBlock,
    one_cell,
)
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.choices import Display
from xlconv.state.sheet_names import BOARD, GUIDE, IMAGES

_ZOOM = 20  # at which ten digits beside each other fit a screen
_CAPTION_PIXELS = 76
_WORDS_COLUMNS = 110
_TITLE = Style(size=96, bold=True, horizontal="left")
_LEAD = Style(size=48, horizontal="left", colour=QUIET)
_LINK = Style(size=48, bold=True, horizontal="left", colour="1F5F99")
_HEAD = Style(size=48, bold=True, horizontal="left")
_OWN_WORDS = {
    1: "Zoom in, type numbers into the empty grid: 0 is paper, 1 is ink.",
    3: "Zoom in, type numbers from 0 to 1: red, green and blue, below each other.",
}
_NUMBER = Style(size=44, horizontal="left", number_format="0")
_LABEL = Style(size=44, bold=True, border="B07D00", fill="FFF3C4", shrink=True, locked=False)
# Thumbnails show no numbers: the board and the formula bar do.
_THUMBNAIL = Style(number_format=";;;", locked=False)
_OWN = Style(number_format="0.0", shrink=True, border="E3C877", locked=False)


def sheet(shown: Shown) -> Sheet | None:
    """The sheet of a gallery, if there is one."""
    display, places, colours = shown.display, shown.layout.gallery, shown.colours
    if places is None:
        return None
    maps = [place for number in range(places.count + 1) for place in places.maps(number)]
    captions = [places.label(number) for number in range(places.count + 1)]
    captions += [places.number(number) for number in range(places.count + 1)]
    rows = {places.maps(number)[0].row - 1 for number in range(places.count + 1)}
    return Sheet(
        IMAGES,
        (*_words(places), *_pictures(display, places)),
        rules=tuple(_scales(places, colours)),
        merges=tuple(place for place in captions if place.size > 1),
        choices=tuple(_choices(places, maps)),
        column_width=styles.CELL_PIXELS,
        row_height=styles.CELL_PIXELS,
        heights={1: 150, 2: 80, 3: 80, 4: 80, **dict.fromkeys(rows, _CAPTION_PIXELS)},
        freeze=Cell(places.top - 1, 1),
        zoom=_ZOOM,
        tab_colour="B07D00",
        pages=Pages(1, None, (1, 3)),
    )


def _words(places: GalleryPlaces) -> Iterator[Block]:
    left = places.left
    yield one_cell(Cell(1, left), "Pictures to choose from", _TITLE)
    choose = f"Type a picture's number above the picture on the {BOARD} →"
    yield one_cell(Cell(2, left), choose, _LINK, f"{BOARD}!A1")
    yield one_cell(Cell(3, left), "Yellow: what each picture shows; ? if nobody knows", _LEAD)
    yield one_cell(Cell(4, left), "← Guide", _LINK, f"{GUIDE}!A1")
    own = places.maps(0)[0]
    # Three rows of the grid are as high as one line of these letters, and a fourth keeps lines
    # apart, but small pictures have fewer above those to choose from.
    apart = min(4, (places.line_rows - 1) // 3)
    for row, text in enumerate(
        (
            "← draw your own",
            _OWN_WORDS.get(places.shape[0], "Zoom in, type numbers into the empty grids."),
            "Then choose picture 0 on the board; type what it shows into its yellow cell.",
        )
    ):
        place = Range(own.row + apart * row, own.right + 3, min(3, apart), _WORDS_COLUMNS)
        yield TextBlock(place, text, _LEAD if row else _HEAD)


def _pictures(display: Display, places: GalleryPlaces) -> Iterator[Block]:
    for number, (picture, label) in enumerate(zip(display.pictures, display.labels, strict=True)):
        yield one_cell(places.number(number).first, number, _NUMBER)
        place = places.label(number)
        yield one_cell(place.first, label, _LABEL)
        yield from (BlankBlock(part, _LABEL) for part in place.rest(Range.of(place.first)))
        for place, pixels in zip(places.maps(number), picture, strict=True):
            # Paper stays empty: it counts as 0, and keeps the file small.
            sparse = np.where(pixels == 0, np.nan, pixels)
            empty = np.isnan(sparse).all()
            if number == 0:
                yield BlankBlock(place, _OWN) if empty else ConstantBlock(place, pixels, _OWN)
            elif not empty:
                yield ConstantBlock(place, sparse, _THUMBNAIL)


def _scales(places: GalleryPlaces, colours: Palette) -> Iterator[ColourScale]:
    """One scale for all pictures, from paper to the darkest ink; a channel of a colour picture
    has its own colour."""
    channels = places.shape[0]
    inks = CHANNEL_COLOURS if channels == 3 else (colours.ink,) * channels
    numbers = range(places.count + 1)
    for channel, ink in enumerate(inks):
        maps = tuple(places.maps(number)[channel] for number in numbers)
        yield ColourScale(maps, "1", None, colours.paper, ink)


def _choices(places: GalleryPlaces, maps: list[Range]) -> Iterator[Choice]:
    own = tuple(places.maps(0))
    words = "Type 0 for paper to 1 for ink, then choose picture 0 on the board."
    yield Choice(own, "draw your own", words)
    labels = tuple(Range.of(places.label(n).first) for n in range(places.count + 1))
    yield Choice(
        labels, "what it shows", "The actual class, as the network spells it; ? if unknown."
    )
