"""Hints in three steps: what a layer's cells are made of, which cells the first one reads, how its
formula is written; and what a copy of it does not do by itself.

Owns words, with the cells of the board that they are about, and how many lines they take. Must not
know values, nor looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from xlconv.formulas.layers.base import Rule
from xlconv.network.access import Access, Everything, SameCell, Unravelled, WholeMap, Windows
from xlconv.network.access import Part as OneOfSeveral
from xlconv.network.layers.base import Layer, source, sources
from xlconv.network.layers.convolution import Conv2D
from xlconv.network.layers.dense import Dense
from xlconv.network.network import Network
from xlconv.network.shapes import Margin, shape_text
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.exercise.parts import Part
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.spreadsheet.formula import references, tokens

_MOST_NAMED = 6  # places that a formula reads
_OPERATIONS = {"*": "×", "/": "÷", "+": "+", "-": "−"}


def hint_lines(
    layer: Layer, network: Network, layout: Layout, parts: Sequence[Part]
) -> tuple[int, int, int]:
    """How many lines each step of a layer's hints takes."""
    kinds = len(kinds_of(parts))
    return 1, kinds, kinds + len(copying_hints(layer, network, layout))


def hints(
    layer: Layer,
    network: Network,
    layout: Layout,
    parts: Sequence[Part],
    rules: Mapping[str, Rule],
) -> tuple[tuple[str, ...], ...]:
    """The lines of each step; `rules` has the rule of each part's first cell, by its key."""
    kinds = kinds_of(parts)
    read = [_reading(part, rules[part.key].formula, network, layout) for part in kinds]
    written = [_writing(part, rules[part.key]) for part in kinds]
    return (idea(layer, network),), tuple(read), (*written, *copying_hints(layer, network, layout))


def kinds_of(parts: Sequence[Part]) -> list[Part]:
    """The first of all parts that have one formula: of a layer's maps the first one."""
    return list({part.key: part for part in reversed(parts)}.values())[::-1]


def idea(layer: Layer, network: Network) -> str:
    """What the cells of a layer are made of, in words."""
    return f"{layer.words()}: {_made_of(network.access(layer), ' and '.join(sources(layer)))}"


def _made_of(reading: Access, read: str) -> str:
    match reading:
        case Windows():
            return f"a window slides over {read}; each cell is made of the cells that it covers"
        case SameCell():
            return f"each cell is made of the one at the same place in {read}"
        case Everything():
            return f"each cell is made of all cells of {read}"
        case WholeMap():
            return f"each cell is made of a whole map of {read}"
        case OneOfSeveral():
            return f"each cell is a copy of one in {read}, one after the other"
        case Unravelled():
            return f"each cell is a copy of one in {read}, map after map, row after row"


def _reading(part: Part, formula: str, network: Network, layout: Layout) -> str:
    """Which cells the first cell of a part reads: those of its formula, each once."""
    places = list(dict.fromkeys(place for _, place in references(formula)))
    named = [f"{place.a1}{_owner(place, network, layout)}" for place in places]
    more = ", …" if len(named) > _MOST_NAMED else ""
    return f"{part.open.first} reads {', '.join(named[:_MOST_NAMED])}{more}"


def _owner(place: Range, network: Network, layout: Layout) -> str:
    """What stands in a range of the board, in brackets."""
    for tensor, placement in layout.tensors.items():
        for number, inside in enumerate(placement.maps):
            if place.overlaps(inside):
                several = len(network.shapes[tensor]) == 3 and len(placement.maps) > 1
                return f" ({tensor} map {number + 1})" if several else f" ({tensor})"
    for layer, weights in layout.weights.items():
        for key, ranges in weights.arrays.items():
            if any(place.overlaps(one) for one in ranges):
                return f" (the {_KEYS.get(key, key)} of {layer})"
    for steps in layout.steps.values():
        for name, one in (
            ("the largest logit", Range.of(steps.maximum)),
            ("logit − max", steps.shifted),
            ("exp", steps.exp),
            ("the sum of exp", Range.of(steps.total)),
        ):
            if place.overlaps(one):
                return f" ({name})"
    return ""


_KEYS = {"weight": "weights"}


