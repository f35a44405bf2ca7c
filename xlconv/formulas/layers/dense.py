"""Dense as formulas.

Must not know any value.
"""

from xlconv.formulas import text as formulas
from xlconv.formulas.layers.base import Rule, cellwise, layer_rules
from xlconv.formulas.places import Places
from xlconv.network.layers.base import source
from xlconv.network.layers.dense import Dense
from xlconv.network.network import Network


@layer_rules.register
def _dense_rules(layer: Dense, network: Network, places: Places) -> list[Rule]:
    read, weights = places.tensors[source(layer)], places.weights[layer.name]

    def text(unit: int, _column: int) -> str:
        return formulas.weighted_sum(
            read.maps, weights.kernels(unit), weights.bias(unit), fixed=True
        )

    return [cellwise(layer.name, None, places.tensors[layer.name].maps[0], text)]
