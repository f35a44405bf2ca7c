"""The board: the sheet that shows the network.

In `places` its rectangles, in `numbers` NumPy's side, in `formulas` its rules, in `looks` its blocks.
"""
