"""The board: the sheet that shows the network.

`places` has its rectangles, `numbers` NumPy's side, `formulas` its rules, `looks` its blocks.
"""
