"""The rules of the panel: the chosen picture, what it shows, the loss, the ends of the colour
scales, the boxes of what is read and reached, and what is revealed.

Must not know any value.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from xlconv.formulas.layers.base import Copies, Rule
from xlconv.formulas.limits import fitting
from xlconv.formulas.text import largest_magnitude
from xlconv.network.layers.base import source, sources
from xlconv.network.network import INPUT, Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.panel.picture import PICTURE, gallery_pixel
from xlconv.sheets.on_board.panel.places import COLUMNS, KERNELS
from xlconv.sheets.on_board.panel.rule import on_works, single
from xlconv.sheets.on_board.receptive.formulas import (
    NOWHERE,
    Box,
    Interval,
    Intervals,
    joined,
    reached_through,
    read_through,
    readings,
)
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.choices import SCALES, UNKNOWN
from xlconv.state.sheet_names import BOARD, IMAGES, WORKS

RIGHT, WRONG = "✓ right", "✗ wrong"
LOSS, SCALES_BLOCK, LOOKS, SHOWN = "loss", "scales", "looks", "shown"


def rules(network: Network, layout: Layout) -> list[Rule]:
    """All others, which read the network's tensors and what is chosen.

    Raises LimitError, naming the layer, if a formula is longer than Excel allows.
    """
    rules = [
        *_verdict_rules(layout),
        *_loss_rules(network, layout),
        *_scale_rules(network, layout),
        *_looks_rules(network, layout),
        *_shown_rules(network, layout),
    ]
    return fitting(rules, network)


def _scale(role: str, cell: Cell, formula: str, tensor: str, number: int) -> Rule:
    """The rule of an end of the scale of a tensor's map."""
    key = f"{SCALES_BLOCK}:{role}_{tensor}_{number}"
    return Rule(SCALES_BLOCK, key, None, Range.of(cell), formula, role=role, tensor=tensor)


def _verdict_rules(layout: Layout) -> Iterator[Rule]:
    verdict, answer = layout.verdict, layout.answer
    if verdict is None or answer is None:
        return
    actual = verdict.actual.first
    if layout.gallery is not None and layout.panel.line and layout.panel.place:
        grid, column = f"{layout.gallery.range:{IMAGES}}", layout.gallery.number_width + 1
        label = gallery_pixel(grid, layout.panel.line, layout.panel.place, 1, column)
        yield single(PICTURE, "actual", actual, f'IF({label}="","{UNKNOWN}",{label})')
    yield single(PICTURE, "right", verdict.right.first, verdict_mark(actual, answer.label.first))


def _loss_rules(network: Network, layout: Layout) -> Iterator[Rule]:
    loss, verdict = layout.loss, layout.verdict
    if loss is None or verdict is None:
        return
    layer, actual = network.layer(network.output), verdict.actual.first
    label = layout.labels[layer.name].first
    if network.answers == "one":
        steps = layout.steps[layer.name]
        truth = one_hot(label, actual)
        part = cross_entropy_part(loss.truth.first, steps.shifted.first, steps.total)
        total = f'IF(SUM({loss.truth:$})=0,"",SUM({loss.parts:$}))'
    else:
        logit = layout.tensors[source(layer)].maps[0].first
        truth = several_hot(label, actual)
        part = binary_cross_entropy_part(loss.truth.first, logit)
        total = loss_of_several(actual, loss.parts)
    yield Rule(LOSS, f"{LOSS}:truth", None, loss.truth, truth, role="truth")
    yield Rule(LOSS, f"{LOSS}:parts", None, loss.parts, part, role="parts")
    yield single(LOSS, "total", loss.total, total)
    yield single(LOSS, "decimal", loss.decimal, f'IF({loss.total:$}="","",{loss.total:$}/LN(10))')


