"""What formulas each kind of layer calls for, a family a module.

Must not know any value, nor NumPy's side.
"""
