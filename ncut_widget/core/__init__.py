"""Code for all other folders: arrays, checks, names, paths, devices, files, progress.

Nothing here knows what an image, a cluster or a segment is: it imports from no other
folder of this package.
"""
