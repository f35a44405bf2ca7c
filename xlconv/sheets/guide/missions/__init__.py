"""The missions, by what of a network they need: each gives its card, or None where it does not fit.

`course` has their order.
"""
