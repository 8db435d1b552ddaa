"""Eigenvectors -> colours: alike latent pixels get alike colours, on every image."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TypeAlias, get_args

import numpy as np
import torch
from numpy.typing import ArrayLike

from ncut_widget.core.arrays import Floats, Indices, as_array, as_tensor
from ncut_widget.core.checks import check_choice, check_number
from ncut_widget.core.device import pick_device
from ncut_widget.core.products import row_norms, weighted_sum
from ncut_widget.eigvecs.embedding import (
    Embedding,
    Metric,
    embed_by_sample,
    principal_axes,
    tsne,
    umap,
)

Colors: TypeAlias = tuple[Floats, Floats]

_NOT_FINITE = "eigvecs must be finite, got NaN or infinite values"

FITTED_ROWS = 2**16
"""With more rows than this, colours of principal components are fitted to a sample.

All rows of 5000 images take seconds. The sample changes the colours a little, or more
where no directions stand out; similar pixels still get similar colours.
"""

_CPU_VALUES, _VALUES = 2**17, 2**25
"""Values of images that are coloured together: on a CPU they stay in a core's cache."""


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
    Nothing is random: components and quantiles come from all rows or, of more than
    65 536, from so many that are evenly spaced; each axis is turned so that its largest
    entry is positive. Equal rows have equal colours, to the bit.

    Examples
    --------
    >>> eigvecs = np.array([[1.0, 1.0], [1.0, 1.0], [1.0, -1.0]])
    >>> x3d, rgb = rgb_from_pca_3d(eigvecs)
    >>> rgb.round(2).tolist()
    [[1.0, 0.5, 0.5], [1.0, 0.5, 0.5], [0.0, 0.5, 0.5]]
    """
    check_number("q", q, 0.5, 1, above=True)
    with torch.inference_mode():
        tensor, at = _tensor(eigvecs, device)
        rows, x3d, rgb = tensor.reshape(*_three(tensor.shape)), [], []
        for part in _parts(rows, at):
            if not bool(torch.isfinite(part).all()):
                raise ValueError(_NOT_FINITE)

        def read(images: Indices, places: Indices) -> torch.Tensor:
            return rows[torch.from_numpy(images), torch.from_numpy(places)]

        colors = PrincipalColors(read, (len(rows), rows.shape[1]), q, at)
        for part in _parts(rows, at):
            points = colors.points(part)
            x3d.append(points)
            rgb.append(colors.paint(points))
    shape = (*tensor.shape[:-1], 3)
    return np.concatenate(x3d).reshape(shape), np.concatenate(rgb).reshape(shape)


class PrincipalColors:
    """The colours of `rgb_from_pca_3d`, for one image at a time.

    Parameters
    ----------
    at : callable
        ``(images, places)``, arrays of int -> eigenvectors of these pixels, (n, K),
        finite.
    shape : (int, int)
        Images, and pixels of each.
    q : float, above 0.5 to 1
    device : torch.device
        Where to compute.
    """

    def __init__(
        self,
        at: Callable[[Indices, Indices], torch.Tensor],
        shape: tuple[int, int],
        q: float,
        device: torch.device,
    ) -> None:
        count = shape[0] * shape[1]
        fitted = min(count, FITTED_ROWS)
        self._fit(at, np.arange(fitted) * count // fitted, shape[1], q, device)
        if fitted < count and not bool(self._axes.any()):
            # All structure is in things so small that the sample has no pixel of them.
            self._fit(at, np.arange(count), shape[1], q, device)

    def _fit(
        self,
        at: Callable[[Indices, Indices], torch.Tensor],
        places: Indices,
        pixels: int,
        q: float,
        device: torch.device,
    ) -> None:
        rows = at(*np.divmod(places, pixels))
        unit = _unit(rows.to(device, torch.float32).T.contiguous())
        self._mean, self._axes = principal_axes(unit.T, 3)
        self._low, self._high = _ends(self._project(unit), q)

    def points(self, eigvecs: torch.Tensor) -> Floats:
        """Principal components of some images: (n, P, K) -> (n, P, 3)."""
        rows = eigvecs.to(self._mean).transpose(1, 2).contiguous()
        return self._project(_unit(rows))

    def paint(self, points: Floats) -> Floats:
        """Colours of principal components: (..., 3), each in [0, 1]."""
        return _stretch(points, self._low, self._high)

    def __call__(self, eigvecs: torch.Tensor) -> Floats:
        """Colours of some images: (n, P, K) -> (n, P, 3)."""
        with torch.inference_mode():
            return self.paint(self.points(eigvecs))

    def _project(self, unit: torch.Tensor) -> Floats:
        centred = unit - self._mean[:, None]
        points = [weighted_sum(centred, axis).cpu().numpy() for axis in self._axes.T]
        return np.stack(points, axis=-1)


def _three(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Images, pixels, eigenvectors; two axes are one image."""
    batch = shape[0] if len(shape) > 2 else 1
    return batch, math.prod(shape[:-1]) // batch, shape[-1]


