"""Counts: what a layer threw away, in a line under each of its maps.

`places` has its rectangles, `numbers` NumPy's side, `formulas` its rules.
"""