def _scale_rules(network: Network, layout: Layout) -> Iterator[Rule]:
    """The largest magnitude of each tensor, and below each map the end of its scale."""
    panel = layout.panel
    chosen = scale_of(f"{panel.scale.first:{BOARD}}")
    yield on_works(SCALES_BLOCK, "number", panel.scale_number, chosen, "scale")
    for tensor in layout.tensors:
        largest = largest_magnitude(*layout.number_ranges(tensor), sheet=BOARD)
        limit = panel.lines[tensor].limit
        yield replace(on_works(SCALES_BLOCK, f"end_{tensor}", limit, largest, "end"), tensor=tensor)
    for layer, places in layout.weights.items():
        for key in KERNELS & places.arrays.keys():
            largest = largest_magnitude(*places.beside(key), sheet=BOARD)
            cell = panel.lines[layer].weights
            yield replace(
                on_works(SCALES_BLOCK, f"weights_{layer}", cell, largest, "end"), tensor=layer
            )
    # All maps but the picture's share a scale where there is one for the network.
    maps = [one for one, shape in network.shapes.items() if len(shape) == 3 and one != INPUT]
    ends = _runs(panel.lines[tensor].limit for tensor in maps)
    yield on_works(SCALES_BLOCK, "network", panel.network_limit, largest_of(ends))
    for tensor, legends in layout.legends.items():
        widest = panel.network_limit if tensor in maps else panel.lines[tensor].limit
        for channel, legend in enumerate(legends, 1):
            inside = layout.tensors[tensor].maps[channel - 1]
            end = scale_end(panel.scale_number, inside, panel.lines[tensor].limit, widest)
            yield _scale("high", legend.last, end, tensor, channel)
            if legend.width == 3:
                yield _scale("low", legend.first, f"-{legend.last:$}", tensor, channel)


def _runs(cells: Iterable[Cell]) -> list[Range]:
    """Cells below each other as ranges."""
    runs: list[Range] = []
    for cell in cells:
        if runs and runs[-1].bottom == cell.row - 1:
            runs[-1] = Range(runs[-1].row, cell.column, runs[-1].height + 1, 1)
        else:
            runs.append(Range.of(cell))
    return runs


def _looks_rules(network: Network, layout: Layout) -> Iterator[Rule]:
    """What the explained cell reads, from the last tensor to the first, and what the followed
    pixel reaches, from the first to the last."""
    lines, numbers = layout.panel.lines, [layer.name for layer in network.layers]
    here = [cell.absolute for cell in layout.panel.used.cells()]
    for tensor in reversed(list(network.shapes)):
        ways = []
        for layer, number in readings(network, tensor):
            box = Box.at(lines[layer.name].reads)
            ways.append((box, read_through(layer, network, number, box)))
        texts = joined(ways)
        if tensor != INPUT:
            texts = _or_here(texts, f"{here[0]}={numbers.index(tensor) + 1}", here[1:])
        yield _box("reads", tensor, lines[tensor].reads, texts)
    yield _box("reaches", INPUT, lines[INPUT].reaches, _pixel(network, layout))
    for layer in network.layers:
        ways = []
        for number, tensor in enumerate(sources(layer)):
            box = Box.at(lines[tensor].reaches)
            ways.append((box, reached_through(layer, network, number, box)))
        yield _box("reaches", layer.name, lines[layer.name].reaches, joined(ways))


def _or_here(texts: Intervals, chosen: str, cell: list[str]) -> Intervals:
    """The chosen cell itself, where it belongs to this tensor."""

    def either(interval: Interval, number: str) -> Interval:
        first, last = (f"IF({chosen},{number},{one})" for one in interval)
        return first, last

    maps, rows, columns = (either(*pair) for pair in zip(texts, cell, strict=True))
    return maps, rows, columns


def _pixel(network: Network, layout: Layout) -> Intervals:
    """The followed pixel, if row and column are given."""
    channels, height, width = network.input_shape
    pixel = (layout.panel.pixel_row, layout.panel.pixel_column)
    row, column = (f"{place.first:{BOARD}}" for place in pixel)

    def when(number: str, otherwise: str) -> str:
        return f"IF(COUNT({row},{column})=2,{number},{otherwise})"

    def either(first: str, last: str) -> Interval:
        return when(first, str(NOWHERE)), when(last, "0")

    inside = [
        f"MAX(1,MIN(INT({place}),{most}))" for place, most in ((row, height), (column, width))
    ]
    return either("1", str(channels)), either(inside[0], inside[0]), either(inside[1], inside[1])


