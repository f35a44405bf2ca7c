"""The rules of the picture: where the chosen one stands in the gallery, and each pixel, looked up
there.

Must not know any value.
"""

from xlconv.formulas.layers.base import Copies, Rule
from xlconv.network.network import INPUT, Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.originals.places import original_places
from xlconv.sheets.on_board.panel.rule import on_works
from xlconv.spreadsheet.cells import Cell, Range, column_letters
from xlconv.state.sheet_names import BOARD, IMAGES, WORKS

PICTURE = "picture"


def picture_rules(network: Network, layout: Layout) -> list[Rule]:
    """Where the chosen picture stands in the gallery, each pixel, looked up there for the sheet
    Works, and the board's pixels, which repeat those."""
    gallery, panel = layout.gallery, layout.panel
    if gallery is None or panel.picture is None or panel.line is None or panel.place is None:
        return []
    chosen, line, place = panel.picture.first, panel.line, panel.place
    grid, number = f"{gallery.range:{IMAGES}}", f"{chosen:{BOARD}}"
    rules = [
        on_works(PICTURE, "line", line, line_of(number, gallery.across, gallery.line_rows)),
        on_works(PICTURE, "place", place, place_of(number, gallery.across, gallery.place_columns)),
    ]
    places = original_places(network, layout)
    rules.append(_places_rule("columns", places.columns, place, panel.shift_right, 0))
    for channel, (kept, rows) in enumerate(zip(places.picture, places.rows, strict=True)):
        before, inside = gallery.before_map(channel), kept.board
        key, whole = f"{PICTURE}:original_{channel + 1}", kept.original
        rules.append(_places_rule(f"rows_{channel + 1}", rows, line, panel.shift_down, before))
        pixel = looked_up(grid, rows.first, places.columns.first)
        pixel = inverted(pixel, panel.invert.first) if panel.invert is not None else pixel
        rules.append(
            Rule(PICTURE, key, None, whole, pixel, Copies(pixel), sheet=WORKS, role="original")
        )
        shown = f"{WORKS}!{whole.first.a1}"
        rules.append(Rule(INPUT, INPUT, channel, inside, shown, Copies(shown)))
    return rules


def _places_rule(key: str, place: Range, start: Cell, shift: Range | None, before: int) -> Rule:
    """At which rows, or columns, of the gallery a picture's own are looked up, moved as is chosen:
    `before` further than it begins; 0 for what comes in from the other side."""
    assert shift is not None
    by, count = f"{shift.first:{BOARD}}", place.size

    def text(row: int, column: int) -> str:
        number = max(row, column) + 1
        at = f"{start:$}+{before + number}-{by}"
        return f"IF(OR({by}>={number},{by}<{number - count}),0,{at})"

    name = f"{PICTURE}:{key}"
    return Rule(PICTURE, name, None, place, text(0, 0), text, sheet=WORKS, role="original")


def line_of(picture: str, across: int, rows: int) -> str:
    """The rows of the gallery before a picture; the drawing, number 0, stands above the lines.

    >>> line_of("Board!$J$4", 10, 31)
    'IF(Board!$J$4=0,0,1+INT((Board!$J$4-1)/10))*31'
    """
    return f"IF({picture}=0,0,1+INT(({picture}-1)/{across}))*{rows}"


def place_of(picture: str, across: int, columns: int) -> str:
    """The columns of the gallery before a picture.

    >>> place_of("Board!$J$4", 10, 30)
    'IF(Board!$J$4=0,0,MOD(Board!$J$4-1,10))*30'
    """
    return f"IF({picture}=0,0,MOD({picture}-1,{across}))*{columns}"


def gallery_pixel(gallery: str, line: Cell, place: Cell, row: int, column: int) -> str:
    """A cell of the chosen picture, at a row and a column from 1 of its place in the gallery.

    >>> gallery_pixel("Images!$B$7:$KN$350", Cell(70, 5), Cell(70, 9), 2, 1)
    'INDEX(Images!$B$7:$KN$350,Works!$E$70+2,Works!$I$70+1)'
    """
    return f"INDEX({gallery},{line:{WORKS}}+{row},{place:{WORKS}}+{column})"


def looked_up(gallery: str, row: Cell, column: Cell) -> str:
    """A cell of the gallery at a row and a column that stand beside and above; paper for none.

    A sum of one cell, as paper is empty there: 0 to Excel, and to HyperFormula an empty cell, which
    COUNT leaves out; and before INDEX alone Excel shows an @.

    >>> looked_up("Images!$B$7:$KN$350", Cell(8, 3), Cell(7, 4))
    'IF($C8*D$7=0,0,SUM(INDEX(Images!$B$7:$KN$350,$C8,D$7)))'
    """
    down = f"${row.a1}"
    across = f"{column_letters(column.column)}${column.row}"
    return f"IF({down}*{across}=0,0,SUM(INDEX({gallery},{down},{across})))"


def inverted(pixel: str, switch: Cell) -> str:
    """A pixel, or paper for ink and ink for paper.

    >>> inverted("A1", Cell(60, 20))
    'IF(Board!$T$60=1,1-A1,A1)'
    """
    return f"IF({switch:{BOARD}}=1,1-{pixel},{pixel})"
