"""The rules of what the last layers cost.

Must not know any value.
"""

from collections.abc import Iterator

from xlconv.formulas.layers.base import Rule
from xlconv.network.network import Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.model.places import head_places
from xlconv.sheets.on_model.heads.places import COSTS
from xlconv.spreadsheet.cells import Cell, Range
from xlconv.state.sheet_names import MODEL

HEADS = "heads"


def rules(network: Network, layout: Layout) -> Iterator[Rule]:
    """The rules of both columns."""
    places = head_places(network)
    if places is None:
        return
    for number in range(2):
        texts = cost_texts([*places.sizes(number).cells()])
        averaged, deep = places.cost("averaged", number), places.cost("deep", number)
        texts["times"] = f"{deep.a1}/{averaged.a1}"
        for what in COSTS:
            place = Range.of(places.cost(what, number))
            key = f"{HEADS}:{what}_{number + 1}"
            yield Rule(HEADS, key, None, place, texts[what], sheet=MODEL, role=f"head {what}")


def cost_texts(sizes: list[Cell]) -> dict[str, str]:
    """The weights and biases of a dense layer on means, of one on all cells, and of three.

    >>> list(cost_texts([Cell(row, 5) for row in range(1, 7)]).values())
    ['(E1+1)*E6', '(E1*E2*E3+1)*E6', '(E1*E2*E3+1)*E4+(E4+1)*E5+(E5+1)*E6']
    """
    maps, rows, columns, first, second, classes = (cell.a1 for cell in sizes)
    cells = f"{maps}*{rows}*{columns}"
    return {
        "averaged": f"({maps}+1)*{classes}",
        "flat": f"({cells}+1)*{classes}",
        "deep": f"({cells}+1)*{first}+({first}+1)*{second}+({second}+1)*{classes}",
    }
