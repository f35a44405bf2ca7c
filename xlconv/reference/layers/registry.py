"""Every family's forward and backward, registered: who computes a layer takes them from here.

Must not know anything about a kind.
"""

from importlib import import_module

from xlconv.network.layers.kinds import FAMILIES
from xlconv.reference.layers.base import apply, layer_steps
from xlconv.reference.layers.gradient import propagate

__all__ = ["apply", "layer_steps", "propagate"]

for family in FAMILIES:
    import_module(f"xlconv.reference.layers.{family}")
