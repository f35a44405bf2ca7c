"""The rules of the kernels beside their start: those of now, what changed, and which way they look.

Must not know any value.
"""

from collections.abc import Iterator

from xlconv.formulas.layers.base import Copies, Rule
from xlconv.network.beginnings import first_convolution
from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_model.beginnings.places import beginnings
from xlconv.spreadsheet.cells import Range
from xlconv.state.sheet_names import BOARD, MODEL

BEGINNINGS = "beginnings"
DOWN, UP = "inkier downwards", "inkier upwards"
RIGHT, LEFT = "inkier to the right", "inkier to the left"


def rules(network: Network, layout: Layout) -> Iterator[Rule]:
    """The rules of all kernels."""
    layer = first_convolution(network)
    apart = layout.weights[layer.name].apart if layer is not None else (1, 1)
    for number, one in enumerate(beginnings(network, layout), 1):
        now = f"{BOARD}!{one.board.first.a1}"
        yield _rule("now", number, one.now, now, Copies(now, *apart))
        change = f"{one.now.first.a1}-{one.start.first.a1}"
        yield _rule("change", number, one.change, change)
        if one.now.height > 1 and one.now.width > 1:
            yield _rule("words", number, Range.of(one.words), direction_text(one.now))


def _rule(role: str, number: int, place: Range, formula: str, copies: Copies | None = None) -> Rule:
    key = f"{BEGINNINGS}:{role}_{number}"
    return Rule(
        BEGINNINGS, key, None, place, formula, copies, sheet=MODEL, role=f"beginning {role}"
    )


def direction_text(kernel: Range) -> str:
    """Which way it gets inkier where a kernel's sums are positive, if mostly one way.

    >>> direction_text(Range(1, 1, 3, 3))[:72]
    'IF(ABS(SUM($A$3:$C$3)-SUM($A$1:$C$1))>2*ABS(SUM($C$1:$C$3)-SUM($A$1:$A$3'
    """
    top = Range(kernel.row, kernel.column, 1, kernel.width)
    below = Range(kernel.bottom, kernel.column, 1, kernel.width)
    left = Range(kernel.row, kernel.column, kernel.height, 1)
    right = Range(kernel.row, kernel.right, kernel.height, 1)
    down = f"SUM({below:$})-SUM({top:$})"
    across = f"SUM({right:$})-SUM({left:$})"
    vertical = f'IF({down}>0,"{DOWN}","{UP}")'
    horizontal = f'IF({across}>0,"{RIGHT}","{LEFT}")'
    other = f'IF(ABS({across})>2*ABS({down}),{horizontal},"")'
    return f"IF(ABS({down})>2*ABS({across}),{vertical},{other})"
