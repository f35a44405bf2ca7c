"""What is wrong with a learner's cells: by the cells that they read, and by what they give.

Must not know how marks are counted.
"""
