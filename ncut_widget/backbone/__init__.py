"""Backbones: images -> features on a latent grid.

`registry` finds backbones by name, `extraction` computes features with them. Nothing
here knows of eigenvectors, clicks or the page.

>>> import numpy as np
>>> images = [np.zeros((48, 64, 3), np.uint8), np.full((30, 30, 3), 255, np.uint8)]
>>> extract_features(images, load_model("texture", grid=16)).shape
(2, 16, 16, 20)
"""

from ncut_widget.backbone.extraction.extract import extract_features
from ncut_widget.backbone.extraction.extractor import FeatureExtractor
from ncut_widget.backbone.layers import LayeredBackbone
from ncut_widget.backbone.models.dino import load_dinov2, load_dinov3
from ncut_widget.backbone.models.lite import LiteBackbone, load_lite
from ncut_widget.backbone.models.sam import SamBackbone, find_sam_checkpoint
from ncut_widget.backbone.models.texture import TextureBackbone
from ncut_widget.backbone.models.timm import TimmBackbone
from ncut_widget.backbone.registry import (
    Backbone,
    list_backbones,
    load_model,
    register_backbone,
    resolve_model,
)
from ncut_widget.backbone.weights.checkpoints import CheckpointError, checkpoint_dir

__all__ = [
    "Backbone",
    "CheckpointError",
    "FeatureExtractor",
    "LayeredBackbone",
    "LiteBackbone",
    "SamBackbone",
    "TextureBackbone",
    "TimmBackbone",
    "checkpoint_dir",
    "extract_features",
    "find_sam_checkpoint",
    "list_backbones",
    "load_dinov2",
    "load_dinov3",
    "load_lite",
    "load_model",
    "register_backbone",
    "resolve_model",
]
