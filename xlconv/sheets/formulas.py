"""The sheets around the board, one module a sheet, and the rules of all sheets together."""

from __future__ import annotations

from xlconv.errors import LimitError
from xlconv.formulas.layers.base import Rule
from xlconv.network.network import Network
from xlconv.sheets.board.formulas import board_rules
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.exercise.formulas import as_exercise, exercise_rules
from xlconv.sheets.explain.formulas import explain_rules
from xlconv.sheets.explain.places import TOP, InspectorPlaces
from xlconv.sheets.explain.table import layer_lines
from xlconv.sheets.model.looks import model_rules
from xlconv.sheets.panel.formulas import desk_rules, picture_rules
from xlconv.spreadsheet.cells import MAX_COLUMNS, MAX_ROWS, Range
from xlconv.state.sheet_names import EXPLAIN


def workbook_rules(network: Network, layout: Layout) -> list[Rule]:
    """The rules of all computed cells of a workbook, in the order of computation."""
    rules = [
        *picture_rules(network, layout),
        *board_rules(network, layout),
        *desk_rules(network, layout),
        *explain_rules(inspector_places(network, layout), board_range(layout)),
        *model_rules(network, layout),
    ]
    return [*as_exercise(rules, network, layout), *exercise_rules(network, layout)]


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


def board_range(layout: Layout) -> Range:
    """The board from its first cell to the last that anything may read."""
    used = [place.range for place in layout.weights.values()]
    for placement in (*layout.tensors.values(), *layout.inner.values()):
        used += [placement.ringed(0), placement.ringed(-1)]
    used += [place for places in layout.controls.values() for place in places.values()]
    whole = Range.around([*used, *layout.cells.values()])
    return Range(1, 1, whole.bottom, whole.right)
