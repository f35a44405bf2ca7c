"""Where the originals stand on the sheet Works: the picture's maps below each other, beside them
the weights of each layer as they stand on the board, in the same shape once more what differs.

Rectangles only; must not know formulas, values or looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

from xlconv.network.network import INPUT, Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.works.places import TOP
from xlconv.spreadsheet.cells import Range

MOST = 20_000  # weights of a layer that are kept: more would make the file much larger
ONE_BY_ONE = 1_000  # weights of a layer, up to which each is compared for itself
_GAP = _CAPTION = 1


@dataclass(frozen=True)
class Kept:
    """A range of the board with one map of the picture, or one array of a layer's weights for an
    output and a map that it reads; its original, of the same shape; and where it is said what
    differs: in each cell, or in one for all."""

    board: Range
    original: Range
    differs: Range


@dataclass(frozen=True)
class Region:
    """A range of the board that holds weights of a layer, and where it stands as it was."""

    layer: str
    board: Range
    original: Range


@dataclass(frozen=True)
class OriginalPlaces:
    """The originals: the picture's maps, and those weights that are kept, by layer and array.
    Beside each map of a picture of the gallery stand the rows, above it the columns, of the
    gallery at which its pixels are looked up, 0 for none."""

    picture: tuple[Kept, ...]
    weights: dict[tuple[str, str], tuple[Kept, ...]]
    regions: tuple[Region, ...]
    rows: tuple[Range, ...]
    columns: Range

    @cached_property
    def right(self) -> int:
        """The last column."""
        return max(one.differs.right for one in (*self.picture, *self.kept_weights))

    @property
    def kept_weights(self) -> list[Kept]:
        """All originals of weights."""
        return [one for ranges in self.weights.values() for one in ranges]


def works_columns(network: Network, layout: Layout) -> int:
    """How many columns the originals take on the sheet Works."""
    return _places(network, layout, 1).right


def original_name(number: int) -> str:
    """The hidden name of a region's original, by its number from 1; 0 is the picture."""
    return f"xlconv_original_{number}"


def original_places(network: Network, layout: Layout) -> OriginalPlaces:
    """Where the originals stand."""
    return _places(network, layout, layout.works["originals"])


def _places(network: Network, layout: Layout, left: int) -> OriginalPlaces:
    maps = layout.tensors[INPUT].maps
    wide = maps[0].width + _GAP
    columns = Range(TOP, left + 1, 1, maps[0].width)
    picture, rows, row = [], [], TOP + 1
    for place in maps:
        original = Range(row, left + 1, place.height, place.width)
        picture.append(Kept(place, original, original.shifted(0, wide)))
        rows.append(Range(row, left, place.height, 1))
        row += place.height + _GAP
    weights: dict[tuple[str, str], list[Kept]] = {}
    regions: list[Region] = []
    row, column = TOP - _CAPTION, left + 1 + 2 * wide + _GAP
    kept = {layer: count for layer, count in _counts(network).items() if count <= MOST}
    widest = max((one.width for layer in kept for one in layout.weights[layer].ranges), default=0)
    for layer, count in kept.items():
        places = layout.weights[layer]
        for whole in places.ranges:
            row += _CAPTION
            regions.append(Region(layer, whole, Range(row, column, whole.height, whole.width)))
            for key, ranges in places.arrays.items():
                for place in (one for one in ranges if one.overlaps(whole)):
                    original = place.shifted(row - whole.row, column - whole.column)
                    differs = original.shifted(0, widest + _GAP)
                    alone = count <= ONE_BY_ONE and places.apart == (1, 1)
                    one = differs if alone else Range.of(differs.first)
                    weights.setdefault((layer, key), []).append(Kept(place, original, one))
            row += whole.height + _GAP
    found = {key: tuple(kept) for key, kept in weights.items()}
    return OriginalPlaces(tuple(picture), found, tuple(regions), tuple(rows), columns)


def _counts(network: Network) -> dict[str, int]:
    """How many numbers the weights of each layer have, that has any."""
    described = {layer.name: network.weights(layer).values() for layer in network.layers}
    return {name: sum(prod(one.shape) for one in w) for name, w in described.items() if w}
