"""Normalization as formulas.

Must not know any value.
"""

from collections.abc import Mapping

from xlconv.formulas.layers.base import cell_text
from xlconv.network.layers.normalization import BatchNorm2D


@cell_text.register
def _norm_text(layer: BatchNorm2D, value: str, beside: Mapping[str, str]) -> str:
    deviation = f"SQRT({beside['variance']}+{beside['epsilon']})"
    return f"({value}-{beside['mean']})/{deviation}*{beside['scale']}+{beside['shift']}"
