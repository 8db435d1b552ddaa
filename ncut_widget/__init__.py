"""Interactive normalized-cut segmentation inside notebooks."""

from importlib.metadata import PackageNotFoundError, version

from ncut_widget.backbone import extract_features, load_model
from ncut_widget.color import rgb_from_pca_3d, rgb_from_tsne_3d, rgb_from_umap_3d
from ncut_widget.images import load_images
from ncut_widget.masks import get_mask
from ncut_widget.ncut import NCUT
from ncut_widget.segments.segment import Segment
from ncut_widget.widget import NcutSegmenter

try:
    __version__ = version("ncut-widget")
except PackageNotFoundError:  # the files alone, without an installation
    __version__ = "0+unknown"

__all__ = [
    "NCUT",
    "NcutSegmenter",
    "Segment",
    "__version__",
    "extract_features",
    "get_mask",
    "load_images",
    "load_model",
    "rgb_from_pca_3d",
    "rgb_from_tsne_3d",
    "rgb_from_umap_3d",
]
