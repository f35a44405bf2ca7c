"""Dropout as formulas.

Must not know any value.
"""

from collections.abc import Mapping

from xlconv.formulas.layers.base import Rule, cell_text, layer_rules, mapwise, step_rule
from xlconv.formulas.places import Places
from xlconv.network.layers.base import source
from xlconv.network.layers.dropout import Dropout
from xlconv.network.network import Network
from xlconv.spreadsheet.cells import Range


@layer_rules.register
def _dropout_rules(layer: Dropout, network: Network, places: Places) -> list[Rule]:
    name = layer.name
    read, made = places.tensors[source(layer)].maps, places.tensors[name].maps
    random, mask = (places.inner[f"{name}_{key}"].maps for key in ("random", "mask"))
    cells = {key: place.first for key, place in places.controls[name].items()}
    rate, factor = cells["rate"], places.cells[f"{name}_factor"].first

    def single(key: str, formula: str) -> Rule:
        cell = places.cells[f"{name}_{key}"].first
        return step_rule(name, key, None, Range.of(cell), formula)

    def kept(number: int) -> str:
        return f"IF({random[number].first}<{rate:$},0,1)"

    def dropped(number: int) -> str:
        beside = {"mask": mask[number].first.a1, "factor": factor.absolute}
        beside["active"] = cells["active"].absolute
        return cell_text(layer, read[number].first.a1, beside)

    zeros = "+".join(f"COUNTIF({place:$},0)" for place in mask)
    numbers = "+".join(f"COUNT({place:$})" for place in mask)

    return [
        *mapwise(layer, network, random, lambda _: "RAND()", "random"),
        *mapwise(layer, network, mask, kept, "mask"),
        single("share", f"({zeros})/({numbers})"),
        single("factor", f"IF({cells['rescale']:$}=1,1/(1-{rate:$}),1)"),
        *mapwise(layer, network, made, dropped),
    ]


@cell_text.register
def _dropped_text(layer: Dropout, value: str, beside: Mapping[str, str]) -> str:
    dropped = f"{value}*{beside['mask']}*{beside['factor']}"
    return f"IF({beside['active']}=1,{dropped},{value})"
