"""The rules of enlarged kernels: each number is the kernel's.

Must not know any value.
"""

from collections.abc import Iterator

from xlconv.formulas.layers.base import Rule
from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.enlarged.places import shown_numbers
from xlconv.spreadsheet.cells import Range

ENLARGED = "enlarged"


def rules(network: Network, layout: Layout) -> Iterator[Rule]:
    """The rules of all enlarged numbers."""
    for layer in layout.enlarged:
        for number, (cell, place) in enumerate(shown_numbers(layout, layer)):
            key = f"{ENLARGED}:{layer}_{number}"
            at = Range.of(place.first)
            yield Rule(ENLARGED, key, None, at, cell.a1, role=ENLARGED, tensor=layer)
