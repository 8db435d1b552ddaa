"""Segments -> tables, files and figures.

Results take a session's segments (`Labelled`) image by image: a thousand photographs
need no more memory than one. Results know nothing of the page. The libraries of formats
are imported where they are used: most are extras.
"""
