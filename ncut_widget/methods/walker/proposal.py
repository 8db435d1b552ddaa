"""What images with prompts say of another one: where the thing is, if it is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor

from ncut_widget.core.arrays import Floats, Indices
from ncut_widget.core.cache import Bounded
from ncut_widget.masks.resample import area_mean
from ncut_widget.methods.walker.constants import (
    KINDRED,
    PLACE,
    UNSURE,
    VOTE_WIDTH,
    VOTERS,
)
from ncut_widget.ncut.details import Details

PAIRS_BYTES = 64 * 2**20
"""Bytes of nearest cells that are kept, of pairs of images."""

SOME = 200
"""Cells, of the thing and of what surrounds it, whose distances are compared."""


Asking: TypeAlias = int | Floats | NDArray[np.float16]
"""An image of the batch, or the coordinates of another one."""


Maps: TypeAlias = Mapping[int, Floats]
"""Maps of images with prompts, by image."""


class Nearest(NamedTuple):
    """The cells of one image nearest to those of another one.

    Attributes
    ----------
    cells : ndarray of int, shape (p, VOTERS)
        Of the asked image, for each cell of the other one, the nearest first.
    squares : ndarray of float32, shape (p, VOTERS)
        Their squared distances, of features and position.
    back : ndarray of float32, shape (p,)
        For each cell of the asked image the squared distance of features to the nearest
        one of the other image.
    """

    cells: Indices
    squares: Floats
    back: Floats

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self.cells.nbytes + self.squares.nbytes + self.back.nbytes


class Likeness:
    """Which cells of the images are alike.

    Parameters
    ----------
    details : Details
    """

    def __init__(self, details: Details) -> None:
        self._shared = details.shared
        self.grid = details.shared.shape[1:3]
        self._pairs: Bounded[Nearest] = Bounded(PAIRS_BYTES, lambda pair: pair.nbytes)
        rows, cols = self.grid
        down, right = np.mgrid[:rows, :cols]
        place = np.stack([(down + 0.5) / rows - 0.5, (right + 0.5) / cols - 0.5], -1)
        self._place = torch.from_numpy(PLACE * 6**0.5 * place.reshape(-1, 2)).float()

    def features(self, image: Asking) -> Tensor:
        """Return the features of an image's cells, (p, s)."""
        given = self._shared[image] if isinstance(image, int) else image
        values = given.astype(np.float32)
        return torch.from_numpy(values.reshape(-1, values.shape[-1]))

    def nearest(self, image: Asking, asked: int) -> Nearest:
        """Find the cells of an asked image that are nearest to those of another one."""
        if not isinstance(image, int):
            return self._find(image, asked)
        return self._pairs.get((image, asked), lambda: self._find(image, asked))

    def _find(self, image: Asking, asked: int) -> Nearest:
        with torch.inference_mode():
            squares = _squares(self.features(image), self.features(asked))
            back = squares.amin(0)
            squares = squares + _squares(self._place, self._place)
            count = min(VOTERS, squares.shape[1])
            near, cells = squares.topk(count, dim=1, largest=False)
        return Nearest(cells.numpy().astype(np.int32), near.numpy(), back.numpy())

    def asked(self, image: Asking, prompted: list[int]) -> list[int]:
        """Choose at most `VOTERS` images with prompts: those most like an image."""
        if len(prompted) <= VOTERS:
            return prompted
        means = self._shared[prompted].mean((1, 2), dtype=np.float32)
        own = self.features(image).mean(0).numpy()
        order = np.argsort(np.square(means - own).sum(1), kind="stable")
        return sorted(prompted[at] for at in order[:VOTERS])

    def vote(self, image: Asking, maps: Maps) -> Floats:
        """Ask the nearest cells of images with prompts about each cell of another one.

        Parameters
        ----------
        image : int or ndarray of float, shape (h, w, s)
            Of the batch, or the coordinates of another image.
        maps : mapping of int to ndarray of float32, shapes (h, w)
            Those of images with prompts.

        Returns
        -------
        ndarray of float32, shape (H, W)
            On the shared grid.
        """
        pairs = [self.nearest(image, asked) for asked in maps]
        values = [
            area_mean(each, self.grid).clip(0, 1).ravel()[pair.cells]
            for pair, each in zip(pairs, maps.values(), strict=True)
        ]
        squares = np.concatenate([pair.squares for pair in pairs], 1)
        order = np.argsort(squares, axis=1, kind="stable")[:, :VOTERS]
        near = np.take_along_axis(squares, order, 1).astype(np.float64)
        said = np.take_along_axis(np.concatenate(values, 1), order, 1)
        weights = np.exp(-(near - near[:, :1]) / VOTE_WIDTH)
        field = (weights * said).sum(1) / weights.sum(1)
        votes: Floats = field.reshape(self.grid).astype(np.float32)
        return votes

    def distance(self, image: Asking, maps: Maps) -> float:
        """Say how far an image is from having what was prompted on others; see `FAR`.

        The distance of the thing's cells to their nearest ones on the image, relative
        to their distance to what surrounds the thing: the least over the images with
        prompts.
        """
        shares = [self._far(image, asked, each) for asked, each in maps.items()]
        return min(shares, default=np.inf)

    def kinship(self, images: Sequence[int], asked: Callable[[int], Maps]) -> float:
        """Say how surely most images have what was prompted on others, 0 to 1.

        Parameters
        ----------
        images : sequence of int
            Without prompts; some of them are looked at.
        asked : callable
            Image -> the maps that it is compared with.
        """
        some = images[:: max(1, len(images) // VOTERS)]
        if not some:
            return 0.0
        typical = np.median([self.distance(image, asked(image)) for image in some])
        return float(expit((KINDRED - typical) / UNSURE))

    def _far(self, image: Asking, asked: int, values: Floats) -> float:
        inside = area_mean(values, self.grid).ravel() > 0.5
        if not inside.any():
            return np.inf
        features = self.features(asked)
        thing = features[torch.from_numpy(inside)]
        around = features[torch.from_numpy(~inside)] if not inside.all() else thing
        with torch.inference_mode():
            apart = _squares(_some(thing), _some(around)).median()
        near = self.nearest(image, asked).back[inside].mean()
        return float(near / max(float(apart), np.finfo(np.float32).tiny))


def _some(rows: Tensor) -> Tensor:
    return rows[:: max(1, len(rows) // SOME)]


def _squares(rows: Tensor, others: Tensor) -> Tensor:
    """Return squared distances of rows (n, r) and others (m, r): (n, m)."""
    lengths = rows.square().sum(1)[:, None] + others.square().sum(1)
    return torch.addmm(lengths, rows, others.T, alpha=-2).clamp_(0)
