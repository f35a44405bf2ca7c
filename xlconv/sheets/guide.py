"""The `Guide` sheet: in one screen what is where, what to try, what the colours mean.

Must not know values or how a file is written.
"""

from __future__ import annotations

from collections.abc import Iterator

from xlconv.blocks import BlankBlock, Block, Sheet, Style, TextBlock
from xlconv.grid import Range
from xlconv.layers import Conv2D, Softmax
from xlconv.network import INPUT, Network
from xlconv.palette import BIAS, QUIET, RING, Palette
from xlconv.places import BOARD, Layout
from xlconv.shapes import shape_text
from xlconv.words import PICTURE_WORDS, layer_words

NAME = "Guide"
_WIDTHS = {1: 24, 2: 100, 3: 84, 4: 430, 5: 40, 6: 44, 7: 12, 8: 440}
_LEFT, _RIGHT = 2, 6
_WORDS = _RIGHT + 2

_TITLE = Style(size=24, bold=True, horizontal="left")
_LEAD = Style(size=12, colour=QUIET, horizontal="left", vertical="top", wrap=True)
_HEAD = Style(size=14, bold=True, horizontal="left")
_TEXT = Style(size=11, horizontal="left")
_LINK = Style(size=11, bold=True, horizontal="left", colour="1F5F99")
_NUMBER = Style(size=12, bold=True, colour="FFFFFF", fill="1F5F99")
_SWATCH = Style(size=10)
_TOP = 5


def guide_sheet(
    network: Network, layout: Layout, title: str, description: str, colours: Palette
) -> Sheet:
    """The sheet, for a network with a title and a description."""
    blocks = [
        TextBlock(Range(1, _LEFT, 1, 1), title, _TITLE, runs_on=True),
        TextBlock(Range(2, _LEFT, 1, _WORDS - _LEFT + 1), description, _LEAD),
        *_what_is_where(network, layout),
        *_what_to_try(network, layout),
        *_what_colours_mean(colours, _TOP + 2 + len(_tries(network, layout)) + 1),
    ]
    return Sheet(
        NAME,
        tuple(blocks),
        widths=_WIDTHS,
        row_height=22,
        heights={1: 44, 2: 66},
        tab_colour="1F5F99",
    )


def _swatch(colour: str) -> Style:
    return Style(fill=colour, border="C5CDD5")


def _cell(row: int, column: int) -> Range:
    return Range(row, column, 1, 1)


def _what_is_where(network: Network, layout: Layout) -> Iterator[Block]:
    yield TextBlock(
        _cell(_TOP - 1, _LEFT), "What is where (click to go there)", _HEAD, runs_on=True
    )
    for offset, (tensor, shape) in enumerate(network.shapes.items()):
        row = _TOP + offset
        place = f"{BOARD}!{layout.tensors[tensor].maps[0].first.a1}"
        words = PICTURE_WORDS if tensor == INPUT else layer_words(network.layer(tensor))
        yield TextBlock(_cell(row, _LEFT), tensor, _LINK, link=place)
        yield TextBlock(_cell(row, _LEFT + 1), shape_text(shape), _TEXT)
        yield TextBlock(_cell(row, _LEFT + 2), words, _TEXT)
    row = _TOP + len(network.shapes)
    yield TextBlock(_cell(row, _LEFT), "Model", _LINK, link="Model!A1")
    yield TextBlock(_cell(row, _LEFT + 2), "the network as a table, with its parameters", _TEXT)
    notes = (
        "The Name Box (left of the formula bar) lists every layer: conv1, conv1_weight, ...",
        "Click a cell and press F2: the window that it reads is framed in colour.",
        "Zoom out until the numbers vanish: the sheet is the picture of the network.",
        "In a terminal, `xlconv verify` compares every cell with NumPy.",
    )
    for offset, note in enumerate(notes, 2):
        yield TextBlock(_cell(row + offset, _LEFT), note, _TEXT, runs_on=True)


def _tries(network: Network, layout: Layout) -> list[tuple[str, str]]:
    """Things to try, each with the place to go."""
    middle = layout.tensors[INPUT].maps[0]
    pixel = middle.cell(middle.height // 2, middle.width // 2).a1
    tries = [(f"Change a pixel: type 1 into {pixel}, and see what follows.", pixel)]
    for layer in network.layers:
        if isinstance(layer, Conv2D):
            kernel = layout.weights[layer.name].kernels(0)[0].first.a1
            words = f"Change a kernel: type 5 into {kernel}, the corner of {layer.name}'s kernel 1."
            tries.append((words, kernel))
            own = layout.weights[layer.name].bias(0)
            if own is not None:
                bias = own.a1
                words = f"Change a bias: type -2 into {bias}; fewer cells stay above zero."
                tries.append((words, bias))
            break
    if isinstance(network.layer(network.output), Softmax):
        probability = layout.tensors[network.output].maps[0].first.a1
        tries.append(("Follow an answer back: logit, minus max, exp, share.", probability))
    tries.append(("Undo with Ctrl+Z: everything returns.", middle.first.a1))
    return tries


def _what_to_try(network: Network, layout: Layout) -> Iterator[Block]:
    yield TextBlock(_cell(_TOP - 1, _RIGHT), "What to try", _HEAD, runs_on=True)
    for number, (words, place) in enumerate(_tries(network, layout), 1):
        row = _TOP + number - 1
        yield TextBlock(_cell(row, _RIGHT), str(number), _NUMBER)
        yield TextBlock(_cell(row, _WORDS), words, _LINK, link=f"{BOARD}!{place}")


def _what_colours_mean(colours: Palette, row: int) -> Iterator[Block]:
    yield TextBlock(_cell(row - 1, _RIGHT), "What the colours mean", _HEAD, runs_on=True)
    legend = (
        (_swatch(colours.positive), "positive: here the kernel matches"),
        (_swatch(colours.zero), "zero"),
        (_swatch(colours.negative), "negative: here it finds the opposite"),
        (_swatch(colours.rectified), "after ReLU: from zero up, the stronger the larger"),
        (_swatch(colours.ink), "the picture: from paper (0) to ink (1)"),
        (BIAS, "a bias, added to every cell of its map"),
        (RING, "padding: empty, counts as 0; leave it empty"),
    )
    for offset, (style, words) in enumerate(legend):
        yield BlankBlock(_cell(row + offset, _RIGHT), style)
        yield TextBlock(_cell(row + offset, _WORDS), words, _TEXT)
