"""Segments -> tables, files and figures.

It takes what a session has committed (`Labelled`), image by image, so that a thousand
photographs need no more memory than one. It knows nothing of the page. Libraries that
own a format are imported where they are used: most are extras.
"""
