"""Masks at an image's own size, with smooth edges.

The similarity is interpolated between the centres of the latent pixels before it is
cut, so the edge of a mask runs where the similarity crosses the cut and not along
latent pixels. ``js/src/maths/smooth.js`` is the same, operation by operation: the page
shows these very pixels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ncut_widget.masks.coordinates import interpolation

OFF, ON, MIXED = range(3)
"""What is known of all pixels of a quad, between four centres of latent pixels."""


class CutMap(NamedTuple):
    """One click's part in a mask.

    Attributes
    ----------
    similarity : ndarray of float32, shape (..., H, W)
    cut : numpy.float32
        Similarity above which a pixel belongs to the cut_map.
    """

    similarity: NDArray
    cut: np.float32


class CutMaps(NamedTuple):
    """What a mask is made of: the OR of the positives, minus the OR of the negatives.

    Attributes
    ----------
    positives, negatives : list of CutMap
    """

    positives: list[CutMap]
    negatives: list[CutMap]


def smooth_mask(latent: NDArray, cut_maps: CutMaps, size: tuple[int, int]) -> NDArray:
    """Mask of one image at its own size.

    Parameters
    ----------
    latent : ndarray of bool, shape (H, W)
        The image's mask on the latent grid, denoised or not.
    cut_maps : CutMaps
        Similarities of shape (H, W). A pixel is in the mask where the interpolated
        similarity is above the cut of a positive cut_map and of no negative one, and at
        least one of the four latent pixels around it is in ``latent``.
    size : (int, int)
        ``(h, w)`` of the image, in pixels.

    Returns
    -------
    ndarray of bool, shape (h, w)
        On the latent grid itself, ``size == (H, W)``, it is ``latent``.

    Notes
    -----
    Four latent pixels around one place touch each other, so they never belong to two
    components: what denoise drops, is dropped whole.

    Examples
    --------
    >>> similarity = np.array([[0, 0], [0, 1]], dtype=np.float32)
    >>> cut_map = CutMap(similarity, np.float32(0.3))
    >>> smooth_mask(similarity > 0.3, CutMaps([cut_map], []), (4, 4)).astype(int)
    array([[0, 0, 0, 0],
           [0, 0, 0, 0],
           [0, 0, 1, 1],
           [0, 0, 1, 1]])
    """
    (top, bottom, down), (left, right, across) = (
        interpolation(pixels, cells)
        for pixels, cells in zip(size, latent.shape, strict=True)
    )
    quads = _quads(latent, cut_maps)
    pixels = quads[top][:, left]
    mask = pixels == ON
    rows, cols = np.nonzero(pixels == MIXED)

    def above(cut_map: CutMap) -> NDArray:
        def line(row: NDArray) -> NDArray:
            start = cut_map.similarity[row, left[cols]].astype(np.float64)
            stop = cut_map.similarity[row, right[cols]]
            return start + across[cols] * (stop - start)

        start, stop = line(top[rows]), line(bottom[rows])
        return start + down[rows] * (stop - start) > cut_map.cut

    inside = np.zeros(rows.size, dtype=bool)
    for cut_map in cut_maps.positives:
        inside |= above(cut_map)
    for cut_map in cut_maps.negatives:
        inside &= ~above(cut_map)
    mask[rows, cols] = inside
    return mask


def _quads(latent: NDArray, cut_maps: CutMaps) -> NDArray:
    """Tell the quads whose pixels are all alike from those to be looked at.

    The quad of a latent pixel is bounded by its centre and those of its neighbours
    right, below, and right below.
    """
    surely = np.zeros(latent.shape, dtype=bool)
    perhaps = surely.copy()
    for cut_map in cut_maps.positives:
        every, some = _corners(cut_map.similarity > cut_map.cut)
        surely |= every
        perhaps |= some
    for cut_map in cut_maps.negatives:
        every, some = _corners(cut_map.similarity > cut_map.cut)
        surely &= ~some
        perhaps &= ~every
    near = _corners(latent)[1]
    return np.where(near & perhaps, np.where(surely, ON, MIXED), OFF).astype(np.uint8)


def _corners(cells: NDArray) -> tuple[NDArray, NDArray]:
    """Whether all, and whether some, of a quad's four corners are True."""
    every, some = cells, cells
    for axis in (0, 1):
        following = np.minimum(np.arange(cells.shape[axis]) + 1, cells.shape[axis] - 1)
        every = every & every.take(following, axis)
        some = some | some.take(following, axis)
    return every, some
