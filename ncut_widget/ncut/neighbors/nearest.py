"""The search for neighbours: coordinates of rows, their places, and nearest rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ncut_widget.core.arrays import Doubles, Indices
from ncut_widget.ncut.affinity import Distance
from ncut_widget.ncut.rows import Part, Rows

SCALE_NEIGHBOR = 7
"""A row's scale is its distance to this neighbour."""

# Directions that distances are measured in, found from a sample of rows.
_DIRECTIONS = 64
_SAMPLE_ROWS = 4096
_DIRECTION_STEPS = 3


@dataclass(frozen=True)
class Space:
    """The space of the search for neighbours: maps features to coordinates (n, r).

    Distances between coordinates are Euclidean distances of features, or of unit rows
    where `distance` is ``"cosine"``, in the leading directions, divided by the root
    mean square length about the centre.
    """

    distance: Distance
    centre: Tensor  # (C,)
    basis: Tensor  # (C, r), orthonormal columns over the length
    length: float

    @classmethod
    def of(
        cls,
        rows: Rows,
        distance: Distance,
        device: torch.device,
        rng: np.random.Generator,
        leading: int | None = None,
    ) -> Space:
        """Find centre, length and leading directions from a sample of the rows.

        Parameters
        ----------
        leading : int, optional
            Directions to keep, nearer to the principal ones, as more are searched.
            They are kept alone even of few columns, where all columns together would
            blur distances between images.
        """
        size = min(_SAMPLE_ROWS, rows.count)
        sample = rows.read(np.sort(rng.choice(rows.count, size, replace=False)))
        x = _directed(sample, distance).to(device)
        centre = x.mean(0)
        x -= centre
        length = float(x.square().sum(1).mean().sqrt()) or 1.0
        columns = x.shape[1]
        basis = torch.eye(columns, device=device)
        if columns > (leading or 2 * _DIRECTIONS):
            searched = leading + _DIRECTIONS if leading else _DIRECTIONS
            drawn = rng.standard_normal((columns, min(searched, columns)))
            basis = torch.from_numpy(drawn).to(x)
            for _ in range(_DIRECTION_STEPS):
                basis = torch.linalg.qr(x.T @ (x @ basis))[0]
            if leading:
                products = x @ basis
                turn = torch.linalg.eigh(products.T @ products)[1]
                basis = basis @ turn[:, -leading:].flip(1)
        return cls(distance, centre, basis / length, length)

    @property
    def size(self) -> int:
        """How many coordinates there are."""
        return self.basis.shape[1]

    def __call__(self, part: Part) -> Tensor:
        """Return the coordinates of rows of features."""
        return (_directed(part, self.distance) - self.centre) @ self.basis

    def beyond(self, part: Part) -> Tensor:
        """Return the squared distances of rows of features to the space, (n,)."""
        apart = (_directed(part, self.distance) - self.centre).square().sum(1)
        return (apart / self.length**2 - self(part).square().sum(1)).clamp(min=0)


def _directed(part: Part, distance: Distance) -> Tensor:
    """Return rows, or for the cosine unit rows, as float32."""
    x, norms = part
    if distance == "cosine":
        x = x / norms.masked_fill(norms == 0, 1)
    return x.float()


@dataclass(frozen=True)
class Layout:
    """Layout of rows: images of a batch, H x W rows each, or rows without images.

    Attributes
    ----------
    count : int
        Rows, N.
    images : int
    grid : (int, int), optional
        ``(H, W)``; None without images.
    """

    count: int
    images: int = 1
    grid: tuple[int, int] | None = None

    @classmethod
    def of(cls, shape: tuple[int, ...]) -> Layout:
        """Read the layout from the shape of rows: (..., H, W) of images, or (N,)."""
        count = math.prod(shape)
        if len(shape) < 3:
            return cls(count)
        rows, cols = shape[-2:]
        return cls(count, count // (rows * cols), (rows, cols))

    @property
    def cells(self) -> int:
        """Rows of an image."""
        return self.count // self.images

    def positions(self) -> Tensor:
        """Return positions (P, 2) of an image's rows, of root mean square length 1."""
        assert self.grid is not None
        y, x = ((torch.arange(n) + 0.5) / n - 0.5 for n in self.grid)
        return torch.cartesian_prod(y, x) * math.sqrt(6)

    def on_grid(self) -> tuple[Indices, Indices, Doubles]:
        """Return the edges between an image's neighbours: two ends, and lengths."""
        assert self.grid is not None
        rows, cols = self.grid
        place = np.arange(rows * cols).reshape(self.grid)
        pairs = [
            (place[:, :-1], place[:, 1:]),
            (place[:-1], place[1:]),
            (place[:-1, :-1], place[1:, 1:]),
            (place[:-1, 1:], place[1:, :-1]),
        ]
        first, second = (
            np.concatenate([ends.ravel() for ends in side])
            for side in zip(*pairs, strict=True)
        )
        apart = [1, 1, math.sqrt(2), math.sqrt(2)]
        return first, second, np.repeat(apart, [ends.size for ends, _ in pairs])


def nearest(
    x: Tensor, among: Tensor, k: int, own: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Return which k of some points (m, r) are nearest to each row of x (n, r).

    Parameters
    ----------
    x, among : Tensor
    k : int
        If there are fewer points, all are returned.
    own : Tensor of int, shape (n,), optional
        Index of each row among the points, where it is no neighbour of itself.

    Returns
    -------
    which : Tensor of int, shape (n, k)
        Nearest first.
    squares : Tensor, shape (n, k)
        Squared distances.
    """
    squares = torch.addmm(among.square().sum(1), x, among.T, beta=1, alpha=-2)
    if own is not None:
        squares[torch.arange(len(x), device=x.device), own] = torch.inf
    k = min(k, len(among) - (own is not None))
    which = squares.topk(k, 1, largest=False).indices
    # Not by matrix products, whose rounding gives equal rows a distance.
    exact = (x[:, None] - among[which]).square_().sum(2)
    exact, order = exact.sort(dim=1, stable=True)
    return which.gather(1, order), exact
