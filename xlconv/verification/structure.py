"""The first question of `verify`: does every cell hold what the network calls for?

Formulas in computed cells, nothing in padding rings, the right labels beside vectors.
Must not know engines, nor compare computed values.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from math import isclose, isfinite

import numpy as np
from numpy.typing import NDArray

from xlconv.book.book import FoundBook
from xlconv.book.unfinished import Unfinished
from xlconv.formulas.layers.base import Rule
from xlconv.network.borders import bordered
from xlconv.network.names import label_cell
from xlconv.network.network import INPUT, vector_labels
from xlconv.reference.layers.base import Values
from xlconv.sheets.explain.places import inspector_places, table_column
from xlconv.sheets.images.formulas import DRAWING
from xlconv.spreadsheet.cells import Cell, Place, Range, cells_by_sheet
from xlconv.spreadsheet.formula import relative_form
from xlconv.spreadsheet.keys import Keys, among, cell_key, key_cell, keys_by_sheet, range_keys
from xlconv.state.sheet_names import BOARD, EXPLAIN, WORKS
from xlconv.verification.comparison import Mask, plain_value
from xlconv.verification.report import Finding
from xlconv.xlsx.sheet import FoundBlock, FoundCell, FoundFormula, FoundSheet, Positions, Value


@dataclass(frozen=True)
class ComputedCell:
    """A cell that should hold a formula: its rule, its offset in the rule's range, and what was
    found there."""

    rule: Rule
    row: int
    column: int
    found: FoundCell

    @property
    def place(self) -> Place:
        there = self.rule.range
        return Place(self.rule.sheet, Cell(there.row + self.row, there.column + self.column))

    @property
    def formula(self) -> str:
        """The formula that the network calls for, as a spreadsheet shows it."""
        return f"={self.rule.text(self.row, self.column)}"

    @property
    def reads(self) -> list[tuple[str, Range]]:
        """The ranges that this formula names, by sheet."""
        return self.rule.references(self.row, self.column)

    def finding(
        self, kind: str, expected: Value, found: Value, engine: str | None = None
    ) -> Finding:
        channel = self.rule.channel
        return Finding(
            kind,
            self.place,
            tensor=self.rule.key,
            channel=None if channel is None else channel + 1,
            row=self.row + 1,
            column=self.column + 1,
            expected=expected,
            found=found,
            formula=self.formula,
            engine=engine,
        )


@dataclass(frozen=True, eq=False)
class ComputedBlock:
    """The cells that hold the values of one name, in the order of the values: those of its rules,
    and what was found there."""

    rules: tuple[Rule, ...]
    found: FoundBlock

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[ComputedCell]:
        for rule, part in self.parts():
            for index, (row, column) in enumerate(rule.range.offsets(), part.start):
                yield ComputedCell(rule, row, column, self.found.cell(index))

    def __getitem__(self, index: int) -> ComputedCell:
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        number = bisect_right(self.starts, index) - 1
        rule = self.rules[number]
        row, column = divmod(index - self.starts[number], rule.range.width)
        return ComputedCell(rule, row, column, self.found.cell(index))

    @property
    def block(self) -> str:
        """The name that they are reported under."""
        return self.rules[0].block

    @cached_property
    def starts(self) -> list[int]:
        """The number of each rule's first cell."""
        return [0, *accumulate(rule.range.size for rule in self.rules[:-1])]

    def parts(self) -> Iterator[tuple[Rule, slice]]:
        """Each rule with the numbers of its cells."""
        for rule, start in zip(self.rules, self.starts, strict=True):
            yield rule, slice(start, start + rule.range.size)

    @cached_property
    def keys(self) -> Positions:
        """The keys of the cells on their sheet."""
        return range_keys([rule.range for rule in self.rules])

    def those(self, mask: Mask) -> Iterator[ComputedCell]:
        """Some of the cells."""
        return map(self.__getitem__, np.flatnonzero(mask).tolist())

    def within(self, places: Mapping[str, Keys]) -> Mask:
        """Which of the cells are among some places, given as `keys_by_sheet`."""
        there = places.get(self.rules[0].sheet)
        return np.zeros(len(self), dtype=bool) if there is None else among(self.keys, there)


ComputedCells = Mapping[str, ComputedBlock]


def computed_cells(book: FoundBook) -> ComputedCells:
    """Every computed cell of a book by the name of its values, in the order of the values."""
    rules: dict[str, list[Rule]] = {}
    for rule in book.rules:
        rules.setdefault(rule.key, []).append(rule)
    return {
        key: ComputedBlock(tuple(own), book.block(own[0].sheet, [rule.range for rule in own]))
        for key, own in rules.items()
    }


