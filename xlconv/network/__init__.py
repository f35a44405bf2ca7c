"""What a network is: kinds of layers, links, shapes, what a cell reads, weights, cost, words, text.

Must not know what computes it, nor any sheet.
"""
