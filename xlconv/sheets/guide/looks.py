"""The `Guide` sheet: in one screen what is where, what to try, what the colours mean.

Must not know values or how a file is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import prod

from xlconv.network.layers.activation import Sigmoid, Softmax
from xlconv.network.layers.base import Layer, source, sources
from xlconv.network.layers.convolution import Conv2D, KernelDemo
from xlconv.network.layers.dropout import Dropout
from xlconv.network.layers.merging import Add
from xlconv.network.layers.normalization import BatchNorm2D
from xlconv.network.layers.pooling import GlobalAvgPool2D
from xlconv.network.network import INPUT, Network
from xlconv.network.shapes import shape_text
from xlconv.sheets import styles
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.exercise.places import exercise_places
from xlconv.sheets.panel.places import CHECKS, check_cell
from xlconv.sheets.shown import Shown
from xlconv.sheets.styles import BIAS, OPEN, QUIET, REACHES, READS, RING, Palette, palette_named
from xlconv.spreadsheet.blocks import (
    BlankBlock,
    Block,
    Choice,
    Pages,
    Sheet,
    Style,
    TextBlock,
    one_cell,
)
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.choices import Display
from xlconv.state.sheet_names import BOARD, EXERCISE, EXPLAIN, GUIDE, IMAGES, MODEL

_WIDTHS = {1: 24, 2: 44, 3: 10, 4: 100, 5: 84, 6: 430, 7: 40, 8: 44, 9: 12, 10: 440}
_LEFT, _RIGHT = 4, 8
_WORDS = _RIGHT + 2

_LEAD = Style(size=12, colour=QUIET, horizontal="left", vertical="top", wrap=True)
_NUMBER = Style(size=12, bold=True, colour="FFFFFF", fill="1F5F99")
_PARAMETERS = Style(size=11, bold=True, horizontal="right")
_TOP = CHECKS.row
_ENDS = Style(size=8, border="E1E6EB", fill="F5F7F9")
_CHECK = Style(
    size=12, bold=True, border="B07D00", fill="FFF3C4", number_format='"✓";;"–"', locked=False
)


def sheet(shown: Shown) -> Sheet:
    """The sheet, for a network with a title and a description."""
    network = shown.network
    checks = [check_cell(number) for number in range(len(network.shapes))]
    words = "1 shows this layer on the board, 0 hides it."
    return Sheet(
        GUIDE,
        (
            one_cell(Cell(1, _LEFT), shown.title, styles.TITLE),
            TextBlock(Range(2, _LEFT, 1, _WORDS - _LEFT + 1), shown.description, _LEAD),
            *_blocks(shown.display, shown.layout, shown.colours),
        ),
        widths=_WIDTHS,
        row_height=22,
        heights={1: 44, 2: 66},
        tab_colour="1F5F99",
        freeze=Cell(_TOP, 1),
        choices=(Choice(tuple(map(Range.of, checks)), "show", words, ("1", "0")),),
        pages=Pages(1, None, (1, _TOP - 1)),
    )


def captions(display: Display, layout: Layout) -> Iterator[tuple[str, TextBlock]]:
    """The words that tell of the network."""
    for block in _blocks(display, layout, palette_named("lesson")):
        if isinstance(block, TextBlock) and block.text:
            yield GUIDE, block


def _blocks(display: Display, layout: Layout, colours: Palette) -> list[Block]:
    network = display.network
    legend = _TOP + 2 + len(_tries(network, layout)) + 1
    meanings = _legend(colours, layout.exercise is not None)
    return [
        *_what_is_where(network, layout),
        *_check_cells(display),
        *_what_to_try(network, layout),
        *_what_colours_mean(meanings, legend),
        *_what_a_head_costs(network, legend + len(meanings) + 2),
    ]


def _check_cells(display: Display) -> Iterator[Block]:
    """The cells that reveal the layers, one after another."""
    for number, tensor in enumerate(display.network.shapes):
        shown = 0.0 if tensor in display.choices.hidden else 1.0
        yield one_cell(check_cell(number), shown, _CHECK)


def _swatch(colour: str) -> Style:
    return Style(fill=colour, border="C5CDD5")


def _what_is_where(network: Network, layout: Layout) -> Iterator[Block]:
    yield one_cell(CHECKS.shifted(-1, 0), "show", styles.SECTION)
    yield one_cell(Cell(_TOP - 1, _LEFT), "What is where (click to go there)", styles.SECTION)
    for offset, (tensor, shape) in enumerate(network.shapes.items()):
        row = _TOP + offset
        place = f"{BOARD}!{layout.tensors[tensor].maps[0].first.a1}"
        words = network.words(tensor)
        yield one_cell(Cell(row, _LEFT), tensor, styles.LINK, link=place)
        yield one_cell(Cell(row, _LEFT + 1), shape_text(shape), styles.TEXT)
        yield one_cell(Cell(row, _LEFT + 2), words, styles.TEXT)
    row = _TOP + len(network.shapes)
    sheets = {
        EXPLAIN: "one cell taken apart: its window, weights, products, sum, in numbers and words",
        IMAGES: "pictures to choose from, and a grid to draw your own",
        MODEL: "sizes, parameters, multiplications, memory",
    }
    if layout.gallery is None:
        del sheets[IMAGES]
    if layout.exercise is not None:
        sheets = {EXERCISE: "what is left for you to fill in, and whether it is right", **sheets}
    for name, words in sheets.items():
        yield one_cell(Cell(row, _LEFT), name, styles.LINK, link=f"{name}!A1")
        yield one_cell(Cell(row, _LEFT + 2), words, styles.TEXT)
        row += 1
    row -= 1
    names = [name for name in layout.names(network) if name.startswith(network.layers[0].name)]
    notes = (
        f"The Name Box (left of the formula bar) lists every layer: {names[0]}, {names[-1]}, ...",
        "Click a cell and press F2: the window that it reads is framed in colour.",
        "Zoom out until the numbers vanish: the sheet is the picture of the network.",
        "In front of a class: type 0 into the yellow cells to hide layers, then 1 to reveal them.",
        "In a terminal, `xlconv verify` compares every cell with NumPy.",
    )
    for offset, note in enumerate(notes, 2):
        yield one_cell(Cell(row + offset, _LEFT), note, styles.TEXT)


Try = tuple[str, str]  # words, and the cell to go to


def _tries(network: Network, layout: Layout) -> list[Try]:
    """Things to try, each with the place to go: one of each kind."""
    middle = layout.tensors[INPUT].maps[0]
    pixel = middle.cell(middle.height // 2, middle.width // 2).a1
    tries: list[Try] = []
    if (places := exercise_places(network, layout)) is not None:
        cell = places.parts[0].open.first.a1
        tries.append(
            (f"Fill in the violet cells, from {cell} on. Undo what else you change.", cell)
        )
    tries.append((f"Change a pixel: type 1 into {pixel}, and see what follows.", pixel))
    seen: set[type[Layer]] = set()
    for layer in network.layers:
        if type(layer) not in seen:
            tries += _layer_tries(layer, layout)
            seen.add(type(layer))
    return [*tries, *_panel_tries(layout)]


def _panel_tries(layout: Layout) -> Iterator[Try]:
    """What is worth trying with the panel and with the other sheets."""
    panel = layout.panel
    if panel.picture is not None:
        cell = panel.picture.first.a1
        yield f"Choose another picture in {cell}: 0 is your own drawing on {IMAGES}.", cell
    place = panel.chosen[0].a1
    yield f"Take a cell apart on {EXPLAIN}: choose it from lists in {place}.", place
    cell = panel.pixel_row.first.a1
    yield f"Follow a pixel: type its row and column from {cell} on.", cell
    cell = panel.scale.first.a1
    yield f"Give each map its own colour scale: choose map in {cell}.", cell
    yield "Undo with Ctrl+Z: everything returns.", panel.outlined.first.a1


def _layer_tries(layer: Layer, layout: Layout) -> Iterator[Try]:
    """What is worth trying with a layer, if anything."""
    name = layer.name
    first = layout.tensors[name].maps[0].first.a1
    control = {key: place.first.a1 for key, place in layout.controls.get(name, {}).items()}
    arrays = layout.weights[name].arrays if name in layout.weights else {}
    match layer:
        case Conv2D():
            kernel = arrays["weight"][0].first.a1
            yield f"Change a kernel: type 5 into {kernel}, the corner of {name}'s kernel 1.", kernel
            if layer.bias:
                bias = arrays["bias"][0].first.a1
                yield f"Change a bias: type -2 into {bias}; fewer cells stay above zero.", bias
        case KernelDemo():
            yield f"Choose another kernel from the list in {control['chosen']}.", control["chosen"]
            own = arrays["presets"][-1].first.a1
            yield f"Choose {layer.kernels[-1]}, then type your own numbers from {own} on.", own
        case BatchNorm2D():
            scale = arrays["scale"][0].first.a1
            yield f"Type 0 into {scale}, a scale of {name}: its map turns flat.", scale
        case Add():
            added = " and ".join(sources(layer))
            yield f"Click {first} and press F2: {name} adds {added}.", first
        case Dropout():
            active, rescale = control["active"], control["rescale"]
            yield f"Type 1 into {active}: dropout is on. F9 draws again.", active
            yield f"Type 0 into {rescale}: without rescaling, the sums shrink.", rescale
        case Sigmoid() if control:
            cell = control["threshold"]
            yield f"Type 0.05 into {cell}, the threshold: more classes get a tick.", cell
        case Softmax():
            yield "Follow an answer back: logit, minus max, exp, share.", first


def _what_to_try(network: Network, layout: Layout) -> Iterator[Block]:
    yield one_cell(Cell(_TOP - 1, _RIGHT), "What to try", styles.SECTION)
    for number, (words, place) in enumerate(_tries(network, layout), 1):
        row = _TOP + number - 1
        yield one_cell(Cell(row, _RIGHT), str(number), _NUMBER)
        link = place if "!" in place else f"{BOARD}!{place}"
        yield one_cell(Cell(row, _WORDS), words, styles.LINK, link=link)


def _what_colours_mean(meanings: Sequence[Meaning], row: int) -> Iterator[Block]:
    yield one_cell(Cell(row - 1, _RIGHT), "What the colours mean", styles.SECTION)
    for offset, (style, words) in enumerate(meanings):
        yield BlankBlock(Range(row + offset, _RIGHT, 1, 1), style)
        yield one_cell(Cell(row + offset, _WORDS), words, styles.TEXT)


Meaning = tuple[Style, str]


def _legend(colours: Palette, exercise: bool) -> list[Meaning]:
    yours = [(OPEN, f"violet: yours to fill in (sheet {EXERCISE})")] if exercise else []
    return [
        *yours,
        (_swatch(colours.positive), "positive: here the kernel matches"),
        (_swatch(colours.zero), "zero"),
        (_swatch(colours.negative), "negative: here it finds the opposite"),
        (_swatch(colours.rectified), "after ReLU: from zero up, the stronger the larger"),
        (_swatch(colours.ink), "the picture: from paper (0) to ink (1)"),
        (BIAS, "yellow, or an amber border: to be changed, as pixels and dense weights are"),
        (RING, "padding: empty, counts as 0; leave it empty"),
        (Style(border=READS), "blue frame: what the cell that Explain takes apart reads"),
        (Style(border=REACHES), "orange frame: what the followed pixel reaches"),
        (_ENDS, "numbers under a map: the ends of its colour scale"),
    ]


def _what_a_head_costs(network: Network, row: int) -> Iterator[Block]:
    """The parameters behind the last maps, where they are averaged, beside those of dense layers
    that read every cell, as in VGG (Simonyan and Zisserman, arXiv:1409.1556)."""
    average = next((one for one in network.layers if isinstance(one, GlobalAvgPool2D)), None)
    classes = network.shapes[network.output]
    if average is None or len(classes) != 1:
        return
    shape = network.shapes[source(average)]
    cells, outputs = prod(shape), classes[0]
    behind = network.layers[network.layers.index(average) :]
    here = sum(network.parameters(layer) for layer in behind)
    lines = (
        (here, f"here: {average.name}, then one dense layer on {shape[0]} means"),
        (_dense(cells, outputs), f"one dense layer on all {shape_text(shape)} cells"),
        (_dense(cells, 128, 128, outputs), "VGG-style: two dense layers of 128, then the classes"),
        (_dense(7 * 7 * 512, 4096, 4096, 1000), "VGG-16's own, of 138 million parameters in all"),
    )
    head = "What the last layers cost, in parameters"
    yield one_cell(Cell(row - 1, _RIGHT), head, styles.SECTION)
    for offset, (count, words) in enumerate(lines):
        number = Range(row + offset, _RIGHT - 1, 1, 2)
        yield TextBlock(number, f"{count:,}", _PARAMETERS)
        yield one_cell(Cell(row + offset, _WORDS), words, styles.TEXT)


def _dense(*units: int) -> int:
    """The weights and biases of dense layers, one after the other."""
    return sum((read + 1) * made for read, made in pairwise(units))
