"""The backbones that come with the package, each in a file of its own.

A model registers itself by name and gives features of the images that it is given. It
does not know how batches are made up, nor where features are kept.
"""
