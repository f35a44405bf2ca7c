"""`render`: a board as a picture, and what is shown of a book at a glance.

Must not know the file format.
"""
