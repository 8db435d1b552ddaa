"""Where the landmarks of the Nystrom factorisation are."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ncut_widget.affinity import Affinity, Rows, chunks

SampleMethod: TypeAlias = Literal["kmeans", "farthest", "random"]

# Landmarks are chosen by looking at no more than _POOL_ROWS rows, from their affinity
# to _ANCHORS of them; k-means then runs on _SAMPLE_PER_LANDMARK rows a landmark.
_POOL_ROWS = 32_768
_ANCHORS = 128
_SAMPLE_PER_LANDMARK = 8
_KMEANS_STEPS = 3


def draw_pool(rows: Rows, m: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the indices of the rows that m landmarks are chosen from, in order."""
    count, size = rows.count, max(_POOL_ROWS, m)
    if count <= size:
        return np.arange(count)
    return np.sort(rng.choice(count, size, replace=False))


def place_landmarks(
    rows: Rows,
    affinity: Affinity,
    pool: NDArray[np.int64],
    m: int,
    method: SampleMethod,
    rng: np.random.Generator,
    chunk_size: int,
) -> Tensor:
    """Return landmarks (m, C') in the space the affinity works in."""
    if method == "random":
        return affinity.place(rows.read(rng.choice(pool, m, replace=False)))
    anchors = rng.choice(pool, min(_ANCHORS, len(pool)), replace=False)
    y = affinity.place(rows.read(anchors))
    degrees = torch.cat(
        [
            affinity.between(affinity.place(rows.read(pool[at])), y).mean(1).cpu()
            for at in chunks(len(pool), chunk_size)
        ]
    ).numpy()
    # Sampling without replacement, in order, with probability inverse to the degree
    # (whose least share is the row's own affinity): the first to arrive, each after
    # an exponential waiting time.
    arrivals = rng.exponential(size=len(pool)) * (degrees + 1 / len(pool))
    drawn = pool[np.argsort(arrivals, kind="stable")[: _SAMPLE_PER_LANDMARK * m]]
    sample = affinity.place(rows.read(drawn))
    if method == "farthest":
        return sample[farthest_points(sample, m)]
    return _cluster_centres(sample, m, on_sphere=affinity.distance == "cosine")


def _cluster_centres(sample: Tensor, m: int, *, on_sphere: bool) -> Tensor:
    """Return m centres (m, C') of a sample, by Lloyd's steps from its first m rows."""
    centres = sample[:m].clone()
    # CUDA's index_add_ is not deterministic, so that sums are done on the CPU.
    summands = sample.cpu()
    for _ in range(_KMEANS_STEPS):
        half = centres.square().sum(1).mul_(0.5)
        nearest = torch.addmm(half, sample, centres.T, beta=-1).argmax(1).cpu()
        sizes = torch.bincount(nearest, minlength=m)[:, None]
        sums = torch.zeros_like(centres, device="cpu").index_add_(0, nearest, summands)
        if on_sphere:
            sizes = torch.linalg.vector_norm(sums, dim=1, keepdim=True)
        # An empty cluster, or one of opposite directions, stays where it was.
        moved = (sums / sizes).to(centres)
        centres = torch.where(sizes.to(centres) > 1e-6, moved, centres)
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
