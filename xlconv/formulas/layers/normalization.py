"""Normalization as formulas.

Must not know any value.
"""

from __future__ import annotations

from xlconv.formulas import text as formulas
from xlconv.formulas.layers.base import Rule, layer_rules, mapwise
from xlconv.formulas.places import Layout
from xlconv.network.layers.base import source
from xlconv.network.layers.normalization import BatchNorm2D
from xlconv.network.network import Network


@layer_rules.register
def _norm_rules(layer: BatchNorm2D, network: Network, layout: Layout) -> list[Rule]:
    read, arrays = layout.tensors[source(layer)].maps, layout.weights[layer.name].arrays

    def text(number: int) -> str:
        cells = {key: places[number].first for key, places in arrays.items()}
        return formulas.normalised(read[number].first.a1, **cells, epsilon=layer.epsilon)

    return mapwise(layer, network, layout.tensors[layer.name].maps, text)
