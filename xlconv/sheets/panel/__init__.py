"""The panel: where people choose, on the board under the picture.

In `places` its rectangles, in `numbers` NumPy's side, in `formulas` its rules, in `looks` its blocks.
"""
