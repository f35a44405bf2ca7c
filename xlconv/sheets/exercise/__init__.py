"""Exercise: cells left open, and the checks that mark them.

`places` has its rectangles, `numbers` NumPy's side, `formulas` its rules, `looks` its blocks.
"""
