"""The rules of the desk: the chosen picture, what it shows, the loss, the ends of the colour
scales, the boxes of what is read and reached, and what is revealed.

Must not know any value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xlconv.formulas.layers.base import Rule
from xlconv.formulas.limits import fitting
from xlconv.formulas.text import largest_magnitude
from xlconv.network.layers.base import source, sources
from xlconv.network.network import INPUT, Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.panel import formula_texts as text
from xlconv.sheets.panel.places import ACROSS, USED, GalleryPlaces, check_cell
from xlconv.sheets.receptive.formulas import (
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
from xlconv.state.sheet_names import EXPLAIN, GUIDE, IMAGES

RIGHT, WRONG = "✓ right", "✗ wrong"
PICTURE, LOSS, SCALES_BLOCK, LOOKS, SHOWN = "picture", "loss", "scales", "looks", "shown"


def picture_rules(network: Network, layout: Layout) -> list[Rule]:
    """Where the chosen picture stands in the gallery, and each pixel, looked up there."""
    gallery, desk = layout.gallery, layout.desk
    if gallery is None or desk.picture is None or desk.line is None or desk.place is None:
        return []
    chosen, line, place = desk.picture.first, desk.line, desk.place
    grid = f"{gallery.range:{IMAGES}}"
    rules = [
        _single(PICTURE, "line", line, text.line_of(chosen, ACROSS, gallery.line_rows)),
        _single(PICTURE, "place", place, text.place_of(chosen, ACROSS, gallery.place_columns)),
    ]
    for channel, inside in enumerate(layout.tensors[INPUT].maps):
        before = gallery.before_map(channel)

        def pixel(row: int, column: int, before: int = before) -> str:
            return text.looked_up(grid, line, place, before + row + 1, column + 1)

        rules.append(Rule(INPUT, INPUT, channel, inside, pixel(0, 0), pixel))
    return rules


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
    return fitting(rules)


def _single(block: str, key: str, cell: Cell, formula: str, role: str = "") -> Rule:
    """The rule of what is there once."""
    return Rule(block, f"{block}:{key}", None, Range.of(cell), formula, role=role or key)


def _scale(role: str, cell: Cell, formula: str, tensor: str, number: int | None = None) -> Rule:
    """The rule of an end of a tensor's scale, or of the scale of one of its maps."""
    key = f"{SCALES_BLOCK}:{role}_{tensor}" + ("" if number is None else f"_{number}")
    return Rule(SCALES_BLOCK, key, None, Range.of(cell), formula, role=role, tensor=tensor)


def _verdict_rules(layout: Layout) -> Iterator[Rule]:
    verdict, answer = layout.verdict, layout.answer
    if verdict is None or answer is None:
        return
    actual = verdict.actual.first
    if layout.gallery is not None and layout.desk.line and layout.desk.place:
        formula = _label(layout.gallery, layout.desk.line, layout.desk.place)
        yield _single(PICTURE, "actual", actual, formula)
    judged = text.judged(actual, answer.label.first, UNKNOWN, RIGHT, WRONG)
    yield _single(PICTURE, "right", verdict.right.first, judged)


def _label(gallery: GalleryPlaces, line: Cell, place: Cell) -> str:
    grid, column = f"{gallery.range:{IMAGES}}", gallery.number_width + 1
    return text.known_or(text.looked_up(grid, line, place, 1, column), UNKNOWN)


def _loss_rules(network: Network, layout: Layout) -> Iterator[Rule]:
    loss, verdict = layout.loss, layout.verdict
    if loss is None or verdict is None:
        return
    layer, actual = network.layer(network.output), verdict.actual.first
    label = layout.labels[layer.name].first
    if network.answers == "one":
        steps = layout.steps[layer.name]
        truth = text.one_hot(label, actual)
        part = text.cross_entropy_part(loss.truth.first, steps.shifted.first, steps.total)
        total = text.loss_of_one(loss.truth, loss.parts)
    else:
        logit = layout.tensors[source(layer)].maps[0].first
        truth = text.several_hot(label, actual)
        part = text.binary_cross_entropy_part(loss.truth.first, logit)
        total = text.loss_of_several(actual, loss.parts, UNKNOWN)
    yield Rule(LOSS, f"{LOSS}:truth", None, loss.truth, truth, role="truth")
    yield Rule(LOSS, f"{LOSS}:parts", None, loss.parts, part, role="parts")
    yield _single(LOSS, "total", loss.total, total)
    yield _single(LOSS, "decimal", loss.decimal, f'IF({loss.total:$}="","",{loss.total:$}/LN(10))')


def _scale_rules(network: Network, layout: Layout) -> Iterator[Rule]:
    """The largest magnitude of each tensor, and below each map the end of its scale."""
    desk, first, second = layout.desk, SCALES[0], SCALES[1]
    number = text.number_of(desk.scale.first, (first, second))
    yield _single(SCALES_BLOCK, "number", desk.scale_number, number, "scale")
    for tensor in layout.tensors:
        largest = largest_magnitude(*layout.filled(tensor))
        yield _scale("end", desk.lines[tensor].limit, largest, tensor)
    maps = scaled_together(network)
    ends = _runs(desk.lines[tensor].limit for tensor in maps)
    yield _single(SCALES_BLOCK, "network", desk.network_limit, text.largest_of(ends))
    for tensor, legends in layout.legends.items():
        widest = desk.network_limit if tensor in maps else desk.lines[tensor].limit
        for channel, legend in enumerate(legends, 1):
            inside = layout.tensors[tensor].maps[channel - 1]
            end = text.scale_end(desk.scale_number, inside, desk.lines[tensor].limit, widest)
            yield _scale("high", legend.last, end, tensor, channel)
            if legend.width == 3:
                yield _scale("low", legend.first, f"-{legend.last:$}", tensor, channel)


def scaled_together(network: Network) -> list[str]:
    """The tensors that share a scale where there is one for the network: all maps but the
    picture's."""
    return [
        tensor for tensor, shape in network.shapes.items() if len(shape) == 3 and tensor != INPUT
    ]


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
    lines, numbers = layout.desk.lines, [layer.name for layer in network.layers]
    here = [f"{cell:{EXPLAIN}}" for cell in USED.cells()]
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
    row, column = (
        place.first.absolute for place in (layout.desk.pixel_row, layout.desk.pixel_column)
    )

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
    return Rule(LOOKS, key, None, place, formulas[0], text, role=role, tensor=tensor)


def _shown_rules(network: Network, layout: Layout) -> Iterator[Rule]:
    """What the Guide's check cells reveal."""
    for number, tensor in enumerate(network.shapes):
        check = f"{check_cell(number):{GUIDE}}"
        place = Range.of(layout.desk.lines[tensor].shown)
        yield Rule(SHOWN, f"{SHOWN}:{tensor}", None, place, check, role=SHOWN, tensor=tensor)
