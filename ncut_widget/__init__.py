"""Interactive normalized-cut segmentation inside notebooks."""

from ncut_widget.color import rgb_from_pca_3d, rgb_from_tsne_3d, rgb_from_umap_3d
from ncut_widget.masks import get_mask
from ncut_widget.ncut import NCUT
from ncut_widget.widget import NcutSegmenter

__all__ = [
    "NCUT",
    "NcutSegmenter",
    "get_mask",
    "rgb_from_pca_3d",
    "rgb_from_tsne_3d",
    "rgb_from_umap_3d",
]
