"""Unusual formulas: those by which a teacher sees that two learners worked together, or one copied.

What the network calls for is everybody's, and a slip that has a name is many people's. Must not
know other workbooks.
"""

from collections.abc import Container, Iterable

from xlconv.grading.opened import OpenCell, OpenCells
from xlconv.spreadsheet.cells import Place
from xlconv.state.sheet_names import BOARD

_MOST = 40  # of a part: who types each cell anew has a formula of their own in each


def unusual_formulas(opened: Iterable[OpenCells], slips: Container[str]) -> frozenset[str]:
    """The formulas of parts that are none of the network's, as they stand in the first cell that
    holds them; of layers whose `slips` have a name, none."""
    return frozenset(
        formula for one in opened if one.part.layer not in slips for formula in _of_part(one)
    )


def _of_part(opened: OpenCells) -> Iterable[str]:
    firsts: dict[str, OpenCell] = {}
    for one in opened:
        if one.found.formula is not None and not one.is_expected:
            firsts.setdefault(one.found.formula.relative, one)
        if len(firsts) == _MOST:
            break
    for one in firsts.values():
        plain = _plain(one.formula)
        if plain != _plain(opened.expected_formula(one.row, one.column)):
            yield f"{Place(BOARD, one.cell)} {plain}"


def _plain(formula: str) -> str:
    """A formula without what people write differently: blanks, case, $."""
    return "".join(formula.upper().replace("$", "").split())
