"""Palettes and the looks of cells.

Owns every colour and size that a workbook uses. Must not know what a cell computes.
The ends of the scales are light enough for dark digits to be read on them
(contrast of at least 4.5 : 1, WCAG 2.1; a test measures it).
"""

from dataclasses import dataclass, replace

from xlconv.errors import TemplateError, meant
from xlconv.spreadsheet.blocks import Style

INK = "1F2933"
FAINT = "A9B2BC"
QUIET = "6B7785"
BLUE = "1F5F99"  # of what can be clicked
GREEN = "1E7B45"  # of what is right
CHANGED = "B5179E"  # of what somebody typed over

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


# Around zero where red, green and blue are a picture's own: orange and purple, which also differ
# for people who do not see all colours.
_BESIDE_COLOURS = {"negative": "E8A33D", "positive": "B07CC6", "rectified": "B07CC6"}


def blend(zero: str, end: str, share: float) -> str:
    """The colour so far on the way from one to another.

    >>> blend("FFFFFF", "000000", 0.5)
    '808080'
    """
    pairs = ((int(one[i : i + 2], 16) for one in (zero, end)) for i in (0, 2, 4))
    return "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def palette_named(name: str, in_colour: bool = False) -> Palette:
    """The palette of a name, for a picture `in_colour` with other colours than its own, if it has
    any; TemplateError, naming those that exist, if there is none."""
    if name not in PALETTES:
        raise TemplateError(f"no palette {name!r}; {meant(name, PALETTES)}")
    palette = PALETTES[name]
    return replace(palette, **_BESIDE_COLOURS) if in_colour and name != "grey" else palette


# Words, on all sheets.
TITLE = Style(size=24, bold=True, horizontal="left")
SHEET_TITLE = Style(size=20, bold=True, horizontal="left")
SECTION = Style(size=14, bold=True, horizontal="left")
HEAD = Style(size=11, bold=True, horizontal="left")
TABLE_HEAD = Style(size=11, bold=True, fill="E8ECF0", border="C5CDD5", wrap=True)
TEXT = Style(size=11, horizontal="left")
LEAD = Style(size=11, colour=QUIET, horizontal="left")
NOTE = Style(size=9, colour=QUIET, horizontal="left")
LINK = Style(size=11, bold=True, colour=BLUE, horizontal="left")
LIST_NAME = Style(size=10, horizontal="left")

# Numbers of the network, and what people type over.
NUMBER = Style(number_format="0.0", shrink=True)
WEIGHT = Style(number_format="0.00", shrink=True, border="C99A2E", locked=False)
DENSE_WEIGHT = Style(number_format="0.00", shrink=True, locked=False)
OWN_WEIGHT = Style(number_format="0.00", shrink=True, border="B07D00", fill="FFF3C4", locked=False)
BIAS = replace(OWN_WEIGHT, bold=True)
PIXEL = Style(number_format="0.0", shrink=True, locked=False)
RING = Style(hatch="D5DADF")
CONTROL = Style(size=11, shrink=True, bold=True, border="B07D00", fill="FFF3C4", locked=False)
FROZEN_CHOICE = replace(CONTROL, size=18, number_format="@")
FROZEN_CAPTION = Style(size=16, bold=True, colour="8A6100", horizontal="left")
# As text: a name such as "May-3" must not turn into a date when it is chosen.
CHOSEN = replace(CONTROL, number_format="@")
COMPUTED = Style(size=10, number_format="0.0%", shrink=True, border="C5CDD5")
VECTOR = Style(size=11, number_format="0.00", shrink=True)
FRACTION = Style(size=11, number_format="0.0000", shrink=True)
PERCENT = Style(size=11, number_format="0.0%", shrink=True)
CLASS_LABEL = Style(size=11, bold=True, shrink=True)
RESULT = Style(size=14, bold=True, number_format="0.0000", shrink=True, border="C5CDD5")
EXERCISE_COLOUR = "7C3AED"
# Without borders: those of its neighbours would cover the frame around a cell.
OPEN = Style(number_format="0.0", shrink=True, fill="EFE6FD", locked=False)
GIVEN = Style(number_format="0.0", shrink=True, colour=QUIET)

