"""What was inserted into a book's sheets or deleted from them, and where, in words.

The names of whole sheets grow and shrink with their rows and columns; the formulas that are found
tell where. Must not know networks, nor what a formula computes.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from xlconv.formulas.layers.base import Rule
from xlconv.spreadsheet.cells import Range, column_letters
from xlconv.xlsx.sheet import FoundSheet

ROW, COLUMN = "row", "column"


@dataclass(frozen=True)
class Shift:
    """So many rows or columns that are new (or gone, below 0), and the first and last one at
    which that may be; None where nothing tells."""

    line: str
    count: int
    places: tuple[int, int] | None

    def words(self, sheet: str) -> str:
        """What happened, in words.

        >>> Shift(ROW, 1, (14, 14)).words("Board"), Shift(COLUMN, -2, None).words("Model")
        ('a row was inserted into Board at row 14', '2 columns were deleted from Model')
        """
        many = abs(self.count)
        what = f"a {self.line} was" if many == 1 else f"{many:,} {self.line}s were"
        done = "inserted into" if self.count > 0 else "deleted from"
        return f"{what} {done} {sheet}{self._where()}"

    def _where(self) -> str:
        if self.places is None:
            return ""
        first, last = self.places
        if self.line == COLUMN:
            one, other = column_letters(first), column_letters(last)
            return f" at column {one}" if first == last else f" between columns {one} and {other}"
        return f" at row {first}" if first == last else f" between rows {first} and {last}"


def shifts(
    expected: Range, found: Range, rules: Iterable[Rule], cells: FoundSheet
) -> tuple[Shift, ...]:
    """What must have happened to a sheet whose whole range was `expected` and is `found`."""
    own = list(rules)
    made = []
    for line, count in (
        (ROW, found.bottom - expected.bottom),
        (COLUMN, found.right - expected.right),
    ):
        if count:
            before, now = _expected_counts(own, line), _found_counts(cells, line)
            end = expected.bottom if line == ROW else expected.right
            filled = {row if line == ROW else column for row, column in cells}
            made.append(Shift(line, count, _places(before, now, filled, count, end)))
    return tuple(made)


def _expected_counts(rules: Iterable[Rule], line: str) -> Counter[int]:
    """How many formulas belong into each row or column."""
    counts = Counter[int]()
    for rule in rules:
        place = rule.range
        first, size, across = (
            (place.row, place.height, place.width)
            if line == ROW
            else (place.column, place.width, place.height)
        )
        for number in range(first, first + size):
            counts[number] += across
    return counts


def _found_counts(cells: FoundSheet, line: str) -> Counter[int]:
    filled = (place for place, cell in cells.items() if cell.formula is not None)
    return Counter(row if line == ROW else column for row, column in filled)


def _places(
    before: Counter[int], now: Counter[int], filled: set[int], count: int, end: int
) -> tuple[int, int] | None:
    """The first and last place at which inserting so many rows, which are empty if any are, or
    deleting them, makes of the numbers of formulas before those of now."""
    new, gone = max(count, 0), max(-count, 0)
    last = 1  # up to here all is as before
    while last <= end and before[last] == now[last]:
        last += 1
    behind = range(end, 0, -1)
    first = end + 1  # from here on all is as before, but moved
    for number in behind:
        if number <= gone or before[number] != now[number + count]:
            break
        first = number
    first = max(1, first - gone)
    empty = [
        place
        for place in range(first, last + 1)
        if all(now[place + step] == 0 for step in range(new))
    ]
    blank = [place for place in empty if not filled.intersection(range(place, place + new))]
    empty = blank or empty
    told = bool(empty) and (empty[0] > 1 or empty[-1] < end)
    return (empty[0], empty[-1]) if told else None
