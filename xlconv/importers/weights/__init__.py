"""From an .npz file, whoever made it, to a network's weights: types, names and axes.

Must not know workbooks.
"""
