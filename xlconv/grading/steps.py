"""Softmax's steps: which of those that were left empty another one's formulas compute, too.

Must not know what a step is worth.
"""

from collections.abc import Sequence

from xlconv.grading.judge import Judge
from xlconv.grading.opened import OpenCell
from xlconv.grading.precedents import reads_in_the_end, reads_of
from xlconv.network.layers.activation import Softmax
from xlconv.spreadsheet.cells import Cell
from xlconv.spreadsheet.formula import tokens

# Steps before exp keep its argument small: who covers them looks for the largest, too.
_LARGEST = frozenset(("MAX", "MAXA", "LARGE", "AGGREGATE", "QUARTILE", "PERCENTILE", "SORT"))
_BEFORE_EXP = ("_max", "_shifted")


def covered_steps(judges: Sequence[Judge]) -> set[str]:
    """The keys of a softmax's steps that are empty, and that a later step, which is right, computes
    in its own formulas: it reads neither them nor what follows from them."""
    if not judges or not isinstance(judges[0].layer, Softmax):
        return set()
    found = set()
    for number, judge in enumerate(judges):
        own = {cell for one in judges[number:] for cell in one.cells.part.open.cells()}
        if all(one.is_empty for one in judge.cells):
            looks = judge.cells.part.key.endswith(_BEFORE_EXP)
            if any(_computes(later, own, looks) for later in judges[number + 1 :]):
                found.add(judge.cells.part.key)
    return found


def _computes(judge: Judge, steps: set[Cell], looks: bool) -> bool:
    """Whether a step's cells are right without the cells of some steps; whether they must look for
    the largest."""
    return all(
        judge.is_right_formula(one)
        and not one.is_expected
        and not _read_cells(judge, one) & steps
        and (not looks or bool(_LARGEST & set(_functions(judge, one))))
        for one in judge.cells
    )


def _read_cells(judge: Judge, one: OpenCell) -> frozenset[Cell]:
    book = judge.cells.book
    return reads_in_the_end(reads_of(one.formula, book.ranges), book.ranges, book.own_formula).cells


def _functions(judge: Judge, one: OpenCell) -> list[str]:
    """The functions of a formula, and of the learner's own cells that it reads."""
    book = judge.cells.book
    read = reads_of(one.formula, book.ranges).cells
    texts = [one.formula, *map(book.own_formula, sorted(read))]
    found = (token for text in texts for token in tokens(text) if token.kind == "function")
    return [token.name.upper().rpartition(".")[2] for token in found]
