"""The colours of the sheet Explain: a few rules for the whole canvas, which ask the lists on Works
what a cell shows.

Each shade is a rule, since a colour scale has one end for all of its cells. Must not know how a
file spells a rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xlconv.network.network import INPUT
from xlconv.reference.layers.base import numbers
from xlconv.sheets.explain.places import InspectorPlaces
from xlconv.sheets.explain.screen import EQUALS, FIRST, PRODUCT, READS, SIGMA, SUM, TIMES
from xlconv.sheets.explain.table import INK, NO_TINT, PLANES
from xlconv.sheets.on_board.mosaic.looks import swatches
from xlconv.sheets.on_board.mosaic.places import rule_levels
from xlconv.sheets.on_board.panel.formulas import by_name
from xlconv.sheets.shown import Shown
from xlconv.sheets.styles import CHANNEL_COLOURS, FAINT, GREEN, QUIET, blend
from xlconv.sheets.styles import INK as BLACK
from xlconv.sheets.styles import READS as FRAME
from xlconv.spreadsheet.blocks import ColourRule, ColourScale, Highlight
from xlconv.spreadsheet.cells import Cell, Range

# Hidden names of lists on Works: of the canvas's rows and columns, of single numbers, and of which
# terms lie outside of the maps.
SHOWN_ROWS, SHOWN_COLUMNS = "xlconv_rows", "xlconv_columns"
MARKS, OUTSIDE = "xlconv_marks", "xlconv_outside"
_SHADES = 6
_LINE, _DARK = "C5CDD5", 0.45
WHITE = "FFFFFF"
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Canvas:
    """The canvas as it is now: what its cells hold, what their columns show, how their rows are
    tinted, the number of the term in each, and the ends of its colours."""

    place: Range
    held: NDArray[np.object_]
    shows: NDArray[np.float64]
    tints: NDArray[np.float64]
    terms: NDArray[np.float64]
    ends: NDArray[np.float64]

    @property
    def values(self) -> NDArray[np.float64]:
        return numbers(self.held)

    def cells(self, mask: Mask) -> tuple[Range, ...]:
        """The cells of a mask."""
        return tuple(Range.of(self.place.cell(int(r), int(c))) for r, c in np.argwhere(mask))

    # What a rule's formula says of its cell, which is the first of the canvas.

    @property
    def cell(self) -> str:
        return self.place.first.a1

    @property
    def shown(self) -> str:
        return f"INDEX({SHOWN_COLUMNS},COLUMN()-{self.place.column - 1},1)"

    def of_row(self, number: int) -> str:
        return f"INDEX({SHOWN_ROWS},ROW()-{self.place.row - 1},{number + 1})"

    @property
    def term(self) -> str:
        return f"{self.of_row(2)}+INDEX({SHOWN_COLUMNS},COLUMN()-{self.place.column - 1},2)"


def screen_colours(shown: Shown, places: InspectorPlaces) -> Iterator[ColourRule]:
    """All rules of the sheet; those that come first go before the others."""
    canvas = _canvas_now(shown, places)
    yield from _marked(shown, places, canvas)
    yield from _shades(shown, places, canvas)
    values = canvas.values
    sums = f"AND(ISNUMBER({canvas.cell}),{canvas.shown}>={SUM})"
    there = ~np.isnan(values)
    now = canvas.cells(there & (canvas.shows >= SUM))
    yield Highlight((canvas.place,), sums, BLACK, border=_LINE, bold=True, now=now)
    plain = canvas.cells(there)
    yield Highlight((canvas.place,), f"ISNUMBER({canvas.cell})", BLACK, border=_LINE, now=plain)
    signs = f"OR({canvas.shown}={TIMES},{canvas.shown}={EQUALS},{canvas.shown}={SIGMA})"
    yield Highlight((canvas.place,), signs, colour=BLACK, bold=True)
    yield from _beside(shown, places)
    yield from _picture(shown, places)


def _canvas_now(shown: Shown, places: InspectorPlaces) -> Canvas:
    place = places.screen.canvas

    def held(key: str) -> NDArray[np.object_]:
        return np.asarray(shown.values[f"explain:{key}"], dtype=object).reshape(-1)

    rows, columns = (slice(0, size) for size in (place.height, place.width))
    across, down = numbers(held("column_place"))[columns], numbers(held("line_base"))[rows]
    ends = [numbers(held(f"{key}_end"))[0] for key in ("read", "weight", "product")]
    return Canvas(
        place=place,
        held=held("canvas").reshape(place.height, place.width),
        shows=np.broadcast_to(numbers(held("column_shows"))[columns], (place.height, place.width)),
        tints=np.broadcast_to(numbers(held("line_tint"))[rows, None], (place.height, place.width)),
        terms=down[:, None] + across[None, :],
        ends=np.array(ends),
    )


def _marked(shown: Shown, places: InspectorPlaces, canvas: Canvas) -> Iterator[Highlight]:
    """What lies outside of the map, the strongest product or the largest cell, what is nearly 0."""
    colours, area = shown.colours, (canvas.place,)
    values, read = canvas.values, canvas.shows == READS
    there = ~np.isnan(values)
    beyond = numbers(np.asarray(shown.values["explain:term_outside"], dtype=object).reshape(-1))
    number = np.clip(canvas.terms.astype(np.int64) - 1, 0, len(beyond) - 1)
    words = canvas.held == "outside"
    outside = f'OR(ISNUMBER({canvas.cell}),{canvas.cell}="outside")'
    outside = f"AND({canvas.shown}={READS},{outside},INDEX({OUTSIDE},MAX(1,{canvas.term}))=1)"
    now = canvas.cells(read & (there | words) & (beyond[number] == 1))
    yield Highlight(area, outside, QUIET, border=_LINE, hatch="B8C0C8", now=now)
    bold, strongest = (_mark(places, key) for key in ("bold", "strongest"))
    bold_now, strongest_now = (
        numbers(np.asarray(shown.values[f"explain:{key}"], dtype=object).reshape(-1))[0]
        for key in ("bold", "strongest")
    )
    winner = f"ISNUMBER({canvas.cell}),{canvas.shown}={bold},{canvas.term}={strongest}"
    here = there & (canvas.shows == bold_now) & (canvas.terms == strongest_now)
    light = blend(colours.zero, colours.positive, 0.35)
    largest = f"AND({winner},{bold}={READS})"
    now = canvas.cells(here & read)
    yield Highlight(area, largest, BLACK, light, border=GREEN, bold=True, now=now)
    for sign, colour, mask in (
        (">", colours.positive, values > 0),
        ("<", colours.negative, values < 0),
    ):
        product = f"AND({winner},{bold}={PRODUCT},{canvas.cell}{sign}0)"
        now = canvas.cells(here & (canvas.shows == PRODUCT) & mask)
        yield Highlight(area, product, BLACK, colour, border=_LINE, bold=True, now=now)
    nothing = f"AND(ISNUMBER({canvas.cell}),ABS({canvas.cell})<0.005)"
    now = canvas.cells(there & (np.abs(np.nan_to_num(values)) < 0.005))
    yield Highlight(area, nothing, FAINT, None, "0.00;0.00;0.00", "E1E6EB", now=now)


def _mark(places: InspectorPlaces, key: str) -> str:
    return f"INDEX({MARKS},{places.mark(key).row - places.marks.row + 1})"


def _shades(shown: Shown, places: InspectorPlaces, canvas: Canvas) -> Iterator[Highlight]:
    """Numbers by their size: the picture's in its own colours, all others around zero."""
    colours, cell = shown.colours, canvas.cell
    tints = {origin.tint for line in places.lines for origin in line.origins} - {NO_TINT}
    read_end = f"INDEX({MARKS},1)"
    inks = {INK: ((INK, colours.ink),), PLANES: tuple(enumerate(CHANNEL_COLOURS, INK + 1))}
    for tint, ink in (pair for kind in sorted(tints) for pair in inks[kind]):
        lead = f"ISNUMBER({cell}),{canvas.shown}={READS},{canvas.of_row(3)}={tint}"
        where = (canvas.shows == READS) & (canvas.tints == tint)
        yield from _steps(canvas, lead, read_end, where, (colours.paper, ink), ">")
    end = f"INDEX({MARKS},({canvas.shown}+1)/2)"
    lead, where = f"ISNUMBER({cell}),{canvas.shown}<{SUM}", canvas.shows < SUM
    yield from _steps(canvas, lead, end, where, (colours.zero, colours.positive), ">")
    yield from _steps(canvas, lead, end, where, (colours.zero, colours.negative), "<")


