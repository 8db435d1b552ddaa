"""Images -> features: in batches as large as memory allows, kept on disk if asked.

It works with any backbone and knows none by name. It knows of images, as the input of
backbones, and nothing of normalized cuts.
"""
