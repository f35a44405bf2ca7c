"""What the formulas of Explain's lists share: a line's own number, the chosen layer's numbers.

Must not know any value.
"""

from collections.abc import Callable

from xlconv.formulas.layers.base import Rule
from xlconv.formulas.text import largest_magnitude
from xlconv.sheets.explain.places import InspectorPlaces
from xlconv.sheets.on_board.panel.places import USED
from xlconv.sheets.works.places import TOP
from xlconv.spreadsheet.cells import Range
from xlconv.state.sheet_names import WORKS

BLOCK = "explain"
APART = "0.00000000002"  # from one term to the next, of equal ones: all engines tell these apart
_, MAP, ROW, COLUMN = (cell.absolute for cell in USED.cells())
NUMBER = f"(ROW()-{TOP - 1})"  # a line of a list, from 1


def list_rule(
    key: str, place: Range, formula: str, cellwise: Callable[[int, int], str] | None = None
) -> Rule:
    return Rule(BLOCK, f"{BLOCK}:{key}", None, place, formula, cellwise, WORKS, role=key)


def rule_by_cell(key: str, place: Range, text: Callable[[int, int], str]) -> Rule:
    return list_rule(key, place, text(0, 0), text)


def keys_of(places: InspectorPlaces) -> dict[str, str]:
    """The chosen layer's cells of the table, by its lines, as the sheet Works refers to them."""
    return {key: places.of(key).absolute for key in places.keys}


def column_of(place: Range) -> str:
    return "$" + place.first.a1.rstrip("0123456789")


def first_of(place: Range) -> str:
    """The first cell of a list, in its column: it moves down with the formula."""
    return f"{column_of(place)}{place.row}"


def unless(condition: str, value: str) -> str:
    """A value, or an empty text where a condition holds.

    >>> unless("A1>5", "B1")
    'IF(A1>5,"",B1)'
    """
    return f'IF({condition},"",{value})'


def mark_rule(places: InspectorPlaces, key: str, formula: str) -> Rule:
    return list_rule(key, Range.of(places.mark(key)), formula)


def magnitude(listed: Range) -> str:
    """The largest distance from zero in a list; 1 if there is none, to be divided by."""
    most = largest_magnitude(listed)
    return f"IF({most}=0,1,{most})"
