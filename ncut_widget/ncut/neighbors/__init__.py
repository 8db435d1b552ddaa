"""The graph that joins nearest neighbours, in feature space and on the grid.

It knows that rows may lie on the grids of images, and a guide for them. Only `guide`
reads images.
"""
