"""Activation as formulas.

Must not know any value.
"""

from collections.abc import Mapping

from xlconv.formulas import text as formulas
from xlconv.formulas.layers.base import Rule, cell_text, layer_rules, step_rule
from xlconv.formulas.places import Places
from xlconv.network.layers.activation import Clip, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from xlconv.network.layers.base import source
from xlconv.network.network import Network
from xlconv.spreadsheet.cells import Range


@cell_text.register
def _relu_text(layer: ReLU, value: str, beside: Mapping[str, str]) -> str:
    return f"MAX(0,{value})"


@cell_text.register
def _leaky_relu_text(layer: LeakyReLU, value: str, beside: Mapping[str, str]) -> str:
    return f"MAX({beside['slope']}*{value},{value})"


@cell_text.register
def _clip_text(layer: Clip, value: str, beside: Mapping[str, str]) -> str:
    return f"MIN({beside['most']},MAX({beside['least']},{value}))"


@cell_text.register
def _tanh_text(layer: Tanh, value: str, beside: Mapping[str, str]) -> str:
    return f"TANH({value})"


@cell_text.register
def _sigmoid_text(layer: Sigmoid, value: str, beside: Mapping[str, str]) -> str:
    return formulas.sigmoid(value)


@layer_rules.register
def _softmax_rules(layer: Softmax, network: Network, places: Places) -> list[Rule]:
    logits = places.tensors[source(layer)].maps[0]
    steps, name = places.steps[layer.name], layer.name
    probability = places.tensors[name].maps[0]

    def step(key: str, place: Range, formula: str) -> Rule:
        return step_rule(name, key, None, place, formula)

    return [
        step("max", Range.of(steps.maximum), f"MAX({logits:$})"),
        step("shifted", steps.shifted, f"{logits.first}-{steps.maximum:$}"),
        step("exp", steps.exp, f"EXP({steps.shifted.first})"),
        step("sum", Range.of(steps.total), f"SUM({steps.exp:$})"),
        Rule(name, name, None, probability, f"{steps.exp.first}/{steps.total:$}"),
    ]
