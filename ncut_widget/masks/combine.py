"""The masks of several clicks together, on the latent grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ncut_widget.core.arrays import Mask
from ncut_widget.masks.denoise import denoise_mask
from ncut_widget.masks.smooth import CutMap


def combine(
    shape: tuple[int, ...],
    positives: Iterable[CutMap],
    negatives: Iterable[CutMap],
    area_th: float,
    kept: Sequence[tuple[int, ...]] = (),
) -> Mask:
    """Mask cells above the cut of any positive click and of no negative click.

    Parameters
    ----------
    shape : tuple of int
        ``(H, W)`` or ``(B, H, W)``, that of the maps.
    positives, negatives : iterable of CutMap
        Read once, one after the other.
    area_th : float
        Connected components with fewer cells than this are dropped.
    kept : sequence of tuples of int
        Indices of cells whose components are kept.

    Returns
    -------
    ndarray of bool, of that shape
        All False without a positive click.
    """
    masks = np.zeros(shape, dtype=bool)
    for number, cut_map in enumerate(positives):
        if number == 0:  # one pass over the masks in place of three
            np.greater(cut_map.similarity, cut_map.cut, out=masks)
        else:
            masks |= cut_map.similarity > cut_map.cut
    for cut_map in negatives:
        masks &= ~(cut_map.similarity > cut_map.cut)
    return denoise_mask(masks, area_th, kept)
