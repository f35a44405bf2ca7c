"""The formulas' side of a network: rules, and the places of tensors and weights.

Must not know any value, nor NumPy's side.
"""
