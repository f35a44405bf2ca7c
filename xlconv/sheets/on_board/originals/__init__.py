"""Originals: the picture and the weights as they were before anybody typed over them, on the sheet
Works, and how many of them differ now.

`places` has its rectangles, `numbers` NumPy's side, `formulas` its rules, `looks` its blocks.
"""
