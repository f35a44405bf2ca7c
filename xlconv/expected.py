"""Everything that a workbook computes, as NumPy has it: the reference, the desk and the inspector.

Joins them in the order of computation. Must not know formulas, files or looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xlconv.choices import Display
from xlconv.desk_steps import desk_steps, picture_steps
from xlconv.explaining import explain_steps
from xlconv.network import INPUT
from xlconv.operators import Step, Values
from xlconv.places import Layout
from xlconv.reference import checked_image, filled, steps


def workbook_steps(
    display: Display, layout: Layout, values: Mapping[str, Values]
) -> Iterator[Step]:
    """Each result in the order of computation, computed from those before it as `values` has
    them when it is asked for: NumPy's own, or those that were found in a workbook."""
    yield from picture_steps(display, layout, values)
    yield from steps(display.model, values)
    yield from explain_steps(display, layout, values)
    yield from desk_steps(display, layout, values)


def workbook_values(display: Display, layout: Layout) -> dict[str, Values]:
    """The value of every computed cell, by the names of their rules."""
    values: dict[str, Values] = {
        INPUT: checked_image(display.model, display.image),
        **display.given,
    }
    return filled(values, workbook_steps(display, layout, values))
