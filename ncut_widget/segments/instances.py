"""Single things in a mask, with numbers of their own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, find_objects, label

from ncut_widget.masks.coordinates import interpolation

INSTANCES = ("connected", "watershed", "whole")
"""How a mask is parted: into connected components, these where they narrow, too, or
not at all."""

EIGHT = np.ones((3, 3), dtype=bool)
"""Neighbours of a pixel, those across corners among them."""

NARROW = 0.8
"""Two things touch where what is between them is less deep than this part of both."""

SMALLEST = 0.25
"""Depth of a thing, at least, as part of that of the deepest one that it touches."""


def number_instances(mask: NDArray, how: str, similarity: NDArray) -> NDArray:
    """Give the single things in a mask of one image numbers.

    Parameters
    ----------
    mask : ndarray of bool, shape (h, w)
    how : {"connected", "watershed", "whole"}
        ``"connected"``: 8-connected components, numbered as `skimage.measure.label`
        does. ``"watershed"``: components are parted where things touch, by a watershed
        on the similarity, weighted with the distance from the edge: the deepest points
        of two things are apart, and what lies between them is narrower, or less
        similar. ``"whole"``: all of it is one.
    similarity : ndarray of float, shape (H, W)
        Of the image's cells with what was clicked; only a watershed looks at it.

    Returns
    -------
    ndarray of int32, shape (h, w)
        0 = background, 1, 2, ... = things.

    Examples
    --------
    >>> mask = np.array([[1, 1, 0, 0], [0, 0, 0, 1]], dtype=bool)
    >>> number_instances(mask, "connected", mask * 1.0).tolist()
    [[1, 1, 0, 0], [0, 0, 0, 2]]
    """
    if how == "whole":
        return mask.astype(np.int32)
    parts, _ = label(mask, EIGHT)
    if how == "connected" or not mask.any():
        return parts
    weight = np.clip(enlarge(similarity, mask.shape), 0, 1)
    found = np.zeros_like(parts)
    count = 0
    for number, box in enumerate(find_objects(parts), 1):
        inside = np.pad(parts[box] == number, 1)
        depth = distance_transform_edt(inside) * np.pad(weight[box], 1)
        here = _part(inside, depth)[1:-1, 1:-1]
        found[box][here > 0] = here[here > 0] + count
        count += int(here.max())
    return found


def _part(inside: NDArray, depth: NDArray) -> NDArray:
    """Part one component by a watershed on how deep its pixels lie."""
    # A tenth of a second, which an import of ours need not take.
    from skimage.filters import gaussian
    from skimage.morphology import h_maxima
    from skimage.segmentation import watershed

    deepest = float(depth.max())
    # What is a fifth of the width or less is an unevenness of the edge.
    smooth = gaussian(depth, sigma=max(deepest / 5, 0.5))
    least = SMALLEST * float(smooth.max())
    # In logarithms, so that a neck is narrow as compared with what it joins.
    levels = np.log(np.maximum(smooth, least / 2)).astype(np.float32)
    peaks = h_maxima(levels, -np.log(NARROW)).astype(bool) & (smooth > least) & inside
    markers, number = label(peaks, EIGHT)
    if number < 2:
        return inside.astype(np.int32)
    return watershed(-smooth, markers, mask=inside, connectivity=2).astype(np.int32)


def enlarge(values: NDArray, size: tuple[int, ...]) -> NDArray:
    """Interpolate values of cells, (H, W), between their centres to pixels (h, w)."""
    (top, bottom, down), (left, right, across) = (
        interpolation(pixels, cells)
        for pixels, cells in zip(size, values.shape, strict=True)
    )
    lines = values[:, left] + across * (values[:, right] - values[:, left])
    return lines[top] + down[:, None] * (lines[bottom] - lines[top])
