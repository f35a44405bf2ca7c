"""The sheet Board: (model, values, layout) -> blocks.

Gives every rule its values and its look; the words around them are in `captions`, the
colours in `colours`. Must not know how a file is written, nor any mathematics: that
is in `formulas` and `reference`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from xlconv.formulas.layers.base import Rule
from xlconv.formulas.places import WeightPlaces
from xlconv.network.borders import bordered
from xlconv.network.layers.base import Layer
from xlconv.network.layers.dense import Dense
from xlconv.network.layers.settings import setting_cell
from xlconv.network.model import Array, Model
from xlconv.network.names import label_cell
from xlconv.network.network import INPUT, Network, vector_labels
from xlconv.sheets import styles
from xlconv.sheets.board.captions import captions as network_captions
from xlconv.sheets.board.colours import colour_rules
from xlconv.sheets.board.formulas import ANSWER
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.board.pitch import HEAD_ROWS
from xlconv.sheets.board.zoom import CORNER_PIXELS, TITLE_HEIGHTS, start_zoom
from xlconv.sheets.exercise.looks import (
    chart_head,
    open_blocks,
    open_choices,
    open_titles,
    waiting_maps,
)
from xlconv.sheets.exercise.places import ExercisePlaces, exercise_places
from xlconv.sheets.on_board.enlarged.places import shown_numbers
from xlconv.sheets.on_board.laboratory.formulas import LABORATORY
from xlconv.sheets.on_board.laboratory.looks import ROLES as LABORATORY_ROLES
from xlconv.sheets.on_board.laboratory.looks import (
    laboratory_blocks,
    laboratory_choices,
    laboratory_merges,
    laboratory_words,
)
from xlconv.sheets.on_board.mosaic.looks import board_colours, board_words
from xlconv.sheets.on_board.panel.looks import empty_controls, panel_blocks, panel_choices
from xlconv.sheets.on_board.panel.places import CHART_TITLE, KERNELS
from xlconv.sheets.shown import Shown, rule_block
from xlconv.sheets.styles import Palette
from xlconv.spreadsheet.blocks import (
    BarChart,
    BlankBlock,
    Block,
    Choice,
    ConstantBlock,
    Pages,
    Sheet,
    Style,
    TextBlock,
    Values,
    one_cell,
)
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.choices import Display
from xlconv.state.sheet_names import BOARD, WORKS

CHART_SIZE = (440, 320)  # pixels
PAGE_PIXELS = 3200  # of a sheet on a landscape page


def sheet(shown: Shown) -> Sheet:
    """The board of a network."""
    display, values, layout, colours = shown.display, shown.values, shown.layout, shown.colours
    model, network = display.model, display.network
    places = exercise_places(network, layout)
    rules = shown.rules_of(BOARD)
    blocks = [
        *_constants(model, values, layout),
        *(
            block
            for rule in rules
            for block in _computed_cells(rule, values, network, colours, places)
        ),
        *panel_blocks(display, layout),
        *board_words(layout),
        *laboratory_blocks(display, layout),
        *_rings(network, layout),
        *_gaps(layout),
        *(part for place in layout.cells.values() for part in _merged_rest(place, styles.COMPUTED)),
        *network_captions(model.network, layout),
        *_bars(model, layout),
        *(BlankBlock(place, styles.CONTROL) for place in empty_controls(display, layout)),
        *(part for place in layout.panel.controls for part in _merged_rest(place, styles.CONTROL)),
    ]
    widths = dict.fromkeys(layout.vector_columns, styles.VECTOR_PIXELS)
    return Sheet(
        BOARD,
        tuple(blocks),
        rules=(
            *(waiting_maps(places, layout, values) if places else ()),
            *colour_rules(display, values, layout, colours),
            *board_colours(layout),
            *(open_titles(places, layout) if places else ()),
        ),
        merges=_merges(layout),
        charts=tuple(_charts(display, values, layout, colours)),
        choices=(
            *_choices(network, layout),
            *panel_choices(layout),
            *laboratory_choices(layout),
            *(open_choices(network, places) if places else ()),
        ),
        column_width=styles.CELL_PIXELS,
        row_height=styles.CELL_PIXELS,
        widths={1: CORNER_PIXELS, **widths},
        heights=TITLE_HEIGHTS,
        freeze=Cell(HEAD_ROWS + 1, 2),
        zoom=start_zoom(network, layout),
        tab_colour=colours.positive,
        pages=_pages(layout),
    )


def names(shown: Shown) -> dict[str, tuple[str, Range]]:
    """The names of tensors, weights, steps and controls."""
    return {name: (BOARD, place) for name, place in shown.layout.names(shown.network).items()}


def captions(display: Display, layout: Layout) -> Iterator[tuple[str, TextBlock | ConstantBlock]]:
    """What stands beside the numbers, without what is there to be chosen or typed."""
    chosen = {place.first for place in layout.panel.controls}
    if layout.verdict is not None:
        chosen.add(layout.verdict.actual.first)
    made = (*network_captions(display.network, layout), *panel_blocks(display, layout))
    for block in (*made, *laboratory_words(layout)):
        if isinstance(block, TextBlock | ConstantBlock) and block.range.first not in chosen:
            yield BOARD, block


def _pages(layout: Layout) -> Pages:
    """So many pages beside each other that digits can still be told apart, titles on each."""
    wide = layout.bands[-1].last * styles.CELL_PIXELS
    return Pages(max(1, round(wide / PAGE_PIXELS)), None, (1, HEAD_ROWS))


def _computed_cells(
    rule: Rule,
    values: Mapping[str, Values],
    network: Network,
    colours: Palette,
    places: ExercisePlaces | None,
) -> list[Block]:
    value = values[rule.key] if rule.channel is None else values[rule.key][rule.channel]
    opened = open_blocks(places, rule.key, rule.channel, value) if places else None
    return opened or [rule_block(rule, value, _style(rule, network, colours))]


def _style(rule: Rule, network: Network, colours: Palette) -> Style:
    """The look of a rule's cells, by their role, or as numbers of a tensor."""
    if rule.block == ANSWER:
        return _answer_style(rule.role, network, colours)
    if rule.block == LABORATORY:
        return LABORATORY_ROLES[rule.role.removeprefix(f"{LABORATORY} ")]
    if rule.role:
        return styles.ROLES[rule.role]
    if rule.block == INPUT:
        return styles.PIXEL
    if rule.channel is not None:
        return styles.NUMBER
    return styles.PERCENT if network.layer(rule.block).shares else styles.VECTOR


