"""The names of a workbook's sheets, as they are built.

Must not know what stands on them.
"""

BOARD = "Board"
EXERCISE = "Exercise"
IMAGES = "Images"
EXPLAIN = "Explain"
GUIDE = "Guide"
MODEL = "Model"
WORKS = "Works"

# In the order of their tabs.
SHEETS = (GUIDE, BOARD, EXERCISE, IMAGES, EXPLAIN, MODEL, WORKS)
