"""The interface of stores, which hold the eigenvectors of a batch.

No caller reads all images at once: work on all images goes through `Store.parts`. So a
store may hold more than fits into memory.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, TypeAlias

import numpy as np
import torch
from torch import Tensor

from ncut_widget.core.arrays import Doubles, Floats, Indices
from ncut_widget.core.parallel import Slices

Images: TypeAlias = slice | Indices
"""Some images of a batch: a slice, or their numbers in ascending order."""


class Store(ABC):
    """Eigenvectors of one batch, float32, read a part at a time.

    Any thread may read. A result may be a view of the store: do not write to it.

    Attributes
    ----------
    shape : (int, int, int, int)
        ``(B, H, W, K)``.
    device : torch.device
        Where results of `read` are, and computations take place.
    blank : frozenset of int
        Images whose eigenvectors are all zero, as they could not be read. Statistics
        leave them out.
    exponent : int
        Eigenvectors are stored divided by ``2**exponent``, which is exact; 0 unless
        they are very large or small.
    """

    shape: tuple[int, int, int, int]
    device: torch.device
    blank: frozenset[int]
    exponent: int = 0

    most_at_once: ClassVar[float] = math.inf
    """Most images that one `read` should ask for."""

    @abstractmethod
    def read(self, images: Images, num_eig: int | None = None) -> Tensor:
        """Read the leading eigenvectors of some images.

        Parameters
        ----------
        images : slice, or ndarray of int
        num_eig : int, optional
            How many; by default all K.

        Returns
        -------
        torch.Tensor of float32, shape (n, num_eig, H * W)
            One row for each eigenvector.
        """

    @abstractmethod
    def at(self, images: Indices, places: Indices, num_eig: int) -> Tensor:
        """Read the leading eigenvectors of some cells.

        Parameters
        ----------
        images, places : ndarray of int, shape (n,)
            Each cell's image, and its place in it, ``row * W + col``.
        num_eig : int

        Returns
        -------
        torch.Tensor of float32, shape (n, num_eig)
        """

    @property
    def grid(self) -> tuple[int, int]:
        """``(H, W)`` of the latent grid."""
        return self.shape[1:3]

    @property
    def cells(self) -> int:
        """Cells of an image, H * W."""
        return math.prod(self.grid)

    @property
    def telling(self) -> Indices:
        """Images that are not blank, ascending; all images if every one is blank."""
        says = np.ones(self.shape[0], dtype=bool)
        says[[*self.blank]] = False
        return np.flatnonzero(says) if says.any() else np.arange(len(says))

    def slices(self, num_eig: int | None = None) -> Slices:
        """Return the slices of all images, divided among the cores."""
        shape = self.shape[0], num_eig or self.shape[3], self.cells
        return Slices(shape, self.device, self.most_at_once)

    def parts(self, images: Indices) -> Iterator[slice]:
        """Split ascending numbers of images into slices, each to be read at once."""
        for run in np.split(images, np.flatnonzero(np.diff(images) > 1) + 1):
            if run.size:
                first, stop = int(run[0]), int(run[-1]) + 1
                step = int(min(self.most_at_once, stop - first))
                for at in range(first, stop, step):
                    yield slice(at, min(at + step, stop))

    def image(self, image: int) -> Floats:
        """Read one image in the shape that users see: (H, W, K), float32, as stored."""
        rows = self.read(slice(image, image + 1))[0]
        return rows.T.reshape(*self.grid, -1).cpu().numpy()

    def given(self) -> Floats | Doubles:
        """Return all eigenvectors for a user, read-only: float32, (B, H, W, K).

        Values out of the range of float32 are returned as float64, in a copy.
        """
        eigvecs = self.array()
        if self.exponent:
            limits = np.finfo(np.float32)
            fits = limits.minexp < self.exponent < limits.maxexp
            kind = np.float32 if fits else np.float64
            eigvecs = np.ldexp(eigvecs.astype(kind), self.exponent)
        eigvecs.flags.writeable = False
        return eigvecs

    def array(self) -> Floats:
        """Return all eigenvectors as stored: float32, (B, H, W, K)."""
        return np.stack([*map(self.image, range(self.shape[0]))])
