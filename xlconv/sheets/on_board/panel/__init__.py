"""The panel: where people choose, on the board under the picture.

`places` has its rectangles, `numbers` NumPy's side, `formulas` its rules, `looks` its blocks.
"""
