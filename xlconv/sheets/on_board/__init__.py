"""Rooms that stand on the board beside its maps: each a folder, as a sheet is.

The board gives them their places and knows their looks; it must not know what they compute.
"""
