"""Ranges that were cut and pasted elsewhere, where no defined name tells.

A spreadsheet has the formulas follow what they read: many cells, all innocent, then hold another
formula than the network calls for. Tells so in one line instead. Must not know values.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice

import numpy as np

from xlconv.book.book import FoundBook
from xlconv.errors import BookError
from xlconv.spreadsheet.cells import Cell, Place, Range
from xlconv.spreadsheet.formula import relative_form, tokens
from xlconv.spreadsheet.keys import NO_KEYS, Keys, among, keys_by_sheet, range_keys
from xlconv.state.sheet_names import BOARD, WORKS
from xlconv.verification.report import Finding
from xlconv.verification.structure import ComputedCell, ComputedCells
from xlconv.xlsx.sheet import EMPTY

_COUNTING = ("ROWS", "COLUMNS")
_ORIGIN = Cell(1, 1)
_MANY = 12  # wrong cells of a sheet from which on a common shift is looked for
_LOOKED_AT = 5_000  # wrong cells whose reading is looked at one by one
_FAR = 12  # rows or columns that such a shift may be

Spot = tuple[str, Range]  # a sheet's first name and a range of it


def check_displaced(
    book: FoundBook, cells: ComputedCells, wrong: Collection[Place], around: Iterable[Finding]
) -> None:
    """BookError, saying what moved and where to, if that is why cells hold another formula, or
    another constant than belongs there."""
    if not wrong:
        return
    places = keys_by_sheet(wrong)
    suspects = [cell for one in cells.values() for cell in one.those(one.within(places))]
    owned = _own_cells(book, cells)
    move = _moved_formulas(book, suspects, owned) or _moved_range(
        book, cells, suspects, owned, wrong
    )
    if move is not None:
        (sheet, start), (other, target) = move
        raise BookError(
            f"{book.path}: {book.names.place(sheet, start)} was moved to "
            f"{book.names.place(other, target)}; undo the move, or build it again"
        )
    shifted = _shifted_table(book, around)
    if shifted is not None:
        place, rows = shifted
        lines = f"{abs(rows)} row{'' if abs(rows) == 1 else 's'}"
        raise BookError(
            f"{book.path}: {book.names.place(WORKS, place)} stands {lines} "
            f"{'below' if rows > 0 else 'above'} its place; undo what was inserted and deleted, "
            "or build it again"
        )


def _own_cells(book: FoundBook, cells: ComputedCells) -> dict[str, Keys]:
    """The cells where something of the book's own belongs, or nothing at all, by sheet."""
    ranges = {BOARD: _constants_and_rings(book)}
    for members in cells.values():
        own = ranges.setdefault(members.rules[0].sheet, [])
        own += [rule.range for rule in members.rules]
    return {sheet: np.unique(range_keys(places)) for sheet, places in ranges.items()}


def _constants_and_rings(book: FoundBook) -> list[Range]:
    """The board's constants, and its maps with what must stay empty around them."""
    weights, tensors = book.layout.weights.values(), book.layout.tensors.values()
    constants = [place for one in weights for places in one.arrays.values() for place in places]
    return constants + [one.with_ring(n) for one in tensors for n in range(len(one.maps))]


def _fixed_form(formula: str) -> str:
    """A formula as it is compared where its references stay what they are."""
    return relative_form(formula.removeprefix("="), _ORIGIN)


def _moved_formulas(
    book: FoundBook, suspects: Iterable[ComputedCell], owned: Mapping[str, Keys]
) -> tuple[Spot, Spot] | None:
    """Cells that are empty, of which another cell holds the very formula."""
    empty = [cell for cell in suspects if cell.found.formula is None and cell.found.value is None]
    if not empty:
        return None
    elsewhere: dict[str, Place] = {}
    for sheet, found in book.sheets.items():
        strange = (found.held >= 0) & ~among(found.keys_of_cells, owned.get(sheet, NO_KEYS))
        for position in np.flatnonzero(strange).tolist():
            cell, formula = found.place(position), found.formulas[found.held[position]]
            elsewhere.setdefault(_fixed_form(formula.at(cell)), Place(sheet, cell))
    pairs = []
    for missing in empty if elsewhere else ():
        target = elsewhere.get(_fixed_form(missing.formula))
        if target is not None:
            pairs.append((missing.place, target))
    return _common_move(pairs)


def _common_move(pairs: list[tuple[Place, Place]]) -> tuple[Spot, Spot] | None:
    """The range of all cells that moved as the most of them did, and where it is now."""

    def way(pair: tuple[Place, Place]) -> tuple[str, str, int, int]:
        (sheet, start), (other, end) = pair
        return sheet, other, end.row - start.row, end.column - start.column

    if not pairs:
        return None
    [(common, _)] = Counter(map(way, pairs)).most_common(1)
    moved = [start for (start, end) in pairs if way((start, end)) == common]
    sheet, other, rows, columns = common
    place = Range.around(Range.of(cell) for _, cell in moved)
    there = Range(place.row + rows, place.column + columns, place.height, place.width)
    return (sheet, place), (other, there)


