"""A copy of somebody's workbook in which a few cells differ, and all else is what it was, byte by
byte. What is written into the cells is for whoever asks.
"""
