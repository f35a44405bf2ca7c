"""Activation as formulas.

Must not know any value.
"""

from __future__ import annotations

from functools import singledispatch

from xlconv.formulas import text as formulas
from xlconv.formulas.layers.base import Rule, layer_rules, mapwise
from xlconv.formulas.places import Places
from xlconv.network.layers.activation import LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from xlconv.network.layers.base import Layer, source
from xlconv.network.network import Network
from xlconv.spreadsheet.cells import Range


@layer_rules.register(ReLU)
@layer_rules.register(LeakyReLU)
@layer_rules.register(Tanh)
@layer_rules.register(Sigmoid)
def _cell_rules(layer: Layer, network: Network, places: Places) -> list[Rule]:
    read = places.tensors[source(layer)].maps
    made = places.tensors[layer.name].maps
    return mapwise(layer, network, made, lambda n: cell_text(layer, read[n].first.a1))


@singledispatch
def cell_text(layer: Layer, value: str) -> str:
    """What a layer makes of one cell by itself."""
    raise NotImplementedError(f"no formula for a cell of {type(layer).__name__}")


@cell_text.register
def _relu_text(layer: ReLU, value: str) -> str:
    return f"MAX(0,{value})"


@cell_text.register
def _leaky_relu_text(layer: LeakyReLU, value: str) -> str:
    return f"MAX({formulas.number(layer.slope)}*{value},{value})"


@cell_text.register
def _tanh_text(layer: Tanh, value: str) -> str:
    return f"TANH({value})"


@cell_text.register
def _sigmoid_text(layer: Sigmoid, value: str) -> str:
    return formulas.sigmoid(value)


@layer_rules.register
def _softmax_rules(layer: Softmax, network: Network, places: Places) -> list[Rule]:
    logits = places.tensors[source(layer)].maps[0]
    steps, name = places.steps[layer.name], layer.name
    probability = places.tensors[name].maps[0]

    def step(key: str, place: Range, formula: str) -> Rule:
        return Rule(f"{name}_steps", f"{name}_{key}", None, place, formula)

    return [
        step("max", Range.of(steps.maximum), f"MAX({logits:$})"),
        step("shifted", steps.shifted, f"{logits.first}-{steps.maximum:$}"),
        step("exp", steps.exp, f"EXP({steps.shifted.first})"),
        step("sum", Range.of(steps.total), f"SUM({steps.exp:$})"),
        Rule(name, name, None, probability, f"{steps.exp.first}/{steps.total:$}"),
    ]
