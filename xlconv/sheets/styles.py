"""Palettes and the looks of cells.

Owns every colour and size that a workbook uses. Must not know what a cell computes.
The ends of the scales are light enough for dark digits to be read on them
(contrast of at least 4.5 : 1, WCAG 2.1; a test measures it).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from xlconv.errors import TemplateError, meant
from xlconv.spreadsheet.blocks import Style

INK = "1F2933"
FAINT = "A9B2BC"
QUIET = "6B7785"

CHANNEL_COLOURS = ("EE6055", "4FB477", "5B8DEF")  # red, green and blue of a colour picture

CELL_PIXELS = 24  # the side of a map's square cell at 100 %
VECTOR_PIXELS = 84  # the width of a column that holds a vector


@dataclass(frozen=True)
class Palette:
    """Colours of one look: `negative` - `zero` - `positive` for numbers of both signs, `zero` -
    `rectified` for those that cannot be negative, `paper` - `ink` for pictures of one channel."""

    name: str
    negative: str
    zero: str
    positive: str
    rectified: str
    paper: str
    ink: str
    accent: str


PALETTES = {
    palette.name: palette
    for palette in (
        Palette("lesson", "EF7B6F", "FFFFFF", "45B36B", "45B36B", "FFFFFF", "1B2A3A", "1E7B45"),
        Palette(
            "colourblind", "F0923B", "FFFFFF", "5AA2DA", "5AA2DA", "FFFFFF", "1B2A3A", "1F5F99"
        ),
        Palette("grey", "FFFFFF", "DADADA", "9A9A9A", "9A9A9A", "FFFFFF", "262626", "333333"),
    )
}


def palette_named(name: str) -> Palette:
    """The palette of a name; TemplateError, naming those that exist, if there is none."""
    if name not in PALETTES:
        raise TemplateError(f"no palette {name!r}; {meant(name, PALETTES)}")
    return PALETTES[name]


NUMBER = Style(number_format="0.0", shrink=True)
WEIGHT = Style(number_format="0.00", shrink=True, border="C99A2E", locked=False)
DENSE_WEIGHT = Style(number_format="0.00", shrink=True, locked=False)
BIAS = Style(
    number_format="0.00", shrink=True, bold=True, border="B07D00", fill="FFF3C4", locked=False
)
PIXEL = Style(number_format="0.0", shrink=True, locked=False)
RING = Style(hatch="D5DADF")
LAYER_TITLE = Style(size=24, bold=True, horizontal="left", vertical="bottom")
LAYER_SHAPE = Style(size=16, horizontal="left", colour=QUIET)
LAYER_WORDS = Style(size=13, italic=True, horizontal="left", colour=QUIET, vertical="top")
MAP_TITLE = Style(size=11, bold=True, horizontal="left")
CAPTION = Style(size=9, colour=QUIET, horizontal="left")
CHANNEL_NAME = Style(size=11, colour=QUIET, horizontal="left")
BIAS_CAPTION = Style(size=9, bold=True, colour="8A6100", horizontal="left")
BAR = Style(fill="F1F4F6", border="FFFFFF")
NARROW_TITLE = Style(size=8, bold=True, shrink=True)
CONTROL = Style(size=11, shrink=True, bold=True, border="B07D00", fill="FFF3C4", locked=False)
# As text: a name such as "May-3" must not turn into a date when it is chosen.
CHOSEN = replace(CONTROL, number_format="@")
COMPUTED = Style(size=10, number_format="0.0%", shrink=True, border="C5CDD5")
FACTOR = Style(size=10, number_format="0.00", shrink=True, border="C5CDD5")
COUNT = Style(size=10, number_format="0", shrink=True, border="C5CDD5")
EXERCISE_COLOUR = "7C3AED"
OPEN = Style(number_format="0.0", shrink=True, fill="EFE6FD", border="D6C4F2", locked=False)
GIVEN = Style(number_format="0.0", shrink=True, colour=QUIET)
RANDOM = Style(number_format="0.00", shrink=True, colour=QUIET)
MASK = Style(number_format="0", shrink=True)
KERNEL_IN_USE = Style(number_format="0.00", shrink=True, border="8A94A0")
OWN_WEIGHT = Style(number_format="0.00", shrink=True, border="B07D00", fill="FFF3C4", locked=False)
LIST_NAME = Style(size=10, horizontal="left")
LANE = Style(size=11, bold=True, colour="1F5F99", fill="DCE9F7", horizontal="left")
READ_LINK = Style(size=11, bold=True, colour="1F5F99", horizontal="left")
TICK_MARK = Style(size=16, bold=True, colour="1E7B45")
ARROW = Style(size=28, colour="9AA5B1")
COLUMN_HEAD = Style(size=11, bold=True, colour=QUIET, wrap=True)
VECTOR = Style(size=11, number_format="0.00", shrink=True)
FRACTION = Style(size=11, number_format="0.0000", shrink=True)
PERCENT = Style(size=11, number_format="0.0%", shrink=True)
CLASS_LABEL = Style(size=11, bold=True, shrink=True)
ANSWER_LABEL = Style(size=96, bold=True, shrink=True)
ANSWER_VALUE = Style(size=26, bold=True, shrink=True)
ANSWER_CLASS = Style(size=16, bold=True, shrink=True)
ANSWER_SHARE = Style(size=14, shrink=True)
ANSWER_LEAD = Style(size=14, colour=QUIET)
ANSWER_LINK = Style(size=11, colour="1F5F99")

# What is chosen, and what follows from it, under the picture.
READS, REACHES = "1F6FEB", "D9480F"  # lines around what is read, and around what is reached
DESK_TITLE = Style(size=14, bold=True, horizontal="left")
DESK_WORDS = Style(size=11, horizontal="left")
DESK_NOTE = Style(size=9, horizontal="left", colour=QUIET)
DESK_HEAD = Style(size=8, bold=True, colour=QUIET)
DESK_NAME = Style(size=10, bold=True, horizontal="left")
DESK_COUNT = Style(size=8, number_format="0", shrink=True, colour=QUIET)
DESK_END = Style(size=8, number_format="0.00", shrink=True, colour=QUIET)
BOX_READ = Style(size=9, number_format='[>99998]"";[=0]"";0', shrink=True, colour=READS)
BOX_REACHED = replace(BOX_READ, colour=REACHES)
LEGEND = Style(size=8, number_format="0.00", shrink=True, border="E1E6EB")
ACTUAL = Style(size=36, bold=True, shrink=True)
ACTUAL_TYPED = replace(CONTROL, size=24, number_format="General")
VERDICT = Style(size=16, bold=True, shrink=True, colour="1E7B45")
ONE_HOT = Style(size=11, number_format="0", shrink=True)
LOSS = Style(size=14, bold=True, number_format="0.0000", shrink=True, border="C5CDD5")
LOSS_NOTE = Style(size=11, horizontal="left", colour=QUIET)
TO_GUIDE = Style(size=11, bold=True, colour="1F5F99", horizontal="left")
DESK_HEAD_LEFT = replace(DESK_HEAD, horizontal="left")
DESK_LINK = replace(DESK_NAME, colour="1F5F99")
LOSS_HEAD = Style(size=11, bold=True, colour=QUIET)
