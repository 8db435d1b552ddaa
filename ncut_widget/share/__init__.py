"""A segmenter where there is no kernel: pages that live, and pictures of outputs.

`page` writes one file that needs no kernel, `display` shows the widget in a notebook's
cell with a picture of it, and ends it with the cell.
"""