def _steps(
    canvas: Canvas, lead: str, end: str, where: Mask, colours: tuple[str, str], sign: str
) -> Iterator[Highlight]:
    """The shades of numbers of one sign, the strongest first."""
    with np.errstate(invalid="ignore"):
        ends = canvas.ends[np.clip(((canvas.shows + 1) // 2 - 1).astype(np.int64), 0, 2)]
        share = canvas.values / ends * (1 if sign == ">" else -1)
    for step in range(_SHADES, 0, -1):
        least = (step - 0.5) / _SHADES
        fill = blend(*colours, step / _SHADES)
        text = WHITE if _is_dark(fill) else BLACK
        bound = f"{'' if sign == '>' else '-'}{least:.4f}*{end}"
        formula = f"AND({lead},{canvas.cell}{sign}{bound})"
        with np.errstate(invalid="ignore"):
            now = canvas.cells(where & (share > least))
        yield Highlight((canvas.place,), formula, text, fill, border=_LINE, now=now)


def _is_dark(colour: str) -> bool:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (0, 2, 4))
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255 < _DARK


def _beside(shown: Shown, places: InspectorPlaces) -> Iterator[Highlight]:
    """The bias, the result, and a result that is not the board's."""
    screen = places.screen
    names = [str(one) for one in shown.values["explain:labels"].reshape(-1).tolist()]
    told = [one.endswith(" =") or one.startswith("then ") for one in names]
    cells = list(zip(names, told, map(Range.of, screen.values.cells()), strict=True))
    biased = tuple(cell for name, _, cell in cells if name == "plus bias")
    made = tuple(cell for _, is_result, cell in cells if is_result)
    others = tuple(cell for name, is_result, cell in cells if name and not is_result)
    label, value = (place.first for place in (screen.labels, screen.values))
    fixed = f"${label.a1}"
    result = f'OR(RIGHT({fixed},2)=" =",LEFT({fixed},5)="then ")'
    bias = f'{fixed}="plus bias"'
    yield Highlight((screen.values,), bias, None, "FFF3C4", border="B07D00", now=biased)
    lively = f"AND({result},ISNUMBER({value.a1}))"
    yield Highlight((screen.values,), lively, BLACK, "DDF3E4", border=GREEN, now=made)
    yield Highlight((screen.values,), f"ISNUMBER({value.a1})", border=_LINE, now=others)
    wrong = f'LEFT({screen.told.first.a1},1)="✗"'
    yield Highlight((screen.told,), wrong, colour="C0392B")
    part = f'LEFT({screen.captions.first.a1},8)="part of "'
    yield Highlight((screen.captions,), part, colour=QUIET)


def _picture(shown: Shown, places: InspectorPlaces) -> Iterator[ColourRule]:
    """The picture in the small, with what is seen of it."""
    screen, panel, colours = places.screen, shown.layout.panel, shown.colours
    place, grid = screen.picture, screen.grid
    box = panel.lines[INPUT].reads
    ends = [by_name(cell, panel.table) for cell in box.cells()][2:]
    top, bottom = _pixels(f"(ROW()-{FIRST})", grid.height, grid.rows)
    left, right = _pixels(f"(COLUMN()-{FIRST})", grid.width, grid.columns)
    inside = f"{bottom}>={ends[0]},{top}<={ends[1]},{right}>={ends[2]},{left}<={ends[3]}"
    edge = f"OR({top}<={ends[0]},{bottom}>={ends[1]},{left}<={ends[2]},{right}>={ends[3]})"
    now = tuple(map(Range.of, _frame(shown, places)))
    yield Highlight((place,), f"AND({inside},{edge})", border=FRAME, now=now)
    if shown.layout.mosaic is not None:
        yield swatches((place,), rule_levels(shown.layout.mosaic.size))
        return
    limit = f"MAX(0.001,{place:$})"
    yield ColourScale((place,), limit, None, colours.paper, colours.ink)


def _pixels(number: str, size: int, cells: int) -> tuple[str, str]:
    """The first and the last row, or column, of the picture, from 1, that a cell stands for."""
    first = f"INT({number}*{size}/{cells})+1"
    return first, f"MAX({first},INT(({number}+1)*{size}/{cells}))"


def _frame(shown: Shown, places: InspectorPlaces) -> list[Cell]:
    """The cells of the small picture that lie on the edge of what is seen."""
    screen, grid = places.screen, places.screen.grid
    six = numbers(np.asarray(shown.values[f"looks:reads_{INPUT}"], dtype=object).reshape(-1))
    if np.isnan(six).any():
        return []
    top, bottom, left, right = (int(one) for one in six[2:])
    found: list[Cell] = []
    for row in range(grid.rows):
        for column in range(grid.columns):
            y, x = grid.row(row) + 1, grid.column(column) + 1
            y2, x2 = max(y, grid.row(row + 1)), max(x, grid.column(column + 1))
            inside = y2 >= top and y <= bottom and x2 >= left and x <= right
            if inside and (y <= top or y2 >= bottom or x <= left or x2 >= right):
                found.append(screen.picture.cell(row, column))
    return found
