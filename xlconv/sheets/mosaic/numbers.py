"""What mosaics hold, in plain NumPy.

Must not know the formulas that say the same.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from xlconv.network.model import Array
from xlconv.network.network import INPUT
from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.mosaic.places import rule_levels
from xlconv.state.choices import Display

_DIGITS = 9  # after which a spreadsheet's half is a half


def steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """The number of each pixel's colour on the board."""
    if layout.mosaic is not None:
        found = colour_numbers(numbers(values[INPUT]), rule_levels(layout.mosaic.size))
        yield Step.measured("mosaic:board", found)


def colour_numbers(picture: Array, levels: int) -> Array:
    """The number of each pixel's colour, (H, W), of a picture (3, H, W): its levels of red, green
    and blue as the digits of a number."""
    nearest = np.floor(np.round((levels - 1) * np.clip(picture, 0, 1), _DIGITS) + 0.5)
    number: Array = np.tensordot([levels**2, levels, 1], nearest, 1)
    return number
