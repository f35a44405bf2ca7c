"""Which cells of the board a formula reads, directly or by way of a learner's own cells.

Must not know layers, nor what is right.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from xlconv.spreadsheet.cells import Cell, Range
from xlconv.spreadsheet.formula import Token, tokens
from xlconv.state.sheet_names import BOARD, SHEETS

Cells = frozenset[Cell]
# The formula in a cell of the board, "" if there is none.
FormulaAt = Callable[[Cell], str]
# The ranges that names of the file stand for, in small letters; None for names of anything else.
Names = Mapping[str, Range | None]

OWN_SHEETS = tuple(sheet for sheet in SHEETS if sheet != BOARD)
MOST_CELLS = 20_000  # that are looked at of what a formula reads
MOST_STEPS = 200  # cells with formulas that are followed
# Functions that make ranges while calculating, and the signs of more that a text does not tell:
# ranges between such, what spilled, what is in the formula's own row.
_MOVING = frozenset(("OFFSET", "INDIRECT", "INDEX", "CHOOSE", "ANCHORARRAY"))
# Functions that ask where a reference is, or what stands there as text: no value is read. Of those
# that make a range, the first argument is only where it starts.
_OF_PLACES = frozenset(
    ("ROW", "ROWS", "COLUMN", "COLUMNS", "AREAS", "SHEET", "ISREF", "ISFORMULA", "FORMULATEXT")
)
_FROM_PLACES = frozenset(("OFFSET", "INDEX"))
_SIGNS = frozenset((":", "#", "@"))


@dataclass(frozen=True)
class Reads:
    """What a formula reads: cells of the board; the first place on another of xlconv's sheets, or
    ""; whether it may read others that cannot be told from its text; and those of the cells whose
    `values` are read for certain: where an OFFSET starts, it need not read."""

    cells: Cells
    elsewhere: str = ""
    unsure: bool = False
    values: Cells = frozenset()


def reads_of(formula: str, names: Names) -> Reads:
    """What a formula reads by its text.

    >>> reads_of("=MAX(A1:B1)", {}).cells == {Cell(1, 1), Cell(1, 2)}
    True
    >>> reads_of("=Explain!C3", {}).elsewhere, reads_of("=Mine!C3", {}).unsure
    ('Explain!C3', True)
    >>> texts = "=SUM(A:A)", "=mine", "=MAX(OFFSET(A1,0,0,2,2))", "=MAX(0,A1)+IF(TRUE,$B$2)"
    >>> [reads_of(text, {}).unsure for text in texts]
    [True, True, True, False]
    >>> reads_of("=MAX(OFFSET(A1,ROWS(C$1:C9),B1))", {}).cells == {Cell(1, 1), Cell(1, 2)}
    True
    """
    places, starts, elsewhere, unsure = list[Range](), list[Range](), "", False
    for token, function, argument in _arguments(formula):
        if function in _OF_PLACES and token.kind in ("range", "lines", "name"):
            continue
        found = starts if function in _FROM_PLACES and argument == 0 else places
        if token.sheet not in ("", BOARD):
            known = token.kind == "range" and token.sheet in OWN_SHEETS
            elsewhere = elsewhere or (token.text if known else "")
            unsure = unsure or not known
        elif token.kind == "range":
            found.append(Range.parse(token.name))
        elif token.kind == "name":
            named = names.get(token.name.lower())
            found += [] if named is None else [named]
            unsure = unsure or (named is None and not _is_no_place(token.name.lower()))
        elif token.kind == "function":
            moving = token.name.upper().rpartition(".")[2] in _MOVING
            unsure = unsure or moving or token.name.lower() in names
        else:
            columns_or_table = token.kind == "lines" or token.text.startswith("[")
            unsure = unsure or columns_or_table or token.text[0] in _SIGNS
    values = frozenset(_first_cells(places))
    return Reads(values | frozenset(_first_cells(starts)), elsewhere, unsure, values)


def _arguments(formula: str) -> Iterator[tuple[Token, str, int]]:
    """The parts of a formula, each with the function whose argument it is in, "" for none, and that
    argument's number, from 0."""
    opened = [("", 0)]
    for token in tokens(formula):
        if token.text == ")" and len(opened) > 1:
            opened.pop()
        function, argument = opened[-1]
        yield token, function, argument
        if token.kind == "function":
            opened.append((token.name.upper().removeprefix("_XLFN."), 0))
        elif token.text == "(":
            opened.append((function, argument))
        elif token.text == ",":
            opened[-1] = (function, argument + 1)


def _is_no_place(name: str) -> bool:
    """Whether a word stands for no cells: a truth, or what a function calls its argument."""
    return name in ("true", "false") or name.startswith("_xlpm.")


def _first_cells(places: Sequence[Range]) -> Iterator[Cell]:
    left = MOST_CELLS
    for place in places:
        for cell in place.cells():
            if not left:
                return
            left -= 1
            yield cell


def reads_in_the_end(reads: Reads, names: Names, own: FormulaAt) -> Reads:
    """What is read in the end, where some cells are a learner's `own`."""
    cells, elsewhere, unsure = set[Cell](), reads.elsewhere, reads.unsure
    waiting, seen = sorted(reads.cells), set[Cell]()
    while waiting:
        cell = waiting.pop()
        formula = own(cell) if len(seen) < MOST_STEPS else ""
        if not formula or cell in seen:
            cells.add(cell)
            continue
        seen.add(cell)
        more = reads_of(formula, names)
        elsewhere, unsure = elsewhere or more.elsewhere, unsure or more.unsure
        waiting += sorted(more.cells)
    return Reads(frozenset(cells), elsewhere, unsure, reads.values)


def circular_reference(start: Cell, names: Names, formula_at: FormulaAt) -> Cell | None:
    """The first cell on a way by which a cell reads itself; None if it does not, or on no way of
    the MOST_STEPS cells nearest to it."""
    first = sorted(reads_of(formula_at(start), names).values)
    if start in first:
        return start
    waiting, seen = deque((cell, cell) for cell in first), set(first)
    for _ in range(MOST_STEPS):
        formula = ""
        while waiting and not formula:
            cell, root = waiting.popleft()
            formula = formula_at(cell)
        read = reads_of(formula, names).values
        if start in read:
            return root
        waiting += [(other, root) for other in sorted(read - seen)]
        seen |= read
    return None
