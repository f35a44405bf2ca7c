"""Merging as formulas.

Must not know any value.
"""

from xlconv.formulas.layers.base import Rule, cellwise, layer_rules, mapwise
from xlconv.formulas.places import Places
from xlconv.network.layers.base import sources
from xlconv.network.layers.merging import Add, Concat
from xlconv.network.network import Network


@layer_rules.register
def _add_rules(layer: Add, network: Network, places: Places) -> list[Rule]:
    reads = [places.tensors[name].maps for name in sources(layer)]
    made = places.tensors[layer.name].maps
    return mapwise(layer, network, made, lambda n: "+".join(f"{maps[n].first}" for maps in reads))


@layer_rules.register
def _concat_rules(layer: Concat, network: Network, places: Places) -> list[Rule]:
    read = [place for name in sources(layer) for place in places.tensors[name].maps]
    made = places.tensors[layer.name].maps
    if len(network.shapes[layer.name]) == 3:
        return mapwise(layer, network, made, lambda n: f"{read[n].first}")
    cells = [cell for place in read for cell in place.cells()]
    [place] = made
    return [cellwise(layer.name, None, place, lambda row, _: f"{cells[row]:$}")]
