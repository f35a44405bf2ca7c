"""Enlarged kernels: beside the maps, the numbers of small kernels once more, to be read from afar.

`places` has its rectangles, `numbers` NumPy's side, `formulas` its rules.
"""
