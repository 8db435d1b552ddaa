"""What images with prompts say of another one: where the thing is, if it is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor

from ncut_widget.core.arrays import Floats, Indices, Mask
from ncut_widget.core.cache import Bounded
from ncut_widget.masks.resample import area_mean
from ncut_widget.methods.walker.constants import (
    ASKED,
    PLACE,
    UNLIKE,
    UNSURE,
    VOTE_WIDTH,
    VOTERS,
)
from ncut_widget.ncut.details import Details

PAIRS_BYTES = 256 * 2**20
"""Bytes of nearest cells that are kept, of pairs of images."""

MOST = 6e4
"""Largest squared distance that is kept."""

TINY = float(np.finfo(np.float32).tiny)

SOME = 200
"""Cells, of the thing and of what surrounds it, whose distances are compared."""


Asking: TypeAlias = int | Floats | NDArray[np.float16]
"""An image of the batch, or the coordinates of another one."""


class Voter(NamedTuple):
    """An image with prompts, as others ask it.

    Attributes
    ----------
    image : int
    labels : ndarray of float32, shape (p,)
        How well its cells fit, 0 to 1, on the shared grid.
    inside : ndarray of bool, shape (p,)
        The cells of the thing.
    apart : float
        Median squared distance of the thing's cells to those around it.
    """

    image: int
    labels: Floats
    inside: Mask
    apart: float


class Nearest(NamedTuple):
    """The cells of one image nearest to those of another one.

    Attributes
    ----------
    cells : ndarray of int, shape (p, VOTERS)
        Of the asked image, for each cell of the other one, the nearest first.
    squares : ndarray of float16, shape (p, VOTERS)
        Their squared distances, of features and position.
    back : ndarray of float32, shape (p,)
        For each cell of the asked image the squared distance of features to the nearest
        one of the other image.
    """

    cells: Indices
    squares: NDArray[np.float16]
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
        self._spreads: dict[int, float] = {}
        self._pairs: Bounded[Nearest] = Bounded(PAIRS_BYTES, lambda pair: pair.nbytes)

    def features(self, image: Asking) -> Tensor:
        """Return the features of an image's cells, (p, s)."""
        given = self._shared[image] if isinstance(image, int) else image
        values = given.astype(np.float32)
        return torch.from_numpy(values.reshape(-1, values.shape[-1]))

    def _shape(self, image: Asking) -> tuple[int, int]:
        return self.grid if isinstance(image, int) else image.shape[:2]

    def nearest(self, image: Asking, asked: int) -> Nearest:
        """Find the cells of an asked image that are nearest to those of another one."""
        if not isinstance(image, int):
            return self._find(image, asked)
        return self._pairs.get((image, asked), lambda: self._find(image, asked))

    def _find(self, image: Asking, asked: int) -> Nearest:
        with torch.inference_mode():
            squares = _squares(self.features(image), self.features(asked))
            back = squares.amin(0)
            places = _places(self._shape(image)), _places(self.grid)
            squares = squares + _squares(*places)
            count = min(VOTERS, squares.shape[1])
            near, cells = squares.topk(count, dim=1, largest=False)
        return Nearest(
            cells.numpy().astype(np.uint16),
            near.clamp(max=MOST).half().numpy(),
            back.numpy(),
        )

    def voter(self, image: int, values: Floats) -> Voter:
        """Ask an image whose map, (h, w), was made of its prompts."""
        labels = area_mean(values, self.grid).ravel()
        inside = labels > 0.5
        features = self.features(image)
        chosen = torch.from_numpy(inside)
        thing, around = features[chosen], features[~chosen]
        apart = np.inf
        if len(thing):
            with torch.inference_mode():
                others = around if len(around) else thing
                apart = float(_squares(_some(thing), _some(others)).median())
        return Voter(image, labels.clip(0, 1), inside, apart)

    def asked(self, image: Asking, voters: Sequence[Voter]) -> Sequence[Voter]:
        """Choose at most `ASKED` images with prompts: those most like an image."""
        if len(voters) <= ASKED:
            return voters
        means = self._shared[[each.image for each in voters]]
        means = means.mean((1, 2), dtype=np.float32)
        own = self.features(image).mean(0).numpy()
        order = np.argsort(np.square(means - own).sum(1), kind="stable")
        return [voters[at] for at in sorted(order[:ASKED])]

    def vote(self, image: Asking, voters: Sequence[Voter]) -> Floats:
        """Ask the nearest cells of images with prompts about each cell of another one.

        Parameters
        ----------
        image : int or ndarray of float, shape (h, w, s)
            Of the batch, or the coordinates of another image.
        voters : sequence of Voter

        Returns
        -------
        ndarray of float32, shape (H, W)
            On the shared grid.
        """
        asked = self.asked(image, voters)
        pairs = [self.nearest(image, each.image) for each in asked]
        said = [
            each.labels[pair.cells] for pair, each in zip(pairs, asked, strict=True)
        ]
        squares = np.concatenate([pair.squares for pair in pairs], 1)
        order = np.argsort(squares, axis=1, kind="stable")[:, :VOTERS]
        near = np.take_along_axis(squares, order, 1).astype(np.float64)
        labels = np.take_along_axis(np.concatenate(said, 1), order, 1)
        weights = np.exp(-(near - near[:, :1]) / VOTE_WIDTH)
        field = (weights * labels).sum(1) / weights.sum(1)
        votes: Floats = field.reshape(self._shape(image)).astype(np.float32)
        return votes

    def distance(self, image: Asking, voters: Sequence[Voter]) -> float:
        """Say how far an image is from having what was prompted on others; see `FAR`.

        The distance of the thing's cells to their nearest ones on the image, relative
        to their distance to what surrounds the thing: the least over the images with
        prompts.
        """
        least = np.inf
        for each in self.asked(image, voters):
            if each.inside.any():
                near = self.nearest(image, each.image).back[each.inside].mean()
                least = min(least, float(near) / max(each.apart, TINY))
        return least

    def unlike(self, image: int, asked: int) -> float:
        """Say how far an image is from an asked one as a whole.

        The mean squared distance of the asked one's cells to their nearest ones on the
        image, relative to the median among its own cells.
        """
        near = float(self.nearest(image, asked).back.mean())
        return near / max(self._spread(asked), TINY)

    def _spread(self, image: int) -> float:
        """Return the median squared distance among an image's own cells."""
        if image not in self._spreads:
            some = _some(self.features(image))
            with torch.inference_mode():
                self._spreads[image] = float(_squares(some, some).median())
        return self._spreads[image]

    def kinship(self, images: Sequence[int], asked: Sequence[int]) -> float:
        """Say how surely most images are of one kind with those that are asked, 0 to 1.

        Parameters
        ----------
        images : sequence of int
            Some of them are looked at.
        asked : sequence of int
        """
        some = images[:: max(1, len(images) // VOTERS)]
        if not some or not asked:
            return 0.0
        typical = np.median(
            [min(self.unlike(image, each) for each in asked) for image in some]
        )
        return float(expit((UNLIKE - typical) / UNSURE))


def _places(grid: tuple[int, int]) -> Tensor:
    """Return the places of cells, (p, 2), weighed beside features."""
    down, right = np.mgrid[: grid[0], : grid[1]]
    place = np.stack([(down + 0.5) / grid[0] - 0.5, (right + 0.5) / grid[1] - 0.5], -1)
    return torch.from_numpy(PLACE * 6**0.5 * place.reshape(-1, 2)).float()


def _some(rows: Tensor) -> Tensor:
    return rows[:: max(1, len(rows) // SOME)]


def _squares(rows: Tensor, others: Tensor) -> Tensor:
    """Return squared distances of rows (n, r) and others (m, r): (n, m)."""
    lengths = rows.square().sum(1)[:, None] + others.square().sum(1)
    return torch.addmm(lengths, rows, others.T, alpha=-2).clamp_(0)