def _answer_style(role: str, network: Network, colours: Palette) -> Style:
    output = network.layer(network.output)
    number_format = "0.0%" if output.shares else "0.00"
    found = '0 "found"' if output.several else number_format
    large = replace(styles.ANSWER_LARGE, colour=colours.accent)
    chosen = network.shapes[network.output][0] > 1 or output.several
    return {
        "label": large if chosen else styles.ANSWER_SMALL,
        "value": replace(styles.ANSWER_SMALL if chosen else large, number_format=found),
        "class label": styles.ANSWER_CLASS,
        "class value": replace(styles.ANSWER_SHARE, number_format=number_format),
        "class tick": replace(styles.TICK_MARK, colour=colours.accent),
    }[role]


def _constants(model: Model, values: Mapping[str, Values], layout: Layout) -> Iterator[Block]:
    for channel, place in enumerate(layout.tensors[INPUT].maps):
        if layout.gallery is None:
            yield ConstantBlock(place, values[INPUT][channel], styles.PIXEL)
    for layer in model.network.layers:
        for key, array in model.layer_weights(layer).items():
            yield from _weight_blocks(layer, key, array, layout.weights[layer.name])
        for key, place in layout.controls.get(layer.name, {}).items():
            value = setting_cell(getattr(layer, key))
            style = styles.CHOSEN if isinstance(value, str) else styles.CONTROL
            yield one_cell(place.first, value, style)
            yield from _merged_rest(place, style)
    for tensor, column in layout.labels.items():
        for unit, label in enumerate(vector_labels(model.network, tensor)):
            listed = bool(model.network.layer(tensor).control_options)
            style = styles.LIST_NAME if listed else styles.CLASS_LABEL
            yield one_cell(column.cell(unit, 0), label if listed else label_cell(label), style)


def _merged_rest(place: Range, style: Style) -> Iterator[Block]:
    """The look of a merged range's other cells, for its border."""
    yield from (BlankBlock(part, style) for part in place.rest(Range.of(place.first)))


