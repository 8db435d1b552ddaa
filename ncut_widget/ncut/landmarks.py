"""Choose the landmarks of the Nystrom factorisation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ncut_widget.core.parallel import add_up, chunks, deal, deal_all
from ncut_widget.ncut.affinity import Affinity, placed_rows
from ncut_widget.ncut.rows import Part, Rows

SampleMethod: TypeAlias = Literal["kmeans", "farthest", "random"]

# `make bench-accuracy` and `make bench-solver` measure what these numbers do.
# Landmarks are chosen from at most _POOL_ROWS rows: a sample of these, with a number of
# rows for each landmark, is drawn by the affinity to _ANCHORS of them.
_POOL_ROWS = 32_768
_ANCHORS = 128
_SAMPLE_PER_LANDMARK = 32
_KMEANS_STEPS = 3
# The subspace iteration for the leading directions of the sample: extra vectors, and
# the share of the sample that each step uses.
_BASIS_EXTRA = 16
_BASIS_STEPS = (0.25, 0.25, 1.0)
# Rows that a core gets at a time.
_ROWS = 2048


class Landmarks(NamedTuple):
    """Points (m, r + 2), placed by an affinity."""

    affinity: Affinity
    points: Tensor

    def affinities(self, part: Part) -> Tensor:
        """Return the affinities (n, m) of rows of features to the points."""
        return self.affinity.between(self.affinity.place(part), self.points)

    def as_features(self) -> Tensor:
        """Return the points as features (m, C), float32."""
        return self.affinity.as_features(self.points.cpu().double()).float()


class Sample(NamedTuple):
    """Placed rows (n, r + 2), drawn with probability inverse to their degree, roughly.

    `chance` (n,), float64, is the probability that a row is drawn: a sum over the
    sample, each row divided by its chance, estimates the sum over all rows. `trace`
    estimates the sum of the graph's eigenvalues, which is the sum of the inverse
    degrees. `chunk_size` rows are handled at a time.
    """

    placed: Tensor
    chance: Tensor
    trace: float
    chunk_size: int

    def chunks(self) -> Iterator[slice]:
        """Cut it into slices to be handled at a time."""
        return chunks(len(self.placed), self.chunk_size)

    def along(self, basis: Tensor) -> Sample:
        """Return the sample as an affinity with a basis (r, r') would place it."""
        coordinates = self.placed[:, :-2] @ basis
        placed = placed_rows(coordinates, self.placed[:, -2])
        return self._replace(placed=placed)


def draw_pool(rows: Rows, m: int, rng: np.random.Generator) -> Rows:
    """Return the rows that m landmarks are chosen from, in order."""
    size = max(_POOL_ROWS, m)
    if rows.count <= size:
        return rows
    return rows.take(np.sort(rng.choice(rows.count, size, replace=False)))


def draw_sample(
    pool: Rows, affinity: Affinity, m: int, rng: np.random.Generator
) -> Sample:
    """Return a sample of the pool that is large enough for m landmarks."""

    def place(rows: slice | NDArray[np.int64]) -> Tensor:
        return affinity.place(pool.read(rows))

    count = pool.count
    anchors = place(rng.choice(count, min(_ANCHORS, count), replace=False))

    def means(at: slice) -> tuple[Tensor, Tensor]:
        affinities = affinity.between(place(at), anchors)
        return affinities.mean(1), affinities.sum(0, dtype=torch.float64)

    dealt = list(deal(means, pool.chunks(), affinity.device))
    degrees = torch.cat([rows for rows, _ in dealt])
    # Each anchor's affinities to the whole pool give its degree, scaled to all rows.
    whole = torch.stack([columns for _, columns in dealt]).sum(0).cpu()
    whole *= pool.total / count
    trace = pool.total * float(whole.clamp(min=1).reciprocal().mean())
    # Ordered sampling without replacement, with probability inverse to the degree (at
    # least the row's own affinity): each row arrives after an exponential waiting time,
    # and the first ones are drawn.
    share = degrees.cpu().double().numpy() + 1 / count
    arrivals = rng.exponential(size=count) * share
    order = np.argsort(arrivals, kind="stable")
    drawn, left = np.split(order, [_SAMPLE_PER_LANDMARK * m])
    last = arrivals[left[0]] if len(left) else np.inf
    chance = -np.expm1(-last / share[drawn]) * count / pool.total
    placed = anchors.new_empty(len(drawn), anchors.shape[1])
    sample = Sample(placed, torch.from_numpy(chance), trace, pool.chunk_size)

    def fill(at: slice) -> None:
        placed[at] = place(drawn[at])

    deal_all(fill, sample.chunks(), affinity.device)
    return sample


def leading_basis(sample: Sample, r: int, rng: np.random.Generator) -> Tensor:
    """Return the leading r directions (C', r) of a sample, orthonormal.

    The normalised affinity weights a row by its inverse degree, and so does the sample:
    few, far rows have directions of their own, which matter. This is a subspace
    iteration (Halko, Martinsson & Tropp 2011).
    """
    x = sample.placed[:, :-2]
    start = rng.standard_normal((x.shape[1], r + _BASIS_EXTRA))
    basis = torch.from_numpy(start).to(x)
    for share in _BASIS_STEPS:
        part = x[: math.ceil(share * len(x))]
        basis = torch.linalg.qr(_through(part, basis))[0]
    _, turn = torch.linalg.eigh((basis.T @ _through(x, basis)).cpu().double())
    leading: Tensor = turn.flip(1)[:, :r].to(basis)
    return basis @ leading


def _through(x: Tensor, basis: Tensor) -> Tensor:
    """Return ``x.T @ x @ basis``."""
    return add_up(lambda part: part.T @ (part @ basis), torch.split(x, _ROWS), x.device)


def place_landmarks(
    pool: Rows,
    affinity: Affinity,
    sample: Sample,
    m: int,
    method: SampleMethod,
    rng: np.random.Generator,
) -> Landmarks:
    """Return m landmarks; in the span of the affinity's basis, if it has one."""
    coordinates = sample.placed[:, :-2]
    if method == "random":
        drawn = rng.choice(pool.count, m, replace=False)
        points = affinity.place(pool.read(drawn))[:, :-2]
    elif method == "farthest":
        points = coordinates[farthest_points(coordinates, m)]
    else:
        points = cluster_centres(coordinates, m, sample.chunk_size)
    return Landmarks(affinity, placed_rows(points))


def cluster_centres(sample: Tensor, m: int, chunk_size: int) -> Tensor:
    """Return m centres (m, r) of a sample, by Lloyd's steps from its first m rows."""
    centres = sample[:m].clone()
    # Sums are on the CPU, as index_add_ is not deterministic on CUDA:
    # https://docs.pytorch.org/docs/stable/notes/randomness.html
    summands = sample.cpu()
    for _ in range(_KMEANS_STEPS):
        find = partial(nearest_centre, centres)
        parts = torch.split(sample, chunk_size)
        nearest = torch.cat(list(deal(find, parts, sample.device)))
        sizes = torch.bincount(nearest, minlength=m)[:, None]
        sums = torch.zeros_like(centres, device="cpu").index_add_(0, nearest, summands)
        # An empty cluster keeps its centre.
        centres = torch.where(sizes > 0, sums / sizes, centres.cpu()).to(sample)
    return centres


def nearest_centre(centres: Tensor, part: Tensor) -> Tensor:
    """Return the index (n,) of the centre (m, r) nearest to each row (n, r)."""
    half = centres.square().sum(1).mul_(0.5)
    return torch.addmm(half, part, centres.T, beta=-1).argmax(1).cpu()


def farthest_points(rows: Tensor, count: int) -> Tensor:
    """Return the indices (count,) of rows each farthest from all before it."""
    if count >= len(rows):
        return torch.arange(len(rows), device=rows.device)
    chosen = torch.zeros(count, dtype=torch.int64, device=rows.device)
    halves = rows.square().sum(1) / 2
    distance = torch.full_like(halves, torch.inf)
    for k in range(1, count):
        # Unlike indexing, index_select does not wait for the device.
        last = chosen[k - 1 : k]
        # Half the squared distance.
        row = rows.index_select(0, last)[0]
        away = torch.addmv(halves, rows, row, alpha=-1) + halves.index_select(0, last)
        distance = torch.minimum(distance, away)
        # So no row is taken twice, even if all rows are equal.
        distance.index_fill_(0, last, -torch.inf)
        chosen[k] = distance.argmax()
    return chosen
