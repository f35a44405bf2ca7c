"""Explain: one cell taken apart.

In `places` its rectangles, in `numbers` NumPy's side, in `formulas` its rules, in `looks` its blocks.
"""