def _split(formula: str, sheet: str) -> tuple[str, list[Spot]]:
    """A formula's text without the ranges that it names, and these, but for those of which it only
    counts rows or columns."""
    parts: list[str] = []
    spots: list[Spot] = []
    counting = False
    for token in tokens(formula.removeprefix("=")):
        if token.kind != "range":
            parts.append(token.text if token.kind == "string" else token.text.upper().strip())
        else:
            parts.append("@")
            if not counting:
                spots.append((token.sheet or sheet, Range.parse(token.name)))
        counting = token.kind == "function" and token.name.upper() in _COUNTING
    return "".join(parts), spots


def _moved_range(
    book: FoundBook,
    cells: ComputedCells,
    suspects: Iterable[ComputedCell],
    owned: Mapping[str, Keys],
    wrong: Collection[Place],
) -> tuple[Spot, Spot] | None:
    """A range that is empty, and the one of its size that is read in its place, where something
    stands and nothing of the book's own belongs."""
    for cell in islice(suspects, _LOOKED_AT):
        moved = [
            (start, end)
            for start, end in _moved_spots(book, cell, owned)
            if not _read_still(cells, cell, start, wrong)
        ]
        if moved:
            return _joined(moved)
    return None


def _moved_spots(
    book: FoundBook, cell: ComputedCell, owned: Mapping[str, Keys]
) -> Iterator[tuple[Spot, Spot]]:
    """What a cell's formula should read and finds empty, and what it reads in its place."""
    if cell.found.formula is None:
        return
    sheet, place = cell.place
    text, spots = _split(cell.formula, sheet)
    found, now = _split(cell.found.formula.at(place), sheet)
    if text != found or len(spots) != len(now):
        return
    for (source, start), (target, end) in zip(spots, now, strict=True):
        source, target = _first_name(book, source), _first_name(book, target)
        same = (source, start) == (target, end)
        if same or (start.height, start.width) != (end.height, end.width):
            continue
        if start.size > 100_000:
            continue
        if among(range_keys([end]), owned.get(target, NO_KEYS)).any():
            continue
        if _is_filled(book, source, start) or not _is_filled(book, target, end):
            continue
        yield (source, start), (target, end)


def _joined(moved: list[tuple[Spot, Spot]]) -> tuple[Spot, Spot]:
    """The first range that moved, with those that moved beside it: labels are read one by one."""
    (source, first), (target, to) = moved[0]
    rows, columns = to.row - first.row, to.column - first.column

    def alike(pair: tuple[Spot, Spot]) -> bool:
        (sheet, start), (other, end) = pair
        way = end.row - start.row, end.column - start.column
        return (sheet, other, way) == (source, target, (rows, columns))

    parts = {start for (_, start), _ in filter(alike, moved)}
    whole = Range.around(parts)
    if whole.size != sum(part.size for part in parts):
        whole = first
    there = Range(whole.row + rows, whole.column + columns, whole.height, whole.width)
    return (source, whole), (target, there)


def _read_still(
    cells: ComputedCells, suspect: ComputedCell, spot: Spot, wrong: Collection[Place]
) -> bool:
    """Whether another cell of a suspect's rule, one with the right formula, reads the very range:
    all of them would have followed it."""
    if spot[1].absolute not in suspect.formula:
        return False
    return any(
        spot in _split(cell.formula, cell.place[0])[1]
        for cell in cells[suspect.rule.key]
        if cell.rule is suspect.rule and cell.place not in wrong
    )


def _is_filled(book: FoundBook, sheet: str, place: Range) -> bool:
    """Whether anything stands in a range."""
    there: Mapping[tuple[int, int], object] = book.sheets.get(sheet, {})
    return any(one in there for one in place.cells())


def _first_name(book: FoundBook, sheet: str) -> str:
    """A sheet's first name, however its letters are written."""
    return next((name for name in book.sheets if name.casefold() == sheet.casefold()), sheet)


def _shifted_table(book: FoundBook, around: Iterable[Finding]) -> tuple[Range, int] | None:
    """The cells of the inspector's table of which most hold what belongs some rows beside them."""
    wanted = [
        (finding.place.cell, finding.expected) for finding in around if finding.kind == "table"
    ]
    found = book.sheets[WORKS]
    for step in _STEPS if len(wanted) >= _MANY else ():
        held = [found.get((place.row + step, place.column), EMPTY).value for place, _ in wanted]
        pairs = zip(held, wanted, strict=True)
        if 2 * sum(value == expected for value, (_, expected) in pairs) > len(wanted):
            return Range.around(Range.of(place) for place, _ in wanted), step
    return None


_STEPS = [step for far in range(1, _FAR + 1) for step in (far, -far)]
