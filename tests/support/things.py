"""A graph of a few kinds of things, and its biased cut made of dense matrices."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ncut_widget.eigvecs.memory import MemoryStore
from ncut_widget.masks.coordinates import Cell
from ncut_widget.methods.biased_cut import REACH, STEP, Graph
from ncut_widget.prompts import Seed
from ncut_widget.sessions.session import Session

SHAPE = (3, 8, 16)
N = 3 * 8 * 16
FG, BG = [5, 200], [300]


class Things(NamedTuple):
    """A graph of a few kinds of things, whole and by all its eigenpairs."""

    kinds: NDArray  # (N,)
    affinity: NDArray  # (N, N), normalised
    eigvals: NDArray  # (N,)
    eigvecs: NDArray  # (B, H, W, N)

    def graph(self) -> Graph:
        return Graph(MemoryStore(self.eigvecs, "cpu"), self.eigvals)

    def session(self, num_eig: int = N) -> Session:
        return Session(
            self.eigvecs[..., :num_eig], eigvals=self.eigvals[:num_eig], device="cpu"
        )


def things(seed: int, noise: float = 0.5) -> Things:
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, 5, N)
    rows = 2 * rng.standard_normal((5, 8))[kinds] + noise * rng.standard_normal((N, 8))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    affinity = np.exp(-(1 - rows @ rows.T) / 0.3)
    degrees = affinity.sum(1)
    affinity /= np.sqrt(np.outer(degrees, degrees))
    eigvals, eigvecs = np.linalg.eigh(affinity)
    leading = eigvecs[:, ::-1].reshape(*SHAPE, N).copy()
    return Things(kinds, affinity, eigvals[::-1].copy(), leading)


def dense_similarity(
    affinity: NDArray,
    fg: list[int],
    bg: list[int],
    click_weight: float = 0.5,
    bg_weight: float = 0.1,
    *,
    rounded: bool = False,
) -> NDArray:
    """Cosine by the biased cut, from its definition."""
    profile = affinity[fg].mean(0)
    if bg:
        profile = profile - bg_weight * affinity[bg].mean(0)
    profile = np.clip(profile * len(affinity), -REACH, REACH)
    if rounded:
        low = profile.min()
        profile = low + np.round((profile - low) / STEP) * STEP
    clicks = np.exp(-((profile[:, None] - profile) ** 2) / (2 * 0.5**2))
    degrees = clicks.sum(1)
    clicks /= np.sqrt(np.outer(degrees, degrees))
    both = click_weight * clicks + (1 - click_weight) * affinity
    degrees = both.sum(1)
    degrees = np.maximum(degrees, 0.01 * degrees.mean())
    both /= np.sqrt(np.outer(degrees, degrees))
    rows = np.linalg.eigh(both)[1][:, -2:]
    mean = rows[fg].mean(0)
    return rows @ mean / np.linalg.norm(rows, axis=1) / np.linalg.norm(mean)


def seeds(pixels: list[int]) -> list[Seed]:
    cells = np.transpose(np.unravel_index(np.array(pixels, int), SHAPE)).tolist()
    return [Seed(Cell(*cell)) for cell in cells]


def clicks_at(fg: list[int], bg: list[int]) -> list[list[float]]:
    """Clicks on the latent pixels themselves."""
    cells = [
        (*np.unravel_index(p, SHAPE), label)
        for label, pixels in ((1, fg), (0, bg))
        for p in pixels
    ]
    return [[int(image), int(x), int(y), label] for image, y, x, label in cells]


def overlap(first: NDArray, second: NDArray) -> float:
    return float((first & second).sum() / (first | second).sum())
