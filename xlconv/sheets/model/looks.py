"""The `Model` sheet: the network as a table, and its own text, which `verify` reads.

What the columns hold that is computed is in `formulas`, where they stand in `places`; here are
their looks, the words and the sums. The sums' stored values tell whether a file was
recalculated after somebody changed a pixel or a weight. Must not know how a file is written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby

from xlconv.network.layers.base import Layer, sources
from xlconv.network.layers.settings import settings
from xlconv.network.network import INPUT, PICTURE_WORDS, Network
from xlconv.sheets import styles
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.model.places import (
    BAR,
    COLUMNS,
    FIRST_COLUMN,
    GROUP_ROW,
    HEAD_ROW,
    MOST_ROW,
    body,
    cell_of,
    column_of,
    head_places,
    length_columns,
    notes_top,
    text_top,
    total_cell,
)
from xlconv.sheets.on_model.beginnings.looks import STYLES as BEGINNING_STYLES
from xlconv.sheets.on_model.beginnings.looks import (
    beginning_blocks,
    beginning_scales,
    beginning_widths,
    beginning_words,
)
from xlconv.sheets.on_model.heads.looks import STYLES as HEAD_STYLES
from xlconv.sheets.on_model.heads.looks import head_blocks, head_choice, head_words
from xlconv.sheets.on_model.heads.numbers import head_sizes
from xlconv.sheets.shown import Shown, rule_block
from xlconv.spreadsheet.blocks import (
    BlankBlock,
    Block,
    FormulaBlock,
    Sheet,
    Style,
    TextBlock,
    one_cell,
)
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.choices import Display
from xlconv.state.manifest import NAME, manifest_lines
from xlconv.state.sheet_names import BOARD, MODEL

_LEAD_TEXT = "Layer by layer. Click a name to go to its place on the board."
_NOTES = (
    "Sizes: H × W is the map that is read, p the padding on each side (one by one where the sides "
    "differ), k the window, s its stride.",
    "With dilation d a window covers d·(k − 1) + 1 cells. ⌊ ⌋ leaves out a part of a window. "
    "✓: the block on the board has that size.",
    "Parameters are counted on the board: all numbers among a layer's weights; a cell that was "
    "emptied is none.",
    "Multiplications are those of a weight with a value, padding included; one a cell for batch "
    "normalisation; none for pools, ReLU or softmax.",
    "Where several layers have as much as the one that is named above, it is the first of them.",
    "Memory: the numbers that a layer makes, and its parameters, at 4 bytes each (32 bits).",
)
_PIXELS = 6.6  # the width of a character of 11 points, on average and a little more
_LEAST, _MOST = 64, 640  # pixels of a column

_GROUP = Style(size=11, bold=True, fill="DCE3EA", border="C5CDD5", horizontal="left")
_TEXT = replace(styles.TEXT, border="E1E6EB")
_LINK = replace(styles.LINK, border="E1E6EB")
_COUNT = Style(size=11, horizontal="right", number_format='#,##0_);-#,##0_);"–"_)', border="E1E6EB")
_SUM = Style(size=11, horizontal="right", number_format="0.0000_)", border="E1E6EB")
_TOTAL = Style(
    size=11, horizontal="right", bold=True, number_format="#,##0_)", border="C5CDD5", fill="F5F7F9"
)
_ALL = replace(_TOTAL, horizontal="left")
_CODE = Style(size=10, horizontal="left", font="Consolas")
_STYLES = {
    **dict.fromkeys(
        ("parameters_line", "multiplications_line"), replace(_TEXT, horizontal="right")
    ),
    **dict.fromkeys(("parameters", "multiplications", "kept", "kept_bytes"), _COUNT),
    **dict.fromkeys(("parameter_bytes", "bytes"), _COUNT),
    "layer": _LINK,
    "agrees": Style(size=11, bold=True, border="E1E6EB", colour=styles.GREEN),
    "share": replace(_COUNT, number_format="0.0%_)"),
    "bar": replace(_TEXT, colour=styles.BLUE),
    "sum": _SUM,
    "words": replace(styles.LEAD, italic=True),
    "total": _TOTAL,
    **HEAD_STYLES,
    **BEGINNING_STYLES,
    "most": Style(size=12, bold=True, horizontal="left"),
}


def sheet(shown: Shown) -> Sheet:
    """The sheet, on which the manifest stands, too."""
    return _sheet(shown, _lines(shown))


def names(shown: Shown) -> dict[str, tuple[str, Range]]:
    """The name of the manifest."""
    return {NAME: (MODEL, text_range(shown.network, _lines(shown)))}


def _lines(shown: Shown) -> list[str]:
    """The manifest, with the sizes of all sheets: this one is made to measure it first."""
    sizes = {sheet.name: _size(sheet) for sheet in shown.before}
    about = replace(shown.manifest, sizes=sizes | {MODEL: (1, 1)})
    measured = _sheet(shown, manifest_lines(about))
    return manifest_lines(replace(about, sizes=sizes | {MODEL: _size(measured)}))


def _size(sheet: Sheet) -> tuple[int, int]:
    return sheet.used_range.bottom, sheet.used_range.right


def _sheet(shown: Shown, lines: list[str]) -> Sheet:
    network = shown.network
    head = head_places(network)
    table = {**_texts(network, shown.layout), **_computed_cells(shown)}
    blocks = [
        one_cell(Cell(1, FIRST_COLUMN), f"The network: {network.name}", styles.SHEET_TITLE),
        one_cell(Cell(2, FIRST_COLUMN), _LEAD_TEXT, styles.LEAD),
        *_heads(),
        *table.values(),
        *_blanks(network, set(table)),
        *_notes(network),
        *(head_blocks(network, head, head_sizes(shown.display)) if head else ()),
        *beginning_blocks(shown.display, shown.layout),
        *_text(network, lines),
    ]
    heights = {1: 36, MOST_ROW: 28, HEAD_ROW: 40, text_range(network, lines).row - 2: 36}
    return Sheet(
        MODEL,
        tuple(blocks),
        rules=tuple(beginning_scales(network, shown.layout, shown.colours)),
        widths={1: 16, **_widths(table), **beginning_widths(network, shown.layout)},
        heights=heights,
        freeze=Cell(HEAD_ROW + 1, FIRST_COLUMN + 1),
        choices=(head_choice(head),) if head else (),
        tab_colour=shown.colours.ink,
    )


def _computed_cells(shown: Shown) -> dict[Cell, Block]:
    """The cells that hold formulas."""
    return {
        rule.range.first: rule_block(rule, shown.values[rule.key], _STYLES.get(rule.role, _TEXT))
        for rule in shown.rules_of(MODEL)
    }


def captions(display: Display, layout: Layout) -> Iterator[tuple[str, TextBlock]]:
    """The words that no formula makes, but for the network's own text."""
    network = display.network
    head = head_places(network)
    compared = head_words(network, head) if head else ()
    texts = _texts(network, layout).values()
    for block in (
        *_heads(),
        *_notes(network),
        *texts,
        *compared,
        *beginning_words(network, layout),
    ):
        if isinstance(block, TextBlock) and block.text:
            yield MODEL, block


