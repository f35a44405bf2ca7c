"""What each kind of layer computes in NumPy, a family a module.

Must not know any formula or sheet.
"""
