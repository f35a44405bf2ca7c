"""Places: where things stand on the board, as data.

What `layout` plans and everything else looks up: rectangles by the names of tensors and
layers. Must not know how they are found, nor formulas, values or looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xlconv.network.network import Network
from xlconv.network.shapes import NO_MARGIN, Margin
from xlconv.sheets.panel.places import Desk, GalleryPlaces, LossPlaces, Verdict
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.exercise import Exercise


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

    def ringed(self, number: int) -> Range:
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
    def range(self) -> Range:
        """The range around all arrays, in which no other number stands."""
        return Range.around(place for places in self.arrays.values() for place in places)

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


@dataclass(frozen=True)
class Answer:
    """The panel under the picture: the predicted class, its value, and a line for each class.
    Where several classes may be found, each line has a tick."""

    title: Cell
    label: Range
    value: Range
    labels: tuple[Range, ...]
    values: tuple[Range, ...]
    bars: tuple[Range, ...]
    ticks: tuple[Range, ...] = ()
    threshold: Range | None = None

    @property
    def bottom(self) -> int:
        """The last row, in which a link stands below the value."""
        below = self.threshold.bottom if self.threshold else self.value.bottom
        return max(below + 1, max((bar.bottom for bar in self.bars), default=0))


@dataclass(frozen=True)
class Band:
    """The columns of one layer: from its weights, if it has any, to its last map."""

    tensor: str
    first: int
    last: int


@dataclass(frozen=True)
class Lane:
    """A line above the maps, from a tensor to a layer further on that reads it."""

    source: str
    reader: str
    range: Range


@dataclass(frozen=True)
class Layout:
    """Every place of the board, by the names of tensors and layers.

    `inner` holds what layers show on their way (`dropout_mask`), `cells` single computed cells
    (`dropout_share`), `controls` the cells in which people set a layer's settings, by layer and
    setting. `legends` stand below the maps, by tensor; `verdict` and `loss` are there where
    the network tells classes. `exercise` says which layers are left open, if any.
    """

    bands: tuple[Band, ...]
    tensors: Mapping[str, Placement]
    weights: Mapping[str, WeightPlaces]
    labels: Mapping[str, Range]
    steps: Mapping[str, Steps]
    inner: Mapping[str, Placement]
    cells: Mapping[str, Range]
    controls: Mapping[str, Mapping[str, Range]]
    lanes: tuple[Lane, ...]
    answer: Answer | None
    vector_columns: tuple[int, ...]
    legends: Mapping[str, tuple[Range, ...]]
    desk: Desk
    verdict: Verdict | None
    loss: LossPlaces | None
    gallery: GalleryPlaces | None
    exercise: Exercise | None = None

    def filled(self, tensor: str) -> tuple[Range, ...]:
        """Ranges that hold all numbers of a tensor, and no legend's between them."""
        placement = self.tensors[tensor]
        return placement.maps if self.legends[tensor] else (placement.range,)

    def names(self, network: Network) -> dict[str, Range]:
        """The range of every defined name: tensors, maps, weights, steps and controls."""
        named: dict[str, Range] = {}
        for tensor, placement in self.tensors.items():
            named[tensor] = placement.range
            if len(network.shapes[tensor]) == 3:
                for number, place in enumerate(placement.maps, 1):
                    named[f"{tensor}_{number}"] = place
        for layer, weights in self.weights.items():
            named |= {f"{layer}_{key}": weights.array_range(key) for key in weights.arrays}
        for layer, controls in self.controls.items():
            named |= {f"{layer}_{key}": Range.of(place.first) for key, place in controls.items()}
        if self.desk.picture is not None:
            named["picture"] = Range.of(self.desk.picture.first)
        if self.loss is not None:
            named["loss"] = Range.of(self.loss.total)
        return named | {name: placement.range for name, placement in self.inner.items()}

    def summed(self, tensor: str) -> list[Range]:
        """The ranges of a layer's weights, controls and chosen number, which a sum watches."""
        ranges = [self.weights[tensor].range] if tensor in self.weights else []
        if tensor in self.controls:
            ranges.append(Range.around(self.controls[tensor].values()))
        if f"{tensor}_number" in self.cells:
            ranges.append(self.cells[f"{tensor}_number"])
        return ranges
