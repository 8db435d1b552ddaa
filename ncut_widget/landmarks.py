"""Where the landmarks of the Nystrom factorisation are."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ncut_widget.affinity import Affinity, Rows, chunks, placed_rows

SampleMethod: TypeAlias = Literal["kmeans", "farthest", "random"]

# Landmarks are chosen by looking at no more than _POOL_ROWS rows, from their affinity
# to _ANCHORS of them; k-means then runs on _SAMPLE_PER_LANDMARK rows a landmark.
_POOL_ROWS = 32_768
_ANCHORS = 128
_SAMPLE_PER_LANDMARK = 16
_KMEANS_STEPS = 3
# The rows that the leading coordinates are found from, and the subspace iteration that
# finds them: rough, as nothing but the landmarks' place depends on it.
_BASIS_ROWS = 4096
_BASIS_EXTRA = 16
_BASIS_STEPS = 2


class Landmarks(NamedTuple):
    """Points (m, r + 2), placed by an affinity."""

    affinity: Affinity
    points: Tensor

    def affinities(self, features: Tensor) -> Tensor:
        """Return those of features (n, C) to the points, (n, m)."""
        return self.affinity.between(self.affinity.place(features), self.points)

    def as_features(self) -> Tensor:
        """Return the points as features (m, C), float32."""
        return self.affinity.as_features(self.points.cpu().double()).float()


class Sample(NamedTuple):
    """Placed rows (n, r + 2), drawn with probability inverse to their degree.

    A row's weight (n,), float64, makes up for its chance to be drawn and divides by its
    degree: ``weight * K(x, L).T K(x, L)`` sums to what all rows of the normalised
    affinity would give, up to a factor.
    """

    placed: Tensor
    weight: Tensor


def draw_pool(rows: Rows, m: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the indices of the rows that m landmarks are chosen from, in order."""
    count, size = rows.count, max(_POOL_ROWS, m)
    if count <= size:
        return np.arange(count)
    return np.sort(rng.choice(count, size, replace=False))


def leading_basis(
    rows: Rows,
    affinity: Affinity,
    pool: NDArray[np.int64],
    r: int,
    rng: np.random.Generator,
) -> Tensor:
    """Return the leading r directions (C', r) of placed rows, orthonormal.

    By subspace iteration on a sample (Halko, Martinsson & Tropp 2011).
    """
    drawn = rng.choice(pool, min(_BASIS_ROWS, len(pool)), replace=False)
    x = affinity.place(rows.read(drawn))[:, :-2]
    start = rng.standard_normal((x.shape[1], r + _BASIS_EXTRA))
    basis = torch.from_numpy(start).to(x)
    for _ in range(_BASIS_STEPS):
        basis = torch.linalg.qr(x.T @ (x @ basis))[0]
    y = x @ basis
    _, turn = torch.linalg.eigh((y.T @ y).cpu().double())
    return basis @ turn.flip(1)[:, :r].to(basis)


def place_landmarks(
    rows: Rows,
    affinity: Affinity,
    pool: NDArray[np.int64],
    m: int,
    method: SampleMethod,
    rng: np.random.Generator,
    chunk_size: int,
) -> tuple[Landmarks, Sample]:
    """Return m landmarks, where the affinity has a basis in its span, and a sample."""
    parts = chunks(len(pool), chunk_size)
    placed = torch.cat([affinity.place(rows.read(pool[at])) for at in parts])
    anchors = _draw(placed, rng.choice(len(pool), min(_ANCHORS, len(pool)), False))
    parts = chunks(len(pool), chunk_size)
    degrees = torch.cat([affinity.between(placed[at], anchors).mean(1) for at in parts])
    # Sampling without replacement, in order, with probability inverse to the degree
    # (whose least share is the row's own affinity): the first to arrive, each after
    # an exponential waiting time.
    share = degrees.cpu().double().numpy() + 1 / len(pool)
    arrivals = rng.exponential(size=len(pool)) * share
    order = np.argsort(arrivals, kind="stable")
    drawn, left = np.split(order, [_SAMPLE_PER_LANDMARK * m])
    last = arrivals[left[0]] if len(left) else np.inf
    chance = -np.expm1(-last / share[drawn])
    weight = torch.from_numpy(1 / (chance * share[drawn]))
    sample = _draw(placed, drawn)
    if method == "random":
        points = _draw(placed, rng.choice(len(pool), m, replace=False))[:, :-2]
    elif method == "farthest":
        points = sample[farthest_points(sample[:, :-2], m), :-2]
    else:
        points = _cluster_centres(sample[:, :-2], m)
    return Landmarks(affinity, placed_rows(points)), Sample(sample, weight)


def _draw(placed: Tensor, rows: NDArray[np.int64]) -> Tensor:
    return placed[torch.from_numpy(rows).to(placed.device)]


def _cluster_centres(sample: Tensor, m: int) -> Tensor:
    """Return m centres (m, r) of a sample, by Lloyd's steps from its first m rows."""
    centres = sample[:m].clone()
    # CUDA's index_add_ is not deterministic, so that sums are done on the CPU.
    summands = sample.cpu()
    for _ in range(_KMEANS_STEPS):
        half = centres.square().sum(1).mul_(0.5)
        nearest = torch.addmm(half, sample, centres.T, beta=-1).argmax(1).cpu()
        sizes = torch.bincount(nearest, minlength=m)[:, None]
        sums = torch.zeros_like(centres, device="cpu").index_add_(0, nearest, summands)
        # An empty cluster stays where it was.
        centres = torch.where(sizes > 0, sums / sizes, centres.cpu()).to(sample)
    return centres


def farthest_points(rows: Tensor, count: int) -> Tensor:
    """Return the indices (count,) of rows each farthest from all before it."""
    if count >= len(rows):
        return torch.arange(len(rows), device=rows.device)
    chosen = torch.zeros(count, dtype=torch.int64, device=rows.device)
    halves = rows.square().sum(1) / 2
    distance = torch.full_like(halves, torch.inf)
    for k in range(1, count):
        # index_select, unlike an index, does not wait for the device.
        last = chosen[k - 1 : k]
        # Half the squared distance.
        row = rows.index_select(0, last)[0]
        away = torch.addmv(halves, rows, row, alpha=-1) + halves.index_select(0, last)
        distance = torch.minimum(distance, away)
        # Of rows that are all alike, none is taken twice.
        distance.index_fill_(0, last, -torch.inf)
        chosen[k] = distance.argmax()
    return chosen
