"""The originals on the sheet Works, for whoever wants to copy them back, and what differs: blocks.

Must not know mathematics, nor how a file is written.
"""

from collections.abc import Iterator

from xlconv.sheets import styles
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.originals.formulas import CHANGED
from xlconv.sheets.on_board.originals.places import OriginalPlaces, original_name, original_places
from xlconv.sheets.shown import Shown, rule_block
from xlconv.sheets.styles import QUIET
from xlconv.sheets.works.looks import Part
from xlconv.sheets.works.places import HEAD_ROWS
from xlconv.spreadsheet.blocks import Block, ConstantBlock, Style, one_cell
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.choices import Display
from xlconv.state.sheet_names import BOARD, WORKS

_PIXELS = 34
_NUMBER = Style(size=8, number_format="0.00", shrink=True, colour=QUIET)
_FLAG = Style(size=8, number_format="0", shrink=True, colour=styles.FAINT)
_WORDS = Style(size=10, colour=QUIET, horizontal="left")


def works(shown: Shown) -> Part:
    """The picture and the weights as they were, with 0 or 1 for what differs."""
    places = original_places(shown.network, shown.layout)
    blocks = [*_captions(places), *_kept(places, shown)]
    for rule in shown.rules_of(WORKS):
        if rule.block == CHANGED or rule.role == "original":
            style = _FLAG if rule.block == CHANGED else _NUMBER
            blocks.append(rule_block(rule, shown.values[rule.key], style))
    left = places.picture[0].original.column
    widths = dict.fromkeys(range(left, places.right + 1), _PIXELS)
    return Part("as it was: copy it back over the board's cells", left, tuple(blocks), widths)


def _kept(places: OriginalPlaces, shown: Shown) -> Iterator[Block]:
    """Constants: the weights, and a picture that is looked up nowhere."""
    if shown.layout.gallery is None:
        for kept, pixels in zip(places.picture, shown.display.image, strict=True):
            yield ConstantBlock(kept.original, pixels, _NUMBER)
    for (layer, key), ranges in places.weights.items():
        array = shown.display.model.weights[f"{layer}.{key}"].reshape(-1)
        board, size = shown.layout.weights[layer], array.size // len(ranges)
        for number, kept in enumerate(ranges):
            part = array[number * size : (number + 1) * size]
            if board.apart == (1, 1):
                shape = kept.original.height, kept.original.width
                yield ConstantBlock(kept.original, part.reshape(shape), _NUMBER)
                continue
            for cell, value in zip(board.cells(kept.original), part, strict=True):
                yield one_cell(cell, float(value), _NUMBER)


def _captions(places: OriginalPlaces) -> Iterator[Block]:
    """What stands where."""
    first = places.picture[0]
    yield one_cell(Cell(HEAD_ROWS[1], first.original.column), "the picture", _WORDS)
    yield one_cell(Cell(HEAD_ROWS[1], first.differs.column), "1 where a pixel differs", _WORDS)
    for region in places.regions:
        above = region.original.first.shifted(-1, 0)
        link = f"{BOARD}!{region.board.first.a1}"
        yield one_cell(above, f"{region.layer} →", styles.PANEL_LINK, link)


def captions(display: Display, layout: Layout) -> Iterator[tuple[str, Block]]:
    """The words on Works."""
    for block in _captions(original_places(display.network, layout)):
        yield WORKS, block


def hidden_names(shown: Shown) -> dict[str, tuple[str, Range]]:
    """The names by which the board's colours read the originals."""
    places = original_places(shown.network, shown.layout)
    whole = Range.around(one.original for one in places.picture)
    names = {original_name(0): (WORKS, whole)}
    for number, region in enumerate(places.regions, 1):
        names[original_name(number)] = (WORKS, region.original)
    return names