def _box(role: str, tensor: str, place: Range, texts: Intervals) -> Rule:
    formulas = [one for interval in texts for one in interval]

    def text(_row: int, column: int) -> str:
        return formulas[column]

    key = f"{LOOKS}:{role}_{tensor}"
    return Rule(LOOKS, key, None, place, formulas[0], text, WORKS, role, tensor)


def _shown_rules(network: Network, layout: Layout) -> Iterator[Rule]:
    """The number of the last tensor that is revealed, whether each one is, and what a chart may
    show of the output."""
    panel, names = layout.panel, tensor_names(layout)
    last = f"MATCH({panel.reveal.first:{BOARD}},{names:$},0)"
    yield on_works(SHOWN, "revealed", panel.revealed, last)
    for number, tensor in enumerate(network.shapes, 1):
        place = Range.of(panel.lines[tensor].shown)
        key, there = f"{SHOWN}:{tensor}", f"IF({number}<={panel.revealed:$},1,0)"
        yield Rule(SHOWN, key, None, place, there, sheet=WORKS, role=SHOWN, tensor=tensor)
    if panel.charted is not None:
        output = network.output
        value = f"{layout.tensors[output].maps[0].first:{BOARD}}".replace("$", "")
        formula = f"IF({panel.lines[output].shown:$}=1,{value},0)"
        key = f"{SHOWN}:chart"
        yield Rule(
            SHOWN, key, None, panel.charted, formula, Copies(formula), sheet=WORKS, role="chart"
        )


def tensor_names(layout: Layout) -> Range:
    """Where the names of all tensors stand, on the sheet Works."""
    return Range.around(Range.of(one.shown.shifted(0, -1)) for one in layout.panel.lines.values())


# ---- texts


def if_known(actual: Cell, formula: str) -> str:
    """A formula's value, or an empty text where nobody knows what is actually there."""
    return f'IF(OR({actual:$}="{UNKNOWN}",{actual:$}=""),"",{formula})'


def verdict_mark(actual: Cell, answer: Cell) -> str:
    """Whether an answer is what is actually there.

    >>> verdict_mark(Cell(1, 1), Cell(2, 1))
    'IF(OR($A$1="?",$A$1=""),"",IF($A$1=$A$2,"✓ right","✗ wrong"))'
    """
    return if_known(actual, f'IF({actual:$}={answer:$},"{RIGHT}","{WRONG}")')


def one_hot(label: Cell, actual: Cell) -> str:
    """1 beside the actual class, 0 beside the others; an empty cell is no class 0.

    >>> one_hot(Cell(5, 1), Cell(1, 1))
    'IF(AND(A5=$A$1,$A$1<>""),1,0)'
    """
    return f'IF(AND({label.a1}={actual.absolute},{actual.absolute}<>""),1,0)'


def several_hot(label: Cell, actual: Cell) -> str:
    """1 beside every class that is named in a text such as "3, 7".

    >>> several_hot(Cell(5, 1), Cell(1, 1))
    'IF(ISNUMBER(FIND(", "&A5&",",", "&$A$1&",")),1,0)'
    """
    return f'IF(ISNUMBER(FIND(", "&{label.a1}&",",", "&{actual.absolute}&",")),1,0)'


def cross_entropy_part(truth: Cell, shifted: Cell, total: Cell) -> str:
    """-ln p of the actual class, 0 for the others: ln p is the logit minus the largest, minus the
    logarithm of the sum of exp, so that no p is too small for a logarithm.

    >>> cross_entropy_part(Cell(5, 6), Cell(5, 2), Cell(17, 3))
    'IF(F5=0,0,LN($C$17)-B5)'
    """
    return f"IF({truth.a1}=0,0,LN({total.absolute})-{shifted.a1})"


