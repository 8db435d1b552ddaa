"""All segments in one map: 0 = background, 1 = the first segment, and so on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np

from ncut_widget.core.arrays import Labels, Mask
from ncut_widget.masks.full import PerImage
from ncut_widget.segments.record import SegmentState


def label_map(segments: Sequence[SegmentState], shape: tuple[int, ...]) -> Labels:
    """Label the latent grids: int32, shape (B, H, W); of overlapping ones the last."""
    return lay(((n, each.masks) for n, each in enumerate(segments, 1)), shape)


def full_label_maps(
    numbered: Iterable[tuple[int, SegmentState]], sizes: Sequence[tuple[int, int]]
) -> PerImage:
    """Label the images at their own sizes: int32 (h_i, w_i), each made when asked for.

    They are of the segments as they are now; later changes do not alter them.
    """
    return PerImage(sizes, partial(_label, tuple(numbered)))


def _label(
    numbered: Sequence[tuple[int, SegmentState]], image: int, size: tuple[int, int]
) -> Labels:
    return lay(
        (
            (number, each.masker.full_mask(each.recipe, image, size))
            for number, each in numbered
        ),
        size,
    )


def lay(masks: Iterable[tuple[int, Mask]], size: tuple[int, ...]) -> Labels:
    """Lay masks of one shape over each other, each with its number: int32."""
    labels = np.zeros(size, dtype=np.int32)
    for number, mask in masks:
        labels[mask] = number
    return labels
