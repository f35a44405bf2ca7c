"""The first question of `verify`: does every cell hold what the network calls for?

Formulas in computed cells, nothing in padding rings, the right labels beside vectors.
Must not know engines, nor compare computed values.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import isclose, isfinite

from xlconv.book.book import FoundBook
from xlconv.book.unfinished import Unfinished
from xlconv.formulas.layers.base import Rule
from xlconv.network.names import label_cell
from xlconv.network.network import INPUT, vector_labels
from xlconv.reference.layers.base import Values
from xlconv.sheets.board.formulas import ring_cells
from xlconv.sheets.explain.places import inspector_places, table_column
from xlconv.spreadsheet.cells import Cell, Place, Range
from xlconv.spreadsheet.formula import references, relative_form
from xlconv.state.sheet_names import BOARD, EXPLAIN
from xlconv.verification.report import Finding
from xlconv.xlsx.sheet import FoundCell, Value


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


ComputedCells = Mapping[str, list[ComputedCell]]


def computed_cells(book: FoundBook) -> ComputedCells:
    """Every computed cell of a book by the name of its values, in the order of the values."""
    cells: dict[str, list[ComputedCell]] = {}
    for rule in book.rules:
        cells.setdefault(rule.key, []).extend(
            ComputedCell(rule, row, column, book.cell(rule.sheet, rule.range, row, column))
            for row, column in rule.range.offsets()
        )
    return cells


def formula_findings(
    cells: ComputedCells, truth: Mapping[str, Values], left: Unfinished
) -> Iterator[tuple[Place, Finding]]:
    """The places that hold another formula than they should, a constant, or nothing.

    `truth` is NumPy's value of each cell, which such a constant stands in place of. In the cells
    that an exercise leaves open any formula may stand that computes the same.
    """
    open_cells = bool(left.unjudged or left.opened)
    for key, members in cells.items():
        expected: list[Value] = [
            _finite_or_none(value) for value in truth[key].reshape(-1).tolist()
        ]
        for cell, value in zip(members, expected, strict=True):
            found = cell.found.formula
            if found is None and key == INPUT:
                continue  # a pixel that was typed over the chosen picture's
            if open_cells and (
                cell.place in left.unjudged or (found is not None and cell.place in left.opened)
            ):
                continue
            if found is None:
                yield cell.place, cell.finding("typed", value, cell.found.value)
            elif found.relative != _rule_form(cell):
                yield cell.place, cell.finding("formula", cell.formula, found.at(cell.place[1]))


def _finite_or_none(value: Value) -> Value:
    """A value as a report can hold it: infinity and NaN are nothing."""
    return None if isinstance(value, float) and not isfinite(value) else value


def _rule_form(cell: ComputedCell) -> str:
    if cell.rule.cellwise is None:
        return relative_form(cell.rule.formula, cell.rule.range.first)
    return relative_form(cell.rule.text(cell.row, cell.column), cell.place[1])


def padding_findings(book: FoundBook) -> list[Finding]:
    """The cells of padding rings, and those between a dilated kernel's numbers, that are not
    empty."""
    findings: list[Finding] = []
    for tensor, placement in book.layout.tensors.items():
        for number, inside in enumerate(placement.maps):
            cells = ring_cells(book.layout, tensor, number)
            filled = _filled_cells(book, cells, inside, tensor)
            findings += (replace(finding, channel=number + 1) for finding in filled)
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
            yield Finding.of_constant("padding", spot, place.first, owner, None, shown)


def stray_findings(book: FoundBook) -> list[Finding]:
    """The numbers and formulas between kernels, between maps and beside settings, where the
    formulas that sum or count them would take them for more of the same."""
    computed = {(rule.sheet, cell) for rule in book.rules for cell in rule.range.cells()}
    findings, seen = [], set[Cell]()
    for owner, whole, own in _whole_ranges(book):
        for cell in whole.cells():
            found = book.sheets[BOARD].get(cell)
            if found is None or (found.formula is None and isinstance(found.value, str)):
                continue
            if cell in own or cell in seen or (BOARD, cell) in computed:
                continue
            seen.add(cell)
            spot, shown = Place(BOARD, cell), found.content(cell)
            findings.append(Finding.of_constant("stray", spot, whole.first, owner, None, shown))
    return findings


def _whole_ranges(book: FoundBook) -> Iterator[tuple[str, Range, set[Cell]]]:
    """The ranges that formulas read with what stands between, and the cells that belong there or
    that are looked at elsewhere."""
    layout = book.layout
    for layer, places in layout.weights.items():
        ranges = [place for one in places.arrays.values() for place in one]
        yield layer, places.range, {cell for place in ranges for cell in place.cells()}
    for layer, controls in layout.controls.items():
        own = {place.first for place in controls.values()}
        yield layer, Range.around(controls.values()), own
    for tensor, placement in layout.tensors.items():
        rings = [placement.with_ring(number) for number in range(len(placement.maps))]
        for whole in layout.number_ranges(tensor):
            yield tensor, whole, {cell for ring in rings for cell in ring.cells()}


def spoiled_cells(cells: ComputedCells, findings: list[Finding]) -> set[Place]:
    """The cells that read one of the cells found wrong: their own values are not to blame."""
    spots: dict[str, list[Cell]] = {}
    for finding in findings:
        sheet, spot = finding.place
        spots.setdefault(sheet, []).append(spot)
    return {
        cell.place
        for members in cells.values()
        if spots
        for cell in members
        for sheet, there in spots.items()
        if any(spot in window for window in _windows(cell, sheet) for spot in there)
    }


def _windows(cell: ComputedCell, sheet: str) -> list[Range]:
    """The ranges of a sheet that a formula names."""
    own = cell.rule.sheet
    return [place for there, place in references(cell.formula) if (there or own) == sheet]


def innocent_readers(wrong: Iterable[ComputedCell], suspects: Collection[Place]) -> set[Place]:
    """Of the cells that hold a wrong value, those that read a suspect, one that does, and so on;
    and of the inspector's, those that read one there which is wrong, too: NumPy's side starts from
    the board and does not follow their steps.

    A suspect holds another formula, or an error: what spreadsheets make of such a value is not
    what NumPy does.
    """
    left = {cell.place: cell for cell in wrong}
    spots: dict[str, set[Cell]] = {}
    for sheet, spot in (*suspects, *(place for place in left if place[0] == EXPLAIN)):
        spots.setdefault(sheet, set()).add(spot)
    innocent = set[Place]()
    while found := {place for place, cell in left.items() if _reads_one(cell, spots)}:
        innocent |= found
        for place in found:
            spots.setdefault(place.sheet, set()).add(place.cell)
            del left[place]
    return innocent


def _reads_one(cell: ComputedCell, spots: Mapping[str, set[Cell]]) -> bool:
    """Whether a formula names one of some spots by sheet, other than its own cell."""
    sheet, own = cell.place
    for there, members in spots.items():
        others = members - {own} if there == sheet and own in members else members
        for window in _windows(cell, there) if others else ():
            small = window.size <= len(others)
            if (
                any(spot in others for spot in window.cells())
                if small
                else any(spot in window for spot in others)
            ):
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
    for column, line in enumerate(places.lines):
        for row, expected in enumerate(table_column(line, places)):
            found = book.cell(EXPLAIN, places.table, row, column)
            if found.formula is None and _equal(found.value, expected):
                continue
            spot, start = Place(EXPLAIN, places.table.cell(row, column)), places.table.first
            shown = found.content(spot.cell)
            findings.append(Finding.of_constant("table", spot, start, line.name, expected, shown))
    return findings


def _equal(found: Value, expected: float | str) -> bool:
    """Whether a constant is another one, but for digits that programs do not save."""
    if isinstance(found, float) and isinstance(expected, float):
        return isclose(found, expected, rel_tol=1e-12)
    return found == expected
