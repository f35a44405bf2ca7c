"""The parts of a workbook around its cells, made by openpyxl, which nobody else knows.

`skeleton` is the whole of them; colour rules, charts and what is mended have their own modules.
"""
