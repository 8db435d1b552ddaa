"""The backbones that come with the package, each in a file of its own.

A model registers its name, and computes features of images. It does not know how
batches are put together, nor where features are cached.
"""