def _texts(network: Network, layout: Layout) -> dict[Cell, Block]:
    """The cells that hold words, or arithmetic in which nothing is counted."""
    blocks: dict[Cell, Block] = {}
    for tensor in network.shapes:
        place = f"{BOARD}!{layout.tensors[tensor].maps[0].first.a1}"
        cell = cell_of(network, tensor, "layer")
        blocks[cell] = one_cell(cell, tensor, _LINK, link=place)
        words = {"kind": "picture", "words": PICTURE_WORDS}
        if tensor != INPUT:
            words = _words(network.layer(tensor), network)
        for column, text in words.items():
            cell = cell_of(network, tensor, column)
            style = _STYLES.get(column, _TEXT)
            blocks[cell] = one_cell(cell, text, style)
    below = total_cell(network, "layer")
    blocks[below] = one_cell(below, "all", _ALL)
    return blocks


def _words(layer: Layer, network: Network) -> dict[str, str]:
    """The words about a layer, by column."""
    shown = {key: value for key, value in settings(layer).items() if (key, value) not in _PLAIN}
    described = (f"{key} {_setting(value)}" for key, value in shown.items())
    words = {
        "kind": type(layer).__name__,
        "reads": ", ".join(sources(layer)),
        "settings": ", ".join(described),
        "words": layer.words(),
    }
    written = dict(length_columns(layer, network))
    parameters = layer.parameters(*network.read_shapes(layer))
    if parameters is not None:
        written["parameters_line"] = parameters
    words |= {column: one.line for column, one in written.items() if not one.gaps}
    return {column: text for column, text in words.items() if text}