def formula_findings(
    cells: ComputedCells, truth: Mapping[str, Values], left: Unfinished
) -> Iterator[tuple[Place, Finding]]:
    """The places that hold another formula than they should, a constant, or nothing.

    `truth` is NumPy's value of each cell, which such a constant stands in place of. In the cells
    that an exercise leaves open any formula may stand that computes the same.
    """
    unjudged, opened = keys_by_sheet(left.unjudged), keys_by_sheet(left.opened)
    for key, members in cells.items():
        held = members.found.formulas
        wrong = np.zeros(len(members), dtype=bool)
        for rule, part in members.parts():
            wrong[part] = _other_formulas(rule, members.found.sheet, held[part])
        if key == INPUT or members.block == DRAWING:
            wrong &= held >= 0  # a pixel that was typed over the chosen picture's, or the pen's
        wrong &= ~members.within(unjudged)
        wrong &= (held < 0) | ~members.within(opened)
        for index in np.flatnonzero(wrong).tolist():
            cell = members[index]
            if cell.found.formula is None:
                expected = _finite_or_none(plain_value(truth[key].flat[index]))
                yield cell.place, cell.finding("typed", expected, cell.found.value)
            else:
                shown = cell.found.formula.at(cell.place.cell)
                yield cell.place, cell.finding("formula", cell.formula, shown)


def _other_formulas(rule: Rule, sheet: FoundSheet, held: NDArray[np.int32]) -> Mask:
    """Which cells of a rule do not hold its formula, by the numbers of the formulas that they
    hold: -1 for none."""
    formulas = sheet.formulas
    if rule.cellwise is not None:
        texts, keys = list(rule.texts()), range_keys([rule.range])
        if formulas.are_texts(held, texts, keys):
            return np.zeros(len(held), dtype=bool)
        there = zip(held.tolist(), texts, keys.tolist(), strict=True)
        wrong = [n < 0 or not _is_formula(text, key, formulas[n]) for n, text, key in there]
        return np.array(wrong, dtype=bool)
    other = held < 0
    for number in set(held.tolist()) - {-1}:
        if not _is_formula(rule.formula, cell_key(*rule.range.first), formulas[number]):
            other |= held == number
    return other


def _is_formula(text: str, key: int, found: FoundFormula) -> bool:
    """Whether a formula is the one that belongs into a cell."""
    cell = key_cell(key)
    if found.text == text and found.anchor == cell and not found.array:
        return True
    return found.relative == relative_form(text, cell)


def _finite_or_none(value: Value) -> Value:
    """A value as a report can hold it: infinity and NaN are nothing."""
    return None if isinstance(value, float) and not isfinite(value) else value


def padding_findings(book: FoundBook) -> list[Finding]:
    """The cells of padding that holds no numbers, and those between a dilated kernel's numbers,
    that are not empty."""
    findings: list[Finding] = []
    board, held = book.sheets[BOARD], bordered(book.network)
    for tensor, placement in book.layout.tensors.items():
        if tensor in held:
            continue
        for number, inside in enumerate(placement.maps):
            ring = placement.with_ring(number)
            filled = [] if ring == inside else map(board.place, board.filled(ring).tolist())
            cells = [cell for cell in filled if cell not in inside]
            findings += (
                replace(finding, channel=number + 1)
                for finding in _filled_cells(book, cells, inside, tensor)
            )
    for layer, places in book.layout.weights.items():
        for place in (place for ranges in places.arrays.values() for place in ranges):
            findings += _filled_cells(book, places.gaps(place), place, layer)
    return findings


def _filled_cells(
    book: FoundBook, cells: Iterable[Cell], place: Range, owner: str
) -> Iterator[Finding]:
    """Those of some cells in or around a range that are not empty."""
    for cell in cells:
        found = book.sheets[BOARD].get(cell)
        if found is not None:
            spot, shown = Place(BOARD, cell), found.content(cell)
            finding = Finding.of_constant("padding", spot, place.first, owner, None, shown)
            yield replace(finding, formula=_copied_formula(book, cell, found, [place]))


def _copied_formula(
    book: FoundBook, cell: Cell, found: FoundCell, maps: Iterable[Range]
) -> str | None:
    """The formula of the map beside a cell that was filled over its end, if the cell holds it."""
    for place in maps:
        row = min(max(cell.row, place.row), place.bottom)
        nearest = Cell(row, min(max(cell.column, place.column), place.right))
        there = book.sheets[BOARD].get(nearest)
        if (
            found.formula is not None
            and there is not None
            and there.formula is not None
            and there.formula.relative == found.formula.relative
        ):
            return there.formula.at(nearest)
    return None


