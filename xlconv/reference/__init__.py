"""NumPy's side of a network: every tensor forward, and gradients backward.

Must not know any formula or sheet.
"""
