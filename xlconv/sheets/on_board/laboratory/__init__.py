"""The softmax laboratory, on the board beside the output: what exp, the largest logit and a
temperature do to shares.

`places` has its rectangles, `numbers` NumPy's side, `formulas` its rules, `looks` its blocks.
"""
