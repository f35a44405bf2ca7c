"""Where the parts of the sheet Works stand: those of other rooms, beside each other.

A room that needs columns there says how many in its own `places.works_columns` (network, layout).
The panel's part comes first, so that a layout can have it; Explain's, whose lists are the longest,
last. A layout keeps where they begin in its `works`. Must not know what stands in a part.
"""

from collections.abc import Iterator

from xlconv.network.network import Network
from xlconv.sheets import by_room

TITLE_ROW, HEAD_ROWS = 3, (4, 5)  # above each part: its title, and the heads of its lists
TOP = 6  # the first row of the lists
FIRST_COLUMN = 2
GAP = 2  # columns between parts
PANEL, EXPLAIN = "panel", "explain"


def part_lefts(network: Network, layout: object) -> Iterator[tuple[str, int]]:
    """The rooms that have a part, from left to right, each with its first column; at the end
    Explain's."""
    column, needed = FIRST_COLUMN, by_room("places", "works_columns")
    for room in sorted(needed, key=lambda name: name != PANEL):
        yield room, column
        if (columns := needed[room](network, layout)) > 0:
            column += columns + GAP
    yield EXPLAIN, column
