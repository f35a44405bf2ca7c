"""The sheet `Works`: the parts of all rooms beside each other, each under its title.

A room gives its part as `looks.works(shown)`, None if it has none. Must not know what a part says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from xlconv.sheets import parts, styles
from xlconv.sheets.shown import Shown
from xlconv.sheets.works.places import FIRST_COLUMN, TITLE_ROW, TOP
from xlconv.spreadsheet.blocks import Block, Choice, ColourScale, Highlight, Sheet, one_cell
from xlconv.spreadsheet.cells import Cell
from xlconv.state.sheet_names import BOARD, GUIDE, WORKS

_PIXELS = 62  # of a column
_LEAD = "What the other sheets find their way by: nothing is hidden, nothing here needs a change."


@dataclass(frozen=True)
class Part:
    """A room's part of the sheet: its title stands above `left`, its first column; `widths` are
    those of its columns that differ, in pixels."""

    title: str
    left: int
    blocks: tuple[Block, ...]
    widths: Mapping[int, int] = field(default_factory=dict)
    rules: tuple[ColourScale | Highlight, ...] = ()
    choices: tuple[Choice, ...] = ()


def sheet(shown: Shown) -> Sheet:
    """The sheet."""
    made = [part for works in parts("looks", "works") if (part := works(shown)) is not None]
    widths = {1: 12}
    for part in made:
        widths |= part.widths
    return Sheet(
        WORKS,
        (*_words(made), *(block for part in made for block in part.blocks)),
        rules=tuple(rule for part in made for rule in part.rules),
        choices=tuple(choice for part in made for choice in part.choices),
        column_width=_PIXELS,
        row_height=18,
        widths=widths,
        heights={1: 36, TITLE_ROW: 28},
        freeze=Cell(TOP, 1),
        tab_colour=styles.FAINT,
    )


def _words(made: list[Part]) -> Iterator[Block]:
    yield one_cell(Cell(1, FIRST_COLUMN), WORKS, styles.SHEET_TITLE)
    yield one_cell(Cell(2, FIRST_COLUMN), _LEAD, styles.LEAD)
    yield one_cell(Cell(1, FIRST_COLUMN + 2), f"← {GUIDE}", styles.LINK, f"{GUIDE}!A1")
    yield one_cell(Cell(1, FIRST_COLUMN + 4), f"{BOARD} →", styles.LINK, f"{BOARD}!A1")
    for part in made:
        yield one_cell(Cell(TITLE_ROW, part.left), part.title, styles.SECTION)
