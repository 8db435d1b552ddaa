"""What speaks for the thing at each cell of an image with prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter, label
from scipy.special import expit

from ncut_widget.core.arrays import Doubles, Floats, Mask
from ncut_widget.methods.base import cells_of
from ncut_widget.methods.walker.constants import (
    COLOR_BINS,
    COLOR_BLUR,
    COLOR_FLOOR,
    COLOR_MOST,
    FRESH,
    NEAR,
    RADIUS,
    SCALES,
    SOFTNESS,
    WEIGHTS,
    WITHIN,
)
from ncut_widget.methods.walker.own import OwnImage, distance_to
from ncut_widget.prompts import Group


class Prompted(NamedTuple):
    """The prompts of one image, on its fine grid.

    Attributes
    ----------
    labelled : tuple of (int, Group)
        In their order, each with its label.
    """

    labelled: tuple[tuple[int, Group], ...]

    def groups(self, label: int) -> list[Group]:
        """Return the groups of a label."""
        return [group for each, group in self.labelled if each == label]

    def held(self, grid: tuple[int, int]) -> dict[int, float]:
        """Return the labels of cells, counted row by row."""
        return {
            seed.cell.row * grid[1] + seed.cell.col: float(said)
            for said, group in self.labelled
            for seed in group
        }


def own_map(
    image: OwnImage,
    prompted: Prompted,
    granularity: float,
    proposal: Floats | None,
    before: Floats | None,
) -> Floats:
    """Make the map of an image with prompts.

    Parameters
    ----------
    image : OwnImage
    prompted : Prompted
        At least one prompt.
    granularity : float
    proposal : ndarray of float32, shape (h, w), or None
        What was proposed for the image when it had no prompts; None if nothing was.
    before : ndarray of float32, shape (h, w), or None
        The map of the same prompts without the last one.

    Returns
    -------
    ndarray of float32, shape (h, w)
        About 0 to 1; the mask is what is above 0.5.
    """
    held = prompted.held(image.grid)
    proposed: Doubles | None = None
    if proposal is not None:
        proposed = expit((proposal - 0.5) / SOFTNESS)
        if before is None:  # a correction of what was proposed
            before = image.lattice.walk(proposed, {}).astype(np.float32)
    if prompted.groups(1):
        prior = _prior(image, prompted, granularity, proposal, held)
    elif proposed is not None:
        prior = proposed
    else:
        return np.zeros(image.grid, dtype=np.float32)
    if before is not None:
        share = min(1.0, FRESH / len(prompted.labelled))
        prior = share * prior + (1 - share) * before.clip(0, 1)
    walked = image.lattice.walk(_with_discs(prior, held, image.grid), held)
    values: Floats = walked.astype(np.float32)
    return values if before is None else _near(values, before, prompted, image)


def _prior(
    image: OwnImage,
    prompted: Prompted,
    granularity: float,
    proposal: Floats | None,
    held: dict[int, float],
) -> Doubles:
    """Weigh all that speaks for the thing: a logistic function of six numbers."""
    sides = prompted.groups(1), prompted.groups(0)
    fields = [image.field(*sides, granularity * scale) for scale in SCALES]
    if proposal is not None:
        fields = [_joined(field, proposal) for field in fields]
    field = np.clip(fields, *WITHIN).mean(0, dtype=np.float64)
    first: Doubles = expit((field - 0.5) / SOFTNESS)
    if len(prompted.labelled) == 1:  # too little to weigh
        return first
    walked = image.lattice.walk(_with_discs(first, held, image.grid), held).clip(0, 1)
    near = image.lattice.distances(_cells(held, 1))
    share = np.full(image.grid, WEIGHTS["no_negative"])
    apart = np.full(image.grid, 0.5)
    if denied := _cells(held, 0):
        far = image.lattice.distances(denied)
        share = far / (near + far + 1e-9)
        apart = distance_to(image.grid, denied)
    evidence = (
        WEIGHTS["field"] * field
        + WEIGHTS["walk"] * walked
        + WEIGHTS["distance"] * np.log(near + 0.02)
        + WEIGHTS["share"] * share
        + WEIGHTS["apart"] * np.log(apart + 0.02)
        + WEIGHTS["color"] * _color_ratio(image, walked)
        + WEIGHTS["offset"]
    )
    chances: Doubles = expit(evidence)
    return chances


def _joined(field: Floats, proposal: Floats) -> Floats:
    """Join an image's own field with what was proposed for it."""
    higher = np.where(field > 0.5, np.maximum(proposal, field), proposal)
    joined: Floats = ((higher + field) / 2).astype(np.float32)
    return joined


def _with_discs(
    prior: Doubles, held: dict[int, float], grid: tuple[int, int]
) -> Doubles:
    """Set the prior about held cells to their values."""
    labelled = prior.copy()
    for value in (1.0, 0.0):
        cells = _cells(held, value)
        if cells:
            labelled[distance_to(grid, cells) <= RADIUS] = value
    labelled.flat[list(held)] = list(held.values())
    return labelled


def _cells(held: dict[int, float], value: float) -> list[int]:
    return [cell for cell, each in held.items() if each == value]


def _color_ratio(image: OwnImage, inside: Doubles) -> Doubles:
    """Return the logarithm of how much likelier a cell's colour is inside.

    Histograms of colours inside and outside, as in GrabCut's first step [1]_, weighted
    by how surely each cell is.

    References
    ----------
    .. [1] C. Rother, V. Kolmogorov, A. Blake, "GrabCut", SIGGRAPH 2004.
    """
    if image.bins is None:
        return np.zeros(image.grid)
    shares = []
    for weights in (inside.ravel() ** 2, (1 - inside.ravel()) ** 2):
        counts = np.bincount(image.bins, weights, minlength=int(np.prod(COLOR_BINS)))
        counts = gaussian_filter(counts.reshape(COLOR_BINS), COLOR_BLUR).ravel()
        shares.append(counts / (counts.sum() or 1) + COLOR_FLOOR)
    ratio = np.clip(np.log(shares[0] / shares[1]), -COLOR_MOST, COLOR_MOST)
    found: Doubles = ratio[image.bins].reshape(image.grid)
    return found


def _near(
    values: Floats, before: Floats, prompted: Prompted, image: OwnImage
) -> Floats:
    """Change a map only where it belongs to its last prompt.

    A positive prompt only adds and a negative one only takes away, in connected parts
    of the change that come near it, and only what is nearer to it than to all prompts
    of the other sign, in geodesic distance. Beside these parts values are joined, too:
    a step from one map to the other would be an edge along cells at an image's size.
    """
    said, group = prompted.labelled[-1]
    inside, was = values > 0.5, before > 0.5
    changed: Mask = (inside & ~was) if said else (was & ~inside)
    cells = [cell.row * image.grid[1] + cell.col for cell in cells_of([group])]
    near = distance_to(image.grid, cells) <= NEAR
    chosen = changed
    if others := _cells(prompted.held(image.grid), 1.0 - said):
        lattice = image.lattice
        chosen = changed & (lattice.distances(cells) <= lattice.distances(others))
    parts = label(chosen, np.ones((3, 3)))[0]
    chosen = np.isin(parts, np.unique(parts[near & chosen])) & chosen
    joined = np.maximum(values, before) if said else np.minimum(values, before)
    return np.where(changed & ~chosen, before, joined)


def order(labelled: Sequence[tuple[int, Group]], image: int) -> Prompted:
    """Return the prompts that lie on an image, in their order."""
    return Prompted(
        tuple((said, group) for said, group in labelled if group[0].cell.image == image)
    )
