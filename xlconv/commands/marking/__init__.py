"""`grade`: its options, what it prints, what it writes.

Must not know how a workbook is marked.
"""