# What goes without saying.
_PLAIN = (("stride", (1, 1)), ("bias", True))


def _setting(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return str(len(value)) if isinstance(value[0], str) else "×".join(map(str, value))
    return str(value)


def _heads() -> Iterator[Block]:
    """The heads of the columns, and those of the groups above them."""
    for column, (_, head) in COLUMNS.items():
        yield one_cell(Cell(HEAD_ROW, column_of(column)), head, styles.TABLE_HEAD)
    for group, members in groupby(COLUMNS, key=lambda column: COLUMNS[column][0]):
        columns = list(members)
        if group:
            place = Range(GROUP_ROW, column_of(columns[0]), 1, len(columns))
            yield TextBlock(place, group, _GROUP)


def _blanks(network: Network, filled: set[Cell]) -> Iterator[Block]:
    """The look of the table's cells in which nothing stands."""
    for column in COLUMNS:
        below = total_cell(network, column)
        cells = [cell for cell in body(network, column).cells() if column != "words"]
        for cell in [*cells, *([below] if column != "words" else [])]:
            if cell not in filled:
                yield BlankBlock(Range.of(cell), _TOTAL if cell == below else _TEXT)


def _widths(table: Mapping[Cell, Block]) -> dict[int, int]:
    """Columns as wide as the longest text or number in them, within bounds."""
    lengths = {column_of(key): max(map(len, head.split())) for key, (_, head) in COLUMNS.items()}
    for cell, block in table.items():
        if cell.row > HEAD_ROW and cell.column in lengths:
            lengths[cell.column] = max(lengths[cell.column], _length(block))
    return {
        column: min(max(int(length * _PIXELS) + 16, _LEAST), _MOST)
        for column, length in lengths.items()
    }


def _length(block: Block) -> int:
    """The characters that a cell shows."""
    if isinstance(block, TextBlock):
        return len(block.text) + block.style.bold  # which is a little wider
    assert isinstance(block, FormulaBlock)
    [[value]] = block.values.tolist()
    if isinstance(value, str):
        return len(value) + value.count(BAR)  # which is as wide as two others in some fonts
    return len(f"{value:,.4f}" if block.style is _SUM else f"{value:,.0f}")


def _notes(network: Network) -> Iterator[Block]:
    for row, note in enumerate(_NOTES, notes_top(network)):
        yield one_cell(Cell(row, FIRST_COLUMN), note, styles.LEAD)


def text_range(network: Network, lines: list[str]) -> Range:
    """Where the manifest's lines stand."""
    return Range(text_top(network), FIRST_COLUMN, len(lines), 1)


def _text(network: Network, lines: list[str]) -> Iterator[Block]:
    place = text_range(network, lines)
    head = place.first.shifted(-2, 0)
    yield one_cell(head, "The network's own text", styles.SHEET_TITLE)
    note = head.shifted(1, 0)
    text = "`xlconv verify` reads the network from these lines: leave them as they are."
    yield one_cell(note, text, styles.LEAD)
    for row, line in enumerate(lines):
        if line:
            yield one_cell(place.cell(row, 0), line, _CODE)