def binary_cross_entropy_part(truth: Cell, logit: Cell) -> str:
    """-ln p of a class that is there, -ln(1 - p) of one that is not, without an exp that could
    overflow.

    >>> binary_cross_entropy_part(Cell(5, 6), Cell(5, 2))
    'MAX(B5,0)-B5*F5+LN(1+EXP(-ABS(B5)))'
    """
    return f"MAX({logit.a1},0)-{logit.a1}*{truth.a1}+LN(1+EXP(-ABS({logit.a1})))"


def loss_of_several(actual: Cell, parts: Range) -> str:
    """The mean of the parts, if it is known which classes are there.

    >>> loss_of_several(Cell(1, 1), Range(5, 7, 10, 1))
    'IF(OR($A$1="?",$A$1=""),"",AVERAGE($G$5:$G$14))'
    """
    return if_known(actual, f"AVERAGE({parts:$})")


def scale_of(chosen: str) -> str:
    """The number of the chosen scale, from 1; the last for all other texts.

    >>> scale_of("A1")
    'IF(A1="map",1,IF(A1="layer",2,3))'
    """
    return f'IF({chosen}="{SCALES[0]}",1,IF({chosen}="{SCALES[1]}",2,3))'


def largest_of(places: Iterable[Range]) -> str:
    """The largest number of several ranges, 0 if there are none.

    >>> largest_of([Range(1, 1, 3, 1), Range(6, 1, 1, 1)])
    'MAX(0,$A$1:$A$3,$A$6)'
    """
    return f"MAX({','.join(['0', *(place.absolute for place in places)])})"


def scale_end(number: Cell, inside: Range, layer: Cell, network: Cell) -> str:
    """The end of a map's colour scale: the map's own, its layer's or the network's.

    >>> scale_end(Cell(1, 1), Range(6, 3, 2, 2), Cell(2, 1), Cell(3, 1))
    'CHOOSE(Works!$A$1,MAX(MAX($C$6:$D$7),-MIN($C$6:$D$7)),Works!$A$2,Works!$A$3)'
    """
    own = largest_magnitude(inside)
    return f"CHOOSE({number:{WORKS}},{own},{layer:{WORKS}},{network:{WORKS}})"


def scale_limit(shown: str, end: str) -> str:
    """The end of a colour scale; so far away that all is zero's colour while the layer is hidden.

    No scale runs from 0 to 0.

    >>> scale_limit("$D$5", "$D$9")
    'IF($D$5=0,1E+300,IF($D$9=0,1,$D$9))'
    """
    return f"IF({shown}=0,1E+300,IF({end}=0,1,{end}))"


def by_name(cell: Cell, table: Range) -> str:
    """A cell of the table on Works as the board's colours read it: a conditional format of Excel
    2007 may refer to another sheet by a name alone.

    >>> by_name(Cell(8, 10), Range(6, 8, 9, 15))
    'INDEX(xlconv_reads,3,1)'
    """
    row, column = cell.row - table.row + 1, cell.column - table.column
    for name, (first, count) in COLUMNS.items():
        if first <= column < first + count:
            return f"INDEX({name},{row},{column - first + 1})"
    raise AssertionError(f"{cell.a1} is not in the table")


def on_frame(ends: list[str], place: Range, number: int) -> str:
    """Whether a cell of the map of a number, which stands at a place, lies on the edge of a box of
    six ends, as the arguments of AND.

    >>> on_frame(["A", "B", "C", "D", "E", "F"], Range(6, 3, 28, 28), 1)
    'A<=1,B>=1,ROW()-5>=C,ROW()-5<=D,COLUMN()-2>=E,COLUMN()-2<=F,\
OR(ROW()-5=C,ROW()-5=D,COLUMN()-2=E,COLUMN()-2=F)'
    """
    row, column = f"ROW()-{place.row - 1}", f"COLUMN()-{place.column - 1}"
    pairs = ((row, ends[2]), (row, ends[3]), (column, ends[4]), (column, ends[5]))
    edges = ",".join(f"{axis}={end}" for axis, end in pairs)
    return (
        f"{ends[0]}<={number},{ends[1]}>={number},"
        f"{row}>={ends[2]},{row}<={ends[3]},{column}>={ends[4]},{column}<={ends[5]},OR({edges})"
    )
