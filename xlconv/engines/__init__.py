"""Programs that evaluate the formulas of a workbook file, behind one protocol.

Must not know networks, nor what a value should be.
"""
