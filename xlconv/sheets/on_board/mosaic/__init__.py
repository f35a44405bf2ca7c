"""The mosaic: a colour picture in its real colours, above its red, green and blue maps.

`places` has the cells and levels, `numbers` NumPy's side, `formulas` its rules, `looks` colours.
"""
