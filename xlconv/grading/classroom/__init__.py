"""A class: a workbook for each student, what they handed in, its marks for learning platforms, and
the workbooks back with what is wrong. How a workbook is marked is for the rooms beside.
"""
