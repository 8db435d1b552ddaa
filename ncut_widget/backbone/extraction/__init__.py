"""Images -> features, in batches, with a cache on disk."""
