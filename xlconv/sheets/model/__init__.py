"""Model: sizes, parameters, costs, and the text of the network.

`places` has its rectangles, `numbers` NumPy's side, `formulas` its rules, `looks` its blocks.
"""
