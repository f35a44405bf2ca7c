"""The inspector's places, and the numbers by which it finds its way on the board.

The sheet Explain has one set of cells for every layer: what a layer's cell reads is a number of
*slots* (one for each map that it reads) of a window's height and width; every cell of a window
is a *term*, in a list. Where the slots stand follows from a table with a line for each layer,
made here. Must not know formulas, values or looks.
"""

from dataclasses import dataclass, replace

from xlconv.network import access
from xlconv.network.layers.base import Layer, source, sources
from xlconv.network.layers.kinds import KINDS
from xlconv.network.network import INPUT, Network
from xlconv.network.sentences import Sentence
from xlconv.network.shapes import Shape, as_maps
from xlconv.sheets.board.captions import CHANNELS
from xlconv.sheets.board.furniture import vector_columns
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.explain.sentence.templates import SENTENCES
from xlconv.spreadsheet.cells import Range

NO_WEIGHTS, WEIGHTS, EXPONENTS = 0, 1, 2
NO_TINT, INK, PLANES = 0, 1, 2  # of a tensor that is no picture, of a grey one, of one of colours
# What becomes of the terms, in the order of the inspector's CHOOSE: of several cells together,
# or of one, as a kind of the same name does. A new kind comes behind those that there are.
_OPERATIONS = (
    *("weighted", "rectified", "largest", "mean", "ReLU", "LeakyReLU", "Tanh", "Sigmoid"),
    *("BatchNorm2D", "added", "same", "Dropout", "softmax"),
)
_OWN = (name for name, kind in KINDS.items() if not kind.operation)
OPERATIONS = tuple(dict.fromkeys((*_OPERATIONS, *_OWN)))
_WEIGHING = {"weighted": WEIGHTS, "rectified": WEIGHTS, "softmax": EXPONENTS}
FACTS = 4
STRONGEST = 5


@dataclass(frozen=True)
class Fact:
    """A number that stands beside a layer: its cell for map 1, row 1 and column 1, and how many
    rows it moves with each map and each row, and columns with each column."""

    name: str = ""
    top: int = 0
    left: int = 0
    by_map: int = 0
    by_row: int = 0
    by_column: int = 0


@dataclass(frozen=True)
class Origin:
    """A tensor that is read: the first cell of its first map, the rows from map to map, how many
    maps there are, and how many of the layer's own maps (or units) come before those made of it.
    `labels` is the column in which a vector's labels stand, 0 if it is none; `tint` how the numbers
    of the picture are coloured."""

    name: str
    top: int
    left: int
    pitch: int
    maps: int
    before: int = 0
    labels: int = 0
    tint: int = NO_TINT


@dataclass(frozen=True)
class Kernels:
    """Where a layer's weights stand in the range that holds them all, `inside`, whose rows and
    columns count from 1: those of output o (from 1) for slot k (from 1) begin
    (o - 1) // outputs_across * output_rows + (k - 1) % slots_down * slot_rows rows below `top`, and
    (o - 1) % outputs_across * output_columns + (k - 1) // slots_down * slot_columns columns right
    of `left`."""

    inside: Range | None = None
    top: int = 1
    left: int = 1
    outputs_across: int = 1
    output_rows: int = 0
    output_columns: int = 0
    slots_down: int = 1
    slot_rows: int = 0
    slot_columns: int = 0


@dataclass(frozen=True)
class LayerLine:
    """A layer's line of the table.

    There are `slots` windows of `size`, moved by `stride` for each row and column (0: the window is
    the whole map) from `before` rows and columns outside of the map, their cells `apart`. The first
    slot's map is maps_of * ((map - 1) // maps_by) + by_row * (row - 1) + 1, the next ones `maps_on`
    further. `slides`: windows may reach over the edge of the map; one that `skips` what lies there
    does without it. Where units are `unravelled`, unit u is the cell of map, row and column
    (u - 1) // unravelled % read, each from 0. `unit` is what a vector's rows are called, as
    "class"; `read_unit` what those of the vector that is read.
    """

    layer: Layer
    shape: Shape
    own: Origin
    origins: tuple[Origin, ...]
    size: tuple[int, int] = (1, 1)
    slots: int = 1
    stride: tuple[int, int] = (1, 1)
    before: tuple[int, int] = (0, 0)
    apart: tuple[int, int] = (1, 1)
    read: tuple[int, int, int] = (1, 1, 1)
    maps_of: int = 1
    maps_by: int = 1
    by_row: int = 0
    maps_on: int = 0
    slides: bool = False
    skips: bool = False
    kernels: Kernels = Kernels()
    facts: tuple[Fact, ...] = ()
    then: Origin | None = None
    then_relu: bool = False
    unravelled: tuple[int, int, int] = (0, 0, 0)
    unit: str = ""
    read_unit: str = ""

    @property
    def name(self) -> str:
        return self.layer.name

    @property
    def operation(self) -> str:
        """What becomes of its terms: one of OPERATIONS."""
        operation = self.layer.operation or type(self.layer).__name__
        return "rectified" if operation == "weighted" and self.layer.rectifies else operation

    @property
    def sentence(self) -> Sentence:
        """How one of its cells came about."""
        return SENTENCES.get(self.operation, self.layer.sentence)

    @property
    def weights(self) -> int:
        """What the terms are multiplied with."""
        return _WEIGHING.get(self.operation, NO_WEIGHTS)

    @property
    def output_is_row(self) -> bool:
        """Whether each row has weights of its own, instead of each map."""
        return self.weights == WEIGHTS and len(self.shape) == 1

    @property
    def numbers(self) -> dict[str, float]:
        """The settings that the formula of its cells holds."""
        return self.layer.numbers

    @property
    def terms(self) -> int:
        """How many cells a cell of the layer reads."""
        return self.slots * self.size[0] * self.size[1]


