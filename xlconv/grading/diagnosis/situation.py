"""The numbers around the cells of a part during a trial: what belongs in them, what they should
read, and what stands elsewhere on the board.

Arrays over the cells of the part, row by row. Must not know formulas, nor misunderstandings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from xlconv.book.book import FoundBook
from xlconv.grading.diagnosis.windows import Boards, Mask, Windows, cells_of
from xlconv.grading.trials import Trial, part_values
from xlconv.network import access
from xlconv.network.layers.activation import Softmax
from xlconv.network.layers.base import Layer, Windowed, source, sources
from xlconv.network.model import Array
from xlconv.reference.layers.base import numbers
from xlconv.sheets.exercise.parts import Part
from xlconv.spreadsheet.cells import Range
from xlconv.spreadsheet.formula import CIRCLE, OTHER_ERROR

# Errors that numbers and texts lead to, and circles; not what is misspelt, or lost.
COMPUTED_ERRORS = frozenset(("#VALUE!", "#DIV/0!", "#NUM!", CIRCLE, OTHER_ERROR))
_MOST_OTHERS = 32  # maps of a layer that are looked at for a copy


@dataclass(frozen=True)
class Product:
    """Windows, of shape (k, n) for n cells, and the weights that they are multiplied with, (k,) or
    (k, n), row by row, each row `width` long. `own` are the weights that the workbook has, where
    the trial's are random."""

    window: Array
    weights: Array
    width: int
    own: Array

    @property
    def total(self) -> Array:
        return self.by(self.weights)

    def by(self, weights: Array) -> Array:
        """The sums with other weights."""
        each = "k,kn->n" if weights.ndim == 1 else "kn,kn->n"
        made: Array = np.einsum(each, weights, self.window)
        return made

    @property
    def flipped_weights(self) -> Array:
        return self.weights[::-1]

    @property
    def transposed(self) -> Array:
        """The weights read down instead of across; as they are where that is no kernel."""
        height = len(self.weights) // self.width
        if height != self.width:
            return self.weights
        shape = (height, self.width, *self.weights.shape[1:])
        down: Array = self.weights.reshape(shape).swapaxes(0, 1).reshape(self.weights.shape)
        return down


@dataclass(frozen=True)
class Other:
    """Another map of the layer, or another unit, by its number from 1: the weights of its products,
    its bias, and how many rows and columns the part is below and beside it."""

    number: int
    weights: Sequence[Array]
    bias: Array
    away: tuple[int, int]


@dataclass(frozen=True)
class Situation:
    """The numbers around n cells: what belongs in them, of which magnitude it is, and what was
    `found`, NaN for no number, and where `errors` that come from numbers; the `values` that each
    should read, (m, n), NaN for none, in the order of its right formula; the `size` of its windows,
    with the empty cells; the windows and weights that it should multiply, and the numbers `beside`
    them, by name, also as the workbook `has` them; the `others` of its layer; its `windows` on the
    board; the places of softmax's steps; and what a cell has beside its products, where a number
    may have been typed.
    """

    key: str
    expected: Array
    scale: Array
    found: Array
    errors: Mask
    values: Array
    size: int
    board: Array
    products: Sequence[Product] = ()
    beside: Mapping[str, Array] = field(default_factory=dict)
    has: Mapping[str, Array] = field(default_factory=dict)
    others: Sequence[Other] = ()
    windows: Windows | None = None
    places: Mapping[str, Range] = field(default_factory=dict)
    rest: float = np.nan

    @property
    def bias(self) -> Array:
        return self.beside.get("bias", np.zeros(1))

    @cached_property
    def products_sum(self) -> Array:
        """The sum of products, without the bias."""
        made: Array = np.sum([product.total for product in self.products], axis=0)
        return made

    @property
    def sum(self) -> Array:
        """The sum before any activation."""
        return self.products_sum + self.bias


