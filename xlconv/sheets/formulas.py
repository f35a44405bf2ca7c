"""The rules of all sheets together.

Must not know any value.
"""

from collections.abc import Iterable
from itertools import chain

from xlconv.formulas.layers.base import Rule
from xlconv.network.network import Network
from xlconv.sheets import computed_parts, parts
from xlconv.sheets.board.layout import Layout


def workbook_rules(network: Network, layout: Layout) -> list[Rule]:
    """The rules of all computed cells of a workbook, in the order of computation."""
    made: Iterable[Rule] = chain.from_iterable(
        rules(network, layout) for rules in computed_parts("formulas", "rules")
    )
    for amended_rules in parts("formulas", "amended_rules"):
        made = amended_rules(made, network, layout)
    return list(made)
