"""The softmax laboratory's words and yellow cells: blocks.

Must not know mathematics, nor how a file is written.
"""

from collections.abc import Iterator
from dataclasses import replace

from xlconv.sheets import styles
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.laboratory.places import CHOICES, LaboratoryPlaces, sum_below
from xlconv.spreadsheet.blocks import BlankBlock, Block, Choice, Style, one_cell
from xlconv.spreadsheet.cells import Range
from xlconv.state.choices import Display

_HEADS = {
    "labels": "class",
    "logits": "logit, changed",
    "exp": "exp",
    "plain": "without exp",
    "softmax": "softmax",
    "sigmoid": "sigmoid",
}
_ASKED = {
    "temperature": "temperature: logits ÷",
    "times": "logits ×",
    "minus_max": "minus the largest: 1 on, 0 off",
}
_NOTES = (
    "The network's own answer stays as it is: only this table changes.",
    "Without exp, a negative logit has a negative share; a large one wins by little.",
    "A low temperature makes softmax sure, a high one lets all classes have the same.",
    "Logits × 1000 without minus the largest: exp is larger than any number of a cell.",
    "The sigmoids need not add up to 1: each class is asked by itself.",
)
_WORDS = Style(size=11, horizontal="right")


def laboratory_blocks(display: Display, layout: Layout) -> Iterator[Block]:
    """What stands there besides computed cells."""
    places = layout.laboratory
    if places is None:
        return
    yield from _words(places)
    chosen = display.choices.laboratory
    for key, place in zip(CHOICES, places.choices, strict=True):
        yield one_cell(place.first, float(getattr(chosen, key)), styles.CONTROL)
        yield from (BlankBlock(part, styles.CONTROL) for part in place.rest(Range.of(place.first)))


def laboratory_words(layout: Layout) -> list[Block]:
    """Its words alone."""
    return [] if layout.laboratory is None else [*_words(layout.laboratory)]


def _words(places: LaboratoryPlaces) -> Iterator[Block]:
    title = places.labels.first.shifted(-2, 0)
    yield one_cell(title, "Softmax laboratory: change the yellow cells", styles.SECTION)
    for key, head in _HEADS.items():
        column: Range = getattr(places, key)
        yield one_cell(column.first.shifted(-1, 0), head, styles.COLUMN_HEAD)
    yield one_cell(sum_below(places.labels), "sum", styles.COLUMN_HEAD)
    yield one_cell(sum_below(places.labels).shifted(1, 0), "taken away", styles.COLUMN_HEAD)
    for key, place in zip(CHOICES, places.choices, strict=True):
        yield one_cell(place.first.shifted(0, -2), _ASKED[key], _WORDS)
    if places.loss is not None:
        yield one_cell(places.loss.first.shifted(0, -2), "cross-entropy", _WORDS)
    for row, words in enumerate(_NOTES):
        yield one_cell(places.notes.shifted(row, 0), words, styles.LEAD)


def laboratory_choices(layout: Layout) -> Iterator[Choice]:
    """What may be typed there."""
    places = layout.laboratory
    if places is None:
        return
    at = {key: (Range.of(one.first),) for key, one in zip(CHOICES, places.choices, strict=True)}
    yield Choice(at["temperature"], "temperature", "A number above 0; 1 is softmax as it is.")
    yield Choice(at["times"], "logits ×", "A number; with 1000, minus max off, exp overflows.")
    yield Choice(at["minus_max"], "minus the largest", "1 is on, 0 is off.", ("1", "0"))


def laboratory_merges(layout: Layout) -> tuple[Range, ...]:
    """Cells that are larger than one of the grid."""
    places = layout.laboratory
    if places is None:
        return ()
    return (*places.choices, *([places.loss] if places.loss is not None else []))


ROLES = {
    "label": styles.CLASS_LABEL,
    "logit": styles.VECTOR,
    "exp": styles.FRACTION,
    "plain": styles.PERCENT,
    "softmax": styles.PERCENT,
    "sigmoid": styles.PERCENT,
    "taken": styles.VECTOR,
    "loss": replace(styles.COMPUTED, number_format="0.0000", bold=True),
    **{
        f"{key}_sum": replace(look, bold=True, border="C5CDD5")
        for key, look in (
            ("logit", styles.VECTOR),
            ("exp", styles.FRACTION),
            ("plain", styles.PERCENT),
            ("softmax", styles.PERCENT),
            ("sigmoid", styles.PERCENT),
        )
    },
}
