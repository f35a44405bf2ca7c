"""What a workbook is set to and says of itself: choices, exercise, manifest, sheets' names.

Must not know where its cells stand.
"""
