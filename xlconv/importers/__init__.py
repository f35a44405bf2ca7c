"""From a file to a model: template folders and weights in .npz.

Must not know workbooks.
"""
