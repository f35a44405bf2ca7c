"""Files that are written whole or not at all, signals, and what a terminal obeys.

Must not know what xlconv makes.
"""
