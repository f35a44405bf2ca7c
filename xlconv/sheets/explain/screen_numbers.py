"""What the sheet Explain shows, in plain NumPy and Python: windows beside weights and products, in
words and numbers.

Starts from what a cell is made of and from which part is shown; must not know the formulas that
find the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import NDArray

from xlconv.network.model import Array
from xlconv.network.names import label_cell
from xlconv.network.network import vector_labels
from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.sheets.explain.places import InspectorPlaces
from xlconv.sheets.explain.screen import Screen, blocks, columns_needed, middle, shown_size, totals
from xlconv.sheets.explain.sentence.numbers import Account, rounded_texts, sentence_of, then_parts
from xlconv.sheets.explain.step_numbers import mixed_step, padded, text_step
from xlconv.sheets.explain.table import (
    EXPONENTS,
    NO_WEIGHTS,
    PLANES,
    STRONGEST,
    WEIGHTS,
    LayerLine,
    follower,
    unit_word,
)
from xlconv.sheets.explain.terms import Cell3, CellValue, Composition, Scope, Terms


@dataclass(frozen=True)
class Shown:
    """What is shown of a cell: what it is made of, and, as they were found, the order of its slots
    and how much of each side is cut off."""

    line: LayerLine
    made: Composition
    terms: Terms
    captions: list[str]
    found: Mapping[str, Values]

    @property
    def size(self) -> tuple[int, int]:
        return shown_size(self.line)

    @property
    def cut(self) -> tuple[int, int]:
        """How many rows and columns come before those that are shown."""
        rows, columns = (numbers(self.found[key])[0] for key in ("cut_rows", "cut_columns"))
        return int(rows), int(columns)

    def rows(self) -> Iterator[tuple[int, int]]:
        """The slot, from 0, and the row, from 1, of what is shown in each row of the canvas; behind
        the last one of a window stand the numbers of its columns."""
        order = numbers(self.found["order"])[: blocks(self.line)]
        for number in order.tolist():
            for row in range(1, self.size[0] + 2):
                yield int(number) - 1, row

    def base(self, slot: int, row: int) -> int:
        """How many terms come before those that are shown in a row."""
        if row > self.size[0]:
            return 0
        (height, width), (down, across) = self.line.size, self.cut
        return (slot * height + down + row - 1) * width + across


def thumbnail_step(screen: Screen, image: Array) -> Step:
    """The picture in the small: of planes the mean, of colours their numbers as `image`."""
    rows = [screen.grid.row(number) for number in range(screen.grid.rows)]
    columns = [screen.grid.column(number) for number in range(screen.grid.columns)]
    part = image[:, rows][:, :, columns]
    seen, size = part.mean(axis=0), np.abs(part).mean(axis=0)
    return Step("thumbnail:picture", seen.reshape(-1), size.reshape(-1))


def screen_steps(
    shown: Shown, scope: Scope, cell: Cell3, places: InspectorPlaces
) -> Iterator[Step]:
    """Everything that stands on the sheet."""
    yield text_step("title", (_title(shown.line, scope, cell),))
    yield text_step("sentence", _sentence(shown, scope, cell))
    more, most = len(shown.made.slots), blocks(shown.line)
    told = f"the strongest {most} of {more}, and {more - most} more" if more > most else ""
    yield text_step("more", (told,))
    yield from _canvas_steps(shown, scope, places)
    yield from _told_steps(shown, scope, places)
    yield from _strongest_steps(shown, scope)


def _title(line: LayerLine, scope: Scope, cell: Cell3) -> str:
    if len(line.shape) == 1:
        label = vector_labels(scope.network, line.name)[cell[1]]
        return f"{line.name}, {unit_word(scope.network, line.name)} {label}"
    number, row, column = (one + 1 for one in cell)
    return f"{line.name}, map {number}, row {row}, column {column}"


def _sentence(shown: Shown, scope: Scope, cell: Cell3) -> tuple[str, ...] | None:
    """How the cell came about; None if that cannot be said."""
    line, (found,) = shown.line, numbers(scope.values["explain:result"])
    then = follower(scope.network, line.layer)
    after = float(scope.maps(then.name)[cell]) if then else None
    if isnan(found) or (after is not None and isnan(after)):
        return None
    account = Account(
        made=shown.made,
        terms=shown.terms,
        outcome=float(found),
        caption=shown.captions[0],
        cell=cell,
        strongest=int(numbers(shown.found["strongest"])[0]) - 1,
    )
    return rounded_texts([*sentence_of(line, account), *then_parts(then, float(found), after)])


def _canvas_steps(shown: Shown, scope: Scope, places: InspectorPlaces) -> Iterator[Step]:
    """Windows, weights and products, with names, numbers of rows and columns, and heads."""
    line, screen = shown.line, places.screen
    (tall, wide), (down, across) = shown.size, shown.cut
    first, [result] = shown.made.slots[0], scope.values["explain:result"].reshape(-1).tolist()
    grid = np.full((screen.rows, screen.columns), "", dtype=object)
    scale = np.zeros((screen.rows, screen.columns))
    captions: list[CellValue] = [""] * screen.rows
    rulers: list[CellValue] = [""] * screen.rows
    height, width = line.size
    part = f"part of {height} × {width}" if line.size != shown.size else ""
    columns = [first.column + (across + n) * shown.made.apart[1] for n in range(wide)]
    for row, (slot, number) in enumerate(shown.rows()):
        if number == 1:
            captions[row] = shown.captions[slot] + (f": {part}" if part and tall == 1 else "")
        elif number == 2 and tall > 1:
            captions[row] = part
        if number > tall:
            grid[row, :wide] = [str(one) if line.read[2] > 1 else "" for one in columns]
            continue
        rulers[row] = _ruler(shown, scope, slot, down + number - 1)
        _draw(shown, slot, number, grid[row], scale[row], result)
    yield mixed_step("captions", captions)
    yield mixed_step("rulers", rulers)
    yield mixed_step("heads", padded(_heads(line, wide), screen.columns))
    yield mixed_step("canvas", grid.reshape(-1).tolist(), scale.reshape(-1).tolist())


def _ruler(shown: Shown, scope: Scope, slot: int, row: int) -> CellValue:
    """The number of a row of a window, or, in a vector, its label."""
    read = shown.made.slots[slot]
    if len(scope.network.shapes[read.tensor]) == 1:
        return label_cell(vector_labels(scope.network, read.tensor)[read.row - 1 + row])
    return float(read.row + row * shown.made.apart[0])


def _draw(
    shown: Shown,
    slot: int,
    number: int,
    cells: NDArray[np.object_],
    scale: Array,
    result: CellValue,
) -> None:
    """A row of a window, its weights and its products, each a column apart."""
    wide, base, terms = shown.size[1], shown.base(slot, number), shown.terms
    part = slice(base, base + wide)
    read = zip(terms.value[part], terms.outside[part], strict=True)
    for column, (value, beyond) in enumerate(read):
        cells[column] = "outside" if beyond and value in ("", 0.0) else value
        scale[column] = _size(value)
    if shown.line.weights == NO_WEIGHTS:
        if number == middle(shown.line) and len(shown.made.slots) == 1:
            cells[wide], cells[wide + 1], scale[wide + 1] = "→", result, _size(result)
        return
    cells[wide + 1 : 2 * wide + 1] = terms.weight[part]
    scale[wide + 1 : 2 * wide + 1] = terms.spread[part]
    cells[2 * wide + 2 : 3 * wide + 2] = terms.product[part]
    scale[2 * wide + 2 : 3 * wide + 2] = terms.error[part]
    if number == middle(shown.line):
        each = shown.line.size[0] * shown.line.size[1]
        own = slice(slot * each, (slot + 1) * each)
        soft = shown.line.weights == EXPONENTS
        cells[wide], cells[2 * wide + 1] = ("→", "→") if soft else ("×", "=")
        cells[3 * wide + 2], cells[3 * wide + 3] = "Σ", float(terms.products[own].sum())
        scale[3 * wide + 3] = sum(terms.error[own])


def _heads(line: LayerLine, wide: int) -> list[CellValue]:
    """What the columns of the canvas show."""
    heads: list[CellValue] = [""] * columns_needed(line)
    heads[0] = "reads"
    if line.weights == NO_WEIGHTS:
        heads[wide + 1] = "result" if line.slots == 1 else ""
    else:
        soft = line.weights == EXPONENTS
        heads[wide + 1] = "− max" if soft else "kernel" if line.slides else "weights"
        heads[2 * wide + 2], heads[3 * wide + 3] = "exp" if soft else "product", "sum"
    return heads


def _told_steps(shown: Shown, scope: Scope, places: InspectorPlaces) -> Iterator[Step]:
    """The lines beside the canvas: what is summed, added, made of it."""
    line, count = shown.line, places.screen.results
    then = follower(scope.network, line.layer)
    keys = ("total", "result", "equal", "then")
    total, result, equal, after = (
        scope.values[f"explain:{key}"].reshape(-1).tolist()[0] for key in keys
    )
    labels: list[CellValue] = []
    held: list[CellValue] = []
    if totals(line):
        labels.append("sum of exp" if line.weights == EXPONENTS else "sum")
        held.append(total)
    for name, fact in shown.made.facts.items():
        labels.append("plus bias" if name == "bias" else name)
        held.append(fact)
    told: list[CellValue] = [""] * len(held)
    right = "✓ on the board" if equal == 1 else "✗ not on the board"
    told.append(None if equal is None else right)
    labels, held = [*labels, f"{line.name} ="], [*held, result]
    if then is not None:
        labels, held = [*labels, f"then {then.name}"], [*held, after]
        kept = "kept" if isinstance(result, float) and result > 0 else "cut off"
        told.append(kept if then.rectifies else "")
    yield mixed_step("labels", padded(labels, count))
    yield mixed_step("values", padded(held, count))
    yield mixed_step("told", padded(told, count))


def _strongest_steps(shown: Shown, scope: Scope) -> Iterator[Step]:
    """The products that speak most for a large result, and those against it, with what they are
    made of."""
    line, terms = shown.line, shown.terms
    for key, words in (("favour", "what speaks for it"), ("against", "what speaks against it")):
        yield text_step(f"{key}_head", (words if line.weights == WEIGHTS else "",))
        found = numbers(scope.values[f"explain:strongest_{key}"])
        at = [int(one) - 1 for one in found.tolist() if not isnan(one)]
        lists: dict[str, list[CellValue]] = {
            "": [terms.product[n] for n in at],
            "_value": [terms.value[n] for n in at],
            "_sign": ["×" for _ in at],
            "_weight": [terms.weight[n] for n in at],
            "_place": [_place_words(shown, scope, n) for n in at],
        }
        scales = {"": [terms.error[n] for n in at], "_weight": [terms.spread[n] for n in at]}
        for part, held in lists.items():
            yield mixed_step(f"{key}{part}", padded(held, STRONGEST), scales.get(part))


def _place_words(shown: Shown, scope: Scope, term: int) -> str:
    """Where a term stands."""
    slot = shown.made.slots[int(shown.terms.slot[term]) - 1]
    row, column = int(shown.terms.row[term]), int(shown.terms.column[term])
    if len(scope.network.shapes[slot.tensor]) == 1:
        label = vector_labels(scope.network, slot.tensor)[row - 1]
        return f"{unit_word(scope.network, slot.tensor)} {label}"
    lead = f"map {slot.map}, " if len(scope.layout.tensors[slot.tensor].maps) > 1 else ""
    if shown.line.origins[0].tint == PLANES:
        lead = f"{shown.captions[int(shown.terms.slot[term]) - 1]}, "
    return f"{lead}row {row}, col {column}"


def _size(held: CellValue) -> float:
    """The magnitude of a number, 0 of what is none."""
    return abs(held) if isinstance(held, float) else 0.0
