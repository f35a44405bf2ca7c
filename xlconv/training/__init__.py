"""Learning: loss, recipe, loop, and the sets of pictures.

Must not know workbooks.
"""
