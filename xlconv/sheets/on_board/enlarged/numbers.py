"""What enlarged kernels show: the numbers of the kernels.

Must not know the formulas that say the same.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from xlconv.network.model import Array
from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.enlarged.places import computed_kernel
from xlconv.state.choices import Display


def steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """Each number of the kernels that are enlarged, one by one."""
    for layer in layout.enlarged:
        for number, value in enumerate(shown_kernels(display, values, layout, layer).reshape(-1)):
            yield Step.measured(f"enlarged:{layer}_{number}", np.array([value]))


def shown_kernels(
    display: Display, values: Mapping[str, Values], layout: Layout, layer: str
) -> Array:
    """The numbers of a layer's kernels: trained ones, or the one that is computed."""
    computed = computed_kernel(layout, layer)
    if computed is None:
        return display.model.weights[f"{layer}.weight"]
    return numbers(values[computed])
