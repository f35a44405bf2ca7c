"""The kernels beside their start: blocks.

Must not know mathematics, nor how a file is written.
"""

from collections.abc import Iterator

from xlconv.network.beginnings import first_convolution
from xlconv.network.network import Network
from xlconv.sheets import styles
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_model.beginnings.places import LEFT, TITLE_ROW, beginnings
from xlconv.sheets.styles import Palette
from xlconv.spreadsheet.blocks import Block, ColourScale, ConstantBlock, Style, one_cell
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.choices import Display

PIXELS = 44  # of a column
_NUMBER = Style(size=10, number_format="0.00", shrink=True, border="C5CDD5")
STYLES = {
    "beginning now": _NUMBER,
    "beginning change": _NUMBER,
    "beginning words": Style(size=11, italic=True, horizontal="left", colour=styles.QUIET),
}
_HEADS = ("start", "now", "change")


def beginning_blocks(display: Display, layout: Layout) -> Iterator[Block]:
    """What stands there besides computed cells."""
    yield from beginning_words(display.network, layout)
    for one in beginnings(display.network, layout):
        yield ConstantBlock(one.start, display.started[one.output, one.read], _NUMBER)


def beginning_words(network: Network, layout: Layout) -> Iterator[Block]:
    """Its words alone."""
    layer, found = first_convolution(network), beginnings(network, layout)
    if layer is None or not found:
        return
    title = f"{layer.name}: the kernels that training started from, and how far they went"
    yield one_cell(Cell(TITLE_ROW, LEFT), title, styles.SECTION)
    words = "inkier downwards: positive at the top edge of a stroke, or at the bottom edge of what "
    words += "is dark on a light ground; and so to the other sides"
    yield one_cell(Cell(TITLE_ROW + 1, LEFT), words, styles.LEAD)
    several = any(one.read for one in found)
    for one in found:
        places = (one.start, one.now, one.change)
        which = f"kernel {one.output + 1}" + (f" map {one.read + 1}" if several else "")
        for place, head in zip(places, _HEADS, strict=True):
            text = f"{which}: {head}" if head == "start" else head
            yield one_cell(place.first.shifted(-1, 0), text, styles.NOTE)


def beginning_widths(network: Network, layout: Layout) -> dict[int, int]:
    """Narrow columns, so that kernels look like kernels."""
    found = beginnings(network, layout)
    return {column: PIXELS for one in found for column in range(LEFT, one.words.column)}


def beginning_scales(network: Network, layout: Layout, colours: Palette) -> list[ColourScale]:
    """Colours around zero, the same for all three."""
    found = beginnings(network, layout)
    places = tuple(place for one in found for place in (one.start, one.now, one.change))
    if not places:
        return []
    area = f"{Range.around(places):$}"
    limit = f"MAX(0.000001,MAX({area}),-MIN({area}))"
    return [ColourScale(places, limit, colours.negative, colours.zero, colours.positive)]
