"""Guide: what to try.

In `looks` its blocks.
"""
