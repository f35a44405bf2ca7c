"""What the padding holds, as NumPy pads.

Must not know the formulas that say the same.
"""

from collections.abc import Iterator, Mapping

from xlconv.network.borders import bordered, outside_cell, outside_of
from xlconv.reference.layers.base import Step, Values, numbers, padded
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.border.places import border_parts
from xlconv.state.choices import Display


def steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """The padding of each map, cut into its sides and corners."""
    if layout.panel.outside is None:
        return
    network = display.network
    outside = outside_cell(outside_of(network))
    for tensor in bordered(network):
        placement = layout.tensors[tensor]
        for number, found in enumerate(numbers(values[tensor])):
            filled = padded(found, placement.ring, outside)
            whole = placement.with_ring(number)
            for index, (place, _, _) in enumerate(border_parts(placement, number)):
                top, left = place.row - whole.row, place.column - whole.column
                part = filled[top : top + place.height, left : left + place.width]
                yield Step.measured(f"outside:{tensor}_{number + 1}_{index}", part)
