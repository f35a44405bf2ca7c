"""The sentence of Explain: how a cell came about, in words and rounded numbers.

`templates` has its words, `formulas` and `numbers` fill them, each side its own.
"""
