"""Found values against the reference, cell by cell, each from the cells that it reads.

Blame is local: the reference computes a layer's cells from the values that were *found*
in the layer before, so one wrong cell is one difference and not everything behind it.
Must not know files, formulas or engines.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from xlconv.network.model import Array, Model
from xlconv.network.network import INPUT
from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.model.numbers import HELD
from xlconv.sheets.numbers import workbook_steps
from xlconv.spreadsheet.formula import ERRORS
from xlconv.state.choices import Display
from xlconv.xlsx.sheet import Value

# Engines agree to about 1e-14, LibreOffice saves 15 digits: both are well within this share
# of the terms that make a cell, and a change in the tenth digit is well outside.
RELATIVE_TOLERANCE = 1e-12
# Below it programs differ in what they flush to zero.
ABSOLUTE_TOLERANCE = 1e-300

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Comparison:
    """Found values of one name beside what they should be, as flat arrays.

    `wrong` marks the cells that differ; `error` is each one's distance (0 for texts that are
    equal, infinity for those that are not and for what is no number); `known` marks the cells
    for which there is an expectation: none if what they read is itself not a number.
    """

    expected: Values
    wrong: Mask
    error: Array
    known: Mask

    def expectation(self, index: int) -> Value:
        """What one cell should be."""
        return plain_value(self.expected[index])

    @property
    def largest_error(self) -> float:
        finite = self.error[self.known & np.isfinite(self.error)]
        return float(finite.max(initial=0.0))


Found = Mapping[str, Values]  # by the names of rules, flat, in C order


def plain_value(value: object) -> Value:
    """A value of an array as Python's own."""
    plain: Value = value.item() if isinstance(value, np.generic) else value  # type: ignore[assignment]
    return plain


def compare_locally(display: Display, layout: Layout, found: Found) -> dict[str, Comparison]:
    """Every name's found values (flat, in C order) against what the reference computes from
    the found values that they read."""
    values: dict[str, Values] = {INPUT: display.image}
    shapes = {**display.network.shapes, **display.network.inner}
    for name, flat in found.items():
        values[name] = _found_values(flat).reshape(shapes.get(name, (len(flat),)))
    with np.errstate(all="ignore"):  # NaN stands for what is not a number
        expected = {step.name: step for step in workbook_steps(display, layout, values)}
    return {name: _compare(expected.get(name), flat) for name, flat in found.items()}


def compare_end_to_end(
    display: Display,
    layout: Layout,
    found: Found,
    taken: Collection[str] = (),
) -> dict[str, Comparison]:
    """Every name's found values against the reference's own forward pass, in which those that are
    `taken` are as they were found."""
    values: dict[str, Values] = {INPUT: display.image, **given_values(display.model, found)}
    expected = {}
    with np.errstate(all="ignore"):
        for step in workbook_steps(display, layout, values):
            values[step.name], expected[step.name] = step.value, step
            if step.name in taken:
                own = _found_values(found[step.name]).reshape(step.value.shape)
                values[step.name], expected[step.name] = own, replace(step, value=own)
    return {name: _compare(expected.get(name), flat) for name, flat in found.items()}


def compare_mended(
    display: Display,
    layout: Layout,
    found: Found,
    trusted: Mapping[str, Mask],
    either: bool,
) -> dict[str, Comparison]:
    """Every name's found values against what the reference computes from those before them,
    each wrong one mended before the next layer is compared.

    `trusted` marks, by name, cells that are taken as they are found. With `either`, a value is
    right, too, if it follows from the found values that it reads, wrong or not.
    """
    local = compare_locally(display, layout, found) if either else {}
    values: dict[str, Values] = {INPUT: display.image, **given_values(display.model, found)}
    compared = {}
    with np.errstate(all="ignore"):
        for step in workbook_steps(display, layout, values):
            mended = _compare(step, found[step.name])
            wrong, error = mended.wrong & ~trusted[step.name], mended.error
            if either:
                other = local[step.name]
                wrong = wrong & (other.wrong | ~other.known)
                error = np.where(other.known, np.minimum(error, other.error), error)
            compared[step.name] = replace(mended, wrong=wrong, error=error)
            values[step.name] = _with_mended(step, found[step.name], wrong)
    return {name: compared.get(name, _compare(None, flat)) for name, flat in found.items()}


def given_values(model: Model, found: Found) -> dict[str, Array]:
    """What only the workbook knows, among found values: the random numbers that it drew, and how
    many of its cells are not empty."""
    held = {name: (len(values),) for name, values in found.items() if name.startswith(HELD)}
    shapes = model.network.random_shapes | held
    return {
        name: numbers(found[name]).reshape(shape) for name, shape in shapes.items() if name in found
    }


