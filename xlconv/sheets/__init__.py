"""The sheets of a workbook, a folder a sheet: places, numbers, formulas, looks.

Must not know the file format.
"""
