"""The graph that joins nearest neighbours, in feature space and on the grid.

It knows that rows may lie on the grids of images, and what a guide says of them. It
does not know the images themselves.
"""
