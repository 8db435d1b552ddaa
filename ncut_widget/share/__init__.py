"""A segmenter where there is no kernel: pages, pictures, the end of a cell."""
