"""Graphs and their dense float64 eigensolution, for the solver's tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.sparse.linalg import eigsh
from scipy.spatial.distance import cdist

Array = NDArray[Any]
DISTANCES = ("cosine", "euclidean", "rbf")


def dense_affinity(features: Array, distance: str, gamma: float) -> Array:
    """Return the N x N affinity in float64, written as its definition."""
    x = features.astype(np.float64)
    if distance == "cosine":
        unit = x / np.linalg.norm(x, axis=1, keepdims=True)
        return np.exp(-(1 - unit @ unit.T) / gamma)
    d = cdist(x, x)
    if distance == "euclidean":
        return np.exp(-d / gamma)
    return np.exp(-(d**2) / (2 * gamma * x.var(axis=0, ddof=1).sum()))


def dense_ncut(
    features: Array, k: int, distance: str = "cosine", gamma: float = 1.0
) -> tuple[Array, Array]:
    """Return the k leading eigenvectors and eigenvalues of D^-1/2 A D^-1/2."""
    a = dense_affinity(features, distance, gamma)
    scale = a.sum(axis=1) ** -0.5
    m = a * scale[:, None] * scale
    if len(m) > 1000:
        values, vectors = eigsh(m, k, v0=np.ones(len(m)), ncv=3 * k)
    else:
        values, vectors = scipy.linalg.eigh(m)
    order = np.argsort(-values)[:k]
    return vectors[:, order], values[order]


def smallest_principal_cosine(v: Array, w: Array) -> float:
    """Return the cosine of the largest angle between two column spaces."""
    return float(np.cos(scipy.linalg.subspace_angles(v, w).max()))


def clusters(n: int, columns: int, kinds: int, spread: float, seed: int = 0) -> Array:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(kinds, columns))
    noise = spread * rng.normal(size=(n, columns))
    return (centres[rng.integers(kinds, size=n)] + noise).astype(np.float32)


def typical_distance(features: Array) -> float:
    return float(np.median(cdist(features[::20], features[::20])))
