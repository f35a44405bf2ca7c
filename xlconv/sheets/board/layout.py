"""The layout of the board, as data: what `places` plans and everything else looks up.

Must not know how it is found, nor formulas, values or looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from xlconv.formulas.places import Places
from xlconv.network.network import Network
from xlconv.sheets.images.places import GalleryPlaces
from xlconv.sheets.on_board.laboratory.places import NAMES as LABORATORY_NAMES
from xlconv.sheets.on_board.laboratory.places import LaboratoryPlaces
from xlconv.sheets.on_board.panel.places import (
    CHOICE_NAMES,
    EXPLAINED_NAMES,
    LossPlaces,
    PanelPlaces,
    Verdict,
)
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.exercise import Exercise


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
    def large(self) -> Range:
        """What is read first: the label, or the number of a network that has no other."""
        return min(self.label, self.value, key=lambda place: place.row)

    @property
    def small(self) -> Range:
        return max(self.label, self.value, key=lambda place: place.row)

    @property
    def bottom(self) -> int:
        """The last row, in which a link stands below the value."""
        below = self.threshold.bottom if self.threshold else self.small.bottom
        return max(below + 1, max((bar.bottom for bar in self.bars), default=0))


@dataclass(frozen=True)
class Band:
    """The columns of one layer: from its weights, if it has any, to its last map."""

    tensor: str
    first: int
    last: int


@dataclass(frozen=True)
class Ruler:
    """Where a map's rows and columns are numbered, from 1: beside and above its padding."""

    rows: Range
    columns: Range


@dataclass(frozen=True)
class Lane:
    """A line above the maps, from a tensor to a layer further on that reads it."""

    source: str
    reader: str
    range: Range


@dataclass(frozen=True, kw_only=True)
class Layout(Places):
    """Every place of the board: those of the network, and what stands around them.

    `wings` are the columns of weights that stand behind the head; `enlarged` are the places of
    kernels that are shown once more, by layer, in their order. Each map has its title in `titles`,
    and the numbers of its rows and columns in `rulers`, by tensor; `legends` stand below the maps;
    `verdict` and `loss` are there where the network tells classes, and `mosaic`, above the maps of
    the picture, where it has colours. `exercise` says which layers are left open, if any.
    """

    bands: tuple[Band, ...]
    wings: tuple[Band, ...]
    lanes: tuple[Lane, ...]
    answer: Answer | None
    vector_columns: tuple[int, ...]
    enlarged: Mapping[str, tuple[Range, ...]]
    titles: Mapping[str, tuple[Range, ...]]
    rulers: Mapping[str, tuple[Ruler, ...]]
    legends: Mapping[str, tuple[Range, ...]]
    panel: PanelPlaces
    verdict: Verdict | None
    loss: LossPlaces | None
    laboratory: LaboratoryPlaces | None
    gallery: GalleryPlaces | None
    mosaic: Range | None
    mosaic_title: Range | None
    exercise: Exercise | None = None
    started: bool = False  # whether it is known what the first kernels were before training
    # The first column of each room's part of the sheet Works, by the room.
    works: Mapping[str, int] = field(default_factory=dict)

    def number_ranges(self, tensor: str) -> tuple[Range, ...]:
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
        for name in CHOICE_NAMES:
            if (place := getattr(self.panel, name)) is not None:
                named[name] = Range.of(place.first)
        chosen = map(Range.of, self.panel.chosen)
        named |= dict(zip(EXPLAINED_NAMES, chosen, strict=True))
        if self.laboratory is not None:
            for name, place in zip(LABORATORY_NAMES, self.laboratory.choices, strict=True):
                named[name] = Range.of(place.first)
        if self.loss is not None:
            named["loss"] = Range.of(self.loss.total)
        return named | {name: placement.range for name, placement in self.inner.items()}

    def watched_ranges(self, tensor: str) -> list[Range]:
        """The ranges of a layer's weights, controls and chosen number, which a sum watches."""
        ranges = [*self.weights[tensor].ranges] if tensor in self.weights else []
        if tensor in self.controls:
            ranges.append(Range.around(self.controls[tensor].values()))
        if f"{tensor}_number" in self.cells:
            ranges.append(self.cells[f"{tensor}_number"])
        return ranges

    @property
    def board(self) -> Range:
        """The board from its first cell to the last that anything may read."""
        used = [place for places in self.weights.values() for place in places.ranges]
        for placement in (*self.tensors.values(), *self.inner.values()):
            used += [placement.with_ring(0), placement.with_ring(-1)]
        used += [place for places in self.controls.values() for place in places.values()]
        whole = Range.around([*used, *self.cells.values()])
        return Range(1, 1, whole.bottom, whole.right)
