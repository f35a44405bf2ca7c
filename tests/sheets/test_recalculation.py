"""What an edited pixel makes dirty on the sheet Explain, by its formulas' references alone."""

from functools import cache
from itertools import pairwise

from xlconv import Dense, Network
from xlconv.network.layers.activation import Softmax
from xlconv.network.layers.convolution import Conv2D
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.board.places import plan
from xlconv.sheets.formulas import workbook_rules
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.spreadsheet.formula import references, relative_form
from xlconv.state.sheet_names import BOARD, EXPLAIN

CLASSES = 3
LAYERS = (Conv2D("conv", 2, (3, 3)), Dense("dense", CLASSES), Softmax("softmax"))
NETWORK = Network("small", (1, 6, 6), LAYERS)


@cache
def explained() -> tuple[Layout, dict[str, dict[Cell, str]]]:
    """The board, and the formulas of the sheet Explain by their rules."""
    layout = plan(NETWORK)
    rules = [rule for rule in workbook_rules(NETWORK, layout) if rule.sheet == EXPLAIN]
    return layout, {
        rule.role: dict(zip(rule.range.cells(), rule.texts(), strict=True)) for rule in rules
    }


def meets(one: Range, other: Range) -> bool:
    rows = one.row <= other.bottom and other.row <= one.bottom
    return rows and one.column <= other.right and other.column <= one.right


@cache
def dirty() -> frozenset[Cell]:
    """The cells that follow from the tensors, one from the other."""
    layout, formulas = explained()
    tensors = [place for placement in layout.tensors.values() for place in placement.maps]
    found: set[Cell] = set()
    left = {cell: references(text) for one in formulas.values() for cell, text in one.items()}
    while True:
        new = {
            cell
            for cell, read in left.items()
            if any(
                any(meets(place, tensor) for tensor in tensors)
                if sheet == BOARD
                else any(inside in found for inside in place.cells())
                for sheet, place in read
            )
        }
        if not new:
            return frozenset(found)
        found |= new
        left = {cell: read for cell, read in left.items() if cell not in new}


def test_weights_are_left_calculated_but_for_those_that_a_softmax_may_have() -> None:
    _, formulas = explained()
    listed, drawn = formulas["term_weight"], formulas["weights"]
    assert [cell for cell in listed if cell in dirty()] == list(listed)[:CLASSES]
    first = next(iter(drawn))
    assert [cell for cell in drawn if cell in dirty()] == [
        first.shifted(row, 0) for row in range(1, CLASSES + 1)
    ]


def test_what_is_read_and_its_products_follow_the_board() -> None:
    _, formulas = explained()
    for key in ("term_value", "term_product", "reads", "products", "board", "result", "sentence"):
        assert formulas[key].keys() <= dirty()


def test_equal_look_ups_do_not_stand_below_each_other() -> None:
    """LibreOffice would mark all of them again for every run of changed cells."""
    forms = [relative_form(text, at) for at, text in explained()[1]["term_value"].items()]
    assert all(one != other for one, other in pairwise(forms))
