"""Segments painted over images, as the page shows them."""

from __future__ import annotations

import numpy as np

from ncut_widget.core.arrays import Mask
from ncut_widget.images import RGBImage
from ncut_widget.segments.palette import as_rgb, shade
from ncut_widget.segments.record import SegmentState

OPACITY = 0.5

MASK = "#1e90ff"
"""Colour of the clicks' mask, as in ``js/src/styles/variables.css``."""


def paint_segments(
    picture: RGBImage,
    segments: tuple[SegmentState, ...],
    image: int,
    opacity: float = OPACITY,
) -> RGBImage:
    """Lay segments over an image, in the shades of their colours, as the page does."""
    colors = np.zeros_like(picture)
    painted = np.zeros(picture.shape[:2], dtype=bool)
    for segment in segments:
        instances = segment.full_instances().at(image, picture.shape[:2])
        shades = [shade(segment.color, n) for n in range(1, int(instances.max()) + 1)]
        inside = instances > 0
        colors[inside] = np.array([(0, 0, 0), *shades], np.uint8)[instances[inside]]
        painted |= inside
    laid = picture.copy()
    below, above = picture[painted].astype(np.float32), colors[painted]
    laid[painted] = np.rint(below + opacity * (above - below)).astype(np.uint8)
    return laid


def tint(picture: RGBImage, mask: Mask) -> RGBImage:
    """Lay the mask of clicks over an image, as the page does."""
    tinted = picture.copy()
    tinted[mask] = np.rint((picture[mask] + np.array(as_rgb(MASK))) / 2)
    return tinted
