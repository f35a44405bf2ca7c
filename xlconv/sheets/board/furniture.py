"""Furniture: what stands beside a layer's maps, or makes the columns of a vector, with its words.

Weights, controls and steps; from these stacks follow the rows that a map needs, the places and
the captions. A kind that shows nothing of its own needs no word here: numbers that it has for each
map stand below each other, and what it reads, if that is more than one tensor, is named. Must not
know formulas, values or styles.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from xlconv.network.layers.base import Layer, source, sources
from xlconv.network.layers.convolution import Conv2D, KernelDemo
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.dropout import Dropout
from xlconv.network.layers.merging import Add
from xlconv.network.layers.pooling import GlobalAvgPool2D
from xlconv.network.network import Network
from xlconv.network.shapes import Window, as_maps
from xlconv.spreadsheet.cells import Cell, Range

GAP = 3  # columns between layers, where the arrow stands
KERNEL_ROWS = 14  # the rows that kernels may take beside a map that is lower
CONTROL_WIDTH = 3  # columns of a cell that people set
TITLE_ROWS = 2  # of a map's title, and of what stands beside it
_SHORT_CAPTION = 2  # columns of "map 8" above a kernel of a grid
_CAPTION_COLUMNS = 4  # that the caption above a kernel takes, beside which it is enlarged
_KERNELS = ("weight", "enlarged")
LETTERS = 3  # of a kernel's name that a column holds
ENLARGED = 2  # rows and columns of the board for a number of an enlarged kernel
READ_WIDTH = 8  # columns in which a layer of several inputs names them
FEW = 4  # classes whose dense weights may stand between the maps and the answer

Holds = Literal["weight", "control", "cell", "inner", "labels", "words", "enlarged"]
Look = Literal["heading", "title", "narrow", "head", "caption", "lead", "control", "arrow", "link"]


class Rows(Protocol):
    """The first row of a tensor's map, by its number from 0, and the rows above it, from its
    title's first."""

    @property
    def above(self) -> int: ...

    def top_of(self, tensor: str, number: int) -> int: ...


class Piece(NamedTuple):
    """A rectangle, what it holds, its short name, and the `text` above it; words alone stand in
    it. `link` is the tensor and the number of the map that a click leads to."""

    place: Range
    holds: Holds
    key: str = ""
    text: str = ""
    look: Look = "caption"
    link: tuple[str, int] | None = None


@dataclass(frozen=True)
class Stack:
    """The pieces of one map, the columns that they take before it, and the rows beside it."""

    pieces: tuple[Piece, ...] = ()
    width: int = 0
    rows: int = 0

    def under_title(self, row: int) -> "Stack":
        """The same with its heading in a row on, as high and wide as there is room."""
        pieces = tuple(
            one._replace(place=Range(row, one.place.column, TITLE_ROWS, max(1, self.width - 1)))
            if one.look == "heading"
            else one
            for one in self.pieces
        )
        return Stack(pieces, self.width, self.rows)


def apart(layer: Layer, network: Network) -> bool:
    """Whether a layer's weights stand behind the head: a field of them would keep the answer far
    from the maps."""
    return isinstance(layer, Dense) and network.shapes[layer.name][0] > FEW


def furniture(layer: Layer, network: Network, rows: Rows, number: int, left: int) -> Stack:
    """What stands beside a layer's map, from a column on; of a vector, it is the first map's."""
    at = Cell(rows.top_of(layer.name, number), left)
    match layer:
        case Conv2D():
            stack = _kernels(layer, network, number, at)
        case KernelDemo():
            stack = _list_of_kernels(layer, network, number, at)
        case Dropout():
            stack = _switches(layer, network, number, at)
        case Dense():
            return _matrix(layer, network, rows, left)
        case _ if network.weights(layer):
            stack = _numbers(layer, network, number, at)
        case _ if layer.reads[1] > 1:
            return _links(layer, network, number, at)
        case _:
            return Stack()
    return stack.under_title(at.row - rows.above)


def _words(row: int, column: int, text: str, look: Look = "caption") -> Piece:
    return Piece(Range(row, column, 1, 1), "words", "", text, look)


def _title(at: Cell, text: str) -> Piece:
    return _words(at.row, at.column, text, "heading")