def _weight_blocks(layer: Layer, key: str, array: Array, places: WeightPlaces) -> Iterator[Block]:
    """The numbers of one of a layer's arrays, each range that holds a part of it a block; a
    dilated kernel's numbers stand one by one."""
    ranges, numbers, at = places.arrays[key], array.reshape(-1), 0
    style = _weight_style(layer, key)
    down, across = places.apart
    for number, place in enumerate(ranges):
        height, width = -(-place.height // down), -(-place.width // across)
        part, at = numbers[at : at + height * width], at + height * width
        if layer.control_options and number == len(ranges) - 1:
            style = styles.OWN_WEIGHT  # the last of the list is for the user's own
        if places.apart == (1, 1):
            yield ConstantBlock(place, part.reshape(height, width), style)
        else:
            for cell, value in zip(places.cells(place), part, strict=True):
                yield one_cell(cell, value, style)


def _weight_style(layer: Layer, key: str) -> Style:
    if key not in KERNELS:
        return styles.BIAS
    return styles.DENSE_WEIGHT if isinstance(layer, Dense) else styles.WEIGHT


def _gaps(layout: Layout) -> Iterator[Block]:
    """The empty cells between a dilated kernel's numbers."""
    for places in layout.weights.values():
        for place in (place for ranges in places.arrays.values() for place in ranges):
            yield from (BlankBlock(Range.of(cell), styles.RING) for cell in places.gaps(place))


def _choices(network: Network, layout: Layout) -> Iterator[Choice]:
    """What may be typed into the cells that people set, and over pixels and weights."""
    maps = layout.tensors[INPUT].maps
    yield Choice(maps, "a pixel", "Type a number over it: 0 is paper, 1 is ink.")
    for layer in network.layers:
        weights = layout.weights.get(layer.name)
        if weights is not None:
            places = tuple(place for ranges in weights.arrays.values() for place in ranges)
            yield Choice(places, layer.name, "A weight: type another number and watch.")
        for key, place in layout.controls.get(layer.name, {}).items():
            value, at = getattr(layer, key), (Range.of(place.first),)
            if isinstance(value, bool):
                yield Choice(at, key, "1 is on, 0 is off.", ("1", "0"))
            elif isinstance(value, str) and layer.control_options:
                yield Choice(at, key, "Choose one from the list.", layer.control_options)
            else:
                most = max(0.99, value) if key == "rate" else 1.0
                yield Choice(at, key, f"A number from 0 to {most:g}.", most=most)


def _rings(network: Network, layout: Layout) -> Iterator[Block]:
    """The padding that stays empty."""
    held = bordered(network)
    for tensor, placement in layout.tensors.items():
        for number, inside in enumerate(placement.maps):
            outside, ring = placement.with_ring(number), placement.ring
            sides = (
                Range(outside.row, outside.column, ring.top, outside.width),
                Range(inside.bottom + 1, outside.column, ring.bottom, outside.width),
                Range(inside.row, outside.column, inside.height, ring.left),
                Range(inside.row, inside.right + 1, inside.height, ring.right),
            )
            if tensor not in held:
                yield from (BlankBlock(side, styles.RING) for side in sides if side.size)


def _bars(model: Model, layout: Layout) -> Iterator[Block]:
    """The empty cells that the bars of the answer are drawn on."""
    output = model.network.layer(model.network.output)
    if layout.answer is not None and output.shares:
        yield from (BlankBlock(bar, styles.BAR) for bar in layout.answer.bars)


def _merges(layout: Layout) -> tuple[Range, ...]:
    """The controls and computed cells that are larger than one cell of the grid."""
    places = [place for controls in layout.controls.values() for place in controls.values()]
    places += [*layout.cells.values(), *layout.panel.controls, *laboratory_merges(layout)]
    places += [place for layer in layout.enlarged for _, place in shown_numbers(layout, layer)]
    places += [place for titles in layout.titles.values() for place in titles]
    answer, verdict = layout.answer, layout.verdict
    if verdict is not None:
        places += [verdict.actual, verdict.right]
    if answer is not None:
        places += [answer.label, answer.value, *answer.labels, *answer.values, *answer.ticks]
    return tuple(place for place in places if place.size > 1)


def _charts(
    display: Display, values: Mapping[str, Values], layout: Layout, colours: Palette
) -> Iterator[BarChart]:
    """The probabilities as bars, as far as they are revealed."""
    output, charted = display.network.output, layout.panel.charted
    if charted is None or output in display.choices.hidden:
        return
    labels = layout.labels[output]
    held = np.asarray(values["shown:chart"], dtype=np.float64).reshape(-1).tolist()
    names = vector_labels(display.network, output)
    head = chart_head(display.network, layout, values)
    yield BarChart(
        Cell(layout.steps[output].total.row + 6, labels.column),
        *CHART_SIZE,
        head[1] if head else CHART_TITLE,
        labels,
        layout.tensors[output].maps[0],
        colours.positive,
        source=(WORKS, charted),
        head=(WORKS, head[0]) if head else None,
        shown=tuple(zip(names, held, strict=True)),
    )
