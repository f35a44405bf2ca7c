"""Model: sizes, parameters, costs, and the text of the network.

In `places` its rectangles, in `numbers` NumPy's side, in `formulas` its rules, in `looks` its blocks.
"""
