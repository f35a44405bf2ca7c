"""Receptive fields: the cells that a cell reads, and those that a pixel reaches.

In `numbers` by marks on arrays, in `formulas` by ends of boxes.
"""