def situation(boards: Boards, part: Part, trial: Trial) -> Situation:
    """The numbers around the cells of a part."""
    book, (board, texts) = boards.book, boards.of(trial)
    layer = book.network.layer(part.layer)
    expected = trial.expected[0]
    scale = expected.scale.get(part.key)
    found = [trial.found[cell] for cell in part.range.cells()]
    errors = [isinstance(one, str) and one in COMPUTED_ERRORS for one in found]
    right = part_values(part, expected.values[part.key]).reshape(-1)
    facts = _facts(book, layer, part, trial.isolated.weights[layer.name])
    windows = _windows(book, layer, part, board, texts)
    values = _values(book, layer, part, trial, board)
    return Situation(
        key=part.key,
        expected=right,
        scale=np.ones(1) if scale is None else part_values(part, scale).reshape(-1),
        found=np.array([one if isinstance(one, float) else np.nan for one in found]),
        errors=np.array(errors),
        values=values,
        size=_size(book, layer),
        board=board,
        products=_products(book, layer, part, trial, board, values),
        beside=facts,
        has=_facts(book, layer, part, book.model.layer_weights(layer)),
        others=_others(book, layer, part, trial),
        windows=windows,
        places=_step_places(book, layer),
    )


def _facts(
    book: FoundBook, layer: Layer, part: Part, weights: Mapping[str, Array]
) -> dict[str, Array]:
    """The numbers beside a layer's cells: of its map, or of each unit."""
    names = layer.beside(*book.network.read_shapes(layer))
    facts = {}
    for key in names:
        if key in weights:
            array = weights[key]
            facts[key] = array if part.channel is None else array[[part.channel]]
    return facts


def _values(book: FoundBook, layer: Layer, part: Part, trial: Trial, board: Array) -> Array:
    """What each cell should read."""
    if isinstance(layer, Softmax):
        return _step_values(book, layer, part, board)
    reading = book.network.access(layer)
    read = [numbers(trial.isolated.values[name]) for name in sources(layer)]
    maps = read[0] if read[0].ndim == 3 else read[0].reshape(1, -1, 1)
    count = part.range.size
    match reading:
        case access.SameCell():
            own = read if part.channel is None else [one[part.channel] for one in read]
            return np.stack([one.reshape(-1) for one in own])
        case access.Windows():
            each = [_window_cells(reading, maps, c) for c in reading.maps(part.channel or 0)]
            return np.concatenate(each)
        case access.Everything():
            return np.repeat(maps.reshape(-1, 1), count, axis=1)
        case access.WholeMap():
            return maps.reshape(len(maps), -1).T
        case access.Part() | access.Unravelled():
            return part_values(part, trial.expected[-1].values[part.key]).reshape(1, -1)


def _window_cells(reading: access.Windows, maps: Array, channel: int) -> Array:
    """The windows of a map, (k, n); NaN outside of it."""
    margin, window = reading.margin, reading.window
    ring = ((margin.top, margin.bottom), (margin.left, margin.right))
    padded = np.pad(maps[channel], ring, constant_values=np.nan)
    whole = sliding_window_view(padded, window.extent)
    (down, across), (apart, beside) = window.stride, window.dilation
    cut = whole[::down, ::across, ::apart, ::beside]
    height, width = window.slid(maps.shape)
    cut = cut[:height, :width]
    return cut.reshape(height * width, -1).T


def _step_values(book: FoundBook, layer: Layer, part: Part, board: Array) -> Array:
    """What the cells of a step of softmax read: what stands there."""
    steps, [logits] = book.layout.steps[layer.name], book.layout.tensors[source(layer)].maps
    columns = [Range.of(steps.maximum), steps.shifted, steps.exp, Range.of(steps.total), logits]
    maximum, shifted, exp, total, logit = (_column(board, place) for place in columns)
    return {
        f"{layer.name}_max": logit[:, None],
        f"{layer.name}_shifted": np.stack([logit, np.repeat(maximum, len(logit))]),
        f"{layer.name}_exp": shifted[None, :],
        f"{layer.name}_sum": exp[:, None],
        layer.name: np.stack([exp, np.repeat(total, len(exp))]),
    }[part.key]


def _column(board: Array, place: Range) -> Array:
    cut: Array = board[place.row : place.bottom + 1, place.column]
    return np.where(np.isinf(cut), np.nan, cut)  # nothing follows from an error


