"""The graph that joins all rows, solved by landmarks or exactly.

Rows of features in, eigenpairs out. Nothing here knows of images, of a grid or of the
graph of neighbours.
"""
