"""The table of what the last layers cost: blocks.

Must not know mathematics, nor how a file is written.
"""

from collections.abc import Iterator

from xlconv.network.network import Network
from xlconv.sheets import styles
from xlconv.sheets.on_model.heads.places import COSTS, SIZES, WORDS, HeadPlaces
from xlconv.spreadsheet.blocks import Block, Choice, Style, one_cell
from xlconv.spreadsheet.cells import Cell

_TITLE = "What the last layers cost, in parameters"
_WORDS = {
    "maps": "the last maps: how many",
    "rows": "their rows",
    "columns": "their columns",
    "first": "units of the first dense layer",
    "second": "units of the second",
    "classes": "classes",
    "averaged": "means of maps, then one dense layer",
    "flat": "one dense layer on all cells",
    "deep": "two dense layers, then the classes",
    "times": "which is so many times the first",
}
_SIZE = Style(
    size=11,
    horizontal="right",
    number_format="#,##0_)",
    border="B07D00",
    fill="FFF3C4",
    locked=False,
)
_COST = Style(size=11, bold=True, horizontal="right", number_format="#,##0_)", border="E1E6EB")
STYLES = {
    **{f"head {what}": _COST for what in COSTS},
    "head times": Style(size=11, horizontal="right", number_format="#,##0.0_)", border="E1E6EB"),
}
_HEAD = Style(size=11, bold=True, horizontal="right", fill="E8ECF0", border="C5CDD5")


def head_blocks(network: Network, places: HeadPlaces, sizes: tuple[float, ...]) -> Iterator[Block]:
    """What stands there besides computed cells."""
    yield from head_words(network, places)
    for number in range(2):
        held = sizes[number * len(SIZES) : (number + 1) * len(SIZES)]
        for cell, size in zip(places.sizes(number).cells(), held, strict=True):
            yield one_cell(cell, size, _SIZE)


def head_words(network: Network, places: HeadPlaces) -> Iterator[Block]:
    """Its words alone."""
    yield one_cell(Cell(places.top, WORDS), _TITLE, styles.SECTION)
    for cell, name in zip(places.names.cells(), ("here", "VGG-16"), strict=True):
        yield one_cell(cell, name, _HEAD)
    for row, what in enumerate((*SIZES, *COSTS), places.top + 1):
        yield one_cell(Cell(row, WORDS), _WORDS[what], styles.TEXT)


def head_choice(places: HeadPlaces) -> Choice:
    """What may be typed there."""
    cells = (places.sizes(0), places.sizes(1))
    return Choice(cells, "a size", "Type another size, and see what it costs.")
