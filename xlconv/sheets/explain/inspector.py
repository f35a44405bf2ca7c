"""Where everything stands on Explain, for a network: the table of its layers, made into places.

Must not know values or looks.
"""

from __future__ import annotations

from xlconv.errors import LimitError
from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.explain.places import TOP, InspectorPlaces
from xlconv.sheets.explain.table import layer_lines
from xlconv.spreadsheet.cells import MAX_COLUMNS, MAX_ROWS, Range
from xlconv.state.sheet_names import EXPLAIN


def inspector_places(network: Network, layout: Layout) -> InspectorPlaces:
    """Where everything stands on the sheet Explain."""
    sizes = [size for shape in network.shapes.values() for size in shape]
    pictures = layout.gallery.count if layout.gallery else 0
    places = InspectorPlaces(tuple(layer_lines(network, layout)), max(pictures, *sizes))
    _check(places)
    return places


def _check(places: InspectorPlaces) -> None:
    """LimitError, naming a layer of the largest windows, if these do not fit on the sheet."""
    rows = max(places.rows, places.terms, len(places.keys), places.counting.height)
    wide = max(places.lines, key=lambda line: line.size[1])
    tall = max(places.lines, key=lambda line: line.terms)
    for needed, limit, what, line in (
        (places.counting.right, MAX_COLUMNS, "columns", wide),
        (TOP - 1 + rows, MAX_ROWS, "rows", tall),
    ):
        if needed > limit:
            raise LimitError(
                f"layer {line.name!r} does not fit on the sheet {EXPLAIN}: it ends at {needed:,} "
                f"{what}, {needed - limit:,} more than Excel's {limit:,}; use smaller windows"
            )


def counted_to(places: InspectorPlaces, most: int) -> str:
    """The cells that hold the numbers from 0 to the most, for a drop-down list."""
    cells = places.counting
    return f"{EXPLAIN}!{Range(cells.row, cells.column, most + 1, 1).absolute}"
