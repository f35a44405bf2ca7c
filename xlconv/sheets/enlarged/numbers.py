"""What enlarged kernels show: the numbers of the kernels.

Must not know the formulas that say the same.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.sheets.board.layout import Layout
from xlconv.state.choices import Display


def steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """Each number of the kernels that are enlarged, one by one."""
    for layer in layout.enlarged:
        computed = f"{layer}_kernel"
        kernel = (
            numbers(values[computed])
            if computed in layout.inner
            else display.model.weights[f"{layer}.weight"]
        )
        for number, value in enumerate(kernel.reshape(-1)):
            yield Step.measured(f"enlarged:{layer}_{number}", np.array([value]))
