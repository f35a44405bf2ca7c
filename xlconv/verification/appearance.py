"""What a learner sees beside the values: number formats that show another number than a cell holds,
and captions that tell of another layer, map or class.

Must not know engines, nor judge values. Colours, and words that tell of nothing, are the reader's.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

import numpy as np

from xlconv.book.book import FoundBook
from xlconv.network.model import Model
from xlconv.network.network import INPUT, Network
from xlconv.sheets import parts
from xlconv.spreadsheet.blocks import ConstantBlock, TextBlock
from xlconv.spreadsheet.cells import Cell, Place, Range
from xlconv.spreadsheet.number_formats import is_honest
from xlconv.state.sheet_names import BOARD
from xlconv.verification.comparison import Mask
from xlconv.verification.report import Finding
from xlconv.verification.structure import ComputedCells
from xlconv.xlsx.sheet import FoundBlock, Value

# Values that have marks of their own instead of digits.
_MARKED = ("looks", "exercise")
_NUMBER = re.compile(r"\d+(?:\.\d+)?|[+−×]")


def format_findings(book: FoundBook, cells: ComputedCells) -> Iterator[Finding]:
    """The numbers that are shown as others than they are."""
    dishonest = np.array([not is_honest(text) for text in book.formats], dtype=bool)
    if not dishonest.any():
        return
    for members in cells.values():
        marked = members.block in _MARKED
        for index in () if marked else _shown_as_others(members.found, dishonest):
            cell = members[index]
            yield cell.finding("format", None, book.formats[cell.found.style])
    for owner, ranges in _constants(book):
        found = book.block(BOARD, ranges)
        for index in _shown_as_others(found, dishonest):
            spot = Place(BOARD, found.sheet.place(int(found.positions[index])))
            start = next(place.first for place in ranges if spot.cell in place)
            shown = book.formats[found.cell(index).style]
            yield Finding.of_constant("format", spot, start, owner, None, shown)


def _shown_as_others(found: FoundBlock, dishonest: Mask) -> Iterable[int]:
    """Which cells hold a number in a format that is none of the honest ones."""
    known = np.minimum(found.styles, len(dishonest))
    numbers = ~np.isnan(found.numbers)
    return np.flatnonzero(numbers & np.append(dishonest, False)[known]).tolist()


def _constants(book: FoundBook) -> Iterator[tuple[str, list[Range]]]:
    """The pixels, weights and settings on the board, with what they belong to."""
    layout = book.layout
    if layout.gallery is None:
        yield INPUT, [*layout.tensors[INPUT].maps]
    for layer, places in layout.weights.items():
        yield layer, [place for ranges in places.arrays.values() for place in ranges]
    for layer, controls in layout.controls.items():
        yield layer, [Range.of(place.first) for place in controls.values()]


def caption_findings(book: FoundBook, known: Collection[Place]) -> Iterator[Finding]:
    """The captions that name another layer, map, class or number than what they stand beside, or
    that are another one's; and numbers between the ends of a colour scale. `known` are cells of
    which something is said already.

    Other words for the same, and captions that were taken away, tell nothing wrong.
    """
    told = replace(book.display, model=Model(book.written, book.model.weights))
    blocks = [
        (sheet, block)
        for captions in parts("looks", "captions")
        for sheet, block in captions(told, book.layout)
    ]
    own = {block.text for _, block in blocks if isinstance(block, TextBlock)}
    for sheet, block in blocks:
        spot = Place(sheet, block.range.first)
        found = book.cell(sheet, block.range)
        if spot in known or found.value is None:
            continue
        expected: Value = block.text if isinstance(block, TextBlock) else 0.0
        held = _text(found.value)
        if held == _text(expected):
            continue
        if isinstance(block, ConstantBlock) or held in own or not _agree(book, block.text, held):
            start = Cell(1, 1)
            yield Finding.of_constant("caption", spot, start, sheet.lower(), expected, found.value)


def _text(value: Value) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return " ".join(text.split())


def _agree(book: FoundBook, expected: str, found: str) -> bool:
    """Whether a text names the same numbers, signs, layers and class as the one that belongs."""
    network = book.network
    label = expected.removeprefix("for ")
    if label in network.labels and not _has(found, label):
        return False
    return _names(network, expected) == _names(network, found)


def _has(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _names(network: Network, text: str) -> tuple[Counter[str], set[str]]:
    """The numbers and signs of a text, and the layers that it names."""
    layers = {name for name in network.shapes if _has(text, name)}
    for name in layers:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", text)
    return Counter(_NUMBER.findall(text)), layers
