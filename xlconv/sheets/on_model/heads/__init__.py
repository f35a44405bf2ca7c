"""On Model, what the last layers cost: means of maps and one dense layer, or dense layers as VGG's.

`places` has its rectangles, `numbers` NumPy's side, `formulas` its rules, `looks` its blocks.
"""
