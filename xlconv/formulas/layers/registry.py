"""Every family's rules, registered: who needs a layer's rules takes them from here.

Must not know anything about a kind.
"""

from __future__ import annotations

from importlib import import_module

from xlconv.formulas.layers.base import layer_rules
from xlconv.network.layers.kinds import FAMILIES

__all__ = ["layer_rules"]

for family in FAMILIES:
    import_module(f"xlconv.formulas.layers.{family}")
