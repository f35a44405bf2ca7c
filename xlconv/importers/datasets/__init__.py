"""Data sets, however they are kept and called: pictures and labels to learn from and to test with.

Must not know how a network learns.
"""
