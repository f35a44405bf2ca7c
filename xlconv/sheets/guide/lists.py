"""What stands below the cards: what is where, what the colours mean, what helps.

Must not know missions or values.
"""

from collections.abc import Iterator
from dataclasses import replace

from xlconv.network.network import Network
from xlconv.network.shapes import shape_text
from xlconv.sheets import styles
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.guide.places import ACTION, ANSWER, QUESTION, SEE, GuidePlaces
from xlconv.sheets.on_model.beginnings.places import LEFT
from xlconv.sheets.on_model.beginnings.places import TITLE_ROW as BEGINNINGS_TOP
from xlconv.sheets.styles import BIAS, OPEN, REACHES, READS, RING, Palette
from xlconv.spreadsheet.blocks import Block, Style, TextBlock, one_cell
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.sheet_names import BOARD, EXERCISE, EXPLAIN, IMAGES, MODEL

Meaning = tuple[Style, str]


def what_is_where(network: Network, layout: Layout, places: GuidePlaces) -> Iterator[Block]:
    """Links to the layers and to the sheets, each with what it is."""
    yield one_cell(Cell(places.lists, QUESTION), "What is where", styles.SECTION)
    row = places.lists + 1
    for name, words in _sheets(layout).items():
        first = Cell(1, layout.bands[0].first if name == BOARD else 1)
        yield one_cell(Cell(row, QUESTION), f"{name} →", styles.LINK, link=f"{name}!{first.a1}")
        yield one_cell(Cell(row, ACTION), words, styles.TEXT)
        row += 1
    if layout.started:
        began = f"{MODEL}!{Cell(BEGINNINGS_TOP, LEFT).a1}"
        yield one_cell(Cell(row, QUESTION), "how the kernels began →", styles.LINK, link=began)
        yield one_cell(Cell(row, ACTION), "and how far training took them", styles.TEXT)
        row += 1
    for tensor, shape in network.shapes.items():
        place = f"{BOARD}!{layout.tensors[tensor].maps[0].first.a1}"
        yield one_cell(Cell(row, QUESTION), f"{tensor} →", _TENSOR, link=place)
        words = f"{shape_text(shape)}: {network.words(tensor)}"
        yield one_cell(Cell(row, ACTION), words, styles.TEXT)
        row += 1


_TENSOR = replace(styles.LINK, bold=False)


def _sheets(layout: Layout) -> dict[str, str]:
    """The other sheets, and what each is for."""
    sheets = {
        EXERCISE: "what is left for you to fill in, and whether it is right",
        BOARD: "the network, layer by layer",
        IMAGES: "pictures to choose from, and a grid to draw in",
        EXPLAIN: "one cell taken apart",
        MODEL: "sizes, parameters, costs",
    }
    there = {EXERCISE: layout.exercise is not None, IMAGES: layout.gallery is not None}
    return {name: words for name, words in sheets.items() if there.get(name, True)}


def what_colours_mean(
    network: Network, layout: Layout, colours: Palette, places: GuidePlaces
) -> Iterator[Block]:
    """The colours, each with its meaning written on it, and below them what helps."""
    yield one_cell(Cell(places.lists, SEE), "What the colours mean", styles.SECTION)
    row = places.lists + 1
    for style, words in _legend(colours, layout.exercise is not None):
        yield TextBlock(Range(row, SEE, 1, ANSWER - SEE + 1), words, style)
        row += 1


def what_helps(network: Network, layout: Layout, places: GuidePlaces) -> Iterator[Block]:
    """Hints for whoever uses a spreadsheet for the first time."""
    names = [name for name in layout.names(network) if name.startswith(network.layers[0].name)]
    hints = (
        "Click a cell and press F2: the window that it reads is framed in colour.",
        f"The Name Box, left of the formula bar, lists every layer: {names[0]}, …",
        "Zoom out until the numbers vanish: the sheet is the picture of the network.",
        "Ctrl+Z undoes; the ticks go with it. `xlconv verify` proves every cell.",
    )
    for row, words in enumerate(hints):
        yield one_cell(Cell(places.hints + row, SEE), words, styles.TEXT)


def _legend(colours: Palette, exercise: bool) -> list[Meaning]:
    def ground(style: Style) -> Style:
        return replace(style, size=11, bold=False, horizontal="left")

    def swatch(colour: str, ink: str = styles.INK) -> Style:
        return ground(Style(colour=ink, fill=colour, border="C5CDD5"))

    yours = [(ground(OPEN), f"violet: yours to fill in ({EXERCISE})")] if exercise else []
    return [
        *yours,
        (swatch(colours.positive), "positive: here the kernel matches"),
        (swatch(colours.zero), "zero"),
        (swatch(colours.negative), "negative: here it finds the opposite"),
        (swatch(colours.rectified), "after ReLU: from zero up, the stronger the larger"),
        (swatch(colours.ink, "FFFFFF"), "the picture: from paper (0) to ink (1)"),
        (ground(BIAS), "yellow, or an amber border: type over it"),
        (ground(RING), "padding: what a window meets outside of a map; leave it"),
        (ground(Style(border=READS)), "blue frame: what the cell that is taken apart reads"),
        (ground(Style(border=REACHES)), "orange frame: what the followed pixel reaches"),
        (ground(Style(border="E1E6EB", fill="F5F7F9")), "below a map: the ends of its scale"),
    ]
