"""Exercise: cells left open, and the checks that mark them.

In `places` its rectangles, in `numbers` NumPy's side, in `formulas` its rules, in `looks` its blocks.
"""
