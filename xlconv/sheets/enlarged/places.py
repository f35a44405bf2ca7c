"""Where the numbers of a kernel stand, and where each is shown enlarged.

Rectangles only; must not know formulas, values or looks.
"""

from collections.abc import Iterator

from xlconv.sheets.board.furniture import ENLARGED
from xlconv.sheets.board.layout import Layout
from xlconv.spreadsheet.cells import Cell, Range


def kernels(layout: Layout, layer: str) -> tuple[Range, ...]:
    """The ranges of the numbers that a layer's enlarged kernels show, in their order."""
    if f"{layer}_kernel" in layout.inner:
        return layout.inner[f"{layer}_kernel"].maps
    return layout.weights[layer].arrays["weight"]


def shown_numbers(layout: Layout, layer: str) -> Iterator[tuple[Cell, Range]]:
    """The cell of each number of a layer's kernels, in their order, and where it is enlarged."""
    for kernel, large in zip(kernels(layout, layer), layout.enlarged[layer], strict=True):
        for row, column in kernel.offsets():
            top, left = large.row + ENLARGED * row, large.column + ENLARGED * column
            yield kernel.cell(row, column), Range(top, left, ENLARGED, ENLARGED)
