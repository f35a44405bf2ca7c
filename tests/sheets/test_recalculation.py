"""What an edited pixel makes dirty on the sheet Explain, by its formulas' references alone."""

from functools import cache
from itertools import pairwise

from xlconv import Dense, Network
from xlconv.network.layers.activation import Softmax
from xlconv.network.layers.convolution import Conv2D
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.board.places import plan
from xlconv.sheets.formulas import workbook_rules
from xlconv.spreadsheet.cells import Place, Range
from xlconv.spreadsheet.formula import references, relative_form
from xlconv.state.sheet_names import BOARD

CLASSES = 3
LAYERS = (Conv2D("conv", 2, (3, 3)), Dense("dense", CLASSES), Softmax("softmax"))
NETWORK = Network("small", (1, 6, 6), LAYERS)


Formulas = dict[Place, str]


@cache
def explained() -> tuple[Layout, dict[str, Formulas]]:
    """The board, and the formulas of the sheet Explain and its lists on Works, by their rules."""
    layout = plan(NETWORK)
    rules = [rule for rule in workbook_rules(NETWORK, layout) if rule.block == "explain"]
    found: dict[str, Formulas] = {}
    for rule in rules:
        places = (Place(rule.sheet, cell) for cell in rule.range.cells())
        found[rule.role] = dict(zip(places, rule.texts(), strict=True))
    return layout, found


def meets(one: Range, other: Range) -> bool:
    rows = one.row <= other.bottom and other.row <= one.bottom
    return rows and one.column <= other.right and other.column <= one.right


@cache
def dirty() -> frozenset[Place]:
    """The cells that follow from the tensors, one from the other."""
    layout, formulas = explained()
    tensors = [place for placement in layout.tensors.values() for place in placement.maps]
    left = {at: references(text) for one in formulas.values() for at, text in one.items()}
    found: set[Place] = set()
    while True:
        new = {
            at for at, read in left.items() if any(_is_dirty(at, *r, tensors, found) for r in read)
        }
        if not new:
            return frozenset(found)
        found |= new
        left = {at: read for at, read in left.items() if at not in new}


def _is_dirty(
    at: Place, sheet: str | None, place: Range, tensors: list[Range], found: set[Place]
) -> bool:
    if sheet == BOARD:
        return any(meets(place, tensor) for tensor in tensors)
    return any(Place(sheet or at.sheet, inside) in found for inside in place.cells())


def test_weights_are_left_calculated_but_for_those_that_a_softmax_may_have() -> None:
    listed = explained()[1]["term_weight"]
    assert [cell for cell in listed if cell in dirty()] == list(listed)[:CLASSES]


def test_where_windows_stand_does_not_follow_the_board() -> None:
    """Nor which columns of the canvas show what."""
    _, formulas = explained()
    for key in ("window", "slot_top", "term_slot", "term_row", "column_shows", "column_place"):
        assert not formulas[key].keys() & dirty(), key


def test_what_is_read_and_its_products_follow_the_board() -> None:
    _, formulas = explained()
    for key in ("term_value", "term_product", "canvas", "board", "result", "sentence"):
        assert formulas[key].keys() <= dirty(), key


def test_equal_look_ups_do_not_stand_below_each_other() -> None:
    """LibreOffice would mark all of them again for every run of changed cells."""
    listed = explained()[1]["term_value"].items()
    forms = [relative_form(text, at.cell) for at, text in listed]
    assert all(one != other for one, other in pairwise(forms))
