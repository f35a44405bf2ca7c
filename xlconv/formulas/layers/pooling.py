"""Pooling as formulas.

Must not know any value.
"""

from __future__ import annotations

from xlconv.formulas.layers.base import Rule, cellwise, layer_rules, windows
from xlconv.formulas.places import Places
from xlconv.network.layers.base import source
from xlconv.network.layers.pooling import AvgPool2D, GlobalAvgPool2D, MaxPool2D
from xlconv.network.network import Network


@layer_rules.register
def _max_pool_rules(layer: MaxPool2D, network: Network, places: Places) -> list[Rule]:
    return windows(layer, network, places, lambda output, read: f"MAX({read[output]})")


@layer_rules.register
def _avg_pool_rules(layer: AvgPool2D, network: Network, places: Places) -> list[Rule]:
    return windows(layer, network, places, lambda output, read: f"AVERAGE({read[output]})")


@layer_rules.register
def _global_rules(layer: GlobalAvgPool2D, network: Network, places: Places) -> list[Rule]:
    read = places.tensors[source(layer)].maps
    [place] = places.tensors[layer.name].maps
    return [cellwise(layer.name, None, place, lambda row, _: f"AVERAGE({read[row]:$})")]
