"""Images -> features: in batches as large as memory allows, kept on disk if asked.

It works with any backbone and knows none by name. Of images it knows what a backbone
is given; of normalized cuts, nothing.
"""
