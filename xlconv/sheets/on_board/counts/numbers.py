"""What was thrown away, counted by NumPy.

Must not know the formulas that say the same.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from xlconv.network.model import Array
from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.counts.places import counts
from xlconv.state.choices import Display

NOTHING = 1e-9  # what rounding may leave where numbers cancel out, on either side of 0


def steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """A text for each map whose numbers are counted."""
    for one in counts(display.network, layout):
        found = numbers(values[one.read])[one.number]
        key, cells, kept = f"counted:{one.layer}_{one.number + 1}", found.size, one.own.size
        match one.what:
            case "largest":
                yield Step.text(key, f"keeps {kept} of {cells}")
            case "means":
                yield Step.text(key, f"{kept} means of {cells}")
            case "rectified":
                yield Step.text(key, f"{negatives_of(found)} of {cells} were negative")
            case "rectified here":
                yield Step.text(key, f"{np.count_nonzero(found <= NOTHING)} of {cells} became 0")


def negatives_of(cells: Array) -> int:
    """How many numbers are below zero."""
    return int(np.count_nonzero(cells < -NOTHING))
