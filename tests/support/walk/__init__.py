"""A random walk through all that users and pages do, beside a model of plain lists.

A file for each who does something: in cells, on pages, with files. `base.py` compares.
"""
