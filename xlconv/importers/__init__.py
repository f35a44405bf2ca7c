"""From a file to a model, or to data to learn from: template folders, weights, data sets.

Must not know workbooks.
"""