def arrow(row: int, column: int, height: int, width: int) -> Range:
    """The place of an arrow in the middle of the height of a map that begins in a row."""
    return Range(row + max(0, (min(height, 28) - 2) // 2), column, min(height, 2), width)


def _arrow(place: Range) -> Piece:
    return Piece(place, "words", "", "→", "arrow")


def _kernels(layer: Conv2D, network: Network, number: int, at: Cell) -> Stack:
    """Kernels with a caption each, then the bias with its own: one column as long as it is not
    much higher than the map, beside it the same kernels large enough to be read from afar where
    there is room; else a grid."""
    read, (height, width) = source(layer), layer.window.extent
    channels = layer.channels_read(network.shapes[read][0], number)
    room = max(network.shapes[layer.name][1], KERNEL_ROWS)
    lines = max(1, min(len(channels), (room - 2) // (1 + height)))
    grid, pitch = len(channels) > lines, max(width, 3) + 1
    pieces = [_title(at, f"kernel {number + 1}" + (f" × {read}" if grid else ""))]
    right = at.column
    for index, channel in enumerate(channels):
        across, down = divmod(index, lines)
        place = Range(at.row + 1 + down * (1 + height), at.column + across * pitch, height, width)
        text = f"map {channel + 1}" if grid else f"× {read} map {channel + 1}"
        pieces.append(Piece(place, "weight", "weight", text))
        right = max(place.right + 1, place.column + _SHORT_CAPTION)
    rows = lines * (1 + height)
    if layer.bias:
        bias = Range(at.row + rows + 1, at.column, 1, 1)
        pieces.append(Piece(bias, "weight", "bias", "+ bias", "control"))
        rows += 2
    beside = Cell(at.row + 1, max(right, at.column + _CAPTION_COLUMNS))
    large = Stack() if grid else _enlarged(layer.window, len(channels), beside, room)
    right = beside.column + large.width if large.pieces else right
    if grid:
        pieces.append(_arrow(arrow(at.row, right, network.shapes[layer.name][1], 2)))
    else:
        shown = [one.place for one in large.pieces or pieces if one.holds in _KERNELS]
        pieces += [_arrow(Range(one.row, right, one.height, 2)) for one in shown if one.size > 1]
    width = max(right - at.column, 4) + 2
    return Stack((*pieces, *large.pieces), width, max(rows, large.rows + 1))


def _enlarged(window: Window, count: int, at: Cell, room: int) -> Stack:
    """Kernels once more, below each other, as large as can be read from afar; none where the rows
    would not do, or a kernel's numbers are apart."""
    height, width = (ENLARGED * length for length in window.size)
    rows = count * (height + 1)
    if rows > room or window.dilation != (1, 1):
        return Stack()
    places = [Range(at.row + one * (height + 1), at.column, height, width) for one in range(count)]
    return Stack(tuple(Piece(place, "enlarged") for place in places), width, rows)


def _numbers(layer: Layer, network: Network, number: int, at: Cell) -> Stack:
    """The numbers that a layer has for each map, below each other, with their names."""
    keys = list(layer.weights(*network.read_shapes(layer)))
    pieces = [
        _title(at, f"map {number + 1}"),
        _arrow(Range(at.row, at.column + 4, len(keys), 2)),
    ]
    for row, key in enumerate(keys, at.row):
        pieces.append(Piece(Range(row, at.column + 3, 1, 1), "weight", key))
        pieces.append(_words(row, at.column, key))
    return Stack(tuple(pieces), 6, len(keys))


def _links(layer: Layer, network: Network, number: int, at: Cell) -> Stack:
    """The names of the maps that make a map, with a way to them."""
    names = sources(layer)
    added, vector = isinstance(layer, Add), len(network.shapes[layer.name]) == 1
    read = [(name, 0 if vector else number) for name in names]
    if not added and not vector:
        counts = [(name, range(network.shapes[name][0])) for name in names]
        read = [[(name, one) for name, maps in counts for one in maps][number]]
    pieces = []
    for row, (name, one) in enumerate(read):
        text = f"{'+ ' if row and added else ''}{name}" + ("" if vector else f" map {one + 1}")
        place = Range(at.row + 2 * row, at.column, 1, 1)
        pieces.append(Piece(place, "words", "", text, "link", (name, one)))
    return Stack(tuple(pieces), READ_WIDTH, 2 * len(names))


_SWITCHES = {
    "rate": "p, the part to drop",
    "active": "dropout: 1 on, 0 off",
    "rescale": "rescale by 1/(1 − p)",
}


def _switches(layer: Dropout, network: Network, number: int, at: Cell) -> Stack:
    """The switches, the share and the factor, then the random numbers and the mask."""
    row, left = at
    pieces = []
    if number == 0:
        for down, (key, text) in enumerate(_SWITCHES.items()):
            place = Range(row + 2 * down, left, 1, CONTROL_WIDTH)
            pieces.append(Piece(place, "control", key, text, "control"))
        for down, key, text in ((7, "factor", "kept cells ×"), (9, "share", "really dropped")):
            pieces.append(Piece(Range(row + down, left, 1, CONTROL_WIDTH), "cell", key, text))
    maps, height, width = as_maps(network.shapes[layer.name])
    column = left + READ_WIDTH
    for key in ("random", "mask"):
        title = f"{key} {number + 1}" if maps > 1 else key
        look: Look = "head" if width == 1 else "title"
        pieces.append(Piece(Range(row, column, height, width), "inner", key, title, look))
        column += width + GAP
    return Stack(tuple(pieces), column - left, 12)


def _list_of_kernels(layer: KernelDemo, network: Network, number: int, at: Cell) -> Stack:
    """The choice, the chosen kernel and the list; beside them every kernel of the list."""
    (top, left), (height, width) = at, layer.window.extent
    count, pitch = len(layer.kernels), height + 2
    lines = min(count, max(network.shapes[layer.name][1], 3 * pitch) // pitch)
    large = _enlarged(layer.window, 1, Cell(top + 3, left), ENLARGED * height + 1)
    below = top + 3 + large.rows
    kernel = Range(below + 3, left, height, width)
    pieces = [
        Piece(Range(top, left, 2, 7), "control", "chosen", "choose a kernel", "control"),
        *large.pieces,
        Piece(Range(below, left, 1, 1), "cell", "number"),
        _words(below, left + 1, "its number in the list"),
        Piece(kernel, "inner", "kernel", "the kernel", "title"),
        _arrow(Range(top + 3, left + large.width, large.rows, 2)),
        Piece(Range(kernel.bottom + 3, left, count, 1), "labels", "", "the list", "title"),
    ]
    column, wide = left, max(width, 4, -(-max(map(len, layer.kernels)) // LETTERS))
    for index, text in enumerate(layer.kernels):
        across, down = divmod(index, lines)
        column = left + max(9, large.width + 3) + across * (wide + 1)
        place = Range(top + 1 + down * pitch, column, height, width)
        pieces.append(Piece(place, "weight", "presets", text, "title"))
    rows = max(large.rows + 8 + height + count, lines * pitch)
    return Stack(tuple(pieces) if number == 0 else (), column - left + wide + 2, rows)


def _matrix(layer: Dense, network: Network, rows_of: Rows, left: int) -> Stack:
    """Weights in the shape of the maps that they multiply, one set a unit, in a grid that is
    as high as the maps' own pitch allows; beside a vector they are the columns of a matrix."""
    before, maps = source(layer), len(network.shapes[source(layer)]) == 3
    channels, height, width = as_maps(network.shapes[before])
    rows = [rows_of.top_of(before, channel) for channel in range(channels + 1)]
    room = rows[1] - rows[0] - rows_of.above + 2  # below them the next lead, and a title
    lines = min(layer.units, max(1, room // (height + 2)))
    across, gap = -(-layer.units // lines), 1 if maps else 0
    told, roomy = len(network.labels) == layer.units, maps and width > 2
    look: Look = "title" if roomy else "narrow"
    pieces = []
    for unit in range(layer.units):
        down, place = divmod(unit, across)
        label = network.labels[unit] if told else str(unit + 1)
        text = f"for {label}" if roomy else label
        for row in rows[:-1]:
            at = Range(row + down * (height + 2), left + place * (width + gap), height, width)
            pieces.append(Piece(at, "weight", "weight", text, look))
    what = "class" if told else "unit"
    for channel, row in enumerate(rows[:-1], 1):
        lead = f"weights × {before}: a column for each {what}"
        if maps:
            lead = f"weights × {before} map {channel}: positive speaks for the {what}"
            lead += ", negative against it"
        pieces.append(_words(row - rows_of.above, left, lead, "lead"))
    return Stack(tuple(pieces), across * (width + gap) + 1)


def vector_columns(layer: Layer, network: Network) -> Iterator[tuple[str, str]]:
    """The columns of a vector by what they hold, with their heads, from left to right."""
    if "bias" in layer.weights(*network.read_shapes(layer)):
        yield "bias", "+ bias"
    means = isinstance(layer, GlobalAvgPool2D)
    told = len(network.labels) == network.shapes[layer.name][0]
    yield "labels", "map" if means else "class" if told else "unit"
    for step in ("shifted", "exp"):
        if step in layer.steps:
            yield step, {"shifted": "logit − max"}.get(step, step)
    logits = isinstance(layer, Dense) and any(one.shares for one in network.readers(layer.name))
    named = "probability" if layer.shares else "mean" if means else "logit" if logits else "value"
    yield "values", named
