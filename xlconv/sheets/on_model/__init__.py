"""Rooms that stand on the sheet Model below its table: each a folder, as a sheet is."""
