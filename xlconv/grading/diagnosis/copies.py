"""What a formula says that was copied from its part's first cell: which of its references moved and
should have stayed, and which stayed and should have moved.

Compares texts alone. Must not know what cells hold.
"""

from collections.abc import Iterator

from xlconv.grading.diagnosis.surroundings import Remark, Surroundings, WrongCell
from xlconv.grading.precedents import Cells, reads_of
from xlconv.spreadsheet.cells import Range
from xlconv.spreadsheet.formula import references, relative_form

RANGE_NOT_FIXED, KERNEL_NOT_FIXED = "range not fixed", "kernel not fixed"
WINDOW_FIXED = "window fixed"


def copy_remark(wrong: WrongCell, around: Surroundings) -> Remark | None:
    """What is wrong with the $ of a formula that is a copy of the first one, which reads what it
    should."""
    here, first = wrong.cell, wrong.part.range.first
    if here == first or not wrong.first:
        return None
    if relative_form(wrong.formula, here) != relative_form(wrong.first, first):
        return None
    should = reads_of(wrong.called_for, around.names).cells
    at_first = reads_of(wrong.first_called_for, around.names).cells
    for before, now in _pairs(wrong):
        weights = around.layout.weights.get(wrong.part.layer)
        own = weights is not None and any(map(before.overlaps, weights.ranges))
        read = _is_among(before, at_first) and not _is_among(before, should)
        if before == now and read and not own:
            return Remark(
                f"{before.absolute} stays where it is in every cell: the $ are superfluous, the "
                "window moves with the cell",
                WINDOW_FIXED,
            )
        stays = _should_stay(before, should, wrong, around)
        if before != now and stays and not _is_among(now, should):
            stepped = wrong.part.layer in around.layout.steps
            return Remark(
                f"{_what(before, wrong, around)}not fixed with $: {before.a1} became {now.a1}",
                RANGE_NOT_FIXED if stepped else KERNEL_NOT_FIXED,
            )
    return None


def _pairs(wrong: WrongCell) -> Iterator[tuple[Range, Range]]:
    """The places of the board that the first formula names, each with what became of it."""
    pairs = zip(references(wrong.first), references(wrong.formula), strict=False)
    return ((before, now) for (_, before), (_, now) in pairs)


def _is_among(place: Range, cells: Cells) -> bool:
    """Whether cells hold all those of a place, which may be as large as a sheet."""
    return place.size <= len(cells) and cells.issuperset(place.cells())


def _should_stay(before: Range, should: Cells, wrong: WrongCell, around: Surroundings) -> bool:
    """Whether a place is read by the right formula here, too, or is a column of softmax."""
    if _is_among(before, should):
        return True
    name = wrong.part.layer
    return name in around.layout.steps and before.size > 1


def _what(place: Range, wrong: WrongCell, around: Surroundings) -> str:
    """What stands at a place, as the beginning of a sentence."""
    for called, ranges in fixed_places(wrong, around).items():
        if any(place.overlaps(one) for one in ranges):
            return f"the {called} {'are' if called.endswith('s') else 'is'} "
    return f"{place.a1} is "


def fixed_places(wrong: WrongCell, around: Surroundings) -> dict[str, list[Range]]:
    """What all cells of a part read in the same place, by what it is called."""
    layout, name = around.layout, wrong.part.layer
    kernels = around.network.layer(name).window is not None
    places: dict[str, list[Range]] = {}
    weights = layout.weights.get(name)
    if weights is not None:
        for key, ranges in weights.arrays.items():
            called = {"weight": "kernel" if kernels else "weights"}
            places[called.get(key, key)] = list(ranges)
    if f"{name}_kernel" in layout.inner:
        places["kernel"] = list(layout.inner[f"{name}_kernel"].maps)
    if name in layout.steps:
        steps = layout.steps[name]
        places["largest logit"] = [Range.of(steps.maximum)]
        places["sum of exp"] = [Range.of(steps.total)]
    return places
