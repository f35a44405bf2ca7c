"""The names of a workbook's sheets, as they are built.

Must not know what stands on them.
"""

BOARD = "Board"
EXERCISE = "Exercise"
IMAGES = "Images"
EXPLAIN = "Explain"
GUIDE = "Guide"
MODEL = "Model"
