"""Everything that a workbook computes, as NumPy has it: the network, and what the sheets add.

Joins them in the order of computation. Must not know formulas, files or looks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain

import numpy as np

from xlconv.network.network import INPUT
from xlconv.reference.forward import checked_image, compute_steps, forward_steps
from xlconv.reference.layers.base import Step, Values
from xlconv.sheets import computed_parts
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.board.numbers import sum_steps
from xlconv.sheets.exercise.numbers import EMPTY_CELLS, empty_open, given_sums, made_checks
from xlconv.sheets.exercise.places import exercise_places
from xlconv.sheets.guide.numbers import built
from xlconv.sheets.guide.numbers import steps as guide_steps
from xlconv.state.choices import Display


def workbook_steps(
    display: Display, layout: Layout, values: Mapping[str, Values]
) -> Iterator[Step]:
    """Each result in the order of computation, computed from those before it as `values` has
    them when it is asked for: NumPy's own, or those that were found in a workbook."""
    made: Iterator[Step] = chain.from_iterable(
        steps(display, layout, values) for steps in computed_parts("numbers", "steps")
    )
    for amended_steps in computed_parts("numbers", "amended_steps"):
        made = amended_steps(display, layout, values, made)
    return made


def workbook_values(display: Display, layout: Layout) -> dict[str, Values]:
    """The value of every computed cell, by the names of their rules; where cells are left open,
    what belongs there."""
    values = _first_values(display)
    return compute_steps(values, workbook_steps(display, layout, values))


def _first_values(display: Display) -> dict[str, Values]:
    return {INPUT: checked_image(display.model, display.image), **display.given}


def exercise_display(display: Display, layout: Layout) -> Display:
    """What a workbook shows, with all that an exercise's checks must know, and its cells empty."""
    places = exercise_places(display.network, layout)
    if places is None:
        return display
    right = forward_steps(display.model, display.image, display.given)
    given = given_sums(places, sum_steps(display.model, right))
    empty = {
        f"{EMPTY_CELLS}{number}": np.ones(part.open.size)
        for number, part in enumerate(places.parts, 1)
    }
    checks = made_checks(places, right, given)
    return replace(display, given={**display.given, **empty}, checks=checks)


def new_workbook_values(display: Display, layout: Layout) -> dict[str, Values]:
    """The value of every computed cell of a new workbook: open cells count as 0."""
    places = exercise_places(display.network, layout)
    if places is None:
        return workbook_values(display, layout)
    values, right = _first_values(display), workbook_values(display, layout)
    made = (empty_open(step, places, right) for step in workbook_steps(display, layout, values))
    return compute_steps(values, made)


def remember_build(display: Display, layout: Layout, values: dict[str, Values]) -> Display:
    """A new workbook's display with what its build leaves for the ticks of the Guide, whose values
    follow from it."""
    made = replace(display, built=built(display, layout, values))
    compute_steps(values, guide_steps(made, layout, values))
    return made