def stray_findings(book: FoundBook, cells: ComputedCells) -> list[Finding]:
    """The numbers and formulas between kernels, between maps and beside settings, where the
    formulas that sum or count them would take them for more of the same."""
    board = book.sheets[BOARD]
    known = np.isnan(board.numbers) & (board.held < 0)  # texts are none
    for position, value in board.others.items():
        known[position] &= isinstance(value, str)
    for members in cells.values():
        if members.found.sheet is board:
            known[members.found.positions] = True
    findings = []
    for owner, whole, own in _whole_ranges(book):
        there = board.filled(whole)
        there = there[~known[there]]
        for position in there[~among(there, own)].tolist():
            known[position] = True
            found, cell = board.cell(position), board.place(position)
            spot, shown = Place(BOARD, cell), found.content(cell)
            finding = Finding.of_constant("stray", spot, whole.first, owner, None, shown)
            placement = book.layout.tensors.get(owner)
            maps = placement.maps if placement is not None else ()
            findings.append(replace(finding, formula=_copied_formula(book, cell, found, maps)))
    return findings


def _whole_ranges(book: FoundBook) -> Iterator[tuple[str, Range, Positions]]:
    """The ranges that formulas read with what stands between, and the positions of the cells that
    belong there or that are looked at elsewhere, in order."""
    layout, board = book.layout, book.sheets[BOARD]
    for layer, places in layout.weights.items():
        ranges = [place for one in places.arrays.values() for place in one]
        own = np.sort(board.block(ranges).positions)
        yield from ((layer, whole, own) for whole in places.ranges)
    for layer, controls in layout.controls.items():
        firsts = [Range.of(place.first) for place in controls.values()]
        yield layer, Range.around(controls.values()), np.sort(board.block(firsts).positions)
    for tensor, placement in layout.tensors.items():
        rings = [placement.with_ring(number) for number in range(len(placement.maps))]
        own = np.sort(board.block(rings).positions)
        for whole in layout.number_ranges(tensor):
            yield tensor, whole, own


def spoiled_cells(cells: ComputedCells, findings: list[Finding]) -> set[Place]:
    """The cells that read one of the cells found wrong: their own values are not to blame."""
    spots = cells_by_sheet(finding.place for finding in findings)
    return {
        cell.place
        for members in cells.values()
        if spots
        for cell in members
        if _reads_one(cell.place, cell.reads, spots)
    }


def innocent_readers(wrong: Iterable[ComputedCell], suspects: Collection[Place]) -> set[Place]:
    """Of the cells that hold a wrong value, those that read a suspect, one that does, and so on;
    and of the inspector's, those that read one there which is wrong, too: NumPy's side starts from
    the board and does not follow their steps.

    A suspect holds another formula, or an error: what spreadsheets make of such a value is not
    what NumPy does.
    """
    left = {cell.place: cell.reads for cell in wrong}
    new = {*suspects, *(place for place in left if place.sheet in (EXPLAIN, WORKS))}
    innocent = set[Place]()
    while new:
        spots = cells_by_sheet(new)
        new = {place for place, windows in left.items() if _reads_one(place, windows, spots)}
        innocent |= new
        for place in new:
            del left[place]
    return innocent


def _reads_one(
    own: Place, windows: Iterable[tuple[str, Range]], spots: Mapping[str, set[Cell]]
) -> bool:
    """Whether a cell's formula names one of some spots by sheet, other than its own cell."""
    for sheet, window in windows:
        there = spots.get(sheet, ())
        if window.size <= len(there):
            read = [spot for spot in window.cells() if spot in there]
        else:
            read = [spot for spot in there if spot in window]
        if any(Place(sheet, spot) != own for spot in read):
            return True
    return False


def label_findings(book: FoundBook) -> list[Finding]:
    """The labels on the board that are not those of the network's text."""
    findings = []
    for tensor, place in book.layout.labels.items():
        for unit, label in enumerate(vector_labels(book.network, tensor)):
            expected, found = label_cell(label), book.cell(BOARD, place, unit)
            if found.formula is not None or found.value != expected:
                spot = Place(BOARD, place.cell(unit, 0))
                shown = found.content(spot.cell)
                findings.append(
                    Finding.of_constant("label", spot, place.first, tensor, expected, shown)
                )
    return findings


def table_findings(book: FoundBook) -> list[Finding]:
    """What is not as it should be in the table by which the inspector finds every layer."""
    places = inspector_places(book.network, book.layout)
    findings = []
    block = book.block(WORKS, [places.table])
    there = list(zip(block.values.tolist(), (block.formulas >= 0).tolist(), strict=True))
    for column, line in enumerate(places.lines):
        for row, expected in enumerate(table_column(line, places)):
            value, computed = there[row * places.table.width + column]
            if not computed and _equal(value, expected):
                continue
            found = block.cell(row * places.table.width + column)
            spot, start = Place(WORKS, places.table.cell(row, column)), places.table.first
            shown = found.content(spot.cell)
            findings.append(Finding.of_constant("table", spot, start, line.name, expected, shown))
    return findings


def _equal(found: Value, expected: float | str) -> bool:
    """Whether a constant is another one, but for digits that programs do not save."""
    if isinstance(found, float) and isinstance(expected, float):
        return isclose(found, expected, rel_tol=1e-12)
    return found == expected
