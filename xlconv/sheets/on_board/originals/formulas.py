"""The rules of the originals: the chosen picture as it stands in the gallery, moved as is chosen,
and which pixels and weights of the board differ.

Must not know any value.
"""

from collections.abc import Iterable, Iterator

from xlconv.formulas.layers.base import Copies, Rule
from xlconv.network.network import INPUT, Network
from xlconv.sheets.board.layout import Layout
from xlconv.sheets.on_board.originals.places import Kept, original_places
from xlconv.spreadsheet.cells import Range
from xlconv.state.sheet_names import BOARD, WORKS

CHANGED = "changed"


def rules(network: Network, layout: Layout) -> Iterator[Rule]:
    """What differs, cell by cell or kernel by kernel, and the counts on the board."""
    places, panel = original_places(network, layout), layout.panel
    for number, kept in enumerate(places.picture, 1):
        yield _differs(f"{INPUT}_{number}", INPUT, kept)
    for (layer, key), ranges in places.weights.items():
        for number, kept in enumerate(ranges, 1):
            yield _differs(f"{layer}.{key}_{number}", layer, kept)
    for what, place, all_kept in (
        ("pixels", panel.changed_pixels, places.picture),
        ("weights", panel.changed_weights, places.kept_weights),
    ):
        if all_kept and place is not None:
            total = total_of(one.differs for one in all_kept)
            at = Range.of(place.first)
            yield Rule(CHANGED, f"{CHANGED}:{what}", None, at, total, role=CHANGED)


def _differs(name: str, tensor: str, kept: Kept) -> Rule:
    one_by_one = kept.differs.size == kept.board.size
    formula = cell_differs(kept) if one_by_one else sum_differs(kept)
    return Rule(
        CHANGED,
        f"{CHANGED}:{name}",
        None,
        kept.differs,
        formula,
        Copies(formula),  # which reads the board, and is no shared formula
        sheet=WORKS,
        role="differs",
        tensor=tensor,
    )


def cell_differs(kept: Kept) -> str:
    """Whether the board's cell is another number than its original.

    >>> cell_differs(Kept(Range(1, 1, 2, 2), Range(7, 5, 2, 2), Range(7, 8, 2, 2)))
    'IF(AND(Board!A1<=E7+10^-300,Board!A1>=E7-10^-300),0,1)'
    """
    now, then = f"{BOARD}!{kept.board.first.a1}", kept.original.first.a1
    # Numbers that are smaller are 0 to some programs, and HyperFormula reads no 1E-300.
    return f"IF(AND({now}<={then}+10^-300,{now}>={then}-10^-300),0,1)"


def sum_differs(kept: Kept) -> str:
    """Whether the numbers of a kernel are others, as their sum tells.

    >>> sum_differs(Kept(Range(1, 1, 2, 2), Range(7, 5, 2, 2), Range(7, 8, 1, 1)))
    'IF(SUM(Board!$A$1:$B$2)=SUM($E$7:$F$8),0,1)'
    """
    return f"IF(SUM({kept.board:{BOARD}})=SUM({kept.original:$}),0,1)"


def total_of(places: Iterable[Range]) -> str:
    """How many of the cells of the sheet Works hold a 1: one range around them, between which
    stands nothing else.

    >>> total_of([Range(7, 8, 2, 2), Range(10, 8, 2, 2)])
    'SUM(Works!$H$7:$I$11)'
    """
    return f"SUM({Range.around(places):{WORKS}})"
