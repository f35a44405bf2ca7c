"""Choices: what a reader of the workbook has chosen in its yellow cells.

Owns what can be chosen and what is chosen at first. Must not know where the cells stand, nor
what follows from a choice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from xlconv.network.model import Array, Model
from xlconv.network.names import as_compared, label_cell
from xlconv.network.network import Network, vector_labels
from xlconv.network.shapes import as_maps
from xlconv.state.exercise import Checks

SCALES = ("map", "layer", "network")
UNKNOWN = "?"  # what a picture shows of which nobody knows it


@dataclass(frozen=True)
class Explained:
    """The cell that the inspector explains, as typed: a layer's name, and map, row and column
    from 1; those beyond the layer's last mean the last. A vector's row may be called by its label,
    which goes before a number."""

    layer: str
    map: float = 1.0
    row: float | str = 1.0
    column: float = 1.0

    def within(self, network: Network) -> tuple[int, int, int]:
        """Map, row and column, from 1, within the layer's shape; a vector has one map and one
        column."""
        sizes = as_maps(network.shapes[self.layer])
        labelled = labelled_row(network, self.layer, self.row)
        row = 1.0 if isinstance(self.row, str) else self.row
        typed = (self.map, row if labelled is None else labelled, self.column)
        counts = [min(max(1, int(np.floor(n))), size) for n, size in zip(typed, sizes, strict=True)]
        return counts[0], counts[1], counts[2]


def labelled_row(network: Network, layer: str, label: float | str) -> int | None:
    """The row, from 1, of a vector that has a label, None if it has none such."""
    if len(network.shapes[layer]) != 1:
        return None
    cells = [as_compared(label_cell(one)) for one in vector_labels(network, layer)]
    wanted = as_compared(label)
    return cells.index(wanted) + 1 if wanted in cells else None


@dataclass(frozen=True)
class Laboratory:
    """What is chosen in the softmax laboratory: what logits are divided by and multiplied with, and
    whether the largest is taken away before exp."""

    temperature: float = 1.0
    times: float = 1.0
    minus_max: bool = True


@dataclass(frozen=True)
class Choices:
    """Everything that is chosen in a workbook's own cells, rather than in a layer's settings.

    `picture` is a number of the gallery, 0 for one's own; `actual` what the picture shows, as it
    is typed into the cell for it (with a gallery it follows from the picture); `scale` one of
    SCALES; `pixel` the row and column, from 1, of the pixel to follow, or None; `outlined` whether
    what the explained cell reads is outlined; `hidden` the tensors that are not revealed yet, the
    last ones; `numbers` whether maps show theirs; `shift` how many rows and columns the picture is
    moved down and to the right; `winners` whether what pools keep is marked; `invert` whether
    ink and paper change places; `answers` what was answered to the Guide's missions, by their keys;
    `head` the sizes for which it is said what the last layers cost, if they were read.
    """

    explained: Explained
    picture: int = 0
    actual: float | str = UNKNOWN
    scale: str = "layer"
    pixel: tuple[float, float] | None = None
    outlined: bool = True
    hidden: frozenset[str] = field(default_factory=frozenset)
    answers: Mapping[str, float | str] = field(default_factory=dict)
    numbers: bool = True
    shift: tuple[int, int] = (0, 0)
    winners: bool = False
    invert: bool = False
    laboratory: Laboratory = Laboratory()
    head: tuple[float, ...] = ()

    @property
    def shift_down(self) -> float:
        return float(self.shift[0])

    @property
    def shift_right(self) -> float:
        return float(self.shift[1])

    def last_shown(self, network: Network) -> str:
        """The last tensor that is revealed."""
        return [tensor for tensor in network.shapes if tensor not in self.hidden][-1]


def shown_picture(picture: Array, choices: Choices) -> Array:
    """A picture of a gallery, moved and inverted as is chosen."""
    moved = shifted(picture, choices.shift)
    return 1.0 - moved if choices.invert else moved


def shifted(picture: Array, shift: tuple[int, int]) -> Array:
    """A picture (C, H, W) moved down and to the right; paper comes in from the other side.

    >>> shifted(np.array([[[1.0, 2.0], [3.0, 4.0]]]), (1, 0)).tolist()
    [[[0.0, 0.0], [1.0, 2.0]]]
    """
    (down, right), (height, width) = shift, picture.shape[1:]
    moved = np.zeros_like(picture)
    if abs(down) < height and abs(right) < width:
        to = _slice(down, height), _slice(right, width)
        of = _slice(-down, height), _slice(-right, width)
        moved[:, to[0], to[1]] = picture[:, of[0], of[1]]
    return moved


def _slice(by: int, length: int) -> slice:
    return slice(max(0, by), length + min(0, by))


@dataclass(frozen=True)
class Pen:
    """The thick pen with which picture 0 is drawn: its cells for each map, and whether it is on."""

    cells: Array = field(default_factory=lambda: np.empty((0, 0, 0)))
    on: bool = True


@dataclass(frozen=True)
class Display:
    """All that a workbook's numbers follow from.

    `image` is the picture as it stands on the board, of shape (C, H, W). `pictures`, of shape
    (1 + N, C, H, W), are those of the gallery behind picture 0, one's own drawing; `labels` are
    what stands in the cells that say what each shows, `said` what the network said of each of the
    gallery when the book was built, `inks` the sum of its pixels then. All are empty without a
    gallery. `pen` is the one with which picture 0 is drawn. `given` is what only a workbook knows:
    the random numbers of dropout layers, how many cells are filled. `checks` are those of an
    exercise, `built` what the build left for the Guide's ticks, by key, `started` the first
    convolution's kernels before training, if they are known.
    """

    model: Model
    image: Array
    choices: Choices
    pictures: Array = field(default_factory=lambda: np.empty((0, 0, 0, 0)))
    labels: tuple[float | str, ...] = ()
    said: tuple[str, ...] = ()
    inks: tuple[float, ...] = ()
    pen: Pen = field(default_factory=Pen)
    given: Mapping[str, Array] = field(default_factory=dict)
    checks: Checks = field(default_factory=Checks)
    built: Mapping[str, float | str] = field(default_factory=dict)
    started: Array = field(default_factory=lambda: np.empty((0, 0, 0, 0)))

    @property
    def network(self) -> Network:
        return self.model.network

    @property
    def count(self) -> int | None:
        """How many pictures the gallery has besides the drawing, if there is one."""
        return len(self.pictures) - 1 if len(self.pictures) else None
