"""The single things in a mask, numbered."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.ndimage import distance_transform_edt, find_objects, label

from ncut_widget.core.arrays import Doubles, Floats, Labels, Mask
from ncut_widget.masks.resample import enlarge
from ncut_widget.segments.touching import SMALLEST as SMALLEST
from ncut_widget.segments.touching import part_at_necks

INSTANCES = ("connected", "watershed", "whole")
"""How a mask is split into things: connected components, components split at necks, or
no split."""

EIGHT = np.ones((3, 3), dtype=bool)
"""Neighbours of a pixel: those at its edges and at its corners."""

TINY = 1e-6
"""Lowest weight: above 0, so that a pixel inside stays inside."""

CELLS = 2**20
"""Most cells that the boxes of an image's components have together. If they have more
pixels, each cell is a square of several pixels."""


def number_instances(mask: Mask, how: str, similarity: Floats) -> Labels:
    """Label the single things in a mask of one image.

    Parameters
    ----------
    mask : ndarray of bool, shape (h, w)
    how : {"connected", "watershed", "whole"}
        ``"connected"``: 8-connected components, numbered as `skimage.measure.label`
        does. ``"watershed"``: components are split where things touch, by a watershed
        on the distance from the edge, weighted with the similarity. It splits at necks,
        which are narrower, or less similar, than both sides. A thing is at least a
        quarter as deep as the thing that it touches. Above a million pixels it works on
        a coarser grid. ``"whole"``: the mask is one thing.
    similarity : ndarray of float, shape (H, W)
        Of the image's cells to what was clicked; only the watershed uses it.

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
    parts: Labels = label(mask, EIGHT)[0]
    if how == "connected" or not mask.any():
        return parts
    boxes = find_objects(parts)
    step = _step(boxes)
    weight = np.clip(enlarge(similarity, _reduced(mask.shape, step)), 0, 1)
    count = 0
    found: Labels = np.zeros_like(parts)
    for number, box in enumerate(boxes, 1):
        inside = parts[box] == number
        if min(inside.shape) < 3 * step or max(inside.shape) < 7 * step:
            here = inside.astype(np.int32)  # too small for two things
        else:
            here = _part(inside, weight, box, step)
        found[box][inside] = here[inside] + count
        count += int(here.max())
    return found


def _part(inside: Mask, weight: Doubles, box: tuple[slice, slice], step: int) -> Labels:
    """Split one component, on cells of `step` pixels; number its box's pixels."""
    (top, left), size = (at.start // step for at in box), inside.shape
    # The grid of cells begins at the image's corner: a cell may begin before the box.
    ahead = [at.start % step for at in box]
    cells = _reduced([a + n for a, n in zip(ahead, size, strict=True)], step)
    there = tuple(slice(a, a + n) for a, n in zip(ahead, size, strict=True))
    blocks = np.zeros((cells[0], step, cells[1], step), dtype=bool)
    blocks.reshape(cells[0] * step, -1)[there] = inside
    covered = blocks.mean(axis=(1, 3), dtype=np.float32)
    depth = distance_transform_edt(np.pad(covered >= 0.5, 1))[1:-1, 1:-1] - 0.5
    depth = np.maximum(depth, covered / 4)
    near = weight[top : top + cells[0], left : left + cells[1]]
    near = np.maximum(near / max(near[covered > 0].max(), TINY), TINY)
    numbers = part_at_necks(depth * near)
    return numbers.repeat(step, axis=0).repeat(step, axis=1)[there]


def _step(boxes: Sequence[tuple[slice, slice]]) -> int:
    """Give the side of a cell, in pixels."""
    areas = ((b.stop - b.start) * (r.stop - r.start) for r, b in boxes)
    return max(1, math.ceil(math.sqrt(sum(areas) / CELLS)))


def _reduced(size: Sequence[int], step: int) -> tuple[int, int]:
    height, width = size
    return -(-height // step), -(-width // step)
