"""The kinds of layers: a family a module, a frozen dataclass a kind, with all facts about it.

Must not know what computes them: `reference.layers` and `formulas.layers` do.
"""
