"""What the last layers cost, in plain Python.

Must not know the formulas that say the same.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import prod

import numpy as np

from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_model.heads.places import SIZES, first_sizes, has_head
from xlconv.state.choices import Display


def head_sizes(display: Display) -> tuple[float, ...]:
    """The sizes that stand in the yellow cells, of this network and of VGG-16."""
    return display.choices.head or first_sizes(display.network)


def steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """What each way to end the networks costs."""
    if not has_head(display.network):
        return
    both = np.array(head_sizes(display)).reshape(2, len(SIZES)).tolist()
    for number, sizes in enumerate(both, 1):
        maps, units, classes = sizes[:3], sizes[3:5], sizes[5]
        for what, layers in (
            ("averaged", (maps[0], classes)),
            ("flat", (prod(maps), classes)),
            ("deep", (prod(maps), *units, classes)),
        ):
            yield _step(f"heads:{what}_{number}", *dense(*layers))
        averaged, deep = (
            float(numbers(values[f"heads:{what}_{number}"])[0]) for what in ("averaged", "deep")
        )
        times = deep / averaged if averaged else np.nan
        yield _step(f"heads:times_{number}", times, abs(times))


def dense(*units: float) -> tuple[float, float]:
    """The weights and biases of dense layers, one after the other, and the sum of magnitudes."""
    parts = [((read + 1) * made, (abs(read) + 1) * abs(made)) for read, made in pairwise(units)]
    return sum(one for one, _ in parts), sum(size for _, size in parts)


def _step(name: str, value: float, size: float) -> Step:
    return Step(name, np.array([value]), np.array([size]))
