"""Resemblance: what workbooks have in common that they hardly have by chance.

Must not know how workbooks are marked, nor where this is shown.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from xlconv.grading.marks import Marks

_MOST_BOOKS = 0.1  # of a class's, in which a formula is still unusual
_MOST_FORMULAS = 3  # of which one is told


@dataclass(frozen=True)
class Resemblance:
    """What the workbooks of some files have in common, in words that name them."""

    files: tuple[str, ...]
    text: str


def resemblances(marked: Sequence[Marks]) -> list[Resemblance]:
    """The same kernels where names differ, and the same unusual formulas."""
    return [*map(_same_kernels, _copied_groups(marked)), *_shared_formulas(marked)]


def _same_kernels(group: Sequence[Marks]) -> Resemblance:
    names = " and ".join(dict.fromkeys(one.student for one in group))
    files = tuple(one.file for one in group)
    return Resemblance(
        files,
        f"{' and '.join(files)} have the same kernels, but say that they were made for {names}: "
        "a copy?",
    )


def _copied_groups(marked: Sequence[Marks]) -> list[list[Marks]]:
    """Workbooks with the same kernels that say that they were made for different students: at most
    one of them can be right about that. None where all have the same: there none were varied."""
    groups: dict[str, list[Marks]] = {}
    for marks in (marks for marks in marked if marks.kernels):
        groups.setdefault(marks.kernels, []).append(marks)
    several = [group for group in groups.values() if len({one.student for one in group}) > 1]
    return several if len(groups) > 1 else []


def _shared_formulas(marked: Sequence[Marks]) -> list[Resemblance]:
    """The formulas that only few workbooks have in common, by who has them."""
    books = [one for one in marked if not one.error]
    holders = defaultdict[str, list[Marks]](list)
    for one in books:
        for formula in sorted(one.unusual):
            holders[formula].append(one)
    groups = defaultdict[tuple[str, ...], list[str]](list)
    for formula, those in holders.items():
        names = {one.made_for or one.student for one in those}
        if 1 < len(names) <= max(2, int(_MOST_BOOKS * len(books))):
            groups[tuple(one.file for one in those)].append(formula)
    return [Resemblance(files, _shared(files, formulas)) for files, formulas in groups.items()]


def _shared(files: Sequence[str], formulas: Sequence[str]) -> str:
    told = "; ".join(formulas[:_MOST_FORMULAS])
    more = f"; and {len(formulas) - _MOST_FORMULAS} more" if len(formulas) > _MOST_FORMULAS else ""
    same = "the same unusual formula" + ("s" if len(formulas) > 1 else "")
    return f"{' and '.join(files)} hold {same}: {told}{more}"
