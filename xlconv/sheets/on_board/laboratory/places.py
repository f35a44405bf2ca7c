"""Where the softmax laboratory stands, and which networks have one.

Rectangles only; must not know formulas, values or looks.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from xlconv.network.layers.base import Layer, source
from xlconv.network.network import Network
from xlconv.spreadsheet.cells import Cell, Range

GAP = 2  # columns before the table, and between it and what is chosen
WORDS = 9  # columns of the words before what is chosen
WIDTH = 30  # columns of the notes below it
COLUMNS = 6
CHOICES = ("temperature", "times", "minus_max")
NAMES = tuple(f"laboratory_{one}" for one in CHOICES)  # of the cells in which they are chosen
_LOSS, NOTES = 6, 9  # rows below the first


@dataclass(frozen=True)
class LaboratoryPlaces:
    """Columns of a table with a line for each class: its name, its logit as it is changed, exp of
    it, its share with and without exp, its sigmoid; the cells that change the logits; and, where
    one class is asked for, the cross-entropy. Below each column stands its sum."""

    labels: Range
    logits: Range
    exp: Range
    plain: Range
    softmax: Range
    sigmoid: Range
    temperature: Range
    times: Range
    minus_max: Range
    loss: Range | None

    @property
    def taken(self) -> Cell:
        """What is taken away from every logit before exp: the largest, or 0."""
        return self.logits.last.shifted(2, 0)

    @property
    def notes(self) -> Cell:
        """Where the words begin that say what there is to see."""
        return Cell(self.labels.row + NOTES, self.temperature.column - WORDS)

    @property
    def choices(self) -> tuple[Range, Range, Range]:
        """The yellow cells, in the order of CHOICES."""
        return self.temperature, self.times, self.minus_max

    @property
    def area(self) -> Range:
        """All of it."""
        bottom = max(self.taken.row, self.notes.row + 4)
        right = self.temperature.column - WORDS + WIDTH
        top, left = self.labels.row - 1, self.labels.column
        return Range(top, left, bottom - top + 1, right - left + 1)


def sum_below(column: Range) -> Cell:
    """Where the sum of a column stands."""
    return column.last.shifted(1, 0)


def has_laboratory(layer: Layer, network: Network, opened: Container[str]) -> bool:
    """Whether there is a laboratory behind a layer: it ends a network of classes, of which it makes
    shares, or asks each by itself; and it is not left open, for the laboratory tells what belongs
    there."""
    return (
        layer.name == network.output
        and layer.name not in opened
        and layer.shares
        and len(network.labels) > 1
        and network.shapes[source(layer)] == network.shapes[layer.name]
    )


def place_laboratory(columns: Sequence[Range], several: bool) -> LaboratoryPlaces:
    """The laboratory in six columns, and in what is free to the right of them."""
    labels, logits, exp, plain, softmax, sigmoid = columns
    row, left = labels.row, sigmoid.column + 1 + GAP + WORDS
    temperature, times, minus_max = (Range(row + 2 * n, left, 1, 3) for n in range(len(CHOICES)))
    return LaboratoryPlaces(
        labels=labels,
        logits=logits,
        exp=exp,
        plain=plain,
        softmax=softmax,
        sigmoid=sigmoid,
        temperature=temperature,
        times=times,
        minus_max=minus_max,
        loss=None if several else Range(row + _LOSS, left, 1, 3),
    )
