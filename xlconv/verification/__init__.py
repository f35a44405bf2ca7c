"""`verify`: every cell of a workbook against NumPy.

Must not know how results are printed.
"""
