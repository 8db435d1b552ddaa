"""A store that holds no more than two images in memory: a file for each, mapped."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from ncut_widget.eigvecs.memory import MemoryStore
from ncut_widget.eigvecs.store import Images, Store


class FileStore(Store):
    """Eigenvectors of one batch, in a folder with one ``.npy`` file for each image.

    It refuses to read more images than `most_at_once`.

    Parameters
    ----------
    folder : Path
        Where the files are to be written.
    eigvecs : array_like of float, shape (B, H, W, K)
    """

    most_at_once: ClassVar[float] = 2

    def __init__(self, folder: Path, eigvecs: ArrayLike) -> None:
        given = MemoryStore(eigvecs, "cpu")
        self.shape, self.device = given.shape, given.device
        self.blank, self.exponent = given.blank, given.exponent
        self._folder = folder
        for image in range(self.shape[0]):
            rows = given.read(slice(image, image + 1))[0]
            np.save(self._path(image), rows.numpy())

    def read(self, images: Images, num_eig: int | None = None) -> Tensor:
        """Copy some images: (n, num_eig, H * W)."""
        numbers = np.arange(self.shape[0])[images]
        if len(numbers) > self.most_at_once:
            raise AssertionError(f"{len(numbers)} images are asked for at once")
        count = self.shape[3] if num_eig is None else num_eig
        rows = torch.empty((len(numbers), count, self.cells))
        for place, image in enumerate(numbers):
            rows[place] = torch.from_numpy(np.array(self._open(image)[:count]))
        return rows

    def at(self, images: NDArray, places: NDArray, num_eig: int) -> Tensor:
        """Copy the eigenvectors of some cells: (n, num_eig)."""
        rows = np.empty((len(images), num_eig), dtype=np.float32)
        for image in np.unique(images):
            here = images == image
            rows[here] = self._open(image)[:num_eig, places[here]].T
        return torch.from_numpy(rows)

    def _path(self, image: int) -> Path:
        return self._folder / f"{image}.npy"

    def _open(self, image: int) -> NDArray:
        return np.load(self._path(image), mmap_mode="r")
