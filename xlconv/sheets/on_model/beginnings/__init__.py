"""On Model, the kernels that training started from beside those of now, with what changed.

`places` has its rectangles, `numbers` NumPy's side, `formulas` its rules, `looks` its blocks.
"""
