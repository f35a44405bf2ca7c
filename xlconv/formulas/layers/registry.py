"""Every family's rules and texts, registered: who needs a layer's takes them from here.

Must not know anything about a kind.
"""

from importlib import import_module

from xlconv.formulas.layers.base import cell_text, layer_rules
from xlconv.network.layers.kinds import FAMILIES

__all__ = ["cell_text", "layer_rules"]

for family in FAMILIES:
    import_module(f"xlconv.formulas.layers.{family}")
