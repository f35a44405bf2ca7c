"""The command line and what it prints.

Must not compute what it prints.
"""
