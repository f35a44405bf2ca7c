"""What a learner reads beside the values: captions that tell of another layer, map or class.

Must not know engines, nor judge values. Colours, and words that tell of nothing, are the reader's.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace

from xlconv.book.book import FoundBook
from xlconv.network.model import Model
from xlconv.network.network import Network
from xlconv.sheets import parts
from xlconv.spreadsheet.blocks import ConstantBlock, TextBlock
from xlconv.spreadsheet.cells import Cell, Place, Range
from xlconv.verification.report import Finding
from xlconv.xlsx.sheet import Value

_NUMBER = re.compile(r"\d+(?:\.\d+)?|[+−×]")


def caption_findings(book: FoundBook, known: Collection[Place]) -> Iterator[Finding]:
    """The captions that name another layer, map, class or number than what they stand beside, or
    that are another one's; and numbers between the ends of a colour scale, or beside a map. `known`
    are cells of which something is said already.

    Other words for the same, and captions that were taken away, tell nothing wrong.
    """
    told = replace(book.display, model=Model(book.written, book.model.weights))
    blocks = [
        (sheet, block)
        for captions in parts("looks", "captions")
        for sheet, block in captions(told, book.layout)
    ]
    own = {block.text for _, block in blocks if isinstance(block, TextBlock)}
    for sheet, cell, expected in (
        (sheet, cell, expected) for sheet, block in blocks for cell, expected in _held(block)
    ):
        spot, found = Place(sheet, cell), book.cell(sheet, Range.of(cell))
        if spot in known or found.value is None:
            continue
        held = _text(found.value)
        if held == _text(expected):
            continue
        if isinstance(expected, float) or held in own or not _agree(book, expected, held):
            start = Cell(1, 1)
            yield Finding.of_constant("caption", spot, start, sheet.lower(), expected, found.value)


def _held(block: TextBlock | ConstantBlock) -> Iterator[tuple[Cell, float | str]]:
    """What belongs in the cells of a block."""
    if isinstance(block, TextBlock):
        yield block.range.first, block.text
    else:
        yield from zip(block.range.cells(), block.values.reshape(-1).tolist(), strict=True)


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
