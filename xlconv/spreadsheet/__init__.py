"""A spreadsheet as data: cells, ranges, formula tokens, blocks, styles and number formats.

Must not know networks, nor how a file spells what stands here.
"""
