"""Interactive normalized-cut segmentation inside notebooks.

Names are imported when they are first used, as PyTorch is slow to import.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ncut_widget.backbone import extract_features, load_model
    from ncut_widget.eigvecs.colors import (
        rgb_from_pca_3d,
        rgb_from_tsne_3d,
        rgb_from_umap_3d,
    )
    from ncut_widget.images import load_images
    from ncut_widget.masks import get_mask
    from ncut_widget.ncut import NCUT
    from ncut_widget.sessions.segment import Segment
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

_HOMES = {
    "NCUT": "ncut",
    "NcutSegmenter": "widget",
    "Segment": "sessions.segment",
    "extract_features": "backbone",
    "get_mask": "masks",
    "load_images": "images",
    "load_model": "backbone",
    "rgb_from_pca_3d": "eigvecs.colors",
    "rgb_from_tsne_3d": "eigvecs.colors",
    "rgb_from_umap_3d": "eigvecs.colors",
}


def __getattr__(name: str) -> Any:
    """Import a public name at its first use; PEP 562."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List all names, also those that are not imported yet."""
    return sorted({*globals(), *__all__})
