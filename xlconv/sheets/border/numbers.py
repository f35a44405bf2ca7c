"""What the padding holds, as NumPy pads.

Must not know the formulas that say the same.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from xlconv.network.borders import bordered, outside_of
from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.border.places import border_parts
from xlconv.state.choices import Display


def steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """The padding of each map, cut into its sides and corners."""
    if layout.panel.outside is None:
        return
    network = display.network
    outside = outside_of(network)
    for tensor in bordered(network):
        placement = layout.tensors[tensor]
        ring = placement.ring
        around = ((ring.top, ring.bottom), (ring.left, ring.right))
        for number, found in enumerate(numbers(values[tensor])):
            if outside == "edge":
                padded = np.pad(found, around, mode="edge")
            else:
                padded = np.pad(found, around, constant_values=float(outside))
            whole = placement.with_ring(number)
            for index, (place, _, _) in enumerate(border_parts(placement, number)):
                top, left = place.row - whole.row, place.column - whole.column
                part = padded[top : top + place.height, left : left + place.width]
                yield Step.measured(f"outside:{tensor}_{number + 1}_{index}", part)
