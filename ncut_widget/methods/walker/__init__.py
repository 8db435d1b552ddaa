"""The parts of the method "Image by image": one image from its own cells alone.

`lattice` is the fine grid of an image, `own` all that is computed of one image,
`evidence` what speaks for the thing, `proposal` what the images with prompts say of
another one. No part knows recipes or history.
"""
