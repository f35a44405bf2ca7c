"""The file format, both ways, within bounds.

Must not know networks.
"""
