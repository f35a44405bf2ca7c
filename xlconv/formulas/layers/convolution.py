"""Convolution as formulas.

Must not know any value.
"""

from xlconv.formulas import text as formulas
from xlconv.formulas.layers.base import Rule, layer_rules, step_rule, windows
from xlconv.formulas.places import Places
from xlconv.network.layers.convolution import Conv2D, KernelDemo
from xlconv.network.network import Network
from xlconv.spreadsheet.cells import Range


@layer_rules.register
def _conv_rules(layer: Conv2D, network: Network, places: Places) -> list[Rule]:
    weights = places.weights[layer.name]

    def text(output: int, windows: list[Range]) -> str:
        read = [windows[channel] for channel in layer.channels_read(len(windows), output)]
        total = formulas.weighted_sum(read, weights.kernels(output), weights.bias(output))
        return f"MAX(0,{total})" if layer.rectifies else total

    return windows(layer, network, places, text)


@layer_rules.register
def _demo_rules(layer: KernelDemo, network: Network, places: Places) -> list[Rule]:
    name = layer.name
    number, kernel = places.cells[f"{name}_number"].first, places.inner[f"{name}_kernel"].maps
    presets = [f"{place.first}" for place in places.weights[name].arrays["presets"]]
    chosen = places.controls[name]["chosen"].first
    place = f"MATCH({chosen:$},{places.labels[name]:$},0)"
    return [
        step_rule(name, "number", None, Range.of(number), place),
        step_rule(name, "kernel", 0, kernel[0], formulas.one_of(f"{number:$}", presets)),
        *windows(
            layer,
            network,
            places,
            lambda output, windows: formulas.weighted_sum([windows[output]], kernel, None),
        ),
    ]
