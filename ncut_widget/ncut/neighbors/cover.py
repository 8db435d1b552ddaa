"""Choose few images that stand for a batch."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ncut_widget.ncut.landmarks import cluster_centres, nearest_centre

# Cells that are looked at in each image, and in all for the kinds there are.
CELLS = 128
_POOL = 8192
_KINDS = 256
_CHUNK = 2048


def covering_images(
    images: Iterable[Tensor], count: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Choose images so that cells of every kind have like ones in one of them.

    Kinds are clusters of cells. One image after the other is added: the one that
    brings cells of all kinds, by how many there are, nearest to one of an image chosen
    (facility location, greedily [1]_).

    Parameters
    ----------
    images : iterable of Tensor, shape (n, r)
        Coordinates of some cells of each image.
    count : int
        Images to choose, at most as many as there are.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (count,)
        Ascending.

    References
    ----------
    .. [1] G. Cornuejols, M. Fisher and G. Nemhauser, "Location of bank accounts to
       optimize float", Management Science 23(8), 1977.
    """
    cells = torch.stack(list(images))
    pool = cells.flatten(0, 1)
    drawn = rng.permutation(len(pool))[:_POOL]
    pool = pool[torch.from_numpy(drawn).to(pool.device)]
    centres = cluster_centres(pool, min(_KINDS, len(pool)), _CHUNK)
    kinds = torch.cat(
        [nearest_centre(centres, part) for part in torch.split(pool, _CHUNK)]
    )
    weights = torch.bincount(kinds, minlength=len(centres)).to(pool)
    squares = centres.square().sum(1)
    away = torch.stack([_away(centres, squares, image) for image in cells])
    nearest = torch.full_like(squares, torch.inf)
    chosen: list[int] = []
    for _ in range(count):
        costs = torch.minimum(nearest, away) @ weights
        costs[chosen] = torch.inf
        chosen.append(int(costs.argmin()))
        nearest = torch.minimum(nearest, away[chosen[-1]])
    return np.sort(np.array(chosen, dtype=np.int64))


def _away(centres: Tensor, squares: Tensor, cells: Tensor) -> Tensor:
    """Return each centre's distance to the nearest of an image's cells."""
    found = torch.addmm(squares, cells, centres.T, beta=1, alpha=-2)
    found += cells.square().sum(1, keepdim=True)
    return found.amin(0).clamp(min=0).sqrt()
