"""Interactive normalized-cut segmentation inside notebooks."""
