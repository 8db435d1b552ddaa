"""Rows -> points in three dimensions; similar rows get near points."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ncut_widget.core.extras import needs
from ncut_widget.core.parallel import chunks
from ncut_widget.core.progress import bar
from ncut_widget.ncut.landmarks import farthest_points

Metric: TypeAlias = Literal["cosine", "euclidean"]
Embedding: TypeAlias = Callable[[Tensor], NDArray[np.float32]]

# Rows are sampled by their distances in few leading directions, to save time.
_SAMPLE_DIRECTIONS = 8
# Similarities held at once: 32 MiB in float32.
_CHUNK_ENTRIES = 2**23


def principal_components(rows: Tensor, count: int) -> Tensor:
    """Project centred rows (N, K) on their leading axes (N, count); zeros beyond K."""
    mean, axes = principal_axes(rows, count)
    return (rows - mean) @ axes


def principal_axes(rows: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Find the mean (K,) and leading axes (K, count) of rows (N, K); zeros beyond K."""
    mean = rows.mean(dim=0, dtype=torch.float32)
    centred = rows - mean
    covariance = (centred.T @ centred).cpu().double() / len(rows)
    variances, vectors = torch.linalg.eigh(covariance)
    vectors = vectors.flip(1)[:, :count]
    # Directions without variance are rounding: their axes are set to zero.
    vectors = vectors * (variances.flip(0)[:count] > 1e-10)
    largest = vectors.gather(0, vectors.abs().argmax(dim=0, keepdim=True))
    axes = (vectors * torch.where(largest < 0, -1.0, 1.0)).to(rows)
    absent = count - axes.shape[1]
    return mean, torch.nn.functional.pad(axes, (0, absent)) if absent > 0 else axes


def tsne(perplexity: float, metric: Metric, seed: int) -> Embedding:
    """Return t-SNE to three dimensions (van der Maaten & Hinton 2008)."""
    manifold = _import("sklearn.manifold", "tsne", "scikit-learn")

    def embed(rows: Tensor) -> NDArray[np.float32]:
        start = principal_components(rows, 3).cpu().numpy()
        if not start.any():
            return start
        model = manifold.TSNE(
            n_components=3,
            perplexity=min(perplexity, len(rows) // 2),
            metric=metric,
            random_state=seed,
            # scikit-learn's own start fails for fewer columns than three.
            init=start * np.float32(1e-4 / start[:, 0].std()),
        )
        return _fit(model, rows)

    return embed


def umap(n_neighbors: int, min_dist: float, metric: Metric, seed: int) -> Embedding:
    """Return UMAP to three dimensions (McInnes, Healy & Melville 2018)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        library = _import("umap", "umap", "umap-learn")

    def embed(rows: Tensor) -> NDArray[np.float32]:
        if not principal_components(rows, 1).any():
            return np.zeros((len(rows), 3), dtype=np.float32)
        model = library.UMAP(
            n_components=3,
            n_neighbors=min(n_neighbors, len(rows) - 1),
            min_dist=min_dist,
            metric=metric,
            random_state=seed,
            n_jobs=1,
            # The spectral start needs more than four rows.
            init="spectral" if len(rows) > 4 else "random",
            # Else UMAP drops a row opposite to all others, and gives NaN.
            disconnection_distance=np.inf,
        )
        return _fit(model, rows)

    return embed


def embed_by_sample(
    rows: Tensor,
    embed: Embedding,
    *,
    num_sample: int,
    metric: Metric,
    knn: int,
    progress: bool,
) -> NDArray[np.float32]:
    """Embed a farthest point sample of rows (N, K), and extend it to all: (N, 3)."""
    leading = rows
    if rows.shape[1] > _SAMPLE_DIRECTIONS:
        leading = principal_components(rows, _SAMPLE_DIRECTIONS)
    sample = rows[farthest_points(leading, num_sample)]
    carried = np.empty((len(rows), 3), dtype=np.float32)
    size = max(_CHUNK_ENTRIES // len(sample), 1)
    # Shown at once: the embedding takes longest, and reports no progress.
    what = f"Embedding {len(sample)} sampled rows"
    with bar(len(rows), what, "row", progress, after=0) as done:
        points = torch.from_numpy(embed(sample)).to(rows)
        done.set_description("Carrying them to all rows")
        for at in chunks(len(rows), size):
            near, weights = _neighbours(rows[at], sample, metric, knn)
            parts = points[near] * (weights / weights.sum(1, keepdim=True))[..., None]
            carried[at] = parts.sum(1).cpu().numpy()
            done.update(at.stop - at.start)
    return carried


def _neighbours(
    rows: Tensor, sample: Tensor, metric: Metric, knn: int
) -> tuple[Tensor, Tensor]:
    """Return each row's nearest of the sample and their weights, both (n, knn)."""
    knn = min(knn, len(sample))
    if metric == "cosine":
        similarities, near = (rows @ sample.T).topk(knn, dim=1)
        # Opposite rows get next to no weight, unless there are no others.
        return near, similarities.clamp_min(0) + 1e-6
    distances, near = torch.cdist(rows, sample).topk(knn, dim=1, largest=False)
    # At distance 0 that neighbour gets nearly all of the weight.
    softening = 1e-3 * distances[:, -1:] + 1e-30
    return near, softening / (distances + softening)


def _fit(model: Any, rows: Tensor) -> NDArray[np.float32]:
    with warnings.catch_warnings():
        # Hides warnings on small samples, threads and future defaults.
        warnings.simplefilter("ignore")
        embedded = model.fit_transform(rows.cpu().numpy())
    return np.ascontiguousarray(embedded, dtype=np.float32)


def _import(module: str, extra: str, package: str) -> Any:
    with needs(extra, f"rgb_from_{extra}_3d needs {package}"):
        found = importlib.import_module(module)
    return found
