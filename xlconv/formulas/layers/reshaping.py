"""Reshaping as formulas.

Must not know any value.
"""

from xlconv.formulas.layers.base import Rule, cellwise, layer_rules
from xlconv.formulas.places import Places
from xlconv.network.layers.base import source
from xlconv.network.layers.reshaping import Flatten
from xlconv.network.network import Network


@layer_rules.register
def _flatten_rules(layer: Flatten, network: Network, places: Places) -> list[Rule]:
    maps, [place] = places.tensors[source(layer)].maps, places.tensors[layer.name].maps
    cells = [cell for one in maps for cell in one.cells()]
    if layer.order == "hwc":
        cells = [one.cell(r, c) for r, c in maps[0].offsets() for one in maps]
    return [cellwise(layer.name, None, place, lambda row, _: f"{cells[row]:$}")]