def _step_places(book: FoundBook, layer: Layer) -> dict[str, Range]:
    """Where a softmax's steps stand, and its logits."""
    if layer.name not in book.layout.steps:
        return {}
    steps, [logits] = book.layout.steps[layer.name], book.layout.tensors[source(layer)].maps
    return {
        "logits": logits,
        "maximum": Range.of(steps.maximum),
        "exp": steps.exp,
        "total": Range.of(steps.total),
    }


def _size(book: FoundBook, layer: Layer) -> int:
    """The cells of a window, with those that are empty."""
    return int(np.prod(layer.window.size)) if layer.window is not None else 0


def _products(
    book: FoundBook, layer: Layer, part: Part, trial: Trial, board: Array, values: Array
) -> list[Product]:
    """The windows of each map that is read, and the weights that belong to them."""
    weights, has = trial.isolated.weights[layer.name], book.model.layer_weights(layer)
    kernel = book.layout.inner.get(f"{layer.name}_kernel")
    if kernel is not None:
        [place] = kernel.maps[:1]
        held = cells_of(board, *np.indices((place.height, place.width)) + _corner(place))
        computed = np.nan_to_num(held).reshape(-1)
        return [Product(np.nan_to_num(values), computed, place.width, computed)]
    if "weight" not in weights:
        return []
    made = []
    shape = book.network.read_shapes(layer)[0]
    cells = _size(book, layer) or int(np.prod(shape[1:]))
    width = layer.window.size[1] if layer.window is not None else (*shape, 1, 1)[2]
    for start in range(0, len(values), cells):
        some = slice(start, start + cells)
        own = [_own_weights(array["weight"], part, some) for array in (weights, has)]
        made.append(Product(np.nan_to_num(values[some]), own[0], width, own[1]))
    return made


def _corner(place: Range) -> Array:
    return np.array([place.row, place.column])[:, None, None]


def _own_weights(array: Array, part: Part, some: slice) -> Array:
    """The weights of a map, or of each unit, (k,) or (k, n), for some of the cells that are
    read."""
    flat = array.reshape(len(array), -1)
    return flat[part.channel, some] if part.channel is not None else flat[:, some].T


def _others(book: FoundBook, layer: Layer, part: Part, trial: Trial) -> list[Other]:
    """The other maps of a layer, or all units of a vector, if they are not too many."""
    weights, maps = trial.isolated.weights[layer.name], book.layout.tensors[layer.name].maps
    if "weight" not in weights or len(weights["weight"]) > _MOST_OTHERS:
        return []
    cells = _size(book, layer) or int(np.prod(book.network.read_shapes(layer)[0][1:]))
    made = []
    for number, array in enumerate(weights["weight"]):
        if number != part.channel:
            place = maps[number if part.channel is not None else 0]
            away = part.range.row - place.row, part.range.column - place.column
            bias = weights["bias"][[number]] if "bias" in weights else np.zeros(1)
            flat = array.reshape(-1)
            some = [flat[start : start + cells] for start in range(0, len(flat), cells)]
            made.append(Other(number + 1, some, bias, away))
    return made


def _windows(
    book: FoundBook, layer: Layer, part: Part, board: Array, texts: Mask
) -> Windows | None:
    """Its windows on the board."""
    reading = book.network.access(layer)
    if not isinstance(layer, Windowed) or not isinstance(reading, access.Windows):
        return None
    layout, output = book.layout, part.channel or 0
    maps = layout.tensors[source(layer)].maps
    margin = reading.margin
    weights = layout.weights.get(layer.name)
    has_kernels = weights is not None and "weight" in weights.arrays
    biases = () if weights is None else weights.arrays.get("bias", ())
    return Windows(
        board=board,
        texts=texts,
        starts=[maps[c].first.shifted(-margin.top, -margin.left) for c in reading.maps(output)],
        stride=reading.window.stride,
        size=reading.window.size,
        apart=reading.window.dilation,
        shape=(part.range.height, part.range.width),
        kernels=weights.kernels(output) if weights is not None and has_kernels else (),
        bias=biases[output].first if biases else None,
        kernel_apart=weights.apart if weights is not None else (1, 1),
    )
