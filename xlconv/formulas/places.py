"""Places: where tensors and weights stand, as data.

What rules look up: rectangles by the names of tensors and layers. Must not know how they are
found, nor formulas, values or looks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xlconv.network.shapes import NO_MARGIN, Margin
from xlconv.spreadsheet.cells import Cell, Range


@dataclass(frozen=True)
class Placement:
    """Where a tensor stands: a range for each map (a vector is one column), and the
    ring of empty cells around each map that padded windows read."""

    maps: tuple[Range, ...]
    ring: Margin = NO_MARGIN

    @property
    def range(self) -> Range:
        """The range around all maps, without the outer ring."""
        return Range.around(self.maps)

    def with_ring(self, number: int) -> Range:
        """A map's range with its ring."""
        ring = self.ring
        return self.maps[number].grown(ring.top, ring.bottom, ring.left, ring.right)


@dataclass(frozen=True)
class WeightPlaces:
    """Where a layer's weights stand: for each of its arrays, by short name, the ranges that
    hold it in C order. `weight` has `each` ranges for every output.

    A dilated kernel's numbers are `apart` rows and columns from each other in their range;
    what is between stays empty.
    """

    arrays: Mapping[str, tuple[Range, ...]]
    each: int = 1
    apart: tuple[int, int] = (1, 1)

    def kernels(self, output: int) -> tuple[Range, ...]:
        """The ranges of one output's weights, one for each map that it reads."""
        return self.arrays["weight"][output * self.each : (output + 1) * self.each]

    def bias(self, output: int) -> Cell | None:
        """The cell of one output's bias."""
        return self.arrays["bias"][output].first if "bias" in self.arrays else None

    def array_range(self, key: str) -> Range:
        """The range around an array."""
        return Range.around(self.arrays[key])

    @property
    def ranges(self) -> tuple[Range, ...]:
        """The ranges around all arrays, those that overlap as one: in them no other number
        stands."""
        found: list[Range] = []
        for key in self.arrays:
            place = self.array_range(key)
            for other in [one for one in found if one.overlaps(place)]:
                found.remove(other)
                place = Range.around((other, place))
            found.append(place)
        return tuple(found)

    def beside(self, key: str) -> tuple[Range, ...]:
        """The ranges in which an array stands, with what stands between its parts."""
        return tuple(r for r in self.ranges if any(map(r.overlaps, self.arrays[key])))

    def cells(self, place: Range) -> Iterator[Cell]:
        """The cells of one of the ranges that hold numbers, row by row."""
        down, across = self.apart
        for row in range(place.row, place.bottom + 1, down):
            for column in range(place.column, place.right + 1, across):
                yield Cell(row, column)

    def gaps(self, place: Range) -> list[Cell]:
        """The cells of one of the ranges that stay empty."""
        if self.apart == (1, 1):
            return []
        filled = set(self.cells(place))
        return [cell for cell in place.cells() if cell not in filled]


@dataclass(frozen=True)
class Steps:
    """Where softmax shows its steps beside its result."""

    maximum: Cell
    shifted: Range
    exp: Range
    total: Cell


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where a network's tensors and weights stand, by the names of tensors and layers.

    `inner` holds what layers show on their way (`dropout_mask`), `cells` single computed cells
    (`dropout_share`), `controls` the cells in which people set a layer's settings, by layer and
    setting; `labels` the names beside vectors. Cells of the tensors in `open` may be empty.
    """

    tensors: Mapping[str, Placement]
    weights: Mapping[str, WeightPlaces]
    labels: Mapping[str, Range]
    steps: Mapping[str, Steps]
    inner: Mapping[str, Placement]
    cells: Mapping[str, Range]
    controls: Mapping[str, Mapping[str, Range]]
    open: frozenset[str] = frozenset()
