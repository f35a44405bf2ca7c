"""The border: what the board's padding holds, where convolutions read over the edge of maps.

`places` has its rectangles, `numbers` NumPy's side, `formulas` its rules.
"""
