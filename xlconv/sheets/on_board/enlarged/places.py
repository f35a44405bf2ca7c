"""Where the numbers of a kernel stand, and where each is shown enlarged.

Rectangles only; must not know formulas, values or looks.
"""

from collections.abc import Iterator

from xlconv.sheets.board.furniture import ENLARGED
from xlconv.sheets.board.layout import Layout
from xlconv.spreadsheet.cells import Cell, Range


def computed_kernel(layout: Layout, layer: str) -> str | None:
    """The name of a layer's kernel that is computed, as one of a list is; None for trained ones."""
    name = f"{layer}_kernel"
    return name if name in layout.inner else None


def kernels(layout: Layout, layer: str) -> tuple[Range, ...]:
    """The ranges of the numbers that a layer's enlarged kernels show, in their order."""
    computed = computed_kernel(layout, layer)
    return (
        layout.weights[layer].arrays["weight"] if computed is None else layout.inner[computed].maps
    )


def shown_numbers(layout: Layout, layer: str) -> Iterator[tuple[Cell, Range]]:
    """The cell of each number of a layer's kernels, in their order, and where it is enlarged."""
    for kernel, large in zip(kernels(layout, layer), layout.enlarged[layer], strict=True):
        for row, column in kernel.offsets():
            top, left = large.row + ENLARGED * row, large.column + ENLARGED * column
            yield kernel.cell(row, column), Range(top, left, ENLARGED, ENLARGED)
