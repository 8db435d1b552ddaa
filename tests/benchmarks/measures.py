"""How good a mask is, and where whoever corrects it clicks next.

Truths are uint8: `THING`, `OUTSIDE`, and `IGNORED`, which counts nowhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, distance_transform_edt

THING, OUTSIDE, IGNORED = 255, 0, 128

TOLERANCE = 3.0
"""Pixels by which an outline may be off."""

WORSE = 0.05
"""By so much an image must lose before a click has done harm to it."""


def has_thing(truth: NDArray | None) -> bool:
    """Return whether an image is labelled, and has the thing."""
    return truth is not None and bool((truth == THING).any())


def iou(mask: NDArray, truth: NDArray) -> float:
    """Return the intersection of a mask and the truth over their union."""
    thing, found = truth == THING, mask & (truth != IGNORED)
    union = (thing | found).sum()
    return float((thing & found).sum() / union) if union else 1.0


def boundary_f(mask: NDArray, truth: NDArray, tolerance: float = TOLERANCE) -> float:
    """Return how well the outlines of a mask and of the truth agree, 0 to 1.

    The harmonic mean of two shares: that of the mask's outline within `tolerance`
    pixels of the true one, and that of the true one within as many of the mask's.
    """
    outlines = [_outline(each) for each in (mask & (truth != IGNORED), truth == THING)]
    if not all(each.any() for each in outlines):
        return float(not any(each.any() for each in outlines))
    near = [distance_transform_edt(~each) <= tolerance for each in outlines]
    precision, recall = near[1][outlines[0]].mean(), near[0][outlines[1]].mean()
    both = precision + recall
    return float(2 * precision * recall / both) if both else 0.0


def _outline(mask: NDArray) -> NDArray:
    """Return the pixels of a mask beside others; the image's border is no outline."""
    outline: NDArray = mask & ~binary_erosion(mask, border_value=1)
    return outline


def next_click(mask: NDArray, truth: NDArray) -> tuple[int, int, bool] | None:
    """Return the innermost pixel of the larger error: x, y, whether it is missed."""
    errors = (truth == THING) & ~mask, (truth == OUTSIDE) & mask
    depths = [distance_transform_edt(np.pad(error, 1))[1:-1, 1:-1] for error in errors]
    missed = depths[0].max() >= depths[1].max()
    depth = depths[0] if missed else depths[1]
    if depth.max() == 0:
        return None
    y, x = np.unravel_index(depth.argmax(), depth.shape)
    return int(x), int(y), bool(missed)


def goodness(mask: NDArray, truth: NDArray | None) -> float:
    """Return the IoU, or of an image without the thing the share left empty.

    NaN for an image that is not labelled.
    """
    if truth is None:
        return float("nan")
    if has_thing(truth):
        return iou(mask, truth)
    return 1 - float(mask[truth == OUTSIDE].mean())


def wrong(mask: NDArray, truth: NDArray | None) -> float:
    """Return the share of an image's pixels that are wrong; 0 if it has no labels."""
    if truth is None:
        return 0.0
    counted = truth != IGNORED
    return float((mask != (truth == THING))[counted].mean())


def harmed(before: NDArray, after: NDArray, clicked: int) -> int:
    """Count the images that a click on another one made worse.

    Parameters
    ----------
    before, after : ndarray of float, shape (B,)
        How good each image's mask is: `goodness`.
    clicked : int
        The image of the click, which does not count.
    """
    lost = before - after > WORSE  # False for NaN
    lost[clicked] = False
    return int(lost.sum())
