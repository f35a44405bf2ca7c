"""A workbook of ours as it is found, moved or not.

Must not know whether it is right.
"""
