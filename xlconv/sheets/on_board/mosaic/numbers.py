"""What mosaics hold, in plain NumPy.

Must not know the formulas that say the same.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from xlconv.network.model import Array
from xlconv.network.network import INPUT
from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.mosaic.places import FINEST, mosaics, rule_levels
from xlconv.state.choices import Display

_DIGITS = 9  # after which a spreadsheet's half is a half


def steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """The number of each pixel's colour, on the board and of the drawing."""
    for key, _, place, maps in mosaics(layout):
        names = [f"drawing:{number}" for number in range(1, len(maps) + 1)]
        if key == "drawing" and names[0] not in values:
            continue  # the sheet is gone
        found = [values[INPUT]] if key == "board" else [values[name] for name in names]
        picture = np.concatenate([numbers(one).reshape(-1) for one in found])
        shaped = picture.reshape(len(maps), place.height, place.width)
        yield Step.measured(f"mosaic:{key}", colour_numbers(shaped, rule_levels(place.size)))


def colour_numbers(picture: Array, levels: int) -> Array:
    """The number of each pixel's colour, (H, W), of a picture (3, H, W): its levels of red, green
    and blue as the digits of a number."""
    number: Array = np.tensordot([levels**2, levels, 1], _nearest(picture, levels), 1)
    return number


def painted_numbers(picture: Array) -> Array:
    """The number of the colour with which each pixel is painted: 65536 red + 256 green + blue."""
    shades = 255 // (FINEST - 1) * _nearest(picture, FINEST)
    number: Array = np.tensordot([65536, 256, 1], shades, 1)
    return number


def _nearest(picture: Array, levels: int) -> Array:
    """The nearest level of each number, from 0; halves go up."""
    nearest: Array = np.floor(np.round((levels - 1) * np.clip(picture, 0, 1), _DIGITS) + 0.5)
    return nearest
