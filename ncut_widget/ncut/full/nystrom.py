"""The Nystrom factor of an affinity, and the small matrices it leads to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from copy import copy
from typing import TypeVar

import torch
from torch import Tensor

from ncut_widget.core.parallel import add_up, deal, deal_all
from ncut_widget.core.progress import Bar
from ncut_widget.ncut.landmarks import Landmarks, Sample
from ncut_widget.ncut.rows import Rows
from ncut_widget.ncut.solution import Extension, Solution, inverse_root_degree

T = TypeVar("T")

NUM_PASSES = 3
"""Number of passes over the factor."""

# `make bench-accuracy` and `make bench-solver` measure what these numbers do,
# `make bench-growth` the size of the factor.
# A factor of at most this size is kept between the passes; a larger one is recomputed.
_KEPT_FACTOR_BYTES = 2 << 30
# Eigenvalues of the landmarks' affinity below this share of the largest are left out.
# The landmarks' own affinity is float64, but float32 affinities are divided by its
# root: their rounding (6e-8) would grow by 1 / sqrt(eigenvalue).
_PSEUDO_INVERSE_FLOOR = 1e-8
# Eigenvalues of the normalised affinity below this are rounding, not structure.
_NULL_EIGENVALUE = 1e-12
# The trivial eigenvalue is raised above equal ones by this: more than rounding (1e-7).
_LEAD = 1e-4
# Degrees that were raised to 1 may make the trivial vector no eigenvector. With a
# residual from this on, its eigenvalue is not raised.
_TRIVIAL_RESIDUAL = 0.1
# Tolerance for unit length and orthogonality of eigenvectors; and the share of a
# squared length that must be left after orthogonalisation.
_OFF = 1e-3
_LEFT = 0.1
# Landmarks have more directions than K eigenvectors need, and each costs time.
# Directions with an eigenvalue below _FAINT of the K-th of the landmarks' affinity are
# rounding. From the rest, a sample of rows selects the leading ones of the normalised
# affinity: those above _TAIL of the K-th, and at least so many for each eigenvector.
# That loses less than 0.0001 of the smallest principal cosine; a sharp affinity (small
# gamma) keeps nearly all directions.
_FAINT = 0.002
_TAIL = 0.2
_MIN_RANK_PER_EIG = 1.5


class Factor:
    """``C = K(X, L) R``, with ``R R.T`` the landmarks' pseudo-inverse.

    Directions that k leading eigenvectors don't need are left out: R is (m, r).

    Parameters
    ----------
    landmarks : Landmarks
    sample : Sample
    k : int
        Number of leading eigenvectors that it must suffice for; at most that of the
        landmarks.
    """

    def __init__(self, landmarks: Landmarks, sample: Sample, k: int) -> None:
        self.landmarks, self.k = landmarks, k
        affinity, points = landmarks
        root = _pseudo_inverse_root(affinity.within(points.cpu().double()), k)
        c = points.new_empty(len(sample.placed), root.shape[1])

        def fill(at: slice) -> None:
            part = affinity.between(sample.placed[at], points)
            torch.mm(part, root.to(part), out=c[at])

        deal_all(fill, sample.chunks(), c.device)
        chance = sample.chance.to(c)
        total = chance.reciprocal() @ c
        f = c.mul_(inverse_root_degree(c, total) * chance.rsqrt()[:, None])
        parts = torch.split(f, sample.chunk_size)
        gram = add_up(lambda part: part.T @ part, parts, f.device)
        gram = gram.cpu().double()
        values, vectors = torch.linalg.eigh(gram)
        self._values = values.flip(0)
        self.root = (root @ vectors.flip(1))[:, : self._rank(k)]

    def first(self, k: int) -> Factor:
        """Return the factor, cut to the directions that k leading eigenvectors need."""
        part = copy(self)
        part.root = self.root[:, : self._rank(k)]
        return part

    def _rank(self, k: int) -> int:
        least = _TAIL * self._values[min(k, len(self._values)) - 1]
        return max(math.ceil(_MIN_RANK_PER_EIG * k), int((self._values > least).sum()))

    def passes(
        self, rows: Rows, bar: Bar
    ) -> Callable[[Callable[[slice, Tensor], T]], Iterator[T]]:
        """Return a function that calls work with every slice and its part of C."""
        root = self.root.to(self.landmarks.points)
        rank = root.shape[1]
        keeps = rows.count * rank * 4 <= _KEPT_FACTOR_BYTES
        # One allocation: many small ones would fragment the memory.
        kept = root.new_empty(rows.count if keeps else 0, rank)
        computed: set[int] = set()

        def part(at: slice) -> Tensor:
            c = kept[at] if keeps else None
            if c is None or at.start not in computed:
                k = self.landmarks.affinities(rows.read(at))
                c = torch.mm(k, root, out=c)
                computed.add(at.start)
            return c

        def run(work: Callable[[slice, Tensor], T]) -> Iterator[T]:
            parts = list(rows.chunks())
            results = deal(lambda at: work(at, part(at)), parts, root.device)
            for at, result in zip(parts, results, strict=True):
                bar.update(at.stop - at.start)
                yield result

        return run


def solve_by_landmarks(rows: Rows, factor: Factor, k: int, bar: Bar) -> Solution:
    """Return the k leading eigenpairs of the graph that the factor makes of the rows.

    Parameters
    ----------
    rows : Rows
    factor : Factor
    k : int
    bar : Bar
        Advanced by `NUM_PASSES` times the rows.
    """
    root = factor.root
    passes = factor.passes(rows, bar)
    total = root.new_zeros(root.shape[1])
    for summed in passes(lambda at, c: c.sum(0).cpu()):
        total += summed
    scale = rows.new_output(1)
    gram = root.new_zeros(root.shape[1], root.shape[1])

    def normalise(at: slice, c: Tensor) -> Tensor:
        part = inverse_root_degree(c, total)
        scale[at] = part.to(scale)
        f = c * part
        return (f.T @ f).cpu()

    for part in passes(normalise):
        gram += part
    spectrum, small, inverse = leading_eigenpairs(gram, total, max(k, factor.k))
    small = (small * inverse.sqrt())[:, :k]
    eigvecs = rows.new_output(k)

    size = float(torch.linalg.vector_norm(scale.reciprocal().double()))

    def extend(at: slice, c: Tensor) -> Tensor:
        part = scale[at].to(c)
        v = (c @ small.to(c)) * part
        eigvecs[at] = v.to(eigvecs)
        both = torch.cat([part.reciprocal() / size, v], 1)
        return (both.T @ both).cpu().double()

    products = root.new_zeros(k + 1, k + 1)
    for product in passes(extend):
        products += product
    eigvals, projection = spectrum[:k], root @ small
    trivial = torch.zeros_like(eigvals)
    if not _sound(products, eigvals):
        mixture, eigvals = _mend(products, eigvals)
        spectrum = torch.cat([eigvals, spectrum[k:]]).cummin(0).values
        projection, trivial = projection @ mixture[1:], mixture[0] / size
        for at in rows.chunks():
            both = torch.cat([scale[at].reciprocal() / size, eigvecs[at]], 1)
            eigvecs[at] = both @ mixture.to(both)
    extension = Extension(factor.landmarks, root @ total, projection, trivial)
    return Solution(eigvals, eigvecs, scale, extension, spectrum=spectrum)


def _sound(products: Tensor, eigvals: Tensor) -> bool:
    """Whether the first eigenvector is trivial, and all are orthonormal or 0."""
    lengths = products.diagonal()[1:]
    off = (products[1:, 1:] - torch.diag(lengths)).abs().max()
    off = torch.maximum(off, (lengths - (eigvals > 0).double()).abs().max())
    return float(off) < _OFF and float(products[0, 1]) > 1 - _OFF


def _mend(products: Tensor, eigvals: Tensor) -> tuple[Tensor, Tensor]:
    """Make the trivial vector the first eigenvector, and the others orthonormal.

    They may differ from that for two reasons. Rows far from all landmarks have a degree
    of 1 from their own affinity, which the factorisation does not contain. And small
    eigenvalues scale rounding up.

    Parameters
    ----------
    products : Tensor of float64, shape (1 + K, 1 + K)
        Inner products of the trivial vector and the eigenvectors.
    eigvals : Tensor of float64, shape (K,)

    Returns
    -------
    mixture : Tensor of float64, shape (1 + K, K)
        Factors of these in the new eigenvectors: 0 for dropped ones.
    eigvals : Tensor of float64, shape (K,)
    """
    k = len(eigvals)
    values = torch.cat([eigvals.new_ones(1), eigvals])
    columns: list[Tensor] = []
    kept: list[float] = []
    for j, axis in enumerate(torch.eye(1 + k, dtype=torch.float64, device="cpu")):
        if len(columns) == k or values[j] <= 0 or not 0.5 < products[j, j] < 2:
            continue
        rest = axis
        for _ in range(2):
            for column in columns:
                rest = rest - column * (column @ products @ rest)
        square = float(rest @ products @ rest)
        if square > _LEFT * float(products[j, j]):
            columns.append(rest / math.sqrt(square))
            kept.append(float(values[j]))
    mixture = torch.zeros(1 + k, k, dtype=torch.float64, device="cpu")
    mixture[:, : len(columns)] = torch.stack(columns, 1)
    eigvals = torch.zeros_like(eigvals)
    eigvals[: len(kept)] = eigvals.new_tensor(kept)
    return mixture, eigvals


def leading_eigenpairs(
    matrix: Tensor, trivial: Tensor, k: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return k leading eigenvalues, their vectors (n, k), and inverse eigenvalues.

    The eigenvector along `trivial` is first also where its eigenvalue, 1, is repeated,
    as it is in a graph that falls apart. An eigenvalue that is 0 up to rounding, or
    that the matrix is too small to have, is 0, and so is its inverse; so are all of
    a graph whose affinities are 0 in float32 (`trivial` 0).
    """
    trivial = torch.nn.functional.normalize(trivial, dim=0)
    residual = torch.linalg.vector_norm(matrix @ trivial - trivial)
    lead = _LEAD if residual < _TRIVIAL_RESIDUAL else 0
    values, vectors = torch.linalg.eigh(matrix + lead * torch.outer(trivial, trivial))
    values = values - lead * (trivial @ vectors).square()
    values, vectors = values.flip(0)[:k], vectors.flip(1)[:, :k]
    missing = k - len(values)
    values = torch.nn.functional.pad(values, (0, missing))
    vectors = torch.nn.functional.pad(vectors, (0, missing))
    sound = values > _NULL_EIGENVALUE
    inverse = torch.where(sound, values, math.inf).reciprocal()
    values = torch.where(sound, values, 0).clamp(max=1).cummin(0).values
    return values, vectors, inverse


def _pseudo_inverse_root(matrix: Tensor, k: int) -> Tensor:
    """Return R (m, r) with ``R R.T`` the pseudo-inverse of a PSD matrix.

    Eigenvalues that are rounding beside the k leading ones are left out.
    """
    values, vectors = torch.linalg.eigh(matrix)
    values, vectors = values.flip(0), vectors.flip(1)
    sound = values > max(_FAINT * values[k - 1], _PSEUDO_INVERSE_FLOOR * values[0])
    root: Tensor = vectors[:, sound] * values[sound].rsqrt()
    return root
