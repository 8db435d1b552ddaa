"""What the widget is compared with: they take clicks and make masks, as it does."""

from __future__ import annotations

import json
import time
from pathlib import Path
from select import select
from subprocess import DEVNULL, PIPE, Popen
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PEER_PYTHON = Path(".bench/ncut-pytorch-3.2.0/bin/python")

LIKE = 0.3
"""Cosine with a positive click that a cell needs, for the plain cosine: without it one
click would find everything everywhere. IoU after 16 clicks is .64 to .68 from .2 to .6.
"""


class TimeUp(Exception):
    """The time for a thing is over."""


class Clicks:
    """Clicks on cells of a batch, and masks from a map of each image.

    Parameters
    ----------
    grid : (int, int)
    images : list of ndarray
    """

    def __init__(self, grid: tuple[int, int], images: list[NDArray]) -> None:
        self._grid = grid
        self._images = images
        self.clear()

    def clear(self) -> None:
        """Forget the clicks."""
        self._clicks: dict[bool, list[int]] = {True: [], False: []}

    def add_click(self, x: int, y: int, image: int, positive: bool) -> None:
        """Click a pixel."""
        rows, cols = self._grid
        height, width = self._images[image].shape[:2]
        cell = (image * rows + y * rows // height) * cols + x * cols // width
        self._clicks[positive].append(cell)

    def full_masks(self) -> list[NDArray]:
        """Make the masks: where the map, interpolated as ours are, is above 0."""
        maps = self.maps().reshape(len(self._images), *self._grid).astype(np.float32)
        return [
            np.array(
                Image.fromarray(each).resize(
                    image.shape[1::-1], Image.Resampling.BILINEAR
                )
            )
            > 0
            for each, image in zip(maps, self._images, strict=True)
        ]

    def maps(self) -> NDArray:
        """Return a number a cell, (B * H * W,), above 0 in the mask."""
        raise NotImplementedError

    def close(self) -> None:
        """Give back what is held."""


class Cosine(Clicks):
    """Plain cosine of the features: a cell has the label of the click it is most like.

    Parameters
    ----------
    features : ndarray of float, shape (B, H, W, C)
    images : list of ndarray
    like : float
        Cosine that a cell must have at least with a positive click.
    """

    def __init__(
        self, features: NDArray, images: list[NDArray], like: float = LIKE
    ) -> None:
        rows = features.reshape(-1, features.shape[-1]).astype(np.float32)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        self._rows = rows / np.maximum(lengths, np.finfo(np.float32).tiny)
        self._like = like
        super().__init__((features.shape[1], features.shape[2]), images)

    def maps(self) -> NDArray:
        """Return by how much a cell is more like a positive click than it must be."""
        positive, negative = (self._clicks[sign] for sign in (True, False))
        if not positive:
            return np.full(len(self._rows), -1, np.float32)
        least = np.full(len(self._rows), self._like, np.float32)
        if negative:
            least = np.maximum(least, self._most_like(negative))
        return self._most_like(positive) - least

    def _most_like(self, cells: list[int]) -> NDArray:
        found: NDArray = (self._rows @ self._rows[cells].T).max(axis=1)
        return found


class Peer(Clicks):
    """ncut-pytorch's click, in its own environment; it solves anew for each.

    Parameters
    ----------
    features : ndarray of float, shape (B, H, W, C)
    images : list of ndarray
    limit : float, optional
        Seconds for the clicks of a thing, after which `TimeUp` is raised.
    command : sequence
        What answers.
    """

    def __init__(
        self,
        features: NDArray,
        images: list[NDArray],
        limit: float | None = None,
        command: tuple[Any, ...] = (PEER_PYTHON, "tests/peers/click.py"),
    ) -> None:
        self._limit = limit
        self._command = command
        self._folder = TemporaryDirectory()
        self._process: Popen[bytes] | None = None
        np.save(self._path("features"), features.reshape(-1, features.shape[-1]))
        super().__init__((features.shape[1], features.shape[2]), images)

    def clear(self) -> None:
        """Forget the clicks, and begin a thing."""
        super().clear()
        self._deadline = None if self._limit is None else time.time() + self._limit

    def maps(self) -> NDArray:
        """Return its heatmap."""
        if self._process is None:
            self._process = Popen(
                self._command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
            )
            self._ask({"features": self._path("features")})
        fg, bg = (self._clicks[sign] for sign in (True, False))
        self._ask({"fg": fg, "bg": bg, "to": self._path("heatmap")})
        heatmap: NDArray = np.load(self._path("heatmap"))
        return heatmap

    def _path(self, name: str) -> str:
        return f"{self._folder.name}/{name}.npy"

    def _ask(self, what: dict[str, Any]) -> None:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{json.dumps(what)}\n".encode())
        process.stdin.flush()
        if self._deadline is not None:
            left = max(0.0, self._deadline - time.time())
            if not select([process.stdout], [], [], left)[0]:
                self._end()
                raise TimeUp(f"{self._limit} s")
        if not process.stdout.readline():
            raise RuntimeError("ncut-pytorch 3.2.0 failed")

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def close(self) -> None:
        """End its process."""
        self._end()
        self._folder.cleanup()
