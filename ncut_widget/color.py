"""Eigenvectors -> colours: alike latent pixels get alike colours, on every image."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

Colors: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32]]


def rgb_from_pca_3d(
    eigvecs: ArrayLike | torch.Tensor,
    *,
    q: float = 0.98,
    device: str | torch.device | None = None,
) -> Colors:
    """Colour eigenvectors by the three leading principal components of their rows.

    Parameters
    ----------
    eigvecs : torch.Tensor or array_like of float, shape (..., K)
        One row for each latent pixel, finite, in any scale; of a batch all together,
        so that colours mean the same on all images.
    q : float, above 0.5 to 1
        Each channel runs from the ``1 - q`` quantile of its component to the ``q``
        quantile and is clipped there: lower is more colourful.
    device : str or torch.device, optional
        Where to compute; where the eigenvectors are by default.

    Returns
    -------
    x3d : ndarray of float32, shape (..., 3)
        The components, largest variance first; 0 where the rows vary in fewer
        directions than three.
    rgb : ndarray of float32, shape (..., 3)
        Red, green and blue, each in [0, 1]; 0.5 where a component is constant.

    Raises
    ------
    ValueError
        If there are no rows or columns, a value is not finite, or `q` is out of range.

    Notes
    -----
    Rows are scaled to unit length first, as a mask compares them by their cosine.
    Without that a few isolated pixels, whose rows are long, would take all the colours.
    Nothing is random: the components come from all rows, by their K x K covariance in
    float64, each turned so that the largest entry of its axis is positive.

    Examples
    --------
    >>> eigvecs = np.array([[1.0, 1.0], [1.0, 1.0], [1.0, -1.0]])
    >>> x3d, rgb = rgb_from_pca_3d(eigvecs)
    >>> rgb.round(2).tolist()
    [[1.0, 0.5, 0.5], [1.0, 0.5, 0.5], [0.0, 0.5, 0.5]]
    """
    if not 0.5 < q <= 1:
        raise ValueError(f"q must be above 0.5 and at most 1, got {q}")
    with torch.inference_mode():
        rows, shape = _unit_rows(eigvecs, device)
        x3d = _principal_components(rows, 3)
    return x3d.reshape(*shape, 3), _stretch(x3d, q).reshape(*shape, 3)


def _unit_rows(
    eigvecs: ArrayLike | torch.Tensor, device: str | torch.device | None
) -> tuple[torch.Tensor, tuple[int, ...]]:
    if not isinstance(eigvecs, torch.Tensor):
        eigvecs = torch.from_numpy(np.array(eigvecs, dtype=np.float32))
    shape = tuple(eigvecs.shape)
    if len(shape) < 2 or 0 in shape:
        raise ValueError(f"eigvecs must have shape (..., K), none of it 0, got {shape}")
    rows = eigvecs.detach().reshape(-1, shape[-1]).to(device, torch.float32)
    if not bool(torch.isfinite(rows).all()):
        raise ValueError("eigvecs must be finite, got NaN or infinite values")
    # By the largest entry first: squares of very small or large rows leave float32.
    rows = rows / rows.abs().amax(dim=1, keepdim=True).clamp_min(1e-30)
    return torch.nn.functional.normalize(rows, dim=1), shape[:-1]


def _principal_components(rows: torch.Tensor, count: int) -> NDArray[np.float32]:
    """Project centred rows (N, K) on their leading axes; zeros beyond K."""
    mean = rows.mean(dim=0, dtype=torch.float32)
    centred = rows - mean
    covariance = (centred.T @ centred).cpu().double() / len(rows)
    variances, axes = torch.linalg.eigh(covariance)
    axes = axes.flip(1)[:, :count]
    # Rounding has directions too: without variance, no component.
    axes = axes * (variances.flip(0)[:count] > 1e-10)
    largest = axes.gather(0, axes.abs().argmax(dim=0, keepdim=True))
    axes = axes * torch.where(largest < 0, -1.0, 1.0)
    x3d = np.zeros((len(rows), count), dtype=np.float32)
    x3d[:, : axes.shape[1]] = (centred @ axes.to(centred)).cpu().numpy()
    return x3d


def _stretch(x3d: NDArray[np.float32], q: float) -> NDArray[np.float32]:
    """Min-max each column between its quantiles, clipped; constant columns to 0.5."""
    low, high = np.quantile(x3d, [1 - q, q], axis=0)
    # A thing of under 2 % of the pixels may be all there is to see.
    flat = high <= low
    low, high = np.where(flat, x3d.min(0), low), np.where(flat, x3d.max(0), high)
    span = high - low
    rgb = np.where(span > 0, (x3d - low) / np.where(span > 0, span, 1), 0.5)
    return np.clip(rgb, 0, 1).astype(np.float32)
