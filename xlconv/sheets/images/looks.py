"""The `Images` sheet: a gallery from which the board takes its picture, and a drawing with its pen.

Must not know the network, nor how a file is written.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from xlconv.sheets import styles
from xlconv.sheets.images.formulas import ink_of
from xlconv.sheets.images.places import GalleryPlaces
from xlconv.sheets.images.said import is_unsure
from xlconv.sheets.on_board.mosaic.formulas import painted_number
from xlconv.sheets.on_board.mosaic.looks import swatches
from xlconv.sheets.on_board.mosaic.numbers import painted_numbers
from xlconv.sheets.on_board.mosaic.places import MOSAIC, rule_levels
from xlconv.sheets.shown import Shown, rule_block
from xlconv.sheets.styles import CHANNEL_COLOURS, QUIET, Palette
from xlconv.spreadsheet.blocks import (
    BlankBlock,
    Block,
    Choice,
    ColourScale,
    ConstantBlock,
    Highlight,
    Pages,
    PaintedBlock,
    Sheet,
    Style,
    Swatches,
    TextBlock,
    one_cell,
)
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.choices import UNKNOWN, Display
from xlconv.state.sheet_names import BOARD, GUIDE, IMAGES

_ZOOM = 20  # at which ten digits beside each other fit a screen
_CAPTION_PIXELS = 76
_WORDS_COLUMNS = 110
_TITLE = Style(size=96, bold=True, horizontal="left")
_LEAD = Style(size=48, horizontal="left", colour=QUIET)
_LINK = Style(size=48, bold=True, horizontal="left", colour="1F5F99")
_HEAD = Style(size=48, bold=True, horizontal="left")
_NUMBER = Style(size=44, horizontal="left", number_format="0")
_LABEL = Style(size=44, bold=True, border="B07D00", fill="FFF3C4", shrink=True, locked=False)
# Thumbnails show no numbers: the board and the formula bar do.
_THUMBNAIL = Style(number_format=";;;", locked=False)
# Paper is left empty: a zero says nothing.
_OWN = Style(number_format="0.0;-0.0;;@", shrink=True, border="E3C877", locked=False)
_PEN = Style(number_format="0.0", shrink=True, border="B07D00", fill="FFFBEC", locked=False)
_SWITCH = replace(_LABEL, number_format="@")
_SAID = Style(size=36, horizontal="left", shrink=True, colour=QUIET)
_UNSURE = replace(_SAID, bold=True, colour="8A6100")
_HIDDEN = Style(number_format=";;;")
_NOTE = Style(size=40, horizontal="left", colour=QUIET)
_WRONG, _OLD = "C0392B", styles.FAINT
_SAID_PIXELS = 64
_NEAR = 1e-6


def sheet(shown: Shown) -> Sheet | None:
    """The sheet of a gallery, if there is one."""
    display, places, colours = shown.display, shown.layout.gallery, shown.colours
    if places is None:
        return None
    every = range(places.count + 1)
    merged = [places.label(number) for number in every] + [places.number(n) for n in every]
    merged += [places.said(number) for number in every if number and any(display.said)]
    merged += [places.pen.words, places.pen.switch]
    captions = {places.number(number).row: _CAPTION_PIXELS for number in every}
    said = {places.said(number).row: _SAID_PIXELS for number in every} if any(display.said) else {}
    return Sheet(
        IMAGES,
        (*_words(places, display), *_pictures(display, places), *_drawing(shown, places)),
        rules=(*_said_rules(display, places), *_mosaic_rules(places), *_scales(places, colours)),
        merges=tuple(place for place in merged if place.size > 1),
        choices=tuple(_choices(places)),
        column_width=styles.CELL_PIXELS,
        row_height=styles.CELL_PIXELS,
        heights={1: 150, **dict.fromkeys(range(2, 6), 80), **captions, **said},
        freeze=Cell(places.top - 1, 1),
        zoom=_ZOOM,
        tab_colour="B07D00",
        pages=Pages(1, None, (1, 3), Range.around([Range(1, 1, 1, 1), places.range])),
    )


def _words(places: GalleryPlaces, display: Display) -> Iterator[Block]:
    left = places.left
    yield one_cell(Cell(1, left), "Pictures to choose from", _TITLE)
    choose = f"Type a picture's number above the picture on the {BOARD} →"
    yield one_cell(Cell(2, left), choose, _LINK, f"{BOARD}!A1")
    yield one_cell(Cell(3, left), "Yellow: what each picture shows; ? if nobody knows", _LEAD)
    if any(display.said):
        yield one_cell(Cell(4, left), _ABOUT_SAID, _NOTE)
    yield one_cell(Cell(5, left), "← Guide", _LINK, f"{GUIDE}!A1")
    own = places.maps(0)[0]
    channels = "red, green and blue below each other; " if places.in_colour else ""
    texts = [
        "← draw your own",
        f"Type 1 for ink, 0 for paper; {channels}zoom in for that.",
        "The small grid is a thick pen: it is smoothed into the large one.",
        "Pixels of the large one may be typed over. Then choose picture 0 on the board.",
    ]
    # Three rows of the grid are as high as one line of these letters, and a fourth keeps lines
    # apart, but small pictures have fewer above those to choose from: the last line stays.
    rows = places.line_rows - 1
    texts = [texts[0], *texts[1:][-max(1, rows - 1) :]]
    apart = min(4, max(1, rows // len(texts)))
    for row, text in enumerate(texts):
        place = Range(own.row + apart * row, places.beside, min(3, apart), _WORDS_COLUMNS)
        yield TextBlock(place, text, _LEAD if row else _HEAD)


_ABOUT_SAID = (
    "Below: what the network said of it when this book was built. Red: wrong. Brown: unsure. "
    "Pale: of other weights, or of a picture that was typed over since."
)


def _pictures(display: Display, places: GalleryPlaces) -> Iterator[Block]:
    for number, (picture, label) in enumerate(zip(display.pictures, display.labels, strict=True)):
        yield one_cell(places.number(number).first, number, _NUMBER)
        place = places.label(number)
        yield one_cell(place.first, label, _LABEL)
        yield from (BlankBlock(part, _LABEL) for part in place.rest(Range.of(place.first)))
        if number == 0:
            continue
        for place, pixels in zip(places.maps(number), picture, strict=True):
            # Paper stays empty: it counts as 0, and keeps the file small.
            sparse = np.where(pixels == 0, np.nan, pixels)
            if not np.isnan(sparse).all():
                yield ConstantBlock(place, sparse, _THUMBNAIL)
        if (mosaic := places.mosaic(number)) is not None:
            yield PaintedBlock(mosaic, painted_numbers(picture), _HIDDEN)
        yield from _said(display, places, number)


def _said(display: Display, places: GalleryPlaces, number: int) -> Iterator[Block]:
    """What the network said of a picture, and behind it the ink by which it is known again."""
    if not any(display.said):
        return
    text, place = display.said[number - 1], places.said(number)
    if text:
        yield one_cell(place.first, text, _UNSURE if is_unsure(text) else _SAID)
    if places.shape[2] > 1:
        yield one_cell(places.ink(number), display.inks[number - 1], _HIDDEN)


def _drawing(shown: Shown, places: GalleryPlaces) -> Iterator[Block]:
    """Picture 0, which the pen draws, and the pen."""
    for rule in shown.rules_of(IMAGES):
        yield rule_block(rule, shown.values[rule.key], _HIDDEN if rule.block == MOSAIC else _OWN)
    pen, held = places.pen, shown.display.pen
    for place, cells in zip(pen.grids, held.cells, strict=True):
        yield ConstantBlock(place, cells, _PEN) if cells.any() else BlankBlock(place, _PEN)
    yield one_cell(pen.words.first, "thick pen", _HEAD)
    yield one_cell(pen.switch.first, "on" if held.on else "off", _SWITCH)
    rest = pen.switch.rest(Range.of(pen.switch.first))
    yield from (BlankBlock(part, _SWITCH) for part in rest)


def _scales(places: GalleryPlaces, colours: Palette) -> Iterator[ColourScale]:
    """One scale for all pictures, from paper to the darkest ink; a channel of a colour picture
    has its own colour."""
    channels = places.shape[0]
    inks = CHANNEL_COLOURS if places.in_colour else (colours.ink,) * channels
    for channel, ink in enumerate(inks):
        maps = tuple(places.maps(number)[channel] for number in range(places.count + 1))
        yield ColourScale((*maps, places.pen.grids[channel]), "1", None, colours.paper, ink)


def _said_rules(display: Display, places: GalleryPlaces) -> Iterator[Highlight]:
    """What was said of other weights or another picture is pale, what was wrong red."""
    if not any(display.said):
        return
    numbers = range(1, places.count + 1)
    said = tuple(places.said(number) for number in numbers)
    text, label, ink = said[0].first.a1, places.label(1).first.a1, places.ink(1).a1
    wrong = f'"says "&{label}'
    is_wrong = (
        f'AND(LEN({text})>0,{label}<>"{UNKNOWN}",{text}<>{wrong},'
        f'LEFT({text},LEN({wrong})+1)<>{wrong}&",")'
    )
    if places.shape[2] > 1:
        other = f"ABS({ink_of(places.maps(1))}-{ink})>{_NEAR:.6f}"
        sums = [picture.sum() for picture in display.pictures[1:]]
        changed = tuple(
            place
            for place, now, then in zip(said, sums, display.inks, strict=True)
            if abs(now - then) > _NEAR
        )
        yield Highlight(said, f"OR(changed_weights>0,{other})", _OLD, last=True, now=changed)
    held = zip(said, display.said, display.labels[1:], strict=True)
    now = tuple(place for place, one, shows in held if _is_wrong(one, shows))
    yield Highlight(said, is_wrong, _WRONG, now=now)


def _is_wrong(said: str, label: float | str) -> bool:
    shown = f"{label:g}" if isinstance(label, float) else label
    right = f"says {shown}"
    return bool(said) and label != UNKNOWN and said != right and not said.startswith(f"{right},")


def _mosaic_rules(places: GalleryPlaces) -> Iterator[Highlight | Swatches]:
    """The drawing's colours; those of other pictures are painted at the build: a frame where a
    pixel was typed over since."""
    first = places.mosaic(0)
    if first is None:
        return
    yield swatches((first,), rule_levels(first.size))
    painted = tuple(
        place for number in range(1, places.count + 1) if (place := places.mosaic(number))
    )
    pixels = [place.first for place in places.maps(1)]
    formula = f"{painted_number(pixels)}<>{painted[0].first.a1}"
    yield Highlight(painted, formula, fill="FFFFFF", border="B07D00")


def _choices(places: GalleryPlaces) -> Iterator[Choice]:
    words = "Type 0 for paper to 1 for ink, then choose picture 0 on the board."
    yield Choice(tuple(places.maps(0)), "draw your own", words)
    words = "1 for ink: each cell is a thick dot, smoothed into the grid beside it."
    yield Choice(places.pen.grids, "thick pen", words)
    switch = (Range.of(places.pen.switch.first),)
    yield Choice(switch, "thick pen", "On or off.", ("on", "off"))
    labels = tuple(Range.of(places.label(n).first) for n in range(places.count + 1))
    yield Choice(
        labels, "what it shows", "The actual class, as the network spells it; ? if unknown."
    )
