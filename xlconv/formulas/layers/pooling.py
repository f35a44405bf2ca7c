"""Pooling as formulas.

Must not know any value.
"""

from xlconv.formulas.layers.base import Rule, cellwise, layer_rules, windows
from xlconv.formulas.places import Places
from xlconv.network.layers.base import source
from xlconv.network.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from xlconv.network.network import Network
from xlconv.spreadsheet.cells import Range


@layer_rules.register
def _max_pool_rules(layer: MaxPool2D, network: Network, places: Places) -> list[Rule]:
    return windows(layer, network, places, lambda output, read: f"MAX({read[output]})")


@layer_rules.register
def _avg_pool_rules(layer: AvgPool2D, network: Network, places: Places) -> list[Rule]:
    open_cells = source(layer) in places.open

    def text(output: int, read: list[Range]) -> str:
        return _mean(f"{read[output]}", open_cells)

    return windows(layer, network, places, text)


@layer_rules.register
def _global_rules(layer: GlobalAvgPool2D, network: Network, places: Places) -> list[Rule]:
    read = places.tensors[source(layer)].maps
    [place] = places.tensors[layer.name].maps
    open_cells = source(layer) in places.open
    return [cellwise(layer.name, None, place, lambda row, _: _mean(f"{read[row]:$}", open_cells))]


def _mean(cells: str, open_cells: bool) -> str:
    """The mean of the numbers among cells; where all may be empty, 0 rather than an error."""
    return f"IF(COUNT({cells})=0,0,AVERAGE({cells}))" if open_cells else f"AVERAGE({cells})"