def layer_lines(network: Network, layout: Layout) -> list[LayerLine]:
    """The table, a line for each layer."""
    return [_line(layer, network, layout) for layer in network.layers]


def follower(network: Network, layer: Layer) -> Layer | None:
    """The first activation that reads a layer, cell by cell."""
    then = next((one for one in network.readers(layer.name) if one.activates), None)
    same = then is not None and network.shapes[then.name] == network.shapes[layer.name]
    return then if same else None


def _line(layer: Layer, network: Network, layout: Layout) -> LayerLine:
    shape, then = network.shapes[layer.name], follower(network, layer)
    accesses = [network.access(layer, number) for number in range(len(sources(layer)))]
    line = LayerLine(
        layer,
        shape,
        origin(network, layout, layer.name),
        tuple(
            origin(network, layout, name, reading.before if isinstance(reading, access.Part) else 0)
            for name, reading in zip(sources(layer), accesses, strict=True)
        ),
        read=as_maps(network.read_shapes(layer)[0]),
        kernels=_kernels(layer, network, layout),
        facts=tuple(
            _fact(layer, key, network, layout) for key in layer.beside(*network.read_shapes(layer))
        ),
        then=origin(network, layout, then.name) if then else None,
        then_relu=then is not None and then.rectifies,
        unit=unit_word(network, layer.name),
        read_unit=unit_word(network, source(layer)),
    )
    return _with_access(line, accesses[0])


def _with_access(line: LayerLine, reading: access.Access) -> LayerLine:
    """A line with what follows from which cells are read."""
    match reading:
        case access.Windows(window, margin, groups, skips):
            line = replace(
                line,
                size=window.size,
                stride=window.stride,
                before=(margin.top, margin.left),
                apart=window.dilation,
                slides=True,
                skips=skips,
            )
            if groups is None:
                return line
            return replace(
                line, slots=groups.read, maps_of=groups.read, maps_by=groups.made, maps_on=1
            )
        case access.Everything():
            weighted = int(line.weights == WEIGHTS)
            whole = replace(line, slots=line.read[0], maps_on=weighted)
            return replace(whole, size=line.read[1:], stride=(0, 0), maps_of=0)
        case access.WholeMap():
            return replace(line, size=line.read[1:], stride=(0, 0), maps_of=0, by_row=1)
        case access.Unravelled():
            return replace(line, unravelled=reading.strides)
        case access.SameCell():
            return replace(line, slots=len(line.origins))
        case access.Part():
            return line


def origin(network: Network, layout: Layout, tensor: str, before: int = 0) -> Origin:
    """Where a tensor stands."""
    maps = layout.tensors[tensor].maps
    pitch = maps[1].row - maps[0].row if len(maps) > 1 else 0
    labels = layout.labels[tensor].column if len(network.shapes[tensor]) == 1 else 0
    planes = len(maps) == len(CHANNELS)
    tint = NO_TINT if tensor != INPUT else PLANES if planes else INK
    first = maps[0].first
    return Origin(tensor, first.row, first.column, pitch, len(maps), before, labels, tint)


def unit_word(network: Network, tensor: str) -> str:
    """What the rows of a vector are: its units, or classes; of maps nothing."""
    if len(network.shapes[tensor]) == 3:
        return ""
    return dict(vector_columns(network.layer(tensor), network))["labels"]


def _fact(layer: Layer, key: str, network: Network, layout: Layout) -> Fact:
    """A number beside a layer: one of its weights, or what it shows on its way, or a control."""
    name, own = f"{layer.name}_{key}", layout.tensors[layer.name].maps
    pitch = own[1].row - own[0].row if len(own) > 1 else 0
    weights = layout.weights.get(layer.name)
    if weights is not None and key in weights.arrays:
        moves = {"by_map": pitch} if len(network.shapes[layer.name]) == 3 else {"by_row": 1}
        first = weights.arrays[key][0].first
    elif name in layout.inner:
        moves = {"by_map": pitch, "by_row": 1, "by_column": 1}
        first = layout.inner[name].maps[0].first
    else:
        moves = {}
        first = (layout.cells.get(name) or layout.controls[layer.name][key]).first
    return Fact(key, first.row, first.column, **moves)


def _kernels(layer: Layer, network: Network, layout: Layout) -> Kernels:
    """Where the kernels stand: of each output a column of them, or several of equal length; or the
    one that is computed."""
    computed = layout.inner.get(f"{layer.name}_kernel")
    if computed is not None:
        return Kernels(computed.maps[0])
    places = layout.weights.get(layer.name)
    if places is None or "weight" not in places.arrays:
        return Kernels()
    outputs, inside = network.shapes[layer.name][0], Range.around(places.arrays["weight"])
    firsts, slots = [places.kernels(output)[0] for output in range(outputs)], places.kernels(0)
    across = sum(place.row == firsts[0].row for place in firsts)
    down = sum(place.column == slots[0].column for place in slots)
    return Kernels(
        inside,
        firsts[0].row - inside.row + 1,
        firsts[0].column - inside.column + 1,
        across,
        output_rows=firsts[across].row - firsts[0].row if outputs > across else 0,
        output_columns=firsts[1].column - firsts[0].column if across > 1 else 0,
        slots_down=down,
        slot_rows=slots[1].row - slots[0].row if down > 1 else 0,
        slot_columns=slots[down].column - slots[0].column if len(slots) > down else 0,
    )
