"""Normalized-cut eigenvectors of a graph of rows, straight from features."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ncut_widget.core.arrays import hint_axes
from ncut_widget.core.device import full_precision, pick_device
from ncut_widget.core.parallel import deal, one_thread
from ncut_widget.core.progress import bar
from ncut_widget.ncut.affinity import Distance
from ncut_widget.ncut.checks import Checked, GraphKind, as_generator
from ncut_widget.ncut.graphs import solve
from ncut_widget.ncut.landmarks import SampleMethod
from ncut_widget.ncut.parameters import not_fitted_error
from ncut_widget.ncut.rows import (
    CHUNK_ROWS,
    CHUNK_ROWS_ON_ACCELERATOR,
    Features,
    Rows,
)
from ncut_widget.ncut.solution import Extends

__all__ = ["NCUT"]

# Affinities that a transform holds at a time, on each core: 32 MiB.
_CHUNK_AFFINITIES = 2**23


class NCUT(Checked):
    """Normalized-cut eigenvectors of a graph given by the features of its nodes.

    Every row of the features is a node, and pairs of rows are joined by edges, all of
    them or those of neighbours: with ``A`` the affinities and ``D`` the diagonal of
    their row sums, the estimator finds the leading eigenvectors of the symmetric matrix
    ``D**-0.5 @ A @ D**-0.5`` [1]_. For a smooth affinity it does so without forming
    the N x N matrix, through a factorisation by landmarks [2]_ [3]_, and estimates the
    error from a sample; if that is too large, it uses the whole affinity, or for too
    many rows more landmarks.

    Parameters
    ----------
    num_eig : int
        Number of eigenvectors K, from 1 to N. The first k columns of the solution are
        the solution for k.
    graph : {"full", "neighbors"}
        Which rows are joined. ``"full"``: all with all. ``"neighbors"``: each with its
        nearest in its own image, its nearest in the other images, and its neighbours
        on the grid; the scales of both rows set the weight of an edge. For sharp
        features and colours, where the full graph is slow and falls into patches.
    n_neighbors : int
        Number of nearest rows in the own image, and as many in the others, for the
        graph of neighbours.
    distance : {"cosine", "euclidean", "rbf"}
        The affinity of rows x and y, with g for `affinity_focal_gamma`:

        - ``"cosine"``: ``exp(-(1 - cos(x, y)) / g)``. Rows of zeros have cosine 1 with
          each other and 0 with all the rest.
        - ``"euclidean"``: ``exp(-|x - y| / g)``: g is in the unit of the features, and
          should have the size of a typical distance.
        - ``"rbf"``: ``exp(-|x - y|**2 / (2 g v))`` with v the total variance of the
          features: the variances (N - 1) of the columns, summed.
    affinity_focal_gamma : float
        Above 0. The smaller, the less weight weak edges have, the sharper the
        eigenvectors. In a graph of neighbours it divides the exponent of the
        affinities, in which distances are relative to the rows' scales.
    exact_up_to : int
        Up to so many rows N the whole affinity is used if landmarks are not accurate
        enough: ``2 N**2`` bytes, 0.5 GB for 16 384 rows.
    num_sample : int, optional
        Number of landmarks m, at least `num_eig`. Up to m rows the solution is exact;
        for more rows it uses m landmarks. By default the larger of 640 and
        ``5 * num_eig``, or twice as many if these are not accurate enough. Time grows
        with ``N m``, for a sharp affinity with ``N m**2``.
    sample_method : {"kmeans", "farthest", "random"}
        Where the landmarks are. ``"kmeans"``: at cluster centres of rows drawn with
        probability inverse to their degree, the most accurate by far. ``"farthest"``:
        each at the drawn row farthest from those before it. ``"random"``: at rows
        drawn uniformly.
    device : str or torch.device, optional
        Where the work is done. By default the device of the features where that is an
        accelerator, else CUDA, MPS or the CPU, the first there is. The small float64
        matrices are always solved on the CPU.
    random_state : int, numpy.random.Generator or None
        Seed of the sampling. The same seed gives the same result; None draws a new one.
    chunk_size : int, optional
        Rows handled at a time; by default 2048 on the CPU and 65 536 elsewhere. A chunk
        holds ``chunk_size * num_sample`` float32.
    progress : bool
        Show progress bars for work that takes longer than a second.
    return_eigenvalues : bool
        Whether `fit_transform` returns the eigenvalues, too. Set it to False in a
        scikit-learn ``Pipeline``, whose steps pass on arrays.

    Attributes
    ----------
    eigenvectors_ : (..., K) float32 array or tensor
        One row for each row of the features, in the shape, the kind (numpy or torch)
        and on the device they came in. Over all rows the columns are orthogonal and
        have unit length. Dividing row i by ``sqrt(d_i)`` gives the generalised
        eigenvectors of ``A y = lambda D y``; cosines between rows are the same for
        both. Columns without structure left (eigenvalue 0) are zero.
    eigenvalues_ : (K,) float32 array or tensor
        Descending, from 0 to 1. The first is that of the trivial eigenvector,
        proportional to ``sqrt(d)``: 1.
    landmarks_ : (m, C) float32 array or tensor
        The landmarks, in the space of the features, or of their unit rows where
        `distance` is ``"cosine"``. For an exact solution: all N rows. For a graph of
        neighbours: the rows from which other rows are interpolated.
    error_ : float
        Estimate of the sine of the largest angle between the space of the eigenvectors
        and that of the exact ones; 0 where they are exact up to rounding. For a graph
        of neighbours, the exact space includes a few more eigenvectors, as eigenvalues
        K and K + 1 may coincide.
    n_features_in_ : int
        Number of columns C.

    Notes
    -----
    **Landmarks.** With ``K_L`` the landmarks' affinity among themselves, ``A ~ C C.T``
    where ``C = K(X, L) K_L**-0.5``, a pseudo-inverse taken in float64; the degrees are
    ``C (C.T 1)``, and as an affinity of a row with itself is 1, never less than 1. With
    ``F = D**-0.5 C`` the eigenvectors are ``F W S**-0.5`` for the eigenpairs ``W, S``
    of the small matrix ``F.T F``: the leading eigenvectors of the factorised graph,
    with no further approximation. ``C`` is turned, and cut, to the directions that
    matter: on a sample of rows, the leading eigenvectors of ``F.T F`` whose eigenvalue
    is above a fifth of the K-th, at least 1.5 K of them.

    Landmarks need not be rows. They are centres of k-means within the leading
    directions of the rows (64, or two for each eigenvector), so that affinities to
    them follow from a row's coordinates there, and its norm, without approximation. As
    ``exp(-(1 - cos(x, y)) / g) = exp(-|x - y|**2 / (2 g))`` for unit rows, the same
    holds for the cosine, with centres inside the unit sphere. The
    normalised affinity weights a row by its inverse degree, so the rows for directions
    and centres are drawn with that probability: few, far rows make the leading
    eigenvectors of heavy-tailed features, and uniform landmarks miss them.

    **Error.** First-order perturbation theory estimates the distance to the exact
    eigenvectors from the residuals ``M v - lambda v`` on about 1024 sampled rows of the
    exact matrix; far rows are sampled more often. For more rows than `exact_up_to` this
    is done on 16 384 of them, which makes the estimate rather too large than too small.

    **Whole affinity.** One half of the symmetric float32 matrix is held, and multiplied
    with blocks of 16 vectors in a block Lanczos iteration [4]_, until the residuals are
    below 1 % of the gap behind the K-th eigenvalue. Graphs of up to 1024 rows, or of
    fewer than 8 for each eigenvector, are left to LAPACK, in float64. A smooth affinity
    takes 15 products, a sharp one (`affinity_focal_gamma` so small that most rows have
    few neighbours) 50.

    Landmarks do not suit ``"euclidean"``, with its kink at distance 0, nor sharp
    affinities: for more rows than `exact_up_to` the eigenvectors are good cuts, but not
    the exact ones; see `error_`.

    The features are read in chunks: only their own storage (a ``numpy.memmap`` of
    float16 is possible) and that of the eigenvectors bound N. The factor C is kept
    between its three passes if it has at most 2 GiB, else computed again. Computations
    are in float32 relative to a centre of the rows, for features of any type, without
    TF32, whose rounding would hide the small eigenvalues of smooth features.

    **Neighbours.** Features with axes ``(B, H, W, C)`` are those of images. Neighbours
    in the own image are nearest in features, `guide` and, with less weight, position;
    neighbours in other images are nearest in features. Distances are Euclidean, of unit
    rows where `distance` is ``"cosine"``, in the 64 leading directions; the affinity is
    ``exp(-d**2 / (g s t))`` with s and t the distances of the two rows to their 7th
    neighbour [5]_. The weight of grid neighbours follows their contrast,
    ``exp(-d**2 / m)`` with m the median; in total it is twice that of the neighbours
    within images. For more than 16 384 rows, neighbours in other images come from a
    sample of 8192 rows. The eigenvectors come from a subspace iteration with Chebyshev
    filters [6]_; other rows are interpolated from their 12 nearest among at most 16 384
    rows of the fit.
    `exact_up_to`, `num_sample` and `sample_method` have no effect here.

    **Many images.** For more than 12 images, and more than 8192 rows, the graph is that
    of 12 images, chosen so that all kinds of rows have like ones in them. The
    eigenvectors are extended to each other image as harmonic functions [7]_: in three
    steps, ``(W y + C z) / (sum of W + sum of C)``, with y the eigenvectors over
    ``sqrt(d)``, W affinities within the image, and C those to cells of the 12 images,
    which have z. Columns keep unit length, but are orthogonal only about, and `error_`
    is that of the 12 images. An image takes the same time and memory in a batch of any
    size.

    An eigenvector has no sign of its own. Each column is turned so that its third
    moment ``sum(v**3)`` is positive: the smaller and more distinct side of a cut is the
    positive one. Where a column is symmetric (its third moment is under 0.001 of
    ``sum(abs(v)**3)``), the first row with at least half the largest magnitude is made
    positive.

    References
    ----------
    .. [1] J. Shi and J. Malik, "Normalized cuts and image segmentation", IEEE TPAMI
       22(8), 2000.
    .. [2] C. Fowlkes, S. Belongie, F. Chung and J. Malik, "Spectral grouping using the
       Nystrom method", IEEE TPAMI 26(2), 2004.
    .. [3] K. Zhang, I. Tsang and J. Kwok, "Improved Nystrom low-rank approximation and
       error analysis", ICML 2008: k-means centres as landmarks.
    .. [4] G. Golub and R. Underwood, "The block Lanczos method for computing
       eigenvalues", Mathematical Software III, 1977.
    .. [5] L. Zelnik-Manor and P. Perona, "Self-tuning spectral clustering", NIPS 2004.
    .. [6] Y. Zhou, Y. Saad, M. Tiago and J. Chelikowsky, "Self-consistent-field
       calculations using Chebyshev-filtered subspace iteration", J. Comput. Phys.
       219(1), 2006.
    .. [7] X. Zhu, Z. Ghahramani and J. Lafferty, "Semi-supervised learning using
       Gaussian fields and harmonic functions", ICML 2003.

    Examples
    --------
    >>> import numpy as np
    >>> from ncut_widget.ncut import NCUT
    >>> rng = np.random.default_rng(0)
    >>> kinds = np.repeat([[4.0, 0.0], [0.0, 4.0]], [30, 10], axis=0)
    >>> features = kinds + 0.5 * rng.normal(size=kinds.shape)
    >>> eigvecs, eigvals = NCUT(num_eig=2).fit_transform(features)
    >>> eigvecs.shape, eigvals.shape
    ((40, 2), (2,))
    >>> bool(np.isclose(eigvals[0], 1))
    True
    >>> (eigvecs[:, 1] > 0).nonzero()[0]
    array([30, 31, 32, 33, 34, 35, 36, 37, 38, 39])
    """

    eigenvectors_: NDArray[np.float32] | Tensor
    eigenvalues_: NDArray[np.float32] | Tensor
    landmarks_: NDArray[np.float32] | Tensor
    error_: float
    n_features_in_: int
    _extension: Extends
    _warns = True
    """Whether to warn of too few distinct rows: of a part of a batch they may be."""

    def __init__(
        self,
        num_eig: int = 100,
        *,
        graph: GraphKind = "full",
        n_neighbors: int = 12,
        distance: Distance = "cosine",
        affinity_focal_gamma: float = 1.0,
        exact_up_to: int = 16_384,
        num_sample: int | None = None,
        sample_method: SampleMethod = "kmeans",
        device: str | torch.device | None = None,
        random_state: int | np.random.Generator | None = 0,
        chunk_size: int | None = None,
        progress: bool = True,
        return_eigenvalues: bool = True,
    ) -> None:
        self.num_eig = num_eig
        self.graph = graph
        self.n_neighbors = n_neighbors
        self.distance = distance
        self.affinity_focal_gamma = affinity_focal_gamma
        self.exact_up_to = exact_up_to
        self.num_sample = num_sample
        self.sample_method = sample_method
        self.device = device
        self.random_state = random_state
        self.chunk_size = chunk_size
        self.progress = progress
        self.return_eigenvalues = return_eigenvalues

    def fit(
        self, features: Features, y: object = None, *, guide: Features | None = None
    ) -> NCUT:
        """Find the eigenvectors of the graph of `features`.

        Parameters
        ----------
        features : (..., C) array or tensor
            Rows of finite numbers, at most 1e18 in magnitude. All axes but the last
            are taken together: ``(B, H, W, C)`` has ``N = B * H * W`` rows.
        y : None
            Not used; scikit-learn passes it.
        guide : (..., G) array or tensor, optional
            Appearance of rows, such as colours in CIELAB. For neighbours within an
            image it has the same weight as the features. Its unit does not matter.

        Returns
        -------
        NCUT
            The estimator itself.

        Raises
        ------
        ValueError
            A parameter is out of its range, there are fewer rows than `num_eig`, or a
            row is not finite.
        TypeError
            The features, or a parameter, are not real numbers.

        Warns
        -----
        RuntimeWarning
            The features have too few distinct rows for `num_eig` eigenvectors; the
            last columns are zero.
        UserWarning
            Four axes look like (B, C, H, W).
        """
        self.check_parameters()
        if guide is not None and self.graph == "full":
            raise ValueError("guide is for graph='neighbors', got graph='full'")
        rows = Rows(features)
        hint_axes("features", (*rows.shape, rows.columns))
        device = pick_device(self.device, rows.device)
        rows.chunk_size = self._chunk_size(device)
        self.check_parameters(rows.count)
        rng = as_generator(self.random_state)
        # no_grad, not inference_mode: users could not change inference tensors in
        # place, nor use them in autograd. Each thread has its own mode, so it is set
        # here.
        with (
            one_thread(),
            torch.inference_mode(False),
            torch.no_grad(),
            full_precision(),
        ):
            solution = solve(self, rows, guide, rng, device)
            solution.turn(rows)
            self._extension, self._eigvals = solution.extension, solution.eigvals
            self.eigenvalues_ = rows.as_given(solution.eigvals.float())
            self.eigenvectors_ = rows.as_given(
                solution.eigvecs.reshape(*rows.shape, -1)
            )
            self.landmarks_ = rows.as_given(self._extension.points())
        self.error_ = solution.error
        self.n_features_in_ = rows.columns
        found = int((solution.eigvals > 0).sum())
        if found < self.num_eig and self._warns:
            warnings.warn(
                f"features have structure for {found} eigenvectors only, fewer than "
                f"num_eig={self.num_eig}: the other columns are zero",
                RuntimeWarning,
                stacklevel=2,
            )
        return self

    def transform(self, features: Features) -> Any:
        """Extend the fitted eigenvectors to the rows of `features`.

        The result of a row depends on its affinity to the landmarks only, not on other
        rows of `features`. Rows of the fit get the eigenvectors of the fit, up to
        rounding.

        Parameters
        ----------
        features : (..., C) array or tensor
            Rows with the columns of the fit; finite.

        Returns
        -------
        eigvecs : (..., K) float32 array or tensor
            As `eigenvectors_`: numpy for numpy, torch for torch, on the same device.

        Raises
        ------
        NotFittedError
            The estimator is not fitted; scikit-learn's error, if that is installed.
        ValueError
            The number of columns is not that of the fit, or a row is not finite.
        """
        if not self.__sklearn_is_fitted__():
            raise not_fitted_error(
                "NCUT is not fitted: call fit(features) before transform"
            )
        rows = Rows(features)
        if rows.columns != self.n_features_in_:
            raise ValueError(
                f"features must have {self.n_features_in_} columns as those of the "
                f"fit, got {rows.columns}: X has {rows.columns} features, but "
                f"NCUT is expecting {self.n_features_in_} features as input"
            )
        device = self._extension.device
        size = min(self._chunk_size(device), _CHUNK_AFFINITIES // self._extension.size)
        rows.chunk_size = max(size, 1)
        with (
            one_thread(),
            torch.inference_mode(False),
            torch.no_grad(),
            full_precision(),
            bar(rows.count, "NCUT", "row", self.progress) as done,
        ):
            eigvecs = rows.new_output(len(self._eigvals))

            def extend(at: slice) -> int:
                eigvecs[at] = self._extension(rows.read(at)).to(eigvecs)
                return int(at.stop - at.start)

            for count in deal(extend, rows.chunks(), device):
                done.update(count)
            return rows.as_given(eigvecs.reshape(*rows.shape, -1))

    def fit_transform(
        self, features: Features, y: object = None, *, guide: Features | None = None
    ) -> Any:
        """Find the eigenvectors of the graph of `features`, and return them.

        Parameters
        ----------
        features : (..., C) array or tensor
            As for `fit`.
        y : None
            Not used.
        guide : (..., G) array or tensor, optional
            As for `fit`.

        Returns
        -------
        eigvecs : (..., K) float32 array or tensor
            `eigenvectors_`.
        eigvals : (K,) float32 array or tensor
            `eigenvalues_`; not with ``return_eigenvalues=False``.
        """
        self.fit(features, guide=guide)
        if not self.return_eigenvalues:
            return self.eigenvectors_
        return self.eigenvectors_, self.eigenvalues_

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.str_]:
        """Name the eigenvectors, for scikit-learn: ncut0, ncut1, ..."""
        return np.array([f"ncut{k}" for k in range(self.num_eig)], dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn whether `fit` has been called."""
        return hasattr(self, "_extension")

    def _chunk_size(self, device: torch.device) -> int:
        if self.chunk_size is not None:
            return self.chunk_size
        return CHUNK_ROWS if device.type == "cpu" else CHUNK_ROWS_ON_ACCELERATOR
