"""What an exercise changes on the board: empty cells that are marked, words where one is chosen,
the colours of the states beside the titles.

Must not know formulas, nor how a file is written.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xlconv.network.network import Network
from xlconv.sheets import styles as palette
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.exercise.places import ExercisePlaces
from xlconv.spreadsheet.blocks import BlankBlock, Block, Choice, ConstantBlock, Highlight, Values
from xlconv.spreadsheet.cells import Range
from xlconv.state.exercise import State
from xlconv.state.sheet_names import EXERCISE

# A state, the colour of its letters, and of the cell where it stands by itself.
STATE_COLOURS = ((State.RIGHT, "1E7B45", "DDF3E4"), (State.CLOSE, "8A6100", "FFF3C4"))


def open_choices(network: Network, places: ExercisePlaces) -> Iterator[Choice]:
    """What is said when a learner chooses an open cell of the board."""
    for layer in places.layers:
        parts = places.of_layer(layer)
        what = network.layer(layer).words()
        words = f"Yours to fill in: {what}. The sheet {EXERCISE} says more."
        yield Choice(tuple(part.open for part in parts), f"{layer}: to do", words)


def open_titles(places: ExercisePlaces, layout: Layout) -> Iterator[Highlight]:
    """The colours of the states beside the titles of the board."""
    bands = {band.tensor: band for band in layout.bands}
    cells = [Range(2, bands[layer].first, 1, 1) for layer in places.layers]
    for part in places.parts:
        if part.channel is not None:
            above = part.range.row - layout.tensors[part.layer].ring.top - 1
            cells.append(Range(above, part.range.column, 1, 1))
    for word, colour, _ in STATE_COLOURS:
        ends = f'RIGHT({cells[0].a1},{len(word) + 3})=" · {word}"'
        yield Highlight(tuple(cells), ends, colour=colour)


def open_blocks(
    places: ExercisePlaces, key: str, channel: int | None, whole: Values
) -> list[Block] | None:
    """A rule's cells where they are left open: empty ones, and the others as plain numbers; None
    if they are not left open."""
    for part in places.parts:
        if (part.key, part.channel) == (key, channel):
            shaped = np.asarray(whole, dtype=np.float64).reshape(
                part.range.height, part.range.width
            )
            blocks: list[Block] = [BlankBlock(part.open, palette.OPEN)]
            for rest in part.rest:
                down, across = rest.row - part.range.row, rest.column - part.range.column
                numbers = shaped[down : down + rest.height, across : across + rest.width]
                blocks.append(ConstantBlock(rest, numbers, palette.GIVEN))
            return blocks
    return None
