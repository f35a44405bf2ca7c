"""The kernels beside their start, in plain NumPy.

Must not know the formulas that say the same.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from xlconv.network.beginnings import first_convolution, kernels_of
from xlconv.network.model import Array
from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_model.beginnings.places import beginnings
from xlconv.state.choices import Display


def steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """What the kernels are now, how far they went, and which way they look."""
    layer = first_convolution(display.network)
    if layer is None:
        return
    kernels = display.model.weights[kernels_of(layer)]
    for number, one in enumerate(beginnings(display.network, layout), 1):
        yield Step.measured(f"beginnings:now_{number}", kernels[one.output, one.read])
        now = numbers(values[f"beginnings:now_{number}"]).reshape(one.now.height, one.now.width)
        start = display.started[one.output, one.read]
        yield Step(f"beginnings:change_{number}", now - start, np.abs(now) + np.abs(start))
        if min(now.shape) > 1:
            yield _words(number, now)


def _words(number: int, kernel: Array) -> Step:
    """Which way it gets inkier where a kernel's sums are positive, if mostly one way."""
    name = f"beginnings:words_{number}"
    if not np.isfinite(kernel).all():
        return Step.unknown(name)
    down = float(kernel[-1].sum() - kernel[0].sum())
    across = float(kernel[:, -1].sum() - kernel[:, 0].sum())
    if abs(down) > 2 * abs(across):
        return Step.text(name, "inkier downwards" if down > 0 else "inkier upwards")
    if abs(across) > 2 * abs(down):
        return Step.text(name, "inkier to the right" if across > 0 else "inkier to the left")
    return Step.text(name, "")
