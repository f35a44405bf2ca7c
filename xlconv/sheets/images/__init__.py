"""Images: the gallery, what the network said of it, and a drawing with its pen.

`places` has its rectangles, `numbers` and `formulas` the drawing, `said` words, `looks` its blocks.
"""
