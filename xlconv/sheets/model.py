"""The `Model` sheet: the network as a table, and its own text, which `verify` reads.

The column of sums is live: its stored values tell whether a file was recalculated after
somebody changed a pixel or a weight. Must not know how a file is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from xlconv import formulas
from xlconv.blocks import Block, ConstantBlock, FormulaBlock, Sheet, Style, TextBlock, Values
from xlconv.grid import Range
from xlconv.layer_rules import Rule
from xlconv.layers import sources
from xlconv.network import INPUT, Network
from xlconv.palette import QUIET, Palette
from xlconv.places import BOARD, Layout
from xlconv.settings import settings
from xlconv.shapes import shape_text
from xlconv.words import layer_words

NAME = "Model"
SUMS = "sums"
_HEADS = ("layer", "kind", "reads", "settings", "output shape", "parameters", "sum of its numbers")
_HEAD_ROW = 4
_COLUMN = 2
_WIDTHS = {1: 16, 2: 120, 3: 110, 4: 90, 5: 320, 6: 110, 7: 100, 8: 150, 9: 420}

_TITLE = Style(size=20, bold=True, horizontal="left")
_LEAD = Style(size=11, colour=QUIET, horizontal="left")
_HEAD = Style(size=11, bold=True, fill="E8ECF0", border="C5CDD5", wrap=True)
_TEXT = Style(size=11, horizontal="left", border="E1E6EB")
_WORDS = Style(size=11, horizontal="left", colour=QUIET, italic=True)
_LINK = Style(size=11, bold=True, horizontal="left", colour="1F5F99", border="E1E6EB")
_COUNT = Style(size=11, number_format="#,##0", border="E1E6EB")
_SUM = Style(size=11, number_format="0.0000", border="E1E6EB")
_TOTAL = Style(size=11, bold=True, number_format="#,##0", border="C5CDD5", fill="F5F7F9")
_CODE = Style(size=10, horizontal="left", font="Consolas")


def model_sheet(
    network: Network,
    layout: Layout,
    values: Mapping[str, Values],
    lines: list[str],
    colours: Palette,
) -> Sheet:
    """The sheet. `lines` is the manifest; `values` are the reference's."""
    blocks = [
        TextBlock(Range(1, _COLUMN, 1, 1), f"The network: {network.name}", _TITLE, runs_on=True),
        TextBlock(Range(2, _COLUMN, 1, 1), _LEAD_TEXT, _LEAD, runs_on=True),
        *_table(network, layout),
        *(
            FormulaBlock(rule.range, rule.formula, values[rule.key].reshape(1, 1), _SUM)
            for rule in model_rules(network, layout)
        ),
        *_text(network, lines),
    ]
    heights = {1: 36, _HEAD_ROW: 36, text_range(network, lines).row - 2: 36}
    return Sheet(NAME, tuple(blocks), widths=_WIDTHS, heights=heights, tab_colour=colours.ink)


_LEAD_TEXT = "Layer by layer. Click a name to go to its place on the board."


def _table(network: Network, layout: Layout) -> Iterator[Block]:
    for offset, head in enumerate(_HEADS):
        yield TextBlock(Range(_HEAD_ROW, _COLUMN + offset, 1, 1), head, _HEAD)
    yield from _line(network, layout, INPUT, ("picture", "", "type over any pixel"), 0)
    for layer in network.layers:
        described = ", ".join(
            f"{key} {_setting(value)}"
            for key, value in settings(layer).items()
            if value is not None
        )
        texts = (type(layer).__name__, ", ".join(sources(layer)), described)
        yield from _line(network, layout, layer.name, texts, network.parameters(layer))
        row = _row(network, layer.name)
        yield TextBlock(Range(row, _COLUMN + 7, 1, 1), layer_words(layer), _WORDS, runs_on=True)
    total = _HEAD_ROW + len(network.shapes) + 1
    parameters = sum(network.parameters(layer) for layer in network.layers)
    yield TextBlock(Range(total, _COLUMN, 1, 5), "all parameters", _TOTAL)
    yield ConstantBlock(Range(total, _COLUMN + 5, 1, 1), np.array([[float(parameters)]]), _TOTAL)


def _setting(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return str(len(value)) if isinstance(value[0], str) else "×".join(map(str, value))
    return str(value)


def _row(network: Network, tensor: str) -> int:
    return _HEAD_ROW + 1 + list(network.shapes).index(tensor)


def _line(
    network: Network, layout: Layout, tensor: str, texts: tuple[str, ...], parameters: int
) -> Iterator[Block]:
    row = _row(network, tensor)
    place = f"{BOARD}!{layout.tensors[tensor].maps[0].first.a1}"
    yield TextBlock(Range(row, _COLUMN, 1, 1), tensor, _LINK, link=place)
    for offset, text in enumerate((*texts, shape_text(network.shapes[tensor])), 1):
        yield TextBlock(Range(row, _COLUMN + offset, 1, 1), text, _TEXT)
    count = np.array([[float(parameters)]])
    yield ConstantBlock(Range(row, _COLUMN + 5, 1, 1), count, _COUNT)


def model_rules(network: Network, layout: Layout) -> list[Rule]:
    """The sums of the picture and of each layer's weights, as rules of this sheet."""
    rules = []
    for tensor in network.shapes:
        summed = layout.summed(tensor)
        if tensor == INPUT:
            summed = list(layout.tensors[INPUT].maps)
        if summed:
            place = Range(_row(network, tensor), _COLUMN + 6, 1, 1)
            formula = formulas.sum_on(BOARD, summed)
            rules.append(Rule(SUMS, f"{SUMS}_{tensor}", None, place, formula, sheet=NAME))
    return rules


def text_range(network: Network, lines: list[str]) -> Range:
    """Where the manifest's lines stand."""
    return Range(_HEAD_ROW + len(network.shapes) + 5, _COLUMN, len(lines), 1)


def _text(network: Network, lines: list[str]) -> Iterator[Block]:
    place = text_range(network, lines)
    head = place.first.shifted(-2, 0)
    yield TextBlock(Range.of(head), "The network's own text", _TITLE, runs_on=True)
    note = head.shifted(1, 0)
    text = "`xlconv verify` reads the network from these lines: leave them as they are."
    yield TextBlock(Range.of(note), text, _LEAD, runs_on=True)
    for row, line in enumerate(lines):
        if line:
            cell = place.cell(row, 0)
            yield TextBlock(Range.of(cell), line, _CODE, runs_on=True)
