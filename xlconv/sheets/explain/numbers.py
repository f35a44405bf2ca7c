"""What the sheet Explain says, in plain NumPy and Python: terms, sums and sentences.

Starts from what a cell is made of (`terms`) and from the layout; must not know the formulas that
find the same. A cell that holds nothing is an empty text; None stands for what cannot be known.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import isnan

import numpy as np

from xlconv.network.model import Array
from xlconv.network.network import vector_labels
from xlconv.network.shapes import as_maps
from xlconv.reference.layers.base import Step, Values, numbers
from xlconv.reference.layers.registry import layer_steps
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.explain.places import InspectorPlaces, table_column
from xlconv.sheets.explain.sentence_numbers import (
    Account,
    Part,
    near,
    possible_sentences,
    rounded_texts,
    term_parts,
    then_parts,
)
from xlconv.sheets.explain.table import (
    EXPONENTS,
    FACTS,
    STRONGEST,
    LayerLine,
    follower,
    layer_lines,
)
from xlconv.sheets.explain.terms import Cell3, CellValue, Composition, Scope, Terms, composition
from xlconv.spreadsheet.cells import Range
from xlconv.state.choices import Display, Explained


def steps(display: Display, layout: Layout, values: Mapping[str, Values]) -> Iterator[Step]:
    """Everything that is computed on the sheet, each from the found values that it reads."""
    network, explained = display.network, display.choices.explained
    lines = tuple(layer_lines(network, layout))
    places = InspectorPlaces(lines, 0)
    yield _numbers("layer", [[line.name for line in lines].index(explained.layer) + 1.0])
    found = numbers(values["explain:layer"])[0]
    if found not in range(1, len(lines) + 1):
        return
    layer = network.layers[int(found) - 1]
    yield _mixed_step("chosen", table_column(lines[int(found) - 1], places))
    used = Explained(layer.name, explained.map, explained.row, explained.column).within(network)
    for key, count in zip(_AXES, used, strict=True):
        yield _numbers(key, [float(count)])
    now = [numbers(values[f"explain:{key}"])[0] for key in _AXES]
    sizes = as_maps(network.shapes[layer.name])
    if all(number in range(1, size + 1) for number, size in zip(now, sizes, strict=True)):
        cell = (int(now[0]) - 1, int(now[1]) - 1, int(now[2]) - 1)
        scope = Scope(network, layout, display.model.layer_weights(layer), values)
        yield from _cell_steps(lines[int(found) - 1], scope, cell, places)


_AXES = ("maps", "rows", "columns")


def _numbers(key: str, found: list[float]) -> Step:
    return Step.exact(f"explain:{key}", *found)


def _mixed_step(key: str, found: Sequence[CellValue], scale: list[float] | None = None) -> Step:
    """A step of cells that hold numbers or texts."""
    array = np.empty(len(found), dtype=object)
    array[:] = [None if isinstance(one, float) and isnan(one) else one for one in found]
    sizes = [abs(one) if isinstance(one, float) else 0.0 for one in found]
    sizes[: len(scale or ())] = scale or ()
    return Step(f"explain:{key}", array, np.nan_to_num(np.array(sizes)))


def _text_step(key: str, texts: tuple[str, ...] | None) -> Step:
    """A step of one text, of which there are several where rounding errors decide."""
    if texts is None:
        return _mixed_step(key, [None])
    also = {one for text in texts for one in _spellings(text)}
    return Step.text(f"explain:{key}", texts[0], *also)


def _texts_of(sentences: Iterable[list[Part]]) -> tuple[str, ...] | None:
    """Every text that one of several sentences may be; None if that cannot be said."""
    texts = [rounded_texts(sentence) for sentence in sentences]
    return None if None in texts else tuple(text for one in texts for text in one or ())


def _spellings(text: str) -> tuple[str, str]:
    """A text as it is spelled with decimal points, and where programs write commas instead."""
    return text, text.replace(".", ",")


def _cell_steps(
    line: LayerLine, scope: Scope, cell: Cell3, places: InspectorPlaces
) -> Iterator[Step]:
    made = composition(line.layer, scope, cell)
    first = made.slots[0]
    where = (first.map, first.row, first.column, made.source)
    yield _numbers("window", [float(number) for number in where])
    yield from _slot_steps(line, made, scope, places)
    terms = Terms.of(made, line.read[2] > 1)
    for key, column, scale in terms.lists():
        yield _mixed_step(f"term_{key}", _padded(column, places.terms), scale)
    if made.unknown:
        return
    facts = list(made.facts.items())
    yield _mixed_step("fact_names", _padded([name for name, _ in facts], FACTS))
    yield _mixed_step("facts", _padded([value for _, value in facts], FACTS))
    yield from _result_steps(line, made, terms, scope, cell)
    captions = _captions(made, scope)
    yield from _strongest_steps(made, terms, captions)
    yield from _drawn_steps(made, terms, captions, places)


def _padded(found: Sequence[CellValue], count: int) -> list[CellValue]:
    """A list with empty texts behind it."""
    return [*found, *[""] * (count - len(found))]


def _captions(made: Composition, scope: Scope) -> list[str]:
    several = [len(scope.layout.tensors[slot.tensor].maps) > 1 for slot in made.slots]
    return [
        f"{slot.tensor} map {slot.map}" if more else slot.tensor
        for slot, more in zip(made.slots, several, strict=True)
    ]


def _within(kernel: Range | None, inside: Range | None) -> tuple[CellValue, CellValue]:
    """The row and the column, from 1, at which a kernel begins in the range of all of them."""
    if kernel is None or inside is None:
        return "", ""
    return float(kernel.row - inside.row + 1), float(kernel.column - inside.column + 1)


def _slot_steps(
    line: LayerLine, made: Composition, scope: Scope, places: InspectorPlaces
) -> Iterator[Step]:
    inside = line.kernels.inside
    maps = [scope.layout.tensors[slot.tensor].maps[slot.map - 1] for slot in made.slots]
    pairs = list(zip(made.slots, maps, strict=True))
    columns: dict[str, list[CellValue]] = {
        "caption": [*_captions(made, scope)],
        "map": [float(slot.map) for slot in made.slots],
        "top": [float(place.row + slot.row - 1) for slot, place in pairs],
        "left": [float(place.column + slot.column - 1) for slot, place in pairs],
        "weights_top": [_within(s.kernel, inside)[0] for s in made.slots],
        "weights_left": [_within(s.kernel, inside)[1] for s in made.slots],
    }
    for key, found in columns.items():
        yield _mixed_step(f"slot_{key}", _padded(found, places.slots))


def _result_steps(
    line: LayerLine, made: Composition, terms: Terms, scope: Scope, cell: Cell3
) -> Iterator[Step]:
    """The board's cell and the inspector's own, their equality, and the activation behind."""
    name = line.name
    unit = ""
    if len(line.shape) == 1:
        unit = f"row {cell[1] + 1} stands for {vector_labels(scope.network, name)[cell[1]]}"
    yield _text_step("unit", (unit,))
    board = float(scope.maps(name)[cell])
    yield _mixed_step("board", [board])
    found, scale = _outcome(line, terms, scope, cell)
    yield _mixed_step("result", [found], [scale])
    known = not (isnan(board) or isnan(found))
    near = known and abs(found - board) <= 1e-9 * (1 + abs(board))
    yield _mixed_step("equal", ["✓" if near else "✗"] if known else [None])
    then = follower(scope.network, line.layer)
    after = float(scope.maps(then.name)[cell]) if then else None
    yield _mixed_step("then_name", [then.name if then else ""])
    yield _mixed_step("then", ["" if after is None else after])
    texts = None
    if known and not (after is not None and isnan(after)):
        account = Account(made, terms, found, _captions(made, scope)[0], cell)
        behind = then_parts(then, found, after)
        texts = _texts_of([*sentence, *behind] for sentence in possible_sentences(line, account))
    yield _text_step("sentence", texts)


def _outcome(line: LayerLine, terms: Terms, scope: Scope, cell: Cell3) -> tuple[float, float]:
    """What the reference makes of what the cell reads, and what its rounding errors are relative
    to. The steps of a softmax are made anew: the sheet reads the logits alone."""
    values = dict(scope.values)
    with np.errstate(all="ignore"):  # of other cells, which may be none
        for step in layer_steps(line.layer, scope.weights, values):
            if line.weights == EXPONENTS:
                values[step.name] = step.value
    assert step.scale is not None
    found, scale = (
        array.reshape(as_maps(line.shape))[cell] for array in (numbers(step.value), step.scale)
    )
    return float(found), float(scale) * (1 + sum(terms.spread) if line.weights == EXPONENTS else 1)


def _strongest_steps(made: Composition, terms: Terms, captions: list[str]) -> Iterator[Step]:
    """The products that speak most for a large result, and those against it."""
    for key, sign in (("for", -1.0), ("against", 1.0)):
        found: list[CellValue] = []
        places: list[list[int]] = []
        if made.slots[0].kernel is not None:
            order = np.argsort(sign * terms.products, kind="stable")
            order = order[sign * terms.products[order] < 0][:STRONGEST]
            found = [float(terms.products[one]) for one in order]
            places = [[one, *near(terms.products, terms.products[one])] for one in order.tolist()]
        yield _mixed_step(f"strongest_{key}", _padded(found, STRONGEST))
        yield _places(f"strongest_{key}_term", places)
        yield _words(f"strongest_{key}_words", places, terms, captions)


def _places(key: str, places: list[list[int]]) -> Step:
    """The numbers of terms, of which there are several where a look-up may find another."""
    first = _mixed_step(key, _padded([one[0] + 1.0 for one in places], STRONGEST))
    several = (one for one in places if len(one) > 1)
    return replace(first, also=frozenset(place + 1.0 for one in several for place in one))


def _words(key: str, places: list[list[int]], terms: Terms, captions: list[str]) -> Step:
    """Terms in words, one a line."""
    found = [
        _texts_of(
            term_parts(terms, captions[int(terms.slot[number]) - 1], number) for number in one
        )
        for one in places
    ]
    held = _mixed_step(key, _padded([texts[0] if texts else None for texts in found], STRONGEST))
    also = {text.replace(".", ",") for texts in found for text in texts or ()}
    also |= {text for texts in found if texts and len(texts) > 1 for text in texts}
    return replace(held, also=frozenset(also))


def _drawn_steps(
    made: Composition, terms: Terms, captions: list[str], places: InspectorPlaces
) -> Iterator[Step]:
    """The windows, weights and products in their shapes, below a caption each."""
    first = made.slots[0]
    height, width = first.values.shape
    high = len(made.slots) * (height + 1)
    size = max(places.rows, high), max(places.columns, width)
    lines: dict[str, list[CellValue]] = {"slot": [], "row": [], "base": []}
    named: list[CellValue] = []
    sums: list[CellValue] = [""] * size[0]
    errors = [0.0] * size[0]
    drawn = {key: np.full(size, "", dtype=object) for key in _DRAWN}
    for number in range(len(made.slots)):
        start, top = number * height * width, number * (height + 1)
        part = slice(start, start + height * width)
        if first.weights is not None:
            sums[top], errors[top] = (
                float(terms.products[part].sum()),
                float(sum(terms.error[part])),
            )
        for row in range(height + 1):
            base = start + (row - 1) * width
            lines["slot"].append(number + 1.0)
            lines["row"].append(float(row))
            lines["base"].append(float(base) if row else 0.0)
            named.append(
                f"row {first.row + (row - 1) * made.apart[0]}" if row else captions[number]
            )
            for key, column in _DRAWN.items() if row else ():
                drawn[key][top + row, :width] = getattr(terms, column)[base : base + width]
    for key, found in lines.items():
        yield _mixed_step(f"line_{key}", [*found, *[0.0] * places.rows][: places.rows])
    yield _mixed_step("captions", _padded(named, places.rows)[: places.rows])
    heads = [float(first.column + column * made.apart[1]) for column in range(width)]
    yield _mixed_step("heads", _padded(heads, places.columns)[: places.columns])
    shown = slice(places.rows), slice(places.columns)
    for key, array in drawn.items():
        error = {"weights": terms.spread, "products": terms.error}.get(key)
        placed = None if error is None else _errors(error, size, made)[shown].reshape(-1).tolist()
        yield _mixed_step(key, array[shown].reshape(-1).tolist(), placed)
    yield _mixed_step("sums", sums[: places.rows], errors[: places.rows])


_DRAWN = {"reads": "value", "weights": "weight", "products": "product"}


def _errors(error: list[float], size: tuple[int, int], made: Composition) -> Array:
    """What rounding errors are relative to, where the terms are drawn."""
    height, width = made.slots[0].values.shape
    placed = np.zeros(size)
    for number in range(len(made.slots)):
        part = np.array(error[number * height * width : (number + 1) * height * width])
        top = number * (height + 1) + 1
        placed[top : top + height, :width] = part.reshape(height, width)
    return placed