def _parts(eigvecs: torch.Tensor, device: torch.device) -> Iterator[torch.Tensor]:
    """Give some images at a time, (n, P, K) in float32, where they are computed."""
    values = _CPU_VALUES if device.type == "cpu" else _VALUES
    size = max(1, values // math.prod(eigvecs.shape[1:]))
    for part in torch.split(eigvecs, size):
        yield part.to(device, torch.float32)


def rgb_from_tsne_3d(
    eigvecs: ArrayLike | torch.Tensor,
    num_sample: int = 1000,
    perplexity: float = 150,
    metric: Metric = "cosine",
    device: str | torch.device | None = None,
    seed: int = 0,
    q: float = 0.95,
    knn: int = 10,
    *,
    progress: bool = True,
) -> Colors:
    """Colour eigenvectors by their rows' place in a t-SNE of three dimensions.

    Needs scikit-learn, the extra ``[tsne]``. The default sample takes most of a minute
    on two CPU cores.

    Parameters
    ----------
    eigvecs : torch.Tensor or array_like of float, shape (..., K)
        One row for each latent pixel, at least 4, finite; of a batch all together, so
        that colours mean the same on all images.
    num_sample : int, 4 or more
        Rows that t-SNE is run on, each the farthest from those before it; all rows,
        if there are no more.
    perplexity : float, 1 or more
        How many neighbours a row has, about; lowered to half the sample. Higher keeps
        more of the large distances.
    metric : {"cosine", "euclidean"}
        Distance between rows; with the cosine their lengths do not matter.
    device : str or torch.device, optional
        Where to compute all but t-SNE itself; where the eigenvectors are by default.
    seed : int, 0 to 2**32 - 1
        As in `rgb_from_umap_3d`. It has no effect here: t-SNE starts from the principal
        components, and nothing is random.
    q : float, above 0.5 to 1
        Each channel runs from the ``1 - q`` quantile of its coordinate to the ``q``
        quantile and is clipped there: lower is more colourful.
    knn : int, 1 or more
        Sampled rows from which every row gets its place; 1 gives the sharpest colours.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    x3d : ndarray of float32, shape (..., 3)
        The places; 0 where all rows are alike.
    rgb : ndarray of float32, shape (..., 3)
        Red, green and blue, each in [0, 1]; 0.5 where a coordinate is constant.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    TypeError, ValueError
        If a parameter is not as above, or there are fewer than 4 rows.

    Notes
    -----
    t-SNE is that of van der Maaten and Hinton, "Visualizing data using t-SNE", JMLR
    9 (2008), from the principal components on. It stands in for the function of that
    name in ncut-pytorch and means the same, but the numbers are not the same: the
    sample begins elsewhere, and quantiles are of all rows. Every row, a sampled one
    too, has the mean place of its `knn` nearest sampled rows: weighted with the cosine
    (not below 0), or with the inverse of the distance, where ncut-pytorch's weights
    grow with it. Both methods enlarge small differences: eigenvectors that differ by
    rounding alone, as from another device, may get other colours.
    """
    check_choice("metric", metric, get_args(Metric))
    perplexity = check_number("perplexity", perplexity, 1)
    seed = int(check_number("seed", seed, 0, 2**32 - 1, integer=True))
    return _from_sample(
        eigvecs,
        tsne(perplexity, metric, seed),
        num_sample=num_sample,
        metric=metric,
        device=device,
        q=q,
        knn=knn,
        progress=progress,
    )


def rgb_from_umap_3d(
    eigvecs: ArrayLike | torch.Tensor,
    num_sample: int = 1000,
    n_neighbors: int = 150,
    min_dist: float = 0.1,
    metric: Metric = "cosine",
    device: str | torch.device | None = None,
    seed: int = 0,
    q: float = 0.95,
    knn: int = 10,
    *,
    progress: bool = True,
) -> Colors:
    """Colour eigenvectors by their rows' place in a UMAP of three dimensions.

    Needs umap-learn, the extra ``[umap]``, whose first call in a process compiles for
    about 10 s.

    Parameters
    ----------
    eigvecs, num_sample, metric, device, q, knn, progress
        As for `rgb_from_tsne_3d`.
    n_neighbors : int, 2 or more
        Neighbours of each row; lowered to one less than the sample. Higher keeps more
        of the large distances.
    min_dist : float, 0 to 1
        Smallest distance between places; lower packs similar rows more closely.
    seed : int, 0 to 2**32 - 1
        Of UMAP's random numbers; the same seed gives the same colours.

    Returns
    -------
    x3d, rgb : ndarray of float32, shape (..., 3)
        As for `rgb_from_tsne_3d`.

    Raises
    ------
    ImportError
        If umap-learn is not installed.
    TypeError, ValueError
        If a parameter is not as above, or there are fewer than 4 rows.

    Notes
    -----
    UMAP is that of McInnes, Healy and Melville, "UMAP: Uniform Manifold Approximation
    and Projection for Dimension Reduction", arXiv:1802.03426 (2018). All else is as in
    `rgb_from_tsne_3d`.
    """
    check_choice("metric", metric, get_args(Metric))
    n_neighbors = int(check_number("n_neighbors", n_neighbors, 2, integer=True))
    min_dist = check_number("min_dist", min_dist, 0, 1)
    seed = int(check_number("seed", seed, 0, 2**32 - 1, integer=True))
    return _from_sample(
        eigvecs,
        umap(n_neighbors, min_dist, metric, seed),
        num_sample=num_sample,
        metric=metric,
        device=device,
        q=q,
        knn=knn,
        progress=progress,
    )


def _from_sample(
    eigvecs: ArrayLike | torch.Tensor,
    embed: Embedding,
    *,
    num_sample: int,
    metric: Metric,
    device: str | torch.device | None,
    q: float,
    knn: int,
    progress: bool,
) -> Colors:
    check_number("q", q, 0.5, 1, above=True)
    num_sample = int(check_number("num_sample", num_sample, 4, integer=True))
    knn = int(check_number("knn", knn, 1, integer=True))
    with torch.inference_mode():
        rows, shape = _finite_rows(eigvecs, device)
        if len(rows) < 4:
            raise ValueError(f"eigvecs must have at least 4 rows, got {len(rows)}")
        if metric == "cosine":
            rows = _unit(rows.T).T
        else:
            # Scaled so that squares stay within float32; the scale does not matter.
            rows = rows / rows.abs().max().clamp_min(1e-30)
        x3d = embed_by_sample(
            rows,
            embed,
            num_sample=num_sample,
            metric=metric,
            knn=knn,
            progress=progress,
        )
    rgb = _stretch(x3d, *_ends(x3d, q))
    return x3d.reshape(*shape, 3), rgb.reshape(*shape, 3)


def _tensor(
    eigvecs: ArrayLike | torch.Tensor, device: str | torch.device | None
) -> tuple[torch.Tensor, torch.device]:
    """Check the shape of eigenvectors; return them and the device to compute on."""
    if not isinstance(eigvecs, torch.Tensor):
        eigvecs = as_tensor(as_array(eigvecs, "eigvecs").astype(np.float32))
    shape = tuple(eigvecs.shape)
    if len(shape) < 2 or 0 in shape:
        raise ValueError(f"eigvecs must have shape (..., K), none of it 0, got {shape}")
    at = eigvecs.device if device is None else pick_device(device)
    return eigvecs.detach(), at


def _finite_rows(
    eigvecs: ArrayLike | torch.Tensor, device: str | torch.device | None
) -> tuple[torch.Tensor, tuple[int, ...]]:
    tensor, at = _tensor(eigvecs, device)
    rows = tensor.reshape(-1, tensor.shape[-1]).to(at, torch.float32)
    if not bool(torch.isfinite(rows).all()):
        raise ValueError(_NOT_FINITE)
    return rows, tuple(tensor.shape[:-1])


def _unit(rows: torch.Tensor) -> torch.Tensor:
    """Bring pixels' rows, (..., K, P), to unit length; zero ones stay zero."""
    # Divided by the largest entry first, as squares may leave float32.
    rows = rows / rows.abs().amax(dim=-2, keepdim=True).clamp_min(1e-30)
    return rows / row_norms(rows).unsqueeze(-2)


def _ends(x3d: Floats, q: float) -> tuple[Floats, Floats]:
    """Return the lower and upper quantile of each column of (N, 3)."""
    low, high = np.quantile(x3d, [1 - q, q], axis=0)
    # A thing of less than 2 % of the pixels may be the only structure.
    flat = high <= low
    return np.where(flat, x3d.min(0), low), np.where(flat, x3d.max(0), high)


def _stretch(x3d: Floats, low: Floats, high: Floats) -> Floats:
    """Min-max each column between its ends, clipped; constant columns to 0.5."""
    span = high - low
    rgb = np.where(span > 0, (x3d - low) / np.where(span > 0, span, 1), 0.5)
    return np.clip(rgb, 0, 1).astype(np.float32)
