"""Tell from pixels alone what clicks on images should mean first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from ncut_widget.images.batch import Images
from ncut_widget.images.values import RGBImage

MOST = 5
"""Images that are looked at, spread evenly over the batch: a large PNG takes 0.5 s."""

SIDE = 128
"""Longer side of the copy that is looked at, in pixels.

In it, neighbours lie apart in the image: smooth skies and the blocks of JPEG are less
flat than a drawing.
"""

FLAT = 0.25
"""Share of equal neighbours above which an image is flat.

Measured: 80 of 82 photographs had at most 0.22, also grey, dark, cut out or as JPEG of
quality 20; the others had 0.27 and 0.32. Drawings, plots and screens had more than 0.27
but for noise, soft gradients, thin marks and large photographs on a screen. Masks were
equally good with any value of 0.1 to 0.28.
"""

NEARLY = 2
"""Levels from white or black that still are white or black, as JPEG leaves them."""


def first_way(images: Images) -> Literal["semantics", "appearance"]:
    """Choose between what something is and how it looks, as a click's first meaning.

    By appearance where most images are flat: more than a quarter of their neighbouring
    pixels are equal, white and black left aside; else by semantics.

    Flat are drawings, plots and screens. White and black are left aside because they
    are the ground of cut-out things and where photographs are over- or under-exposed.
    Colour does not count: masks of grey photographs, too, are better by semantics.

    Parameters
    ----------
    images : Images
        At most 5 are read, at a reduced size. Those that cannot be read are left out.

    Returns
    -------
    {"semantics", "appearance"}
        ``"semantics"`` if none can be read, or as many are flat as are not.

    Examples
    --------
    >>> import numpy as np
    >>> drawing = np.full((100, 100, 3), (240, 240, 230), np.uint8)
    >>> drawing[30:60, 30:60] = (200, 30, 30)
    >>> first_way(Images([drawing]))
    'appearance'
    """
    flat = others = 0
    for image in _some_of(images):
        if flatness(image) > FLAT:
            flat += 1
        else:
            others += 1
        if 2 * max(flat, others) > min(MOST, len(images)):
            break  # the rest cannot change it
    return "appearance" if flat > others else "semantics"


def flatness(image: RGBImage) -> float:
    """Measure which share of neighbouring pixels in a small copy are equal.

    Parameters
    ----------
    image : ndarray of uint8, shape (h, w, 3)

    Returns
    -------
    float
        From 0 to 1. Two neighbours do not count if each is white or black; 1 if none
        counts, as in a drawing in black and white.
    """
    step = max(1, round(max(image.shape[:2]) / SIDE))
    copy = image[::step, ::step]
    extreme = (copy.max(-1) <= NEARLY) | (copy.min(-1) >= 255 - NEARLY)
    equal = counted = 0
    for axis in (0, 1):
        near, far = _neighbours(copy, axis)
        near_extreme, far_extreme = _neighbours(extreme, axis)
        counts = ~(near_extreme & far_extreme)
        equal += int(((near == far).all(-1) & counts).sum())
        counted += int(counts.sum())
    return equal / counted if counted else 1.0


def _neighbours(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Give all values but the last, and all but the first, along an axis."""
    moved = np.moveaxis(values, axis, 0)
    return moved[:-1], moved[1:]


def _some_of(images: Images) -> Iterator[RGBImage]:
    """Read some of the images at a reduced size, without those that cannot be read."""
    count = min(MOST, len(images))
    for index in np.linspace(0, len(images) - 1, count).round().astype(int):
        try:
            yield images.reduced(int(index), SIDE)
        except (OSError, ValueError):
            continue
