"""From a picture file to an array, prepared as MNIST was; galleries as data.

Must not know what a workbook makes of them.
"""