# The board's words.
# Read at a third of their size, where the whole network is seen: the larger the better.
LAYER_TITLE = Style(size=32, bold=True, horizontal="left", vertical="bottom")
LAYER_SHAPE = Style(size=20, horizontal="left", colour=QUIET)
LAYER_WORDS = Style(size=20, italic=True, horizontal="left", colour=QUIET, shrink=True)
MAP_TITLE = Style(size=22, bold=True, horizontal="left", shrink=True)
MAP_LEAD = Style(size=16, colour=QUIET, horizontal="left")
BORDER_NOTE = Style(size=14, colour=QUIET, horizontal="left")
CORNER_ARROW = Style(size=32, bold=True, colour=BLUE)
CORNER = Style(size=16, bold=True, colour=BLUE)
RULER = Style(size=8, colour=FAINT, shrink=True)
CHANNEL = Style(size=11, bold=True, colour=QUIET, horizontal="right")
BIAS_CAPTION = Style(size=12, bold=True, colour="8A6100", horizontal="left")
BAR = Style(fill="F1F4F6", border="FFFFFF")
LANE = Style(size=11, bold=True, colour=BLUE, fill="DCE9F7", horizontal="left")
ARROW = Style(size=28, colour="9AA5B1")
COLUMN_HEAD = Style(size=11, bold=True, colour=QUIET, wrap=True)
NARROW_TITLE = Style(size=8, bold=True, shrink=True)
ANSWER_LARGE = Style(size=96, bold=True, shrink=True)
ANSWER_SMALL = Style(size=26, bold=True, shrink=True)
ANSWER_CLASS = Style(size=16, bold=True, shrink=True)
ANSWER_SHARE = Style(size=14, shrink=True)
ANSWER_LEAD = Style(size=18, colour=QUIET, shrink=True)
ANSWER_LINK = Style(size=14, colour=BLUE, shrink=True)
TICK_MARK = Style(size=16, bold=True, colour=GREEN)

# What is chosen, and what follows from it, under the picture.
READS, REACHES = "1F6FEB", "D9480F"  # lines around what is read, and around what is reached
PANEL_LINK = Style(size=10, bold=True, colour=BLUE, horizontal="left")
LEGEND = Style(size=8, number_format="0.00", shrink=True, border="E1E6EB")
ACTUAL_TYPED = replace(CONTROL, size=24, number_format="General")
LOSS_HEAD = Style(size=11, bold=True, colour=QUIET)
_RANDOM = Style(size=8, number_format="0.00", shrink=True, colour=QUIET)

# The board's computed cells, by their role.
ROLES = {
    # the titles, and what is chosen and follows from it
    "changed": Style(size=11, bold=True, number_format="0", colour=CHANGED, shrink=True),
    "enlarged": Style(size=20, bold=True, number_format="0.0", shrink=True, border="D5DADF"),
    "counted": Style(size=16, horizontal="left", colour=QUIET),
    "outside": replace(RING, number_format="0.0", colour=FAINT, shrink=True),
    "mosaic": Style(number_format=";;;"),
    "shape": LAYER_SHAPE,
    "title": MAP_TITLE,
    "actual": Style(size=36, bold=True, shrink=True),
    "right": Style(size=16, bold=True, shrink=True, colour=GREEN),
    "truth": Style(size=11, number_format="0", shrink=True),
    "parts": FRACTION,
    "total": RESULT,
    "decimal": FRACTION,
    "high": LEGEND,
    "low": LEGEND,
    # layers' steps
    "max": VECTOR,
    "shifted": VECTOR,
    "exp": FRACTION,
    "sum": FRACTION,
    "random": _RANDOM,
    "mask": Style(number_format="0", shrink=True),
    "share": COMPUTED,
    "factor": replace(COMPUTED, number_format="0.00"),
    "number": replace(COMPUTED, number_format="0"),
    "kernel": Style(number_format="0.00", shrink=True, border="8A94A0"),
}
