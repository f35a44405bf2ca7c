"""Normalization as formulas.

Must not know any value.
"""

from __future__ import annotations

from xlconv.formulas import text as formulas
from xlconv.formulas.layers.base import Rule, layer_rules, mapwise
from xlconv.formulas.places import Places
from xlconv.network.layers.base import source
from xlconv.network.layers.normalization import BatchNorm2D
from xlconv.network.network import Network


@layer_rules.register
def _norm_rules(layer: BatchNorm2D, network: Network, places: Places) -> list[Rule]:
    read, arrays = places.tensors[source(layer)].maps, places.weights[layer.name].arrays

    def text(number: int) -> str:
        cells = {key: ranges[number].first for key, ranges in arrays.items()}
        return formulas.normalised(read[number].first.a1, **cells, epsilon=layer.epsilon)

    return mapwise(layer, network, places.tensors[layer.name].maps, text)
