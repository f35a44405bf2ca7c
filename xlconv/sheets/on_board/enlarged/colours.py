"""The colours of enlarged kernels: each number's place is as its kernel's cell, in a few steps.

A colour scale would leave half of it white: LibreOffice paints each row of a merged range by its
own cell, of which all but the first are empty. Must not know how a file spells a rule.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from xlconv.formulas import text as formulas
from xlconv.network.model import Array
from xlconv.sheets.board.furniture import ENLARGED
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.enlarged.numbers import shown_kernels
from xlconv.sheets.on_board.enlarged.places import computed_kernel, kernels
from xlconv.sheets.on_board.panel.formulas import by_name
from xlconv.sheets.styles import Palette, blend
from xlconv.spreadsheet.blocks import Highlight, Values
from xlconv.spreadsheet.cells import Range
from xlconv.state.choices import Display

STEPS = (0.8, 0.55, 0.3, 0.1)  # of the largest number, from the strongest colour on


def enlarged_rules(
    display: Display, values: Mapping[str, Values], layout: Layout, colours: Palette
) -> Iterator[Highlight]:
    """The rules of all enlarged kernels."""
    for layer, places in layout.enlarged.items():
        small = kernels(layout, layer)
        array = shown_kernels(display, values, layout, layer)
        if computed_kernel(layout, layer) is None:
            limit = by_name(layout.panel.lines[layer].weights, layout.panel.table)
        else:
            limit = formulas.largest_magnitude(Range.around(small))
        largest = float(np.abs(array).max(initial=0.0))
        parts = np.split(array.reshape(-1), len(small))
        for kernel, place, part in zip(small, places, parts, strict=True):
            yield from _steps(kernel, place, part, limit, largest, colours)


def _steps(
    kernel: Range, place: Range, part: Array, limit: str, largest: float, colours: Palette
) -> Iterator[Highlight]:
    row, column = (
        f"INT(({axis}()-{first})/{ENLARGED})+1"
        for axis, first in (("ROW", place.row), ("COLUMN", place.column))
    )
    number = f"INDEX({kernel:$},{row},{column})"
    for sign, end in (("", colours.positive), ("-", colours.negative)):
        signed = -part if sign else part
        for above, step in zip((np.inf, *STEPS), STEPS, strict=False):
            there = (signed > step * largest) & (signed <= above * largest)
            now = tuple(
                Range(place.row + ENLARGED * r, place.column + ENLARGED * c, ENLARGED, ENLARGED)
                for (r, c), holds in zip(kernel.offsets(), there.tolist(), strict=True)
                if holds
            )
            share = min(1.0, step + 0.15)
            fill = blend(colours.zero, end, share)
            yield Highlight((place,), f"{sign}{number}>{step:g}*{limit}", fill=fill, now=now)