def _writing(part: Part, rule: Rule) -> str:
    """How the formula of a part's first cell is written, but for its own letters; of one that is
    copied, what needs a $.

    >>> cell, more = Range(7, 41, 1, 1), Range(7, 41, 2, 2)
    >>> several = Part("conv1", "map 1", "conv1", 0, more, more, 12)
    >>> conv = "SUMPRODUCT(B6:D8,$AI$8:$AK$10)+$AI$12"
    >>> _writing(several, Rule("conv1", "conv1", 0, more, conv))[:32]
    'write AO7 with SUMPRODUCT and +;'
    >>> _writing(several, Rule("conv1", "conv1", 0, more, conv))[33:]
    'AI8:AK10 and AI12 with $, since every cell reads them, B6:D8 without'
    >>> _writing(several, Rule("relu", "relu", 0, more, "MAX(0,B6)"))
    'write AO7 with MAX; B6 without $, since it moves with a copy'
    >>> total = Part("softmax", "sum of exp", "softmax_sum", None, cell, cell, 12)
    >>> _writing(total, Rule("softmax", "softmax_sum", None, cell, "SUM(A1:A9)"))
    'write AO7 with SUM'
    """
    parts = list(tokens(rule.formula))
    used = [one.name for one in parts if one.kind == "function"]
    used += [_OPERATIONS[one.text] for one in parts if one.text in _OPERATIONS]
    told = f"write {part.open.first} with {_listed(used or ['='])}"
    if part.open.size == 1 or rule.cellwise is not None:
        return told
    ranges = [one.name for one in parts if one.kind == "range"]
    fixed = _listed([one.replace("$", "") for one in ranges if "$" in one])
    moving = _listed([one for one in ranges if "$" not in one])
    if fixed:
        told += f"; {fixed} with $, since every cell reads them"
        return told + (f", {moving} without" if moving else "")
    return f"{told}; {moving} without $, since it moves with a copy"


def _listed(texts: Sequence[str]) -> str:
    """Texts, each once, with commas and a last "and"."""
    once = list(dict.fromkeys(texts))
    if len(once) > _MOST_NAMED:
        once = [*once[:_MOST_NAMED], "…"]
    return " and ".join([*filter(None, [", ".join(once[:-1])]), *once[-1:]])


def copying_hints(layer: Layer, network: Network, layout: Layout) -> tuple[str, ...]:
    """What to mind when the first cell of a layer is copied."""
    return tuple(_copying(layer, network, layout))


def _copying(layer: Layer, network: Network, layout: Layout) -> Iterator[str]:
    if isinstance(layer, Dense):
        yield from _of_dense(layer, layout)
    reading = network.access(layer)
    if isinstance(reading, Windows):
        yield from _of_windows(layer, reading, layout)
    if isinstance(layer, Conv2D) and layer.kernels > 1:
        again = layout.tensors[layer.name].maps[1].first
        own = "kernels and a bias" if layer.bias else "kernels"
        yield f"each map has {own} of its own: write the first cell of map 2, {again}, anew"


def _of_windows(layer: Layer, reading: Windows, layout: Layout) -> Iterator[str]:
    read, made = layout.tensors[source(layer)], layout.tensors[layer.name].maps[0].first
    (down, top, high), (across, left, wide) = reading.axes
    first = read.maps[0].first.shifted(-top, -left)
    window = Range(first.row, first.column, high, wide)
    if reading.margin != Margin():
        skipped = "is left out" if reading.skips else "counts as 0"
        begins = ", which begins in it" if top or left else ""
        yield (
            f"the hatched ring around {source(layer)} is part of the windows at the border, and "
            f"{skipped}: {made} reads {window}{begins}"
        )
    if (down, across) != (1, 1):
        yield (
            f"a copy's window moves by 1, but {layer.name}'s by {_steps(down, across)}: count the "
            f"steps, as in {_stepping(made, window, down, across)}"
        )
    if reading.window.dilation != (1, 1):
        yield (
            f"the kernel's cells stand apart over {shape_text((high, wide))} cells: multiply those "
            "that it meets one by one"
        )


def _steps(down: int, across: int) -> str:
    return f"{down}" if down == across else f"{down} down and {across} across"


def _stepping(made: Cell, window: Range, down: int, across: int) -> str:
    """A window that moves by steps where the cell moves by 1.

    >>> _stepping(Cell(7, 4), Range(7, 1, 2, 2), 2, 2)
    'OFFSET($A$7:$B$8,2*(ROWS(D$7:D7)-1),2*(COLUMNS($D7:D7)-1))'
    >>> _stepping(Cell(7, 4), Range(7, 1, 2, 2), 1, 2)
    'OFFSET($A$7:$B$8,(ROWS(D$7:D7)-1),2*(COLUMNS($D7:D7)-1))'
    """
    column, row = made.a1.rstrip("0123456789"), made.row
    rows = f"{_times(down)}(ROWS({column}${row}:{made.a1})-1)"
    columns = f"{_times(across)}(COLUMNS(${column}{row}:{made.a1})-1)"
    return f"OFFSET({window.absolute},{rows},{columns})"


def _times(step: int) -> str:
    return "" if step == 1 else f"{step}*"


def _of_dense(layer: Dense, layout: Layout) -> Iterator[str]:
    weights, made = layout.weights[layer.name], layout.tensors[layer.name].maps[0]
    if made.height < 2:
        return
    one, other = (weights.kernels(unit)[0] for unit in (0, 1))
    first, second = made.cell(0, 0), made.cell(1, 0)
    maps = "a block" if len(weights.kernels(0)) == 1 else f"{len(weights.kernels(0))} blocks"
    down, across = other.row - one.row, other.column - one.column
    if (down, across) == (1, 0):
        return  # a copy moves as far
    yield (
        f"each cell has {maps} of weights of its own: {first} reads {one}, {second} reads {other}; "
        "a copy moves by one row only, so that each cell is written with its own"
    )
