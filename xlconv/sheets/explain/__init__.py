"""Explain: one cell taken apart.

`places` has its rectangles, `numbers` NumPy's side, `formulas` its rules, `looks` its blocks.
"""
