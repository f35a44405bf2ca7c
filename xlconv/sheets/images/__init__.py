"""Images: the gallery.

In `looks` its blocks.
"""
