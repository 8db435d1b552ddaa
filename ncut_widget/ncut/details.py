"""What images are told from one by one: features of their cells, and small pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from ncut_widget.core.arrays import as_tensor
from ncut_widget.core.parallel import deal
from ncut_widget.images import RGBImage
from ncut_widget.ncut.affinity import Distance
from ncut_widget.ncut.neighbors.nearest import Space
from ncut_widget.ncut.rows import Rows

SHARED_SIDE = 32
"""Most cells on a side of the grid on which images are compared with each other."""

LOOKED_AT = 32
"""Images from which the space of a batch is found, at least where there are as many."""

ANOTHER_IMAGE = 8
FEWEST, MOST = 16, 64
"""Directions of a batch's space for each image but one, at least and at most. With as
many for a few images as for many, their cells would be farther from each other."""

USUAL = 0.95
"""Share of a batch's cells that lie as far beside its space as is usual, or less."""


@dataclass(frozen=True)
class Details:
    """Features of each image's cells, and its small picture.

    Attributes
    ----------
    own : ndarray of float16, shape (B, H, W, r)
        Coordinates of the cells in the space of their image alone (`Space`): other
        images of the batch change nothing in them.
    shared : ndarray of float16, shape (B, h, w, s)
        Coordinates in the space of the batch, averaged to at most `SHARED_SIDE` cells
        on a side: distances between images.
    pictures : list of ndarray of uint8, shapes (h_i, w_i, 3); or None
        Each image reduced to its fine grid; None where there are no images.
    colored : bool
        Whether the colours guide the graph, as features do not see them.
    share : callable
        Features (n, H, W, C) of other images -> their coordinates, as `shared`.
    """

    own: NDArray[np.float16]
    shared: NDArray[np.float16]
    pictures: list[RGBImage] | None
    colored: bool
    share: Callable[[Any], NDArray[np.float16]]

    @classmethod
    def of(
        cls,
        features: Any,
        distance: Distance,
        pictures: list[RGBImage] | None = None,
        colored: bool = True,
    ) -> Details:
        """Take the details of features.

        Parameters
        ----------
        features : torch.Tensor or array_like of float, shape (B, H, W, C)
            Read image by image.
        distance : {"cosine", "euclidean"}
            Of the graph.
        pictures, colored
            As the attributes.
        """
        some = range(0, len(features), max(1, len(features) // LOOKED_AT))
        pooled = torch.stack([_pooled(as_tensor(features[image])) for image in some])
        leading = min(max(ANOTHER_IMAGE * (len(features) - 1), FEWEST), MOST)
        space = _space(pooled, distance, leading)
        beyond = space.beyond(Rows(pooled).read(slice(None))).quantile(USUAL)
        share = partial(_share, space, float(beyond))

        def take(image: int) -> tuple[Tensor, NDArray[np.float16]]:
            rows = Rows(features[image])
            own = _space(features[image], distance)(rows.read(slice(None)))
            return own.reshape(*rows.shape, -1).half().cpu(), share(features[[image]])

        with torch.inference_mode():
            taken = deal(take, range(len(features)), Rows(features[:1]).device)
            own, shared = zip(*taken, strict=True)
        return cls(
            torch.stack(own).numpy(),
            np.concatenate(shared),
            pictures,
            colored,
            share,
        )

    def spread(self, known: list[int], places: list[int], count: int) -> Details:
        """Put some images where they belong in a larger batch, zeros elsewhere."""
        own, shared = (
            np.zeros((count, *values.shape[1:]), values.dtype)
            for values in (self.own, self.shared)
        )
        own[places], shared[places] = self.own[known], self.shared[known]
        pictures = None
        if self.pictures is not None:
            found = dict(zip(places, (self.pictures[n] for n in known), strict=True))
            black = np.zeros((1, 1, 3), np.uint8)
            pictures = [found.get(image, black) for image in range(count)]
        return Details(own, shared, pictures, self.colored, self.share)


def _share(space: Space, usual: float, features: Any) -> NDArray[np.float16]:
    """Return the coordinates of images (B, H, W, C) in a space, on the shared grid.

    The last one is how much farther than usual a cell lies from all that the space
    knows: cells of a thing that no image of the batch has are near to nothing.
    """
    made = []
    with torch.inference_mode():
        for image in features:
            rows = Rows(_pooled(as_tensor(image)))
            part = rows.read(slice(None))
            farther = (space.beyond(part) - usual).clamp(min=0).sqrt()
            known = torch.cat([space(part), farther[:, None]], 1)
            made.append(known.reshape(*rows.shape, -1))
        return torch.stack(made).half().cpu().numpy()


def _pooled(image: Tensor) -> Tensor:
    """Average features (H, W, C) to at most `SHARED_SIDE` cells on a side."""
    height, width, _ = image.shape
    at_most = min(height, SHARED_SIDE), min(width, SHARED_SIDE)
    if at_most == (height, width):
        return image
    pooled = functional.adaptive_avg_pool2d(image.float().movedim(-1, 0), at_most)
    return pooled.movedim(0, -1)


def _space(features: Any, distance: Distance, leading: int | None = None) -> Space:
    rows = Rows(features)
    return Space.of(rows, distance, rows.device, np.random.default_rng(0), leading)
