"""A segmenter without a kernel: interactive pages, and pictures in outputs.

`page` writes one file that needs no kernel. `display` shows the widget in a notebook's
cell with a picture of it, and releases it when the cell runs again.
"""
