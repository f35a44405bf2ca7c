"""`grade`: exercises marked, and mistakes named.

Must not know how results are printed.
"""