def _found_values(found: Values) -> Values:
    """Found values as numbers, or as objects if there are texts among them; an error is none, for
    what reads it is an error, too."""
    if found.dtype.kind == "f":
        return found
    held = found.tolist()
    if not any(isinstance(cell, str) for cell in held):
        return numbers(found)
    texts = np.empty(len(held), dtype=object)
    texts[:] = [None if cell in ERRORS else cell for cell in held]
    return texts


def _with_mended(step: Step, found: Values, wrong: Mask) -> Values:
    """What was found, with NumPy's values in place of those that are wrong."""
    held, shape = _found_values(found), step.value.shape
    if held.dtype.kind == "f" and step.value.dtype.kind == "f":
        if not wrong.any():
            return held.reshape(shape)
        mended: Array = np.where(wrong.reshape(shape), step.value, held.reshape(shape))
        return mended
    right = np.empty(len(found), dtype=object)
    right[:] = found.tolist()
    right[wrong] = np.asarray(step.value.reshape(-1), dtype=object)[wrong]
    return _found_values(right).reshape(shape)


def _compare(step: Step | None, found: Values) -> Comparison:
    count = len(found)
    if step is None:
        nothing = np.zeros(count, dtype=bool)
        return Comparison(
            expected=np.full(count, None), wrong=nothing, error=np.zeros(count), known=nothing
        )
    if step.value.dtype.kind == "O":
        return _compare_mixed(step, found)
    if step.scale is None or step.value.dtype.kind != "f":
        texts = step.value.reshape(-1)
        pairs = zip(found.tolist(), texts.tolist(), strict=True)
        wrong = np.array([_differs(cell, text, step.also) for cell, text in pairs], dtype=bool)
        error = np.where(wrong, np.inf, 0.0)
        return Comparison(expected=texts, wrong=wrong, error=error, known=np.ones(count, bool))
    expected = np.asarray(step.value, dtype=np.float64).reshape(-1)
    known = np.isfinite(expected)
    error = np.abs(numbers(found) - expected)
    error[np.isnan(error)] = np.inf
    allowed = RELATIVE_TOLERANCE * step.scale.reshape(-1) + ABSOLUTE_TOLERANCE
    wrong = known & ~(error <= allowed)
    if step.also:
        wrong &= [cell not in step.also for cell in found.tolist()]
    return Comparison(
        expected=expected, wrong=wrong, error=np.where(known, error, 0.0), known=known
    )


def _compare_mixed(step: Step, found: Values) -> Comparison:
    """Cells of which some should hold texts and others numbers."""
    expected: NDArray[np.object_] = np.asarray(step.value.reshape(-1), dtype=object)
    known = np.array([one is not None for one in expected], dtype=bool)
    assert step.scale is not None
    scale = step.scale.reshape(-1)
    pairs = list(zip(found.tolist(), expected.tolist(), strict=True))
    error = np.array([_distance(cell, one) for cell, one in pairs])
    allowed = RELATIVE_TOLERANCE * scale + ABSOLUTE_TOLERANCE
    wrong = known & ~(error <= allowed) & [_differs(cell, one, step.also) for cell, one in pairs]
    return Comparison(
        expected=expected, wrong=wrong, error=np.where(known, error, 0.0), known=known
    )


def _distance(found: Value, expected: object) -> float:
    """How far a number is from another; 0 for equal texts, else infinity."""
    if isinstance(found, float) and isinstance(expected, float):
        return abs(found - expected)
    return np.inf if _differs(found, expected) else 0.0


def _differs(found: Value, expected: object, also: Collection[Value] = ()) -> bool:
    """Whether a cell holds neither what is expected nor what is as right."""
    if found == expected or found in also:
        return False
    if found is None and expected == "":  # exceljs writes no value for an empty text
        return False
    if not isinstance(found, str) or not _LONG_NUMBER.search(found):
        return True
    # Gnumeric writes more digits into a text than a number has: 3.1300000000000000001.
    texts = {one for one in (expected, *also) if isinstance(one, str)}
    return _with_15_digits(found) not in {*texts, *map(_with_15_digits, texts)}


_LONG_NUMBER = re.compile(r"\d+\.\d{12,}(?:[eE][+-]?\d+)?")


def _with_15_digits(text: str) -> str:
    """A text with the 15 digits of its long numbers that other programs write."""
    return _LONG_NUMBER.sub(lambda match: f"{float(match[0]):.15g}".replace("e", "E"), text)
