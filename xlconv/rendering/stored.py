"""Sheets of a book as its file stores them: blocks with the values and texts that its cells hold.

    FoundBook -> rules' stored values -> the sheet's looks -> what stands in the cells now -> Sheet

Nothing is computed: what a file does not store is an empty cell. Must not know how a sheet is
painted.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from xlconv.book.book import FoundBook
from xlconv.errors import BookError, TemplateError, meant
from xlconv.formulas.layers.base import Rule
from xlconv.network.network import INPUT
from xlconv.reference.layers.base import Values
from xlconv.sheets import parts
from xlconv.sheets.shown import Shown
from xlconv.sheets.styles import Palette, palette_named
from xlconv.spreadsheet.blocks import (
    BlankBlock,
    Block,
    ConstantBlock,
    PaintedBlock,
    Sheet,
    TextBlock,
)
from xlconv.spreadsheet.cells import Range
from xlconv.state.sheet_names import BOARD
from xlconv.xlsx.sheet import FoundBlock


def stored_sheet(book: FoundBook, name: str = BOARD) -> Sheet:
    """A sheet of a book, by its first name or the one that it has now, as the file stores it.

    BookError if there is none, or no values are stored in it."""
    first = _first_name(book, name)
    shown = Shown(
        title="",
        description="",
        manifest=book.manifest,
        display=book.display,
        layout=book.layout,
        rules=book.rules,
        values=stored_values(book),
        colours=book_palette(book),
    )
    for sheet in parts("looks", "sheet"):
        if (made := sheet(shown)) is None:
            continue
        if made.name == first:
            return _as_held(made, book)
        shown = replace(shown, before=(*shown.before, made))
    raise AssertionError(f"{first}: a sheet that nothing makes")


def _first_name(book: FoundBook, name: str) -> str:
    """The first name of the sheet that people mean: as it is called, in small letters or not."""
    called = {now.lower(): first for first, now in book.names.now.items() if first in book.sheets}
    called |= {first.lower(): first for first in called.values()}
    if name.lower() not in called:
        known = [book.names.now[first] for first in dict.fromkeys(called.values())]
        raise BookError(f"{book.path}: no sheet {name!r} of xlconv's; {meant(name, known)}")
    return called[name.lower()]


def book_palette(book: FoundBook) -> Palette:
    """The palette that a book was built with."""
    try:
        return palette_named(book.manifest.palette, book.network.in_colour)
    except TemplateError as error:
        raise BookError(f"{book.path}: {error}; build the workbook again") from error


def stored_values(book: FoundBook) -> dict[str, Values]:
    """The value of every computed cell as the file stores it, by the key of its rule: NaN for a
    missing number, "" for a missing text."""
    found: dict[str, list[Values]] = {}
    some = False
    for rule in book.rules:
        if rule.sheet not in book.sheets:
            continue  # a sheet that is needless, and gone
        cells = book.block(rule.sheet, [rule.range])
        some = some or (rule.sheet == BOARD and cells.has_stored_values)
        found.setdefault(rule.key, []).append(_rule_values(rule, cells))
    if not some:
        raise BookError(
            f"{book.path}: no values are stored in it, so there is nothing to draw; save it once "
            "in Excel or LibreOffice"
        )
    return {INPUT: book.image, **{key: _join(arrays) for key, arrays in found.items()}}


def _rule_values(rule: Rule, cells: FoundBlock) -> Values:
    """One rule's values: of a map, with its rows and columns."""
    if rule.channel is not None:
        return cells.numbers.reshape(1, rule.range.height, rule.range.width)
    return _cell_values(cells)


def _cell_values(cells: FoundBlock) -> Values:
    """Numbers, NaN for nothing; where some cells hold a text, all as they are, "" for nothing."""
    held = cells.values.tolist()
    texts = [isinstance(value, str) for value in held]
    if not any(texts):
        return cells.numbers
    if all(texts):
        return np.array(held, dtype=np.str_)
    return np.array(["" if value is None else value for value in held], dtype=object)


def _join(arrays: list[Values]) -> Values:
    if len(arrays) == 1:
        return arrays[0]
    if all(array.dtype.kind == "f" for array in arrays):
        return np.concatenate([np.asarray(array, dtype=np.float64) for array in arrays])
    return np.concatenate([np.asarray(array, dtype=object) for array in arrays])


def _as_held(sheet: Sheet, book: FoundBook) -> Sheet:
    """A sheet with what its cells hold where no formula is meant to stand: texts and numbers that
    were changed, and what was written into cells that were empty."""
    return replace(
        sheet, blocks=tuple(part for one in sheet.blocks for part in _held(one, sheet.name, book))
    )


def _held(block: Block, name: str, book: FoundBook) -> Iterator[Block]:
    if not isinstance(block, TextBlock | ConstantBlock | BlankBlock):
        yield block
        return
    place = Range.of(block.range.first) if isinstance(block, TextBlock) else block.range
    cells = book.block(name, [place])
    if isinstance(block, TextBlock):
        [value] = cells.values.tolist()
        if isinstance(value, str):
            yield replace(block, text=value)
            return
    values = _cell_values(cells)
    empty = values.dtype.kind == "f" and np.isnan(np.asarray(values, dtype=np.float64)).all()
    if empty:
        yield BlankBlock(block.range, block.style)
        return
    held = values.reshape(place.height, place.width)
    if isinstance(block, PaintedBlock) and held.dtype.kind == "f":
        yield replace(block, values=held)
        return
    yield ConstantBlock(place, held, block.style)
